//! Lists and groups by a query: what the reference says, in every order, in both directions, however it is cut.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use taskhub_shared::{
    failure::FailureDetails,
    id::TaskHubName,
    limits,
    query::{Sort, SortField, TimeField},
    status::RuntimeStatus::{self, Completed, Failed, Pending, Running, Suspended, Terminated},
};

use super::subject::{Subject, at, creating, events, ids, next, text, update, updating};
use crate::{
    engine::history_event::ParentInstance,
    store::{
        Store,
        memory::MemoryStore,
        model::{
            Commit, Create, EntityRecord, HistoryChange, HubId, InstanceRecord, Payloads, Task,
            Timer,
        },
        select::{
            Group, Grouping, Place, SelectRequest, Selected, Selection, Serving, TallyRequest,
        },
    },
};

/// Queries that every rule asks.
const QUERIES: &[&str] = &[
    "",
    "status:failed",
    "status:failed,pending,terminated",
    "-status:completed",
    "name:Order",
    "name:Order*",
    "name:*e*",
    "name:Order,Ship status:running,completed",
    "name:Nothing",
    "name:Order or status:failed",
    "-(name:Order* status:completed)",
    "id:a",
    "id=a1",
    "id=a1,b3,c2",
    "id:*1",
    "id:%",
    "id:a name:Ship",
    "b",
    "Ord",
    "parent:a1",
    "parent:*",
    "-parent:a*",
    "is:root",
    "is:child is:active",
    "is:ended",
    "is:stuck",
    "-is:stuck is:active",
    "created:>=2027-01-15T08:00:10Z created:<2027-01-15T08:00:20Z",
    "created:>-15s",
    "updated:>2027-01-15T08:00:12Z",
    "completed:>2027-01-15T08:00:12Z",
    "-completed:>2027-01-15T08:00:12Z",
    "completed:<=now name:Order",
    "duration:>5s",
    "duration:<=5s",
    "error:boom",
    "error:\"deep cause\"",
    "error=BOOM*",
    "error:*",
    "-error:*",
    "tag:eu",
    "tag.region=eu",
    "tag.region:e*",
    "tag:region",
    "tag.none=*",
    "-tag.region=eu status:running",
    "version:1.0",
    "version:\"\"",
    "-version:*.*",
    "input.n=3",
    "input.n>=4 input.n<8",
    "input.kind=gold",
    "input.kind=g*,silver",
    "input.list[1]=2",
    "-input.n=3",
    "input:GOLD",
    "input:*",
    "output=\"done\"",
    "custom.stage=paid or input.n=2",
    "wait:worker",
    "wait:activity",
    "wait:child",
    "wait:timer",
    "wait:event",
    "wait:resume",
    "wait:start",
    "wait:Charge,Ship",
    "wait:C*",
    "-wait:event is:active",
    "(name:Order or name:Ship) -status:running (tag:eu or input.n>5)",
];

fn selection(query: &str) -> Selection {
    let serving = Serving {
        orchestrations: Some(["Order".to_owned()].into()),
        activities: Some(["Charge".to_owned()].into()),
        held_up: [3].into(),
    };
    let query = query.parse().unwrap();
    Selection { serving: Arc::new(serving), ..Selection::new(query, at(30)) }
}

fn all(query: &str) -> SelectRequest {
    SelectRequest {
        selection: selection(query),
        sort: Sort::default(),
        after: None,
        backwards: false,
        limit: 1000,
        payloads: false,
    }
}

fn sorts() -> impl Iterator<Item = Sort> {
    let both = |field| [true, false].map(|descending| Sort { field, descending });
    SortField::ALL.into_iter().flat_map(both)
}

