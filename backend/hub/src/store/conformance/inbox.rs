//! Messages, activities and timers are outstanding until they are used up.

use std::{collections::BTreeMap, sync::Arc};

use super::subject::{Subject, at, text};
use crate::{
    engine::history_event::TraceContext,
    store::model::{Commit, Message, Outstanding, Task, Timer},
};

async fn outstanding(subject: &mut Subject) -> Outstanding {
    let hub = subject.hub().await;
    subject.store().outstanding(hub).await.unwrap()
}

/// Inbox order.
pub async fn messages_come_in_the_order_of_their_numbers(mut subject: Subject) {
    let record = subject.created("x").await;
    let messages: Vec<Message> = (0..12).map(|_| subject.message()).collect();
    for message in messages.iter().rev() {
        let messages = vec![(record.num, message.clone())];
        subject.accept(Commit { messages, ..Commit::default() }).await;
    }
    assert_eq!(subject.loaded("x").await.unwrap().inbox, messages);
}

/// Rule 6.
pub async fn consumed_and_dropped_messages_are_gone(mut subject: Subject) {
    let record = subject.created("x").await;
    let messages: Vec<Message> = (0..4).map(|_| subject.message()).collect();
    let rows = messages.iter().map(|message| (record.num, message.clone())).collect();
    subject.accept(Commit { messages: rows, ..Commit::default() }).await;
    let commit = Commit {
        consumed: vec![(record.num, messages[1].id)],
        messages_dropped: vec![(record.num, messages[2].id)],
        ..Commit::default()
    };
    subject.accept(commit).await;
    let left = subject.loaded("x").await.unwrap().inbox;
    assert_eq!(left, [messages[0].clone(), messages[3].clone()]);
}

/// What may be gone already.
pub async fn what_is_dropped_may_be_gone_already(mut subject: Subject) {
    let record = subject.created("x").await;
    let commit = Commit {
        messages_dropped: vec![(record.num, 7), (999, 7)],
        tasks_dropped: vec![(record.num, 7), (999, 7)],
        timers_done: vec![(record.num, 7), (999, 7)],
        ..Commit::default()
    };
    subject.accept(commit.clone()).await;
    subject.accept(commit).await;
}

/// Rule 7.
pub async fn tasks_are_outstanding_until_they_are_done(mut subject: Subject) {
    let record = subject.created("x").await;
    let tasks: Vec<Arc<Task>> = (0..3).map(|_| subject.task(&record)).collect();
    subject.accept(Commit { tasks: tasks.clone(), ..Commit::default() }).await;
    assert_eq!(outstanding(&mut subject).await.tasks, tasks);
    let commit = Commit {
        tasks_done: vec![(record.num, tasks[0].id)],
        tasks_dropped: vec![(record.num, tasks[2].id)],
        ..Commit::default()
    };
    subject.accept(commit).await;
    assert_eq!(outstanding(&mut subject).await.tasks, tasks[1..2]);
    assert_eq!(subject.loaded("x").await.unwrap().tasks, tasks[1..2]);
}

/// Timers.
pub async fn timers_are_outstanding_until_they_are_done(mut subject: Subject) {
    let record = subject.created("x").await;
    let timers: Vec<Arc<Timer>> = (0..3).map(|_| subject.timer(&record)).collect();
    subject.accept(Commit { timers: timers.clone(), ..Commit::default() }).await;
    assert_eq!(outstanding(&mut subject).await.timers, timers);
    let timers_done = vec![(record.num, timers[1].id)];
    subject.accept(Commit { timers_done, ..Commit::default() }).await;
    let left = [Arc::clone(&timers[0]), Arc::clone(&timers[2])];
    assert_eq!(outstanding(&mut subject).await.timers, left);
    assert_eq!(subject.loaded("x").await.unwrap().timers, left);
}

/// The oldest work is looked at first after a start.
pub async fn instances_with_messages_come_oldest_first(mut subject: Subject) {
    let mut records = vec![];
    for id in ["c", "a", "b", "silent"] {
        records.push(subject.created(id).await);
    }
    for index in [1, 0, 2, 1] {
        let messages = vec![(records[index].num, subject.message())];
        subject.accept(Commit { messages, ..Commit::default() }).await;
    }
    let ids: Vec<String> =
        outstanding(&mut subject).await.with_messages.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["a", "c", "b"]);
}

/// Every field.
pub async fn tasks_and_timers_come_back_whole(mut subject: Subject) {
    let record = subject.created("x").await;
    let task = Arc::new(Task {
        version: Some("1".to_owned()),
        parent_version: Some(String::new()),
        input: Some(text("\"\u{0}😀\"")),
        trace: Some(TraceContext {
            trace_parent: "00-1".to_owned(),
            span_id: "s".to_owned(),
            trace_state: Some("k=v".to_owned()),
        }),
        tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
        event_id: -7,
        ..Task::clone(&subject.task(&record))
    });
    let timers = [(None, at(0)), (Some(-1), at(-1_000_000)), (Some(i32::MAX), at(100_000_000_000))]
        .map(|(action, fire_at)| {
            Arc::new(Timer { action, fire_at, ..Timer::clone(&subject.timer(&record)) })
        });
    let commit =
        Commit { tasks: vec![Arc::clone(&task)], timers: timers.to_vec(), ..Commit::default() };
    subject.accept(commit).await;
    let loaded = subject.loaded("x").await.unwrap();
    assert_eq!((loaded.tasks, loaded.timers), (vec![Arc::clone(&task)], timers.to_vec()));
    let outstanding = outstanding(&mut subject).await;
    assert_eq!((outstanding.tasks, outstanding.timers), (vec![task], timers.to_vec()));
}
