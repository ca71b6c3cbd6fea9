//! Edges: what is gone, what comes twice, what is empty, and the ends of what a number can be.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use taskhub_shared::{
    failure::FailureDetails,
    status::RuntimeStatus::{self, Completed, Pending, Running, Terminated},
};

use super::subject::{
    Subject, at, count, creating, event, events, next, page, text, update, updating,
};
use crate::store::model::{
    Commit, Create, Direction, Filter, HistoryChange, InstanceRecord, ListRequest, NameFilter,
    Payloads, Position, Task,
};

/// Rule 5.
pub async fn a_purged_instance_takes_no_update(mut subject: Subject) {
    let ended = subject.ended("x").await;
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    let after = next(&ended, Completed, 1);
    subject.refuse(updating(&ended, &after, events(3, 1))).await;
    assert_eq!(subject.counts(Filter::default()).await, []);
}

/// Rule 10.
pub async fn a_purged_instance_takes_no_work(mut subject: Subject) {
    let ended = subject.ended("x").await;
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    let messages = vec![(ended.num, subject.message())];
    subject.refuse(Commit { messages, ..Commit::default() }).await;
    let tasks = vec![subject.task(&ended)];
    subject.refuse(Commit { tasks, ..Commit::default() }).await;
    let timers = vec![subject.timer(&ended)];
    subject.refuse(Commit { timers, ..Commit::default() }).await;
}

/// Rule 5: a turn of the instance before it is stale.
pub async fn a_replaced_instance_takes_no_update(mut subject: Subject) {
    let old = subject.created("x").await;
    let new = subject.record("x");
    let create = Create { record: Arc::new(new.clone()), replaces: Some(old.num) };
    subject.accept(Commit { creates: vec![create], ..Commit::default() }).await;
    let after = next(&old, Running, 1);
    subject.refuse(updating(&old, &after, events(1, 1))).await;
    assert_eq!(subject.stored("x").await, Some(new));
}

/// Rule 9.
pub async fn a_purge_twice_is_a_conflict_also_in_one_commit(mut subject: Subject) {
    let ended = subject.ended("x").await;
    subject.refuse(Commit { purges: vec![ended.num, ended.num], ..Commit::default() }).await;
    assert_eq!(subject.stored("x").await, Some(ended.clone()));
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    subject.refuse(Commit { purges: vec![ended.num], ..Commit::default() }).await;
}

/// Rules 6 and 7.
pub async fn what_is_used_up_twice_in_one_commit_is_a_conflict(mut subject: Subject) {
    let record = subject.created("x").await;
    let (message, task) = (subject.message(), subject.task(&record));
    let commit = Commit {
        messages: vec![(record.num, message.clone())],
        tasks: vec![Arc::clone(&task)],
        ..Commit::default()
    };
    subject.accept(commit).await;
    let consumed = vec![(record.num, message.id); 2];
    subject.refuse(Commit { consumed, ..Commit::default() }).await;
    let tasks_done = vec![(record.num, task.id); 2];
    subject.refuse(Commit { tasks_done, ..Commit::default() }).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!((loaded.inbox.len(), loaded.tasks.len()), (1, 1));
}

/// Rules 6 and 7.
pub async fn work_of_another_instance_cannot_be_used_up(mut subject: Subject) {
    let (ours, theirs) = (subject.created("x").await, subject.created("y").await);
    let (message, task) = (subject.message(), subject.task(&theirs));
    let commit = Commit {
        messages: vec![(theirs.num, message.clone())],
        tasks: vec![Arc::clone(&task)],
        ..Commit::default()
    };
    subject.accept(commit).await;
    let consumed = vec![(ours.num, message.id)];
    subject.refuse(Commit { consumed, ..Commit::default() }).await;
    let tasks_done = vec![(ours.num, task.id)];
    subject.refuse(Commit { tasks_done, ..Commit::default() }).await;
    assert_eq!(subject.loaded("y").await.unwrap().tasks, [task]);
}

/// Rule 3.
pub async fn what_comes_and_goes_in_one_commit_leaves_nothing(mut subject: Subject) {
    let record = subject.created("x").await;
    let (message, task, timer) = (subject.message(), subject.task(&record), subject.timer(&record));
    let commit = Commit {
        messages: vec![(record.num, message.clone())],
        consumed: vec![(record.num, message.id)],
        tasks_done: vec![(record.num, task.id)],
        timers_done: vec![(record.num, timer.id)],
        tasks: vec![task],
        timers: vec![timer],
        ..Commit::default()
    };
    subject.accept(commit).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!((loaded.inbox.len(), loaded.tasks.len(), loaded.timers.len()), (0, 0, 0));
}

