//! What a commit relies on without changing it.

use taskhub_shared::status::RuntimeStatus::{Completed, Pending, Running};

use super::subject::{Subject, count, creating, events, next, update, updating};
use crate::store::{
    StoreError,
    model::{Commit, Filter, RowId},
};

fn expecting(num: RowId, revision: Option<u64>) -> Commit {
    Commit { expected: vec![(num, revision)], ..Commit::default() }
}

/// Rule 15.
pub async fn what_is_as_expected_is_accepted(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 1);
    subject.accept(expecting(record.num, Some(1))).await;
    subject.accept(updating(&record, &after, events(1, 1))).await;
    subject.accept(expecting(record.num, Some(2))).await;
    assert_eq!(subject.stored("x").await, Some(after), "to rely on it changes nothing");
}

/// Rule 15.
pub async fn another_revision_is_a_conflict(mut subject: Subject) {
    let record = subject.created("x").await;
    for revision in [Some(0), Some(2), Some(u64::MAX / 2), None] {
        let mut commit = expecting(record.num, revision);
        commit.messages = vec![(record.num, subject.message())];
        subject.refuse(commit).await;
    }
    assert_eq!(subject.loaded("x").await.unwrap().inbox, []);
}

/// Rule 15.
pub async fn what_is_gone_may_be_relied_on(mut subject: Subject) {
    let ended = subject.ended("x").await;
    subject.refuse(expecting(ended.num, None)).await;
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    subject.accept(expecting(ended.num, None)).await;
    subject.refuse(expecting(ended.num, Some(ended.revision))).await;
}

/// Rule 15.
pub async fn the_state_before_the_commit_counts(mut subject: Subject) {
    let (record, ended) = (subject.created("x").await, subject.ended("e").await);
    let after = next(&record, Running, 1);
    let mut commit = updating(&record, &after, events(1, 1));
    commit.expected = vec![(record.num, Some(1)), (ended.num, Some(2))];
    commit.purges = vec![ended.num];
    subject.accept(commit).await;
    let new = subject.record("new");
    let mut commit = creating(&new);
    commit.expected = vec![(new.num, None)];
    subject.accept(commit).await;
    assert_eq!(subject.stored("x").await, Some(after));
}

/// Rules 1 and 15: this is what it is for.
pub async fn what_relied_on_a_refused_commit_is_refused(mut subject: Subject) {
    let (parent, child) = (subject.created("parent").await, subject.created("child").await);
    let hub = subject.hub().await;
    let ended = next(&parent, Completed, 1);
    let mut refused = updating(&parent, &ended, events(1, 1));
    refused.consumed = vec![(parent.num, 999_999)];
    let done = next(&child, Completed, 1);
    let mut relying = updating(&child, &done, events(1, 1));
    relying.expected = vec![(parent.num, Some(2))];
    let answers = [refused, relying].map(|commit| subject.store().commit(hub, commit));
    for answer in answers {
        assert!(matches!(answer.await, Err(StoreError::Conflict { .. })));
    }
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 2)]);
}

/// Rules 13 and 15.
pub async fn an_instance_of_another_hub_is_not_there_to_rely_on(mut subject: Subject) {
    let record = subject.created("x").await;
    let other = subject.other_hub("Other").await;
    let answer = subject.store().commit(other, expecting(record.num, Some(1))).await;
    assert!(matches!(answer, Err(StoreError::Conflict { .. })));
    subject.store().commit(other, expecting(record.num, None)).await.unwrap();
}

/// Rule 15: all of many, or nothing.
pub async fn one_of_many_that_differs_is_enough(mut subject: Subject) {
    let mut records = vec![];
    for n in 0..20 {
        records.push(subject.created(&format!("i{n}")).await);
    }
    let expected: Vec<_> = records.iter().map(|record| (record.num, Some(1))).collect();
    subject.accept(Commit { expected: expected.clone(), ..Commit::default() }).await;
    let last = &records[19];
    let after = next(last, Running, 1);
    subject.accept(updating(last, &after, events(1, 1))).await;
    let first = next(&records[0], Running, 1);
    let updates = vec![update(&records[0], &first, events(1, 1))];
    subject.refuse(Commit { expected, updates, ..Commit::default() }).await;
}
