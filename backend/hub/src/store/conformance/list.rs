//! Lists: order, pages, filters.

use std::sync::Arc;

use taskhub_shared::{
    failure::FailureDetails,
    status::RuntimeStatus::{Completed, Failed, Pending, Running},
};

use super::subject::{Subject, at, events, ids, next, page, text, updating};
use crate::store::model::{
    Commit, Direction, Filter, InstanceRecord, ListRequest, NameFilter, Payloads, Position,
};

/// Instances whose creation is so many seconds after the beginning.
async fn created_at(subject: &mut Subject, rows: &[(&str, i64)]) -> Vec<InstanceRecord> {
    let mut records = vec![];
    for (id, seconds) in rows {
        let record = InstanceRecord { created_at: at(*seconds), ..subject.record(id) };
        subject.create(&record).await;
        records.push(record);
    }
    records
}

fn position(record: &InstanceRecord) -> Option<Position> {
    Some(Position { created_at: record.created_at, num: record.num })
}

fn newer(from: Option<Position>) -> ListRequest {
    ListRequest { from, direction: Direction::Newer, ..page(Filter::default()) }
}

/// List order.
pub async fn the_newest_come_first(mut subject: Subject) {
    created_at(&mut subject, &[("b", 2), ("d", 4), ("a", 1), ("c", 3)]).await;
    assert_eq!(subject.matching(Filter::default()).await, ["d", "c", "b", "a"]);
}

/// List order.
pub async fn equal_times_are_ordered_by_number(mut subject: Subject) {
    created_at(&mut subject, &[("z", 1), ("a", 1), ("m", 1)]).await;
    assert_eq!(subject.matching(Filter::default()).await, ["m", "a", "z"]);
    let back = subject.list(newer(None)).await;
    assert_eq!(ids(&back), ["z", "a", "m"]);
}

/// List order.
pub async fn newer_pages_are_oldest_first(mut subject: Subject) {
    let records = created_at(&mut subject, &[("a", 1), ("b", 2), ("c", 3), ("d", 4)]).await;
    let request = ListRequest { limit: 2, ..newer(position(&records[0])) };
    assert_eq!(ids(&subject.list(request).await), ["b", "c"]);
}

/// List, rule 1.
pub async fn the_position_is_not_part_of_the_page(mut subject: Subject) {
    let records = created_at(&mut subject, &[("a", 1), ("b", 1), ("c", 1)]).await;
    let from = position(&records[1]);
    let older = ListRequest { from, ..page(Filter::default()) };
    assert_eq!(ids(&subject.list(older).await), ["a"]);
    assert_eq!(ids(&subject.list(newer(from)).await), ["c"]);
    for (from, direction) in [(&records[0], Direction::Older), (&records[2], Direction::Newer)] {
        let request = ListRequest { from: position(from), direction, ..page(Filter::default()) };
        assert_eq!(subject.list(request).await, []);
    }
}

async fn walk(subject: &mut Subject, direction: Direction, filter: &Filter) -> Vec<String> {
    let mut seen: Vec<InstanceRecord> = vec![];
    loop {
        let from = seen.last().and_then(position);
        let request = ListRequest { from, direction, limit: 4, ..page(filter.clone()) };
        let rows = subject.list(request).await;
        if rows.is_empty() {
            return ids(&seen);
        }
        seen.extend(rows);
    }
}

/// List, rule 2.
pub async fn pages_show_every_instance_once(mut subject: Subject) {
    let names: Vec<String> = (0..33).map(|n| format!("i{n:02}")).collect();
    let rows: Vec<(&str, i64)> =
        names.iter().map(String::as_str).zip((0..33).map(|n| n / 5)).collect();
    created_at(&mut subject, &rows).await;
    let filter = Filter::default();
    assert_eq!(walk(&mut subject, Direction::Newer, &filter).await, names);
    let mut older = walk(&mut subject, Direction::Older, &filter).await;
    older.reverse();
    assert_eq!(older, names);
    let filter = Filter { id_prefix: Some("i1".to_owned()), ..Filter::default() };
    assert_eq!(walk(&mut subject, Direction::Newer, &filter).await, names[10..20]);
}

/// List, rule 2.
pub async fn pages_stay_true_while_rows_go(mut subject: Subject) {
    let mut records = vec![];
    for id in ["a", "b", "c", "d"] {
        records.push(subject.ended(id).await);
    }
    let request = ListRequest { limit: 2, ..page(Filter::default()) };
    let first = subject.list(request.clone()).await;
    assert_eq!(ids(&first), ["d", "c"]);
    // The row at the position itself goes, and a new one comes.
    subject.accept(Commit { purges: vec![records[2].num], ..Commit::default() }).await;
    subject.created("new").await;
    let second = ListRequest { from: position(&first[1]), ..request };
    assert_eq!(ids(&subject.list(second).await), ["b", "a"]);
}

/// Filters.
pub async fn a_status_filter_takes_any_of_its_statuses(mut subject: Subject) {
    for (id, status) in [("p", Pending), ("r", Running), ("c", Completed), ("f", Failed)] {
        let record = subject.created(id).await;
        subject.accept(updating(&record, &next(&record, status, 1), events(1, 1))).await;
    }
    for (statuses, expected) in [
        (vec![], vec!["f", "c", "r", "p"]),
        (vec![Running], vec!["r"]),
        (vec![Failed, Pending], vec!["f", "p"]),
    ] {
        let filter = Filter { statuses, ..Filter::default() };
        assert_eq!(subject.matching(filter).await, expected);
    }
}