/// Rule 5: each update stands on the one before it.
pub async fn an_instance_may_change_twice_in_one_commit(mut subject: Subject) {
    let record = subject.created("x").await;
    let first = next(&record, Running, 2);
    let second = next(&first, Completed, 1);
    let mut commit = updating(&record, &first, events(1, 2));
    commit.updates.push(update(&first, &second, events(3, 1)));
    subject.accept(commit).await;
    assert_eq!(subject.stored("x").await, Some(second));
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Completed, 1)]);
}

/// Rule 8.
pub async fn a_history_may_be_cleared_and_begun_in_one_commit(mut subject: Subject) {
    let record = subject.created("x").await;
    let long = next(&record, Running, 3);
    subject.accept(updating(&record, &long, events(1, 3))).await;
    let cleared = InstanceRecord { history_len: 0, ..next(&long, Running, 0) };
    let begun = next(&cleared, Running, 1);
    let mut commit = updating(&long, &cleared, HistoryChange::Clear);
    commit.updates.push(update(&cleared, &begun, events(1, 1)));
    subject.accept(commit).await;
    assert_eq!(subject.events("x").await, Some(vec![event(1)]));
}

/// Rule 8.
pub async fn an_empty_append_changes_the_record_only(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 0);
    subject.accept(updating(&record, &after, events(1, 0))).await;
    assert_eq!(subject.stored("x").await, Some(after));
    assert_eq!(subject.events("x").await, Some(vec![]));
}

/// Histories of what has ended can be read.
pub async fn an_ended_instance_keeps_its_history(mut subject: Subject) {
    subject.ended("x").await;
    assert_eq!(subject.events("x").await, Some(vec![event(1), event(2)]));
}

/// Rule 11.
pub async fn the_history_of_a_purged_id_does_not_come_back(mut subject: Subject) {
    let ended = subject.ended("x").await;
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    let again = subject.created("x").await;
    assert_eq!(subject.events("x").await, Some(vec![]));
    let after = next(&again, Running, 1);
    subject.accept(updating(&again, &after, events(1, 1))).await;
    assert_eq!(subject.events("x").await, Some(vec![event(1)]));
}

/// Activities run on after the end of who asked for them.
pub async fn an_ended_instance_may_have_activities(mut subject: Subject) {
    let ended = subject.ended("x").await;
    let task = subject.task(&ended);
    subject.accept(Commit { tasks: vec![Arc::clone(&task)], ..Commit::default() }).await;
    assert_eq!(subject.loaded("x").await.unwrap().tasks, [Arc::clone(&task)]);
    let tasks_done = vec![(ended.num, task.id)];
    subject.accept(Commit { tasks_done, ..Commit::default() }).await;
    assert_eq!(subject.loaded("x").await.unwrap().tasks, []);
}

/// Load order.
pub async fn the_same_id_may_be_loaded_twice(mut subject: Subject) {
    subject.created("x").await;
    let hub = subject.hub().await;
    let wanted = ["x", "none", "x"].map(Arc::from).to_vec();
    let loaded = subject.store().load(hub, wanted).await.unwrap();
    assert!(loaded[0].is_some() && loaded[1].is_none());
    assert_eq!(loaded[0], loaded[2]);
}

/// Counts, rule 1.
pub async fn counts_follow_an_instance_through_every_status(mut subject: Subject) {
    let mut record = subject.created("x").await;
    for status in RuntimeStatus::ALL {
        let after = next(&record, status, 0);
        subject.accept(updating(&record, &after, events(1, 0))).await;
        assert_eq!(subject.counts(Filter::default()).await, [count("Name", status, 1)]);
        record = after;
    }
}

/// Hubs, rule 2.
pub async fn counts_are_those_of_one_hub(mut subject: Subject) {
    subject.created("x").await;
    subject.created("y").await;
    let other = subject.other_hub("Other").await;
    let theirs = subject.record("x");
    subject.store().commit(other, creating(&theirs)).await.unwrap();
    let after = next(&theirs, Terminated, 1);
    subject.store().commit(other, updating(&theirs, &after, events(1, 1))).await.unwrap();
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 2)]);
    let counts = subject.store().counts(other, Filter::default()).await.unwrap();
    assert_eq!(counts, [count("Name", Terminated, 1)]);
}