/// Commits that make a varied hub. Numbers are those of the subject's store.
fn varied(subject: &Subject) -> Vec<Commit> {
    let mut commits = Vec::new();
    let mut parent: Option<InstanceRecord> = None;
    for n in 0..36_u64 {
        let seconds = i64::try_from(n).unwrap();
        let id = format!("{}{}", ["a", "b", "c", "%"][usize::try_from(n % 4).unwrap()], n / 4);
        let status = [
            Completed, Running, Failed, Pending, Running, Suspended, Terminated, Completed, Running,
        ][usize::try_from(n % 9).unwrap()];
        let failure = FailureDetails {
            inner_failure: Some(Box::new(FailureDetails::new("E", "a Deep cause"))),
            ..FailureDetails::new("T", format!("Boom {}", n % 2))
        };
        let payloads = Payloads {
            input: (n % 5 > 0).then(|| {
                let kind = ["gold", "silver", "Gold"][usize::try_from(n % 3).unwrap()];
                text(&format!("{{\"n\":{n},\"kind\":\"{kind}\",\"list\":[1,{}]}}", n % 4))
            }),
            ..Payloads::default()
        };
        let mut record = subject.record(&id);
        record.name =
            ["Order", "OrderItem", "Ship", "order"][usize::try_from(n / 2 % 4).unwrap()].to_owned();
        record.version = (n % 3 > 0).then(|| format!("{}.0", n % 3));
        // Several start at the same time.
        record.created_at = at(seconds / 3 * 3);
        record.updated_at = record.created_at;
        record.scheduled_start_at = (n % 12 == 3).then(|| at(if n % 24 == 3 { 60 } else { 20 }));
        if n % 4 == 1 {
            record.tags = BTreeMap::from([(
                "region".to_owned(),
                ["eu", "us"][usize::try_from(n / 4 % 2).unwrap()].to_owned(),
            )]);
        }
        if n % 5 == 2
            && let Some(parent) = &parent
        {
            record.parent = Some(ParentInstance {
                instance_id: parent.instance_id.to_string(),
                execution_id: if n % 10 == 2 {
                    parent.execution_id.clone()
                } else {
                    "another".to_owned()
                },
                name: parent.name.clone(),
                version: None,
                task_scheduled_id: 1,
            });
        }
        record.payloads = payloads;
        commits.push(creating(&record));
        let mut after = next(&record, status, 2);
        after.updated_at = record.updated_at + TimeDelta::seconds(i64::try_from(n % 7).unwrap());
        after.completed_at = status.is_terminal().then_some(after.updated_at);
        match status {
            Failed => after.payloads.failure = Some(Arc::new(failure)),
            Completed => after.payloads.output = Some(text("\"done\"")),
            Running => after.payloads.custom_status = Some(text("{\"stage\":\"paid\"}")),
            RuntimeStatus::ContinuedAsNew
            | RuntimeStatus::Canceled
            | Terminated
            | Pending
            | Suspended => {}
        }
        if status != Pending {
            commits.push(updating(&record, &after, events(1, 2)));
        }
        let mut work = Commit::default();
        if n % 6 == 1 {
            let name = if n % 12 == 1 { "Charge" } else { "Mail" }.to_owned();
            work.tasks.push(Arc::new(Task { name, ..Task::clone(&subject.task(&record)) }));
        }
        if n % 6 == 4 {
            let timer = Timer::clone(&subject.timer(&record));
            let fire_at = at(if n % 12 == 4 { 60 } else { 25 });
            work.timers.push(Arc::new(Timer {
                fire_at,
                action: (n % 18 > 4).then_some(1),
                ..timer
            }));
        }
        if n % 9 == 8 {
            work.messages.push((record.num, subject.message()));
        }
        commits.push(work);
        if status == Running {
            parent = Some(after);
        }
    }
    let entity = InstanceRecord {
        entity: Some(EntityRecord::default()),
        name: "Order".to_owned(),
        ..subject.record("@order@a1")
    };
    commits.push(creating(&entity));
    commits
}

/// The subject with these commits, and the reference with the same.
async fn pair(subject: &mut Subject, commits: Vec<Commit>) -> (HubId, MemoryStore, HubId) {
    let reference = MemoryStore::default();
    let theirs = reference.open_hub(&TaskHubName::new("Rules").unwrap(), at(0)).await.unwrap();
    let ours = subject.hub().await;
    for commit in commits {
        subject.store().commit(ours, commit.clone()).await.unwrap();
        reference.commit(theirs, commit).await.unwrap();
    }
    (ours, reference, theirs)
}

/// Goes through the whole list in slices of `limit` rows.
async fn walk(store: &dyn Store, hub: HubId, mut request: SelectRequest) -> Vec<InstanceRecord> {
    let mut seen = Vec::new();
    loop {
        let Selected { records, rest, .. } = store.select(hub, request.clone()).await.unwrap();
        assert!(records.len() <= request.limit);
        seen.extend(records);
        let Some(rest) = rest else { return seen };
        request.after = Some(rest);
    }
}

/// Select, rules 1 and 2.
pub async fn every_query_in_every_order_is_answered_as_by_the_reference(mut subject: Subject) {
    let commits = varied(&subject);
    let (ours, reference, theirs) = pair(&mut subject, commits).await;
    let mut matched = 0;
    for query in QUERIES {
        for sort in sorts() {
            let request = SelectRequest { sort, ..all(query) };
            let expected = walk(&reference, theirs, request.clone()).await;
            matched += usize::from(!expected.is_empty());
            let found = walk(subject.store(), ours, request.clone()).await;
            assert_eq!(ids(&found), ids(&expected), "{query} by {sort}");
            assert_eq!(found, expected, "{query} by {sort}");
            let places: Vec<Place> = found.iter().map(|record| Place::of(sort, record)).collect();
            assert!(
                places.is_sorted_by(|a, b| a.compare(b, sort.descending).is_lt()),
                "{query} by {sort}"
            );
        }
    }
    assert!(
        matched * 10 >= QUERIES.len() * sorts().count() * 9,
        "few queries match nothing: {matched}"
    );
}

