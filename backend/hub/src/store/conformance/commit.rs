//! Commits apply in order, as a whole, and for good.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Completed, Pending, Running};

use super::subject::{
    Subject, at, count, creating, event, events, next, page, text, update, updating,
};
use crate::store::model::{Commit, Filter, Payloads};

/// Rule 1.
pub async fn commits_apply_in_the_order_of_the_calls(mut subject: Subject) {
    let hub = subject.hub().await;
    let mut record = subject.record("x");
    let mut answers = vec![subject.store().commit(hub, creating(&record))];
    for number in 1..=50 {
        let after = next(&record, Running, 1);
        let commit = updating(&record, &after, events(number, 1));
        answers.push(subject.store().commit(hub, commit));
        record = after;
    }
    // The last answer first: whoever has it has all that came before.
    answers.pop().unwrap().await.unwrap();
    assert_eq!(subject.stored("x").await, Some(record));
    for answer in answers {
        answer.await.unwrap();
    }
}

/// Rule 1.
pub async fn a_commit_applies_whether_or_not_its_answer_is_awaited(mut subject: Subject) {
    let hub = subject.hub().await;
    let record = subject.record("x");
    drop(subject.store().commit(hub, creating(&record)));
    subject.created("y").await;
    assert_eq!(subject.stored("x").await, Some(record));
}

/// Rule 2, and what reads see.
pub async fn a_commit_that_was_answered_is_seen_by_every_read(mut subject: Subject) {
    for number in 0..20 {
        let id = format!("x{number}");
        let record = subject.created(&id).await;
        assert_eq!(subject.stored(&id).await, Some(record.clone()));
        assert_eq!(*subject.loaded(&id).await.unwrap().record, record);
        assert_eq!(subject.events(&id).await, Some(vec![]));
        assert_eq!(subject.list(page(Filter::default())).await.len(), number + 1);
        let total: u64 = subject.counts(Filter::default()).await.iter().map(|c| c.count).sum();
        assert_eq!(total, number as u64 + 1);
    }
}

/// Rule 3.
pub async fn an_empty_commit_is_accepted(mut subject: Subject) {
    subject.accept(Commit::default()).await;
}

/// Rule 3.
pub async fn a_commit_may_hold_a_thousand_rows(mut subject: Subject) {
    let record = subject.created("x").await;
    let after = next(&record, Running, 1000);
    let mut commit = updating(&record, &after, events(1, 1000));
    for _ in 0..1000 {
        commit.messages.push((record.num, subject.message()));
        commit.tasks.push(subject.task(&record));
        commit.timers.push(subject.timer(&record));
    }
    let (messages, tasks, timers) =
        (commit.messages.clone(), commit.tasks.clone(), commit.timers.clone());
    subject.accept(commit).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!(loaded.history.len(), 1000);
    assert!(loaded.history.iter().zip(1..).all(|(stored, number)| **stored == event(number)));
    assert_eq!(loaded.inbox, messages.into_iter().map(|(_, m)| m).collect::<Vec<_>>());
    assert_eq!(loaded.tasks, tasks);
    assert_eq!(loaded.timers, timers);
}

/// Rule 3.
pub async fn a_commit_may_change_many_instances(mut subject: Subject) {
    let records: Vec<_> = (0..100).map(|n| subject.record(&format!("x{n}"))).collect();
    let mut commit = Commit::default();
    for record in &records {
        commit.creates.extend(creating(record).creates);
    }
    subject.accept(commit).await;
    let mut commit = Commit::default();
    for record in &records {
        commit.updates.push(update(record, &next(record, Completed, 1), events(1, 1)));
    }
    subject.accept(commit).await;
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Completed, 100)]);
}

/// Rule 1, from many callers.
pub async fn commits_of_many_tasks_all_apply(mut subject: Subject) {
    let hub = subject.hub().await;
    let store = subject.shared();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = Arc::clone(&store);
        let records: Vec<_> = (0..50).map(|n| subject.record(&format!("w{writer}-{n}"))).collect();
        writers.spawn(async move {
            for record in records {
                store.commit(hub, creating(&record)).await.unwrap();
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    drop(store);
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 400)]);
}

/// Rule 3: every part of a commit is taken back.
pub async fn a_refused_commit_leaves_nothing_behind(mut subject: Subject) {
    let active = subject.created("active").await;
    let ended = subject.ended("ended").await;
    let (message, task, timer) = (subject.message(), subject.task(&active), subject.timer(&active));
    subject
        .accept(Commit {
            messages: vec![(active.num, message.clone())],
            tasks: vec![Arc::clone(&task)],
            timers: vec![Arc::clone(&timer)],
            ..Commit::default()
        })
        .await;
    let before = (subject.loaded("active").await, subject.loaded("ended").await);
    let after = next(&active, Completed, 2);
    let after = Payloads { output: Some(text("1")), ..after.payloads.clone() };
    let after =
        crate::store::model::InstanceRecord { payloads: after, ..next(&active, Completed, 2) };
    let new = subject.record("new");
    let mut commit = updating(&active, &after, events(1, 2));
    commit.creates = creating(&new).creates;
    commit.messages = vec![(active.num, subject.message()), (new.num, subject.message())];
    commit.tasks = vec![subject.task(&active), subject.task(&new)];
    commit.timers = vec![subject.timer(&active), subject.timer(&new)];
    commit.consumed = vec![(active.num, message.id)];
    commit.timers_done = vec![(active.num, timer.id)];
    commit.purges = vec![ended.num];
    // Everything of it is fine but this: the task is done twice.
    commit.tasks_done = vec![(active.num, task.id), (active.num, task.id)];
    subject.refuse(commit).await;
    assert_eq!((subject.loaded("active").await, subject.loaded("ended").await), before);
    assert_eq!(subject.stored("new").await, None);
    assert_eq!(subject.events("active").await, Some(vec![]));
    assert_eq!(subject.events("ended").await.map(|events| events.len()), Some(2));
    let counts = [count("Name", Completed, 1), count("Name", Pending, 1)];
    assert_eq!(subject.counts(Filter::default()).await, counts);
}