/// Rule 3: hubs are no neighbours.
pub async fn a_refused_commit_does_not_touch_another_hub(mut subject: Subject) {
    let record = subject.created("x").await;
    let hub = subject.hub().await;
    let other = subject.other_hub("Other").await;
    let theirs = subject.record("x");
    let refused = subject.store().commit(hub, updating(&record, &record, events(1, 0)));
    let fine = subject.store().commit(other, creating(&theirs));
    assert!(refused.await.is_err());
    fine.await.unwrap();
    assert_eq!(subject.store().instance(other, "x").await.unwrap(), Some(theirs));
}

/// List order.
pub async fn times_a_microsecond_apart_are_told_apart(mut subject: Subject) {
    for (id, micros) in [("b", 2), ("c", 3), ("a", 1)] {
        let created_at = at(0) + TimeDelta::microseconds(micros);
        let record = InstanceRecord { created_at, ..subject.record(id) };
        subject.create(&record).await;
    }
    assert_eq!(subject.matching(Filter::default()).await, ["c", "b", "a"]);
    let created_from = Some(at(0) + TimeDelta::microseconds(2));
    let filter = Filter { created_from, ..Filter::default() };
    assert_eq!(subject.matching(filter).await, ["c", "b"]);
}

/// List, rule 1: a position needs no row.
pub async fn a_position_between_rows_is_a_place(mut subject: Subject) {
    for (id, seconds) in [("a", 1), ("c", 3)] {
        let record = InstanceRecord { created_at: at(seconds), ..subject.record(id) };
        subject.create(&record).await;
    }
    for (num, direction, expected) in [
        (0, Direction::Older, ["a"]),
        (u64::MAX / 2, Direction::Older, ["a"]),
        (0, Direction::Newer, ["c"]),
        (u64::MAX / 2, Direction::Newer, ["c"]),
    ] {
        let from = Some(Position { created_at: at(2), num });
        let request = ListRequest { from, direction, ..page(Filter::default()) };
        let found = super::subject::ids(&subject.list(request).await);
        assert_eq!(found, expected, "{num} {direction:?}");
    }
}

/// Filters.
pub async fn wildcards_in_a_prefix_are_letters(mut subject: Subject) {
    let all = ["%", "%%", "_", "_a", "\\", "\\%", "[a]", "*", "?", "a%b_c", "a_b%c"];
    for id in all {
        let record = InstanceRecord { name: id.to_owned(), ..subject.record(id) };
        subject.create(&record).await;
    }
    for prefix in ["%", "_", "\\", "[", "*", "?", "a%", "a_", "\\%"] {
        let expected: Vec<&str> =
            all.into_iter().filter(|id| id.starts_with(prefix)).rev().collect();
        let ids = Filter { id_prefix: Some(prefix.to_owned()), ..Filter::default() };
        assert_eq!(subject.matching(ids).await, expected, "id {prefix:?}");
        let name = Some(NameFilter::Prefix(prefix.to_owned()));
        let names = Filter { name, ..Filter::default() };
        assert_eq!(subject.matching(names).await, expected, "name {prefix:?}");
    }
}

/// What is empty is not absent.
pub async fn an_empty_text_is_not_an_absent_one(mut subject: Subject) {
    for (id, empty) in [("empty", Some("")), ("absent", None)] {
        let mut record = subject.record(id);
        record.version = empty.map(str::to_owned);
        record.payloads =
            Payloads { input: empty.map(text), output: empty.map(text), ..Payloads::default() };
        subject.create(&record).await;
        assert_eq!(subject.stored(id).await, Some(record));
    }
}

/// Numbers.
pub async fn the_largest_numbers_come_back(mut subject: Subject) {
    let largest = u64::try_from(i64::MAX).unwrap();
    let record =
        InstanceRecord { history_len: largest, revision: largest - 1, ..subject.record("x") };
    subject.create(&record).await;
    assert_eq!(subject.stored("x").await, Some(record.clone()));
    let tasks: Vec<Arc<Task>> = [i32::MIN, -1, 0, i32::MAX]
        .map(|event_id| Arc::new(Task { event_id, ..Task::clone(&subject.task(&record)) }))
        .to_vec();
    subject.accept(Commit { tasks: tasks.clone(), ..Commit::default() }).await;
    assert_eq!(subject.loaded("x").await.unwrap().tasks, tasks);
}

