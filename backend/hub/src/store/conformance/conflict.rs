//! What a store refuses, so that no writer builds on what is not there.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Pending, Running};

use super::subject::{Subject, count, creating, events, next, updating};
use crate::store::model::{Commit, Filter};

/// Rule 4.
pub async fn a_taken_id(mut subject: Subject) {
    let first = subject.created("x").await;
    let second = subject.record("x");
    subject.refuse(creating(&second)).await;
    assert_eq!(subject.stored("x").await, Some(first));
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 1)]);
}

/// Rule 4.
pub async fn a_taken_id_in_the_same_commit(mut subject: Subject) {
    let (first, second) = (subject.record("x"), subject.record("x"));
    let mut commit = creating(&first);
    commit.creates.extend(creating(&second).creates);
    subject.refuse(commit).await;
    assert_eq!(subject.stored("x").await, None);
}

/// Rule 5.
pub async fn a_revision_that_is_not_the_next(mut subject: Subject) {
    let record = subject.created("x").await;
    for revision in [0, 1, 3, 100] {
        let mut after = next(&record, Running, 1);
        after.revision = revision;
        subject.refuse(updating(&record, &after, events(1, 1))).await;
    }
    let after = next(&record, Running, 1);
    subject.accept(updating(&record, &after, events(1, 1))).await;
    // The same once more: a writer that did not hear the answer.
    subject.refuse(updating(&record, &after, events(1, 1))).await;
    assert_eq!(subject.stored("x").await, Some(after));
}

/// Rule 5: the counters would be wrong.
pub async fn a_status_that_is_not_the_former(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 1);
    let mut commit = updating(&record, &after, events(1, 1));
    commit.updates[0].from_status = Running;
    subject.refuse(commit).await;
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 1)]);
}

/// Rule 5.
pub async fn an_update_of_nothing(mut subject: Subject) {
    let record = subject.record("x");
    let after = next(&record, Running, 1);
    subject.refuse(updating(&record, &after, events(1, 1))).await;
    assert_eq!(subject.stored("x").await, None);
    assert_eq!(subject.counts(Filter::default()).await, []);
}

/// Rule 6.
pub async fn a_message_that_is_not_there(mut subject: Subject) {
    let record = subject.created("x").await;
    let other = subject.created("y").await;
    let message = subject.message();
    let messages = vec![(other.num, message.clone())];
    subject.accept(Commit { messages, ..Commit::default() }).await;
    for (num, id) in [(record.num, 999), (record.num, message.id), (999, message.id)] {
        subject.refuse(Commit { consumed: vec![(num, id)], ..Commit::default() }).await;
    }
    assert_eq!(subject.loaded("y").await.unwrap().inbox, [message]);
}

/// Rule 6.
pub async fn a_message_that_was_consumed(mut subject: Subject) {
    let record = subject.created("x").await;
    let message = subject.message();
    let messages = vec![(record.num, message.clone())];
    subject.accept(Commit { messages, ..Commit::default() }).await;
    let consumed = Commit { consumed: vec![(record.num, message.id)], ..Commit::default() };
    subject.accept(consumed.clone()).await;
    subject.refuse(consumed).await;
}

/// Rule 7.
pub async fn a_task_that_is_not_there(mut subject: Subject) {
    let record = subject.created("x").await;
    let other = subject.created("y").await;
    let task = subject.task(&other);
    subject.accept(Commit { tasks: vec![Arc::clone(&task)], ..Commit::default() }).await;
    for (num, id) in [(record.num, 999), (record.num, task.id), (999, task.id)] {
        subject.refuse(Commit { tasks_done: vec![(num, id)], ..Commit::default() }).await;
    }
    assert_eq!(subject.loaded("y").await.unwrap().tasks, [task]);
}