/// Filters.
pub async fn names_match_whole_or_by_their_beginning(mut subject: Subject) {
    let names = ["Order", "OrderItem", "order", "Ord%r", "Ord_r", "Ördér", "Orde"];
    for (name, id) in names.iter().zip(0..) {
        let record =
            InstanceRecord { name: (*name).to_owned(), ..subject.record(&format!("{id}")) };
        subject.create(&record).await;
    }
    for (filter, expected) in [
        (NameFilter::Exact("Order".to_owned()), vec!["0"]),
        (NameFilter::Exact("ORDER".to_owned()), vec![]),
        (NameFilter::Prefix("Order".to_owned()), vec!["1", "0"]),
        (NameFilter::Prefix("Ord%".to_owned()), vec!["3"]),
        (NameFilter::Prefix("Ord_".to_owned()), vec!["4"]),
        (NameFilter::Prefix("Ö".to_owned()), vec!["5"]),
        (NameFilter::Prefix(String::new()), vec!["6", "5", "4", "3", "2", "1", "0"]),
    ] {
        let filter = Filter { name: Some(filter), ..Filter::default() };
        assert_eq!(subject.matching(filter.clone()).await, expected, "{filter:?}");
    }
}

/// Filters.
pub async fn ids_match_by_their_beginning(mut subject: Subject) {
    let all =
        ["a", "a%", "a_b", "ab", "A", "é", "e\u{301}", "a\u{10FFFF}", "a\u{10FFFF}b", "b'c\""];
    for id in all {
        subject.created(id).await;
    }
    for prefix in ["a", "a%", "a_", "A", "é", "e", "a\u{10FFFF}", "b'", "b'c\"", "", "x"] {
        let filter = Filter { id_prefix: Some(prefix.to_owned()), ..Filter::default() };
        let expected: Vec<&str> =
            all.into_iter().filter(|id| id.starts_with(prefix)).rev().collect();
        assert_eq!(subject.matching(filter).await, expected, "prefix {prefix:?}");
    }
}

/// Filters.
pub async fn times_are_from_inclusive_to_exclusive(mut subject: Subject) {
    created_at(&mut subject, &[("a", 1), ("b", 2), ("c", 3)]).await;
    for (from, to, expected) in [
        (Some(2), None, vec!["c", "b"]),
        (None, Some(2), vec!["a"]),
        (Some(2), Some(3), vec!["b"]),
        (Some(2), Some(2), vec![]),
        (Some(3), Some(1), vec![]),
    ] {
        let (created_from, created_to) = (from.map(at), to.map(at));
        let filter = Filter { created_from, created_to, ..Filter::default() };
        assert_eq!(subject.matching(filter).await, expected, "{from:?} {to:?}");
    }
}

/// Filters.
pub async fn all_conditions_must_hold(mut subject: Subject) {
    for (id, name, seconds) in [("a1", "A", 1), ("a2", "B", 2), ("b1", "A", 3), ("a3", "A", 4)] {
        let record =
            InstanceRecord { name: name.to_owned(), created_at: at(seconds), ..subject.record(id) };
        subject.create(&record).await;
    }
    let filter = Filter {
        statuses: vec![Pending],
        name: Some(NameFilter::Exact("A".to_owned())),
        id_prefix: Some("a".to_owned()),
        created_from: Some(at(2)),
        created_to: Some(at(5)),
        entities: None,
    };
    assert_eq!(subject.matching(filter.clone()).await, ["a3"]);
    let running = Filter { statuses: vec![Running], ..filter };
    assert_eq!(subject.matching(running).await, Vec::<String>::new());
}

/// List, rule 3.
pub async fn payloads_come_only_when_asked_for(mut subject: Subject) {
    let record = subject.created("x").await;
    let mut failed = next(&record, Failed, 1);
    let message = "é".repeat(300);
    let failure = FailureDetails {
        stack_trace: Some("secret".to_owned()),
        ..FailureDetails::new("Type", message.clone())
    };
    failed.payloads = Payloads {
        output: Some(text("1")),
        custom_status: Some(text("2")),
        failure: Some(Arc::new(failure)),
        ..failed.payloads
    };
    subject.accept(updating(&record, &failed, events(1, 1))).await;
    let full = ListRequest { payloads: true, ..page(Filter::default()) };
    assert_eq!(subject.list(full).await, [failed]);
    let short = subject.list(page(Filter::default())).await.remove(0).payloads;
    let failure = Some(Arc::new(FailureDetails::new("", "é".repeat(200))));
    assert_eq!(short, Payloads { failure, ..Payloads::default() });
}

/// Limits.
pub async fn a_limit_is_kept(mut subject: Subject) {
    created_at(&mut subject, &[("a", 1), ("b", 2), ("c", 3)]).await;
    for (limit, expected) in [(0, 0), (1, 1), (3, 3), (4, 3), (100_000, 3)] {
        let request = ListRequest { limit, ..page(Filter::default()) };
        assert_eq!(subject.list(request).await.len(), expected);
    }
}
