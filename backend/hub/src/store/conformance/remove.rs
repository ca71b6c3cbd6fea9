//! Purge and replace.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Completed, Pending};

use super::subject::{Subject, count, creating, events, next, updating};
use crate::store::model::{Commit, Create, Filter, InstanceRecord, Outstanding};

/// An instance with everything, which has ended.
async fn full(subject: &mut Subject, id: &str) -> InstanceRecord {
    let record = subject.created(id).await;
    let ended = next(&record, Completed, 3);
    let mut commit = updating(&record, &ended, events(1, 3));
    commit.messages = vec![(record.num, subject.message())];
    commit.tasks = vec![subject.task(&record)];
    commit.timers = vec![subject.timer(&record)];
    subject.accept(commit).await;
    ended
}

async fn nothing_is_left(subject: &mut Subject, old: &InstanceRecord) {
    let hub = subject.hub().await;
    assert_eq!(subject.store().outstanding(hub).await.unwrap(), Outstanding::default());
    let message = Commit { messages: vec![(old.num, subject.message())], ..Commit::default() };
    subject.refuse(message).await;
    let after = next(old, Completed, 1);
    subject.refuse(updating(old, &after, events(4, 1))).await;
}

/// Rule 11.
pub async fn a_purge_takes_everything_along(mut subject: Subject) {
    let old = full(&mut subject, "x").await;
    subject.accept(Commit { purges: vec![old.num], ..Commit::default() }).await;
    assert_eq!(subject.stored("x").await, None);
    assert_eq!(subject.loaded("x").await, None);
    assert_eq!(subject.events("x").await, None);
    assert_eq!(subject.matching(Filter::default()).await, Vec::<String>::new());
    nothing_is_left(&mut subject, &old).await;
}

fn replacing(new: &InstanceRecord, old: u64) -> Commit {
    let create = Create { record: Arc::new(new.clone()), replaces: Some(old) };
    Commit { creates: vec![create], ..Commit::default() }
}

/// Rule 11.
pub async fn a_replacement_takes_everything_along(mut subject: Subject) {
    let old = full(&mut subject, "x").await;
    let mut new = subject.record("x");
    new.payloads.input = None;
    subject.accept(replacing(&new, old.num)).await;
    assert_eq!(subject.stored("x").await, Some(new.clone()));
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!((loaded.history, loaded.inbox), (vec![], vec![]));
    assert_eq!((loaded.tasks, loaded.timers), (vec![], vec![]));
    assert_eq!(subject.events("x").await, Some(vec![]));
    nothing_is_left(&mut subject, &old).await;
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 1)]);
}

/// Rule 4: what is to be replaced may be gone already, when its own creation failed.
pub async fn a_replacement_of_nothing_is_a_start(mut subject: Subject) {
    let new = subject.record("x");
    subject.accept(replacing(&new, 999)).await;
    assert_eq!(subject.stored("x").await, Some(new));
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 1)]);
}

/// Rule 4.
pub async fn an_active_instance_may_be_replaced(mut subject: Subject) {
    let old = subject.created("x").await;
    let new = subject.record("x");
    subject.accept(replacing(&new, old.num)).await;
    assert_eq!(subject.stored("x").await, Some(new));
}

/// Purges come first in a commit.
pub async fn a_purged_id_is_free_in_the_same_commit(mut subject: Subject) {
    let old = full(&mut subject, "x").await;
    let new = subject.record("x");
    subject.accept(Commit { purges: vec![old.num], ..creating(&new) }).await;
    assert_eq!(subject.stored("x").await, Some(new));
    nothing_is_left(&mut subject, &old).await;
}

/// Ids are free again.
pub async fn a_purged_id_may_be_used_again(mut subject: Subject) {
    for _ in 0..3 {
        let old = full(&mut subject, "x").await;
        subject.accept(Commit { purges: vec![old.num], ..Commit::default() }).await;
    }
    let new = subject.created("x").await;
    assert_eq!(subject.stored("x").await, Some(new));
}
