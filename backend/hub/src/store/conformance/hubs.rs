//! Hubs share a store and nothing else.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Completed, Pending, Running};

use super::subject::{Subject, count, creating, events, ids, next, page, updating};
use crate::store::{
    StoreError,
    model::{Commit, Filter, Outstanding},
};

/// Hubs, rule 1.
pub async fn a_name_is_one_hub_in_any_case(mut subject: Subject) {
    let hub = subject.hub().await;
    assert_eq!(subject.other_hub("RULES").await, hub);
    assert_eq!(subject.other_hub("rules").await, hub);
    assert_ne!(subject.other_hub("rules2").await, hub);
}

/// Hubs, rule 2.
pub async fn hubs_do_not_see_each_other(mut subject: Subject) {
    subject.created("x").await;
    let other = subject.other_hub("Other").await;
    let store = subject.store();
    assert_eq!(store.instance(other, "x").await.unwrap(), None);
    assert_eq!(store.history(other, "x", 0, 10).await.unwrap(), None);
    assert_eq!(store.load(other, vec!["x".into()]).await.unwrap(), [None]);
    assert_eq!(store.list(other, page(Filter::default())).await.unwrap(), []);
    assert_eq!(store.counts(other, Filter::default()).await.unwrap(), []);
}

/// Hubs, rule 2.
pub async fn the_same_id_lives_in_two_hubs(mut subject: Subject) {
    let ours = subject.created("x").await;
    let other = subject.other_hub("Other").await;
    let theirs = subject.record("x");
    subject.store().commit(other, creating(&theirs)).await.unwrap();
    assert_eq!(subject.store().instance(other, "x").await.unwrap(), Some(theirs));
    assert_eq!(subject.stored("x").await, Some(ours.clone()));
    // What ends in one goes on in the other.
    let ended = next(&ours, Completed, 1);
    subject.accept(updating(&ours, &ended, events(1, 1))).await;
    subject.accept(Commit { purges: vec![ours.num], ..Commit::default() }).await;
    assert_eq!(subject.stored("x").await, None);
    let left = subject.store().list(other, page(Filter::default())).await.unwrap();
    assert_eq!(ids(&left), ["x"]);
    let counts = subject.store().counts(other, Filter::default()).await.unwrap();
    assert_eq!(counts, [count("Name", Pending, 1)]);
}

/// Rule 13.
pub async fn another_hub_cannot_change_an_instance(mut subject: Subject) {
    let record = subject.created("x").await;
    let ended = subject.ended("ended").await;
    let other = subject.other_hub("Other").await;
    let mut replacing = creating(&subject.record("new"));
    replacing.creates[0].replaces = Some(ended.num);
    subject.store().commit(other, replacing).await.unwrap();
    assert_eq!(subject.stored("ended").await, Some(ended.clone()), "it is not theirs to replace");
    let commits = [
        updating(&record, &next(&record, Running, 1), events(1, 1)),
        Commit { purges: vec![ended.num], ..Commit::default() },
        Commit { messages: vec![(record.num, subject.message())], ..Commit::default() },
        Commit { tasks: vec![subject.task(&record)], ..Commit::default() },
        Commit { timers: vec![subject.timer(&record)], ..Commit::default() },
    ];
    for commit in commits {
        let answer = subject.store().commit(other, commit).await;
        assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    }
    assert_eq!(*subject.loaded("x").await.unwrap().record, record);
    let counts = [count("Name", Completed, 1), count("Name", Pending, 1)];
    assert_eq!(subject.counts(Filter::default()).await, counts);
}

/// Rule 13.
pub async fn another_hub_cannot_use_its_rows_up(mut subject: Subject) {
    let record = subject.created("x").await;
    let (message, task, timer) = (subject.message(), subject.task(&record), subject.timer(&record));
    let commit = Commit {
        messages: vec![(record.num, message.clone())],
        tasks: vec![Arc::clone(&task)],
        timers: vec![Arc::clone(&timer)],
        ..Commit::default()
    };
    subject.accept(commit).await;
    let before = subject.loaded("x").await;
    let other = subject.other_hub("Other").await;
    let consumed = Commit { consumed: vec![(record.num, message.id)], ..Commit::default() };
    let done = Commit { tasks_done: vec![(record.num, task.id)], ..Commit::default() };
    for commit in [consumed, done] {
        let answer = subject.store().commit(other, commit).await;
        assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    }
    let dropped = Commit {
        messages_dropped: vec![(record.num, message.id)],
        tasks_dropped: vec![(record.num, task.id)],
        timers_done: vec![(record.num, timer.id)],
        ..Commit::default()
    };
    subject.store().commit(other, dropped).await.unwrap();
    assert_eq!(subject.loaded("x").await, before);
}