/// Select, rule 2.
pub async fn slices_follow_each_other_in_both_directions(mut subject: Subject) {
    let commits = varied(&subject);
    let (ours, ..) = pair(&mut subject, commits).await;
    for query in ["", "status:failed,running", "name:Order*", "input.n>4", "id:a", "is:child"] {
        for sort in sorts() {
            let request = SelectRequest { sort, ..all(query) };
            let whole = ids(&walk(subject.store(), ours, request.clone()).await);
            for limit in [1, 3, 7] {
                let request = SelectRequest { limit, ..request.clone() };
                let cut = walk(subject.store(), ours, request.clone()).await;
                assert_eq!(ids(&cut), whole, "{query} by {sort} in slices of {limit}");
                let back = SelectRequest { backwards: true, ..request };
                let mut back = ids(&walk(subject.store(), ours, back).await);
                back.reverse();
                assert_eq!(back, whole, "{query} by {sort} backwards in slices of {limit}");
            }
        }
    }
}

/// Select, rule 2: before and after each row.
pub async fn what_lies_before_and_after_a_row_is_the_rest_of_the_list(mut subject: Subject) {
    let commits = varied(&subject);
    let (ours, ..) = pair(&mut subject, commits).await;
    for sort in sorts() {
        let request = SelectRequest { sort, ..all("-status:pending") };
        let whole = walk(subject.store(), ours, request.clone()).await;
        for (index, row) in whole.iter().enumerate() {
            let after = Some(Place::of(sort, row));
            let later = SelectRequest { after: after.clone(), ..request.clone() };
            let later = walk(subject.store(), ours, later).await;
            assert_eq!(ids(&later), ids(&whole[index + 1..]), "after {index} by {sort}");
            let earlier = SelectRequest { after, backwards: true, ..request.clone() };
            let mut earlier = walk(subject.store(), ours, earlier).await;
            earlier.reverse();
            assert_eq!(ids(&earlier), ids(&whole[..index]), "before {index} by {sort}");
        }
    }
}

/// Select, rule 3: a list that reads many payloads comes in slices, and comes to its end.
pub async fn a_dear_filter_comes_to_its_end_in_slices(mut subject: Subject) {
    let mut commit = Commit::default();
    let filler = "x".repeat(64 * 1024);
    for n in 0..120 {
        let input = text(&format!("{{\"filler\":\"{filler}\",\"n\":{n}}}"));
        let payloads = Payloads { input: Some(input), ..Payloads::default() };
        let record =
            InstanceRecord { payloads, created_at: at(n), ..subject.record(&format!("i{n}")) };
        commit.creates.push(Create { record: Arc::new(record), replaces: None });
    }
    subject.accept(commit).await;
    let hub = subject.hub().await;
    let found = walk(subject.store(), hub, all("input.n<2")).await;
    assert_eq!(ids(&found), ["i1", "i0"]);
    assert_eq!(
        tally(subject.store(), hub, "input.n>=2", Grouping::Status).await,
        [group("", Pending, 118)]
    );
}

/// Select, rule 3: a slice has the bytes of a page at most, but for one row that has more.
pub async fn a_slice_has_the_bytes_of_a_page(mut subject: Subject) {
    let mut commit = Commit::default();
    for n in 0..20 {
        let bytes = if n == 7 { 2 * limits::PAGE_BYTES } else { limits::PAGE_BYTES / 5 };
        let payloads = Payloads { input: Some(text(&"x".repeat(bytes))), ..Payloads::default() };
        let record =
            InstanceRecord { payloads, created_at: at(n), ..subject.record(&format!("i{n}")) };
        commit.creates.push(Create { record: Arc::new(record), replaces: None });
    }
    subject.accept(commit).await;
    let hub = subject.hub().await;
    let bare = ids(&walk(subject.store(), hub, all("")).await);
    for backwards in [false, true] {
        let mut request = SelectRequest { backwards, payloads: true, ..all("") };
        let mut seen = Vec::new();
        loop {
            let Selected { records, rest, .. } =
                subject.store().select(hub, request.clone()).await.unwrap();
            let bytes: usize = records.iter().map(InstanceRecord::weight).sum();
            assert!(bytes <= limits::PAGE_BYTES || records.len() == 1, "{bytes}");
            seen.extend(ids(&records));
            if rest.is_none() {
                break;
            }
            request.after = rest;
        }
        if backwards {
            seen.reverse();
        }
        assert_eq!(seen, bare, "each once");
    }
}