/// Numbers: a database of signed numbers may refuse, and must not fold them over.
pub async fn a_number_past_the_signed_ones_is_kept_or_refused(mut subject: Subject) {
    let past = u64::try_from(i64::MAX).unwrap() + 1;
    for (id, revision, history_len) in
        [("r", past, 0), ("h", 1, past), ("both", u64::MAX, u64::MAX)]
    {
        let record = InstanceRecord { revision, history_len, ..subject.record(id) };
        let kept = subject.commit(creating(&record)).await.is_ok();
        assert_eq!(subject.stored(id).await, kept.then_some(record), "{id}");
    }
    subject.created("after").await;
    assert!(subject.stored("after").await.is_some(), "the store goes on");
}

/// Payloads of the largest size that a request may have, and more of them.
pub async fn large_events_and_work_come_back(mut subject: Subject) {
    let record = subject.created("x").await;
    let large = text(&"\u{1F980}".repeat(400_000));
    let kind = crate::engine::history_event::EventKind::EventRaised {
        name: "e".to_owned(),
        input: Some(Arc::clone(&large)),
    };
    let event = Arc::new(crate::engine::history_event::HistoryEvent::new(at(1), kind));
    let message = crate::store::model::Message { id: subject.number(), event: Arc::clone(&event) };
    let task = Arc::new(Task { input: Some(large), ..Task::clone(&subject.task(&record)) });
    let after = next(&record, Running, 1);
    let change = HistoryChange::Append { from: 1, events: vec![Arc::clone(&event)] };
    let mut commit = updating(&record, &after, change);
    commit.messages = vec![(record.num, message.clone())];
    commit.tasks = vec![Arc::clone(&task)];
    subject.accept(commit).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!(
        (loaded.history, loaded.inbox, loaded.tasks),
        (vec![event], vec![message], vec![task])
    );
}

/// Many small things in one record.
pub async fn many_tags_and_a_deep_failure_come_back(mut subject: Subject) {
    let mut record = subject.record("x");
    record.tags =
        (0..500).map(|n| (format!("k{n}é"), format!("{n}\u{0}"))).collect::<BTreeMap<_, _>>();
    let deep = |inner, n: i32| FailureDetails {
        inner_failure: inner,
        ..FailureDetails::new(format!("T{n}"), "why")
    };
    let failure = (0..20).fold(None, |inner, n| Some(Box::new(deep(inner, n)))).unwrap();
    record.payloads.failure = Some(Arc::new(*failure));
    subject.create(&record).await;
    assert_eq!(subject.stored("x").await, Some(record));
}

/// Reopening.
pub async fn what_was_refused_or_purged_is_not_there_after_reopening(mut subject: Subject) {
    let (kept, ended) = (subject.created("kept").await, subject.ended("ended").await);
    subject.refuse(creating(&subject.record("kept"))).await;
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    if !subject.reopen().await {
        return;
    }
    assert_eq!(subject.stored("kept").await, Some(kept));
    assert_eq!(subject.stored("ended").await, None);
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 1)]);
}

/// Reopening, hubs.
pub async fn hubs_stay_apart_after_reopening(mut subject: Subject) {
    let ours = subject.created("x").await;
    let other = subject.other_hub("Other").await;
    let theirs = subject.record("x");
    subject.store().commit(other, creating(&theirs)).await.unwrap();
    if !subject.reopen().await {
        return;
    }
    assert_eq!(subject.other_hub("OTHER").await, other);
    assert_eq!(subject.stored("x").await, Some(ours));
    assert_eq!(subject.store().instance(other, "x").await.unwrap(), Some(theirs));
}

/// Reopening, list order.
pub async fn pages_go_on_after_reopening(mut subject: Subject) {
    let mut records = vec![];
    for id in ["a", "b", "c", "d"] {
        records.push(subject.created(id).await);
    }
    if !subject.reopen().await {
        return;
    }
    let from = Some(Position { created_at: records[2].created_at, num: records[2].num });
    let request = ListRequest { from, ..page(Filter::default()) };
    assert_eq!(super::subject::ids(&subject.list(request).await), ["b", "a"]);
}