/// Hubs, rule 2.
pub async fn what_is_outstanding_is_that_of_one_hub(mut subject: Subject) {
    let record = subject.record("x");
    let mut commit = creating(&record);
    commit.messages = vec![(record.num, subject.message())];
    commit.tasks = vec![subject.task(&record)];
    commit.timers = vec![subject.timer(&record)];
    subject.accept(commit).await;
    let other = subject.other_hub("Other").await;
    assert_eq!(subject.store().outstanding(other).await.unwrap(), Outstanding::default());
    let hub = subject.hub().await;
    let ours = subject.store().outstanding(hub).await.unwrap();
    assert_eq!((ours.with_messages.len(), ours.tasks.len(), ours.timers.len()), (1, 1, 1));
}

/// The list of hubs.
pub async fn hubs_are_listed_in_the_order_of_their_making(mut subject: Subject) {
    assert_eq!(subject.store().hubs().await.unwrap(), []);
    subject.hub().await;
    for name in ["Zoo", "Ant", "zoo"] {
        subject.other_hub(name).await;
    }
    let names = subject.store().hubs().await.unwrap();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["Rules", "Zoo", "Ant"]);
}

/// Delete, rules 1 and 2.
pub async fn a_deleted_hub_leaves_nothing_and_others_alone(mut subject: Subject) {
    let kept = subject.created("x").await;
    subject.ended("ended").await;
    let other = subject.other_hub("Other").await;
    let (gone, done) = (subject.record("x"), subject.record("y"));
    let mut commit = creating(&gone);
    commit.messages = vec![(gone.num, subject.message())];
    commit.tasks = vec![subject.task(&gone)];
    commit.timers = vec![subject.timer(&gone)];
    let store = subject.shared();
    store.commit(other, commit).await.unwrap();
    store.commit(other, creating(&done)).await.unwrap();
    let after = next(&done, Completed, 2);
    store.commit(other, updating(&done, &after, events(1, 2))).await.unwrap();
    store.delete_hub(other).await.unwrap();
    assert_eq!(store.hubs().await.unwrap().len(), 1);
    let again = subject.other_hub("other").await;
    for hub in [other, again] {
        assert_eq!(store.instance(hub, "x").await.unwrap(), None);
        assert_eq!(store.history(hub, "y", 0, 10).await.unwrap(), None);
        assert_eq!(store.list(hub, page(Filter::default())).await.unwrap(), []);
        assert_eq!(store.counts(hub, Filter::default()).await.unwrap(), []);
        assert_eq!(store.outstanding(hub).await.unwrap(), Outstanding::default());
    }
    assert_eq!(subject.stored("x").await, Some(kept));
    assert_eq!(subject.events("ended").await.unwrap().len(), 2);
    // The numbers are free too: nothing of the old rows is left under them.
    store.commit(again, creating(&gone)).await.unwrap();
    let loaded = store.load(again, vec!["x".into()]).await.unwrap().remove(0).unwrap();
    assert!(loaded.inbox.is_empty() && loaded.tasks.is_empty() && loaded.timers.is_empty());
}

/// Delete, rule 1.
pub async fn a_large_hub_is_deleted_whole(mut subject: Subject) {
    let hub = subject.hub().await;
    let mut commit = Commit::default();
    for number in 0..3000 {
        commit.creates.extend(creating(&subject.record(&format!("i{number}"))).creates);
    }
    subject.accept(commit).await;
    subject.store().delete_hub(hub).await.unwrap();
    let again = subject.other_hub("Rules").await;
    assert_eq!(subject.store().list(again, page(Filter::default())).await.unwrap(), []);
    assert_eq!(subject.store().counts(again, Filter::default()).await.unwrap(), []);
}
