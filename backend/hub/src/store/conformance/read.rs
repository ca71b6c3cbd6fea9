//! What is read of one instance, and of the store.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Completed, Running};

use super::subject::{Subject, events, next, text, updating};
use crate::store::model::{Commit, Outstanding};

/// What is not there.
pub async fn nothing_is_read_of_what_is_not_there(mut subject: Subject) {
    let hub = subject.hub().await;
    assert_eq!(subject.stored("x").await, None);
    assert_eq!(subject.loaded("x").await, None);
    assert_eq!(subject.store().outstanding(hub).await.unwrap(), Outstanding::default());
    assert_eq!(subject.store().load(hub, vec![]).await.unwrap(), []);
}

/// Load order.
pub async fn instances_are_loaded_in_the_order_asked_for(mut subject: Subject) {
    let (a, b) = (subject.created("a").await, subject.created("b").await);
    let hub = subject.hub().await;
    let ids = ["b", "none", "a", "b"].map(Arc::from).to_vec();
    let loaded = subject.store().load(hub, ids).await.unwrap();
    let nums: Vec<_> = loaded.iter().map(|one| one.as_ref().map(|one| one.record.num)).collect();
    assert_eq!(nums, [Some(b.num), None, Some(a.num), Some(b.num)]);
}

/// Load, rule 1.
pub async fn an_ended_instance_is_loaded_without_its_history(mut subject: Subject) {
    let record = subject.created("x").await;
    let task = subject.task(&record);
    subject.accept(Commit { tasks: vec![Arc::clone(&task)], ..Commit::default() }).await;
    let mut after = next(&record, Completed, 4);
    after.payloads.output = Some(text("\"out\""));
    subject.accept(updating(&record, &after, events(1, 4))).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!(*loaded.record, after);
    assert_eq!(loaded.history, []);
    assert_eq!(loaded.tasks, [task], "its activities run to their end");
    assert_eq!(subject.events("x").await.unwrap().len(), 4, "the history itself stays");
}

/// Payloads.
pub async fn an_instance_has_its_payloads(mut subject: Subject) {
    let mut record = subject.record("x");
    record.payloads.input = None;
    subject.create(&record).await;
    assert_eq!(subject.stored("x").await.unwrap().payloads.input, None);
    let mut record = subject.record("y");
    record.payloads.input = Some(text(""));
    subject.create(&record).await;
    assert_eq!(subject.stored("y").await.unwrap().payloads.input, Some(text("")));
}

/// Health.
pub async fn the_store_answers_a_ping(subject: Subject) {
    subject.store().ping().await.unwrap();
    assert!(!subject.store().kind().is_empty());
}

/// Rule 3, seen by readers.
pub async fn reads_see_whole_commits_while_others_write(mut subject: Subject) {
    let hub = subject.hub().await;
    let mut record = subject.created("x").await;
    let store = subject.shared();
    let writer = tokio::spawn(async move {
        for number in 1..=100 {
            let after = next(&record, Running, 3);
            let commit = updating(&record, &after, events(number * 3 - 2, 3));
            store.commit(hub, commit).await.unwrap();
            record = after;
        }
    });
    let mut last = 0;
    while !writer.is_finished() {
        let loaded = subject.loaded("x").await.unwrap();
        let length = loaded.history.len() as u64;
        assert_eq!((length, length % 3), (loaded.record.history_len, 0));
        assert!(length >= last);
        last = length;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert_eq!(subject.loaded("x").await.unwrap().history.len(), 300);
}