/// Rule 7: an activity has one result.
pub async fn a_task_that_was_done(mut subject: Subject) {
    let record = subject.created("x").await;
    let task = subject.task(&record);
    subject.accept(Commit { tasks: vec![Arc::clone(&task)], ..Commit::default() }).await;
    let tasks_done = vec![(record.num, task.id)];
    let mut done = Commit { tasks_done, ..Commit::default() };
    subject.accept(done.clone()).await;
    done.messages = vec![(record.num, subject.message())];
    subject.refuse(done).await;
    assert_eq!(subject.loaded("x").await.unwrap().inbox, []);
}

/// Rule 8.
pub async fn an_append_after_a_gap(mut subject: Subject) {
    let record = subject.created("x").await;
    for from in [0, 2, 7] {
        let mut after = next(&record, Running, 1);
        after.history_len = from;
        subject.refuse(updating(&record, &after, events(from, 1))).await;
    }
    assert_eq!(subject.events("x").await, Some(vec![]));
}

/// Rule 8.
pub async fn an_append_over_what_is_there(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 3);
    subject.accept(updating(&record, &after, events(1, 3))).await;
    for from in [1, 2, 3] {
        let last = next(&after, Running, 1);
        subject.refuse(updating(&after, &last, events(from, 1))).await;
    }
    assert_eq!(subject.events("x").await.unwrap().len(), 3);
}

/// Rule 9.
pub async fn a_purge_of_an_active_instance(mut subject: Subject) {
    for (id, status) in [("pending", Pending), ("running", Running)] {
        let record = subject.created(id).await;
        let after = next(&record, status, 1);
        subject.accept(updating(&record, &after, events(1, 1))).await;
        subject.refuse(Commit { purges: vec![record.num], ..Commit::default() }).await;
        assert_eq!(subject.stored(id).await, Some(after));
    }
}

/// Rule 9.
pub async fn a_purge_of_nothing(mut subject: Subject) {
    let ended = subject.ended("x").await;
    let purge = Commit { purges: vec![ended.num], ..Commit::default() };
    subject.accept(purge.clone()).await;
    subject.refuse(purge).await;
    subject.refuse(Commit { purges: vec![999], ..Commit::default() }).await;
}

/// Rule 10.
pub async fn a_message_for_nothing(mut subject: Subject) {
    let messages = vec![(999, subject.message())];
    subject.refuse(Commit { messages, ..Commit::default() }).await;
}

/// Rule 10.
pub async fn a_task_for_nothing(mut subject: Subject) {
    let record = subject.record("x");
    let tasks = vec![subject.task(&record)];
    subject.refuse(Commit { tasks, ..Commit::default() }).await;
}

/// Rule 10.
pub async fn a_timer_for_nothing(mut subject: Subject) {
    let record = subject.record("x");
    let timers = vec![subject.timer(&record)];
    subject.refuse(Commit { timers, ..Commit::default() }).await;
}

/// Rule 12: and it spoils nobody else's commit.
pub async fn a_number_in_use(mut subject: Subject) {
    let record = subject.created("x").await;
    let (message, task, timer) = (subject.message(), subject.task(&record), subject.timer(&record));
    let rows = Commit {
        messages: vec![(record.num, message)],
        tasks: vec![task],
        timers: vec![timer],
        ..Commit::default()
    };
    subject.accept(rows.clone()).await;
    let mut same = subject.record("y");
    same.num = record.num;
    let hub = subject.hub().await;
    let fine = subject.record("z");
    let answers = [
        Commit { messages: rows.messages, ..Commit::default() },
        Commit { tasks: rows.tasks, ..Commit::default() },
        creating(&fine),
        Commit { timers: rows.timers, ..Commit::default() },
        creating(&same),
    ]
    .map(|commit| subject.store().commit(hub, commit));
    let mut accepted = vec![];
    for answer in answers {
        accepted.push(answer.await.is_ok());
    }
    assert_eq!(accepted, [false, false, true, false, false]);
    assert_eq!(subject.stored("x").await, Some(record));
    assert_eq!(subject.stored("z").await, Some(fine));
}