/// Rule 3: commits that go out together are answered each for itself.
pub async fn a_refused_commit_does_not_touch_its_neighbours(mut subject: Subject) {
    let hub = subject.hub().await;
    let mut answers = vec![];
    for number in 0..30 {
        let id = format!("x{}", number / 3);
        let fresh = number % 3 == 0;
        let record = subject.record(&id);
        answers.push((fresh, subject.store().commit(hub, creating(&record))));
    }
    for (fresh, answer) in answers {
        assert_eq!(answer.await.is_ok(), fresh);
    }
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 10)]);
}

/// Rule 1.
pub async fn what_one_commit_creates_the_next_may_use(mut subject: Subject) {
    let hub = subject.hub().await;
    let record = subject.record("x");
    let message = subject.message();
    let after = next(&record, Running, 1);
    let mut second = updating(&record, &after, events(1, 1));
    second.messages = vec![(record.num, message.clone())];
    let third = Commit { consumed: vec![(record.num, message.id)], ..Commit::default() };
    let answers = [creating(&record), second, third].map(|c| subject.store().commit(hub, c));
    for answer in answers {
        answer.await.unwrap();
    }
    assert_eq!(subject.loaded("x").await.unwrap().inbox, []);
}

/// Rule 3.
pub async fn one_commit_may_create_an_instance_and_give_it_work(mut subject: Subject) {
    let record = subject.record("x");
    let (message, task, timer) = (subject.message(), subject.task(&record), subject.timer(&record));
    let commit = Commit {
        messages: vec![(record.num, message.clone())],
        tasks: vec![Arc::clone(&task)],
        timers: vec![Arc::clone(&timer)],
        ..creating(&record)
    };
    subject.accept(commit).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!(*loaded.record, record);
    assert_eq!(
        (loaded.inbox, loaded.tasks, loaded.timers),
        (vec![message], vec![task], vec![timer])
    );
}

/// What an update changes.
pub async fn an_update_changes_the_record(mut subject: Subject) {
    let record = subject.created("x").await;
    let mut after = next(&record, Completed, 3);
    after.execution_id = "0123456789abcdef0123456789abcdef".to_owned();
    after.version = Some("2.0".to_owned());
    after.tags.insert("k".to_owned(), "v".to_owned());
    subject.accept(updating(&record, &after, events(1, 3))).await;
    assert_eq!(subject.stored("x").await, Some(after));
}

/// What an update leaves as it is.
pub async fn an_update_keeps_name_and_creation(mut subject: Subject) {
    let mut record = subject.record("x");
    record.created_at = at(-5);
    record.scheduled_start_at = Some(at(100));
    subject.create(&record).await;
    let after = next(&record, Running, 1);
    subject.accept(updating(&record, &after, events(1, 1))).await;
    let stored = subject.stored("x").await.unwrap();
    assert_eq!((stored.name, stored.created_at), (record.name, at(-5)));
    assert_eq!(stored.scheduled_start_at, Some(at(100)));
}

/// Payloads stand apart from the record.
pub async fn payloads_stay_when_they_did_not_change(mut subject: Subject) {
    let record = subject.created("x").await;
    let mut after = next(&record, Running, 1);
    let payloads = after.payloads.clone();
    let mut commit = updating(&record, &after, events(1, 1));
    // The engine may not have them at hand; then it does not say that they changed.
    after.payloads = Payloads::default();
    commit.updates[0].record = Arc::new(after);
    commit.updates[0].payloads_changed = false;
    subject.accept(commit).await;
    assert_eq!(subject.stored("x").await.unwrap().payloads, payloads);
}

/// Payloads stand apart from the record.
pub async fn payloads_change_and_go_when_they_did(mut subject: Subject) {
    let record = subject.created("x").await;
    let mut after = next(&record, Running, 1);
    after.payloads.custom_status = Some(text("\"half\""));
    after.payloads.output = Some(text("1"));
    subject.accept(updating(&record, &after, events(1, 1))).await;
    assert_eq!(subject.stored("x").await.unwrap().payloads, after.payloads);
    let mut last = next(&after, Running, 1);
    last.payloads = Payloads::default();
    subject.accept(updating(&after, &last, events(2, 1))).await;
    assert_eq!(subject.stored("x").await.unwrap().payloads, Payloads::default());
}