/// Select, rule 4.
pub async fn payloads_of_a_selection_come_when_asked_for(mut subject: Subject) {
    let commits = varied(&subject);
    let (ours, reference, theirs) = pair(&mut subject, commits).await;
    for payloads in [true, false] {
        let request = SelectRequest { payloads, ..all("") };
        let expected = walk(&reference, theirs, request.clone()).await;
        assert_eq!(walk(subject.store(), ours, request).await, expected);
        assert_eq!(expected.iter().any(|record| record.payloads.input.is_some()), payloads);
    }
}

async fn tally(store: &dyn Store, hub: HubId, query: &str, grouping: Grouping) -> Vec<Group> {
    let mut request = TallyRequest { selection: selection(query), grouping, after: None };
    let mut sums: BTreeMap<(String, RuntimeStatus), u64> = BTreeMap::new();
    loop {
        let tallied = store.tally(hub, request.clone()).await.unwrap();
        for Group { value, status, count } in tallied.groups {
            *sums.entry((value, status)).or_default() += count;
        }
        let Some(rest) = tallied.rest else { break };
        request.after = Some(rest);
    }
    sums.into_iter().map(|((value, status), count)| Group { value, status, count }).collect()
}

fn group(value: &str, status: RuntimeStatus, count: u64) -> Group {
    Group { value: value.to_owned(), status, count }
}

/// Tally, rule 1.
pub async fn groups_are_those_of_the_reference(mut subject: Subject) {
    let commits = varied(&subject);
    let (ours, reference, theirs) = pair(&mut subject, commits).await;
    let time = |field| Grouping::Time { field, from: at(5), step: 4_000_000, steps: 6 };
    let groupings = [
        Grouping::Status,
        Grouping::Name,
        Grouping::Version,
        Grouping::Tag,
        Grouping::Error,
        time(TimeField::Created),
        time(TimeField::Updated),
        time(TimeField::Completed),
    ];
    for query in QUERIES {
        for grouping in &groupings {
            let expected = tally(&reference, theirs, query, grouping.clone()).await;
            let found = tally(subject.store(), ours, query, grouping.clone()).await;
            assert_eq!(found, expected, "{query} by {grouping:?}");
        }
    }
}

/// Tally, rule 2: the counters follow every kind of change.
pub async fn plain_groups_follow_every_change(mut subject: Subject) {
    let hub = subject.hub().await;
    let mut ended = subject.record("x");
    ended.name = "Order".to_owned();
    subject.create(&ended).await;
    let completed = next(&ended, Completed, 2);
    subject.accept(updating(&ended, &completed, events(1, 2))).await;
    let other = subject.ended("y").await;
    let status = async |subject: &Subject, query: &str| {
        tally(subject.store(), hub, query, Grouping::Status).await
    };
    assert_eq!(status(&subject, "").await, [group("", Completed, 2)]);
    assert_eq!(status(&subject, "name:Order").await, [group("", Completed, 1)]);
    // It is replaced by one of another name, which goes on as a new generation.
    let new = InstanceRecord { name: "Ship".to_owned(), ..subject.record("x") };
    let create = Create { record: Arc::new(new.clone()), replaces: Some(completed.num) };
    subject.accept(Commit { creates: vec![create], ..Commit::default() }).await;
    assert_eq!(status(&subject, "name:Order").await, []);
    let running = next(&new, Running, 0);
    let again =
        Commit { updates: vec![update(&new, &running, HistoryChange::Clear)], ..Commit::default() };
    subject.accept(again).await;
    assert_eq!(status(&subject, "name:S*").await, [group("", Running, 1)]);
    assert_eq!(status(&subject, "-status:running").await, [group("", Completed, 1)]);
    subject.accept(Commit { purges: vec![other.num], ..Commit::default() }).await;
    let names = tally(subject.store(), hub, "", Grouping::Name).await;
    assert_eq!(names, [group("Ship", Running, 1)]);
    // Another hub has counters of its own, and they go with it.
    let second = subject.other_hub("Second").await;
    subject.store().commit(second, creating(&subject.record("z"))).await.unwrap();
    assert_eq!(tally(subject.store(), second, "", Grouping::Status).await, [group("", Pending, 1)]);
    subject.store().delete_hub(second).await.unwrap();
    assert_eq!(tally(subject.store(), second, "", Grouping::Status).await, []);
    assert_eq!(status(&subject, "is:active").await, [group("", Running, 1)]);
}
