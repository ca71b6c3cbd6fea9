//! Instances that have ended, by when they did.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{self, Completed, Failed, Running, Terminated};

use super::subject::{Subject, at, events, next, updating};
use crate::store::model::{Ended, EndedRequest, HistoryChange, InstanceRecord};

/// Instances that ended so many seconds after the beginning.
async fn ended_at(
    subject: &mut Subject,
    rows: &[(&str, i64, RuntimeStatus)],
) -> Vec<InstanceRecord> {
    let mut records = vec![];
    for (id, seconds, status) in rows {
        let record = subject.created(id).await;
        let ended =
            InstanceRecord { completed_at: Some(at(*seconds)), ..next(&record, *status, 1) };
        subject.accept(updating(&record, &ended, events(1, 1))).await;
        records.push(ended);
    }
    records
}

fn all() -> EndedRequest {
    EndedRequest { limit: 1000, ..EndedRequest::default() }
}

async fn ids(subject: &mut Subject, request: EndedRequest) -> Vec<String> {
    let hub = subject.hub().await;
    let ended = subject.store().ended(hub, request).await.unwrap();
    ended.iter().map(|ended| ended.instance_id.to_string()).collect()
}

/// Ended, its order.
pub async fn the_ended_come_by_their_end_and_id(mut subject: Subject) {
    let rows = [("c", 5, Completed), ("z", 2, Failed), ("b", 5, Terminated), ("B", 5, Completed)];
    ended_at(&mut subject, &rows).await;
    subject.created("active").await;
    assert_eq!(ids(&mut subject, all()).await, ["z", "B", "b", "c"]);
    let failed = EndedRequest { statuses: vec![Failed, Terminated], ..all() };
    assert_eq!(ids(&mut subject, failed).await, ["z", "b"]);
    let other = subject.other_hub("Other").await;
    assert_eq!(subject.store().ended(other, all()).await.unwrap(), []);
}

/// Ended, rule 2.
pub async fn ended_times_are_from_inclusive_to_exclusive(mut subject: Subject) {
    ended_at(&mut subject, &[("a", 1, Completed), ("b", 2, Completed), ("c", 3, Completed)]).await;
    for (from, to, expected) in [
        (Some(2), None, vec!["b", "c"]),
        (None, Some(2), vec!["a"]),
        (Some(2), Some(3), vec!["b"]),
        (Some(2), Some(2), vec![]),
        (Some(3), Some(1), vec![]),
    ] {
        let request = EndedRequest { from: from.map(at), to: to.map(at), ..all() };
        assert_eq!(ids(&mut subject, request).await, expected, "{from:?} {to:?}");
    }
}

/// Ended, rule 1.
pub async fn ended_pages_follow_each_other(mut subject: Subject) {
    let names: Vec<String> = (0..23).map(|n| format!("i{n:02}")).collect();
    let rows: Vec<_> =
        names.iter().map(String::as_str).zip(0..).map(|(id, n)| (id, n / 5, Completed)).collect();
    ended_at(&mut subject, &rows).await;
    let hub = subject.hub().await;
    let mut seen: Vec<Ended> = vec![];
    loop {
        let request = EndedRequest { after: seen.last().cloned(), limit: 4, ..all() };
        let page = subject.store().ended(hub, request).await.unwrap();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    let expected = names
        .iter()
        .zip(0..)
        .map(|(id, n)| Ended { completed_at: at(n / 5), instance_id: Arc::from(id.as_str()) });
    assert_eq!(seen, expected.collect::<Vec<_>>());
    let none = EndedRequest { limit: 0, ..all() };
    assert_eq!(ids(&mut subject, none).await, Vec::<String>::new());
}

/// An instance that is rewound.
pub async fn what_goes_on_again_is_not_ended(mut subject: Subject) {
    let records = ended_at(&mut subject, &[("a", 1, Failed), ("b", 2, Failed)]).await;
    let mut again = next(&records[0], Running, 0);
    (again.completed_at, again.history_len) = (None, 0);
    let change = HistoryChange::Replace { events: vec![] };
    subject.accept(updating(&records[0], &again, change)).await;
    assert_eq!(ids(&mut subject, all()).await, ["b"]);
}
