//! Histories are append-only, gap-free, and come back as they were written.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Failed, Running};

use super::subject::{Subject, event, events, next, started, updating};
use crate::{engine::history_event::HistoryEvent, store::model::HistoryChange};

/// Rule 8.
pub async fn events_are_appended_in_order(mut subject: Subject) {
    let mut record = subject.created("x").await;
    for (from, count) in [(1, 1), (2, 5), (7, 0), (7, 3)] {
        let after = next(&record, Running, u64::try_from(count).unwrap());
        subject.accept(updating(&record, &after, events(from, count))).await;
        record = after;
    }
    let expected: Vec<HistoryEvent> = (1..=9).map(event).collect();
    assert_eq!(subject.events("x").await, Some(expected.clone()));
    let loaded = subject.loaded("x").await.unwrap().history;
    assert_eq!(loaded.iter().map(|event| HistoryEvent::clone(event)).collect::<Vec<_>>(), expected);
}

/// The codec of the store.
pub async fn every_kind_of_event_comes_back(mut subject: Subject) {
    let record = subject.created("x").await;
    let all = crate::engine::history_event::samples::all();
    let after = next(&record, Running, all.len() as u64);
    let events = all.iter().cloned().map(Arc::new).collect();
    let change = HistoryChange::Append { from: 1, events };
    subject.accept(updating(&record, &after, change)).await;
    assert_eq!(subject.events("x").await, Some(all));
}

/// A new generation.
pub async fn a_cleared_history_begins_at_one(mut subject: Subject) {
    let record = subject.created("x").await;
    let long = next(&record, Running, 5);
    subject.accept(updating(&record, &long, events(1, 5))).await;
    let mut again = next(&long, Running, 0);
    again.history_len = 0;
    again.execution_id = "f".repeat(32);
    subject.accept(updating(&long, &again, HistoryChange::Clear)).await;
    assert_eq!(subject.events("x").await, Some(vec![]));
    let after = next(&again, Running, 1);
    let change = HistoryChange::Append { from: 1, events: vec![Arc::new(started(&again))] };
    subject.accept(updating(&again, &after, change)).await;
    assert_eq!(subject.events("x").await, Some(vec![started(&again)]));
    // Over an old generation's position there is nothing.
    let last = next(&after, Running, 1);
    subject.refuse(updating(&after, &last, events(6, 1))).await;
}

/// Rule 14.
pub async fn a_replaced_history_is_the_new_one_alone(mut subject: Subject) {
    let record = subject.created("x").await;
    let failed = next(&record, Failed, 5);
    subject.accept(updating(&record, &failed, events(1, 5))).await;
    for (count, first) in [(3, 10), (0, 0), (7, 20)] {
        let before = subject.stored("x").await.unwrap();
        let mut after = next(&before, Running, 0);
        after.history_len = count;
        after.completed_at = None;
        let new: Vec<HistoryEvent> =
            (0..i64::try_from(count).unwrap()).map(|n| event(first + n)).collect();
        let change = HistoryChange::Replace { events: new.iter().cloned().map(Arc::new).collect() };
        subject.accept(updating(&before, &after, change)).await;
        assert_eq!(subject.events("x").await, Some(new));
        assert_eq!(subject.stored("x").await, Some(after));
    }
    // What follows goes on behind the new events, and a stale replacement changes nothing.
    let before = subject.stored("x").await.unwrap();
    let after = next(&before, Running, 1);
    subject.accept(updating(&before, &after, events(8, 1))).await;
    let stale = HistoryChange::Replace { events: vec![] };
    subject.refuse(updating(&before, &next(&before, Running, 0), stale)).await;
    assert_eq!(subject.events("x").await.unwrap().len(), 8);
}

/// Paging.
pub async fn pages_follow_each_other(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 10);
    subject.accept(updating(&record, &after, events(1, 10))).await;
    let hub = subject.hub().await;
    let mut seen = vec![];
    loop {
        let page = subject.store().history(hub, "x", seen.len() as u64, 3).await.unwrap().unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, (1..=10).map(event).collect::<Vec<_>>());
    for (after, limit) in [(0, 0), (10, 5), (u64::MAX, 5)] {
        let page = subject.store().history(hub, "x", after, limit).await.unwrap();
        assert_eq!(page, Some(vec![]), "after {after}, at most {limit}");
    }
}

/// What is not there.
pub async fn a_history_of_nothing_is_absent(mut subject: Subject) {
    assert_eq!(subject.events("x").await, None);
    subject.created("x").await;
    assert_eq!(subject.events("x").await, Some(vec![]));
}
