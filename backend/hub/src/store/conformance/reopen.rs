//! What is there after the store was closed and opened again. A store that cannot be opened again keeps these rules.

use taskhub_shared::status::RuntimeStatus::Running;

use super::subject::{Subject, events, next, page, updating};
use crate::store::model::{Commit, Filter, ListRequest};

/// Rule 2.
pub async fn everything_is_there_after_reopening(mut subject: Subject) {
    subject.ended("ended").await;
    let record = subject.created("x").await;
    let after = next(&record, Running, 5);
    let mut commit = updating(&record, &after, events(1, 5));
    commit.messages = vec![(record.num, subject.message()), (record.num, subject.message())];
    commit.tasks = vec![subject.task(&record)];
    commit.timers = vec![subject.timer(&record)];
    subject.accept(commit).await;
    let hub = subject.hub().await;
    let request = ListRequest { payloads: true, ..page(Filter::default()) };
    let loaded = subject.loaded("x").await;
    let outstanding = subject.store().outstanding(hub).await.unwrap();
    let list = subject.list(request.clone()).await;
    let counts = subject.counts(Filter::default()).await;
    let history = subject.events("ended").await;
    if !subject.reopen().await {
        return;
    }
    assert_eq!(subject.loaded("x").await, loaded);
    assert_eq!(subject.store().outstanding(hub).await.unwrap(), outstanding);
    assert_eq!(subject.list(request).await, list);
    assert_eq!(subject.counts(Filter::default()).await, counts);
    assert_eq!(subject.events("ended").await, history);
}

/// Sequence, rule 1.
pub async fn the_sequence_goes_on_above_what_is_stored(mut subject: Subject) {
    let record = subject.created("x").await;
    for part in 0..4 {
        // The largest number is that of an instance, a message, an activity, a timer.
        let mut commit = Commit::default();
        match part {
            0 => {}
            1 => commit.messages = vec![(record.num, subject.message())],
            2 => commit.tasks = vec![subject.task(&record)],
            _ => commit.timers = vec![subject.timer(&record)],
        }
        subject.accept(commit).await;
        let before = subject.number();
        if !subject.reopen().await {
            return;
        }
        // The number that was only taken, and not stored, may come again.
        assert!(subject.number() >= before);
    }
}

/// Hubs.
pub async fn a_hub_keeps_its_number(mut subject: Subject) {
    let hubs = [subject.hub().await, subject.other_hub("B").await, subject.other_hub("A").await];
    if !subject.reopen().await {
        return;
    }
    assert_eq!(subject.other_hub("a").await, hubs[2]);
    assert_eq!(subject.other_hub("b").await, hubs[1]);
    assert_eq!(subject.hub().await, hubs[0]);
}

/// Rules 5 to 8.
pub async fn the_fence_holds_after_reopening(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 1);
    let commit = updating(&record, &after, events(1, 1));
    subject.accept(commit.clone()).await;
    if !subject.reopen().await {
        return;
    }
    subject.refuse(commit).await;
    let last = next(&after, Running, 1);
    subject.accept(updating(&after, &last, events(2, 1))).await;
}

/// Delete, rule 1.
pub async fn a_deleted_hub_stays_deleted(mut subject: Subject) {
    subject.created("x").await;
    let gone = subject.other_hub("Gone").await;
    let record = subject.record("x");
    subject.store().commit(gone, super::subject::creating(&record)).await.unwrap();
    subject.store().delete_hub(gone).await.unwrap();
    if !subject.reopen().await {
        return;
    }
    let names = subject.store().hubs().await.unwrap();
    assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Rules"]);
    let again = subject.other_hub("Gone").await;
    assert_eq!(subject.store().list(again, page(Filter::default())).await.unwrap(), []);
}
