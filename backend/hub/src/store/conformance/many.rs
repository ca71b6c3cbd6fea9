//! Many rows: order, paging and isolation do not depend on how many there are.

use std::{collections::BTreeSet, sync::Arc};

use taskhub_shared::status::RuntimeStatus::{Completed, Pending, Running};

use super::subject::{Subject, at, count, creating, event, events, ids, next, page, updating};
use crate::{
    engine::history_event::HistoryEvent,
    store::model::{Commit, Direction, Filter, InstanceRecord, ListRequest, Position},
};

const MANY: usize = 1_200;

/// Instances in one commit, all of the same time when `step` is 0.
async fn fill(subject: &mut Subject, step: i64) -> Vec<InstanceRecord> {
    let mut commit = Commit::default();
    let mut records = vec![];
    for n in 0..MANY {
        let created_at = at(step * i64::try_from(n).unwrap());
        let record = InstanceRecord { created_at, ..subject.record(&format!("i{n:05}")) };
        commit.creates.extend(creating(&record).creates);
        records.push(record);
    }
    subject.accept(commit).await;
    records
}

async fn walk(subject: &mut Subject, direction: Direction, limit: usize) -> Vec<String> {
    let mut seen: Vec<InstanceRecord> = vec![];
    loop {
        let from = seen.last().map(|last| Position { created_at: last.created_at, num: last.num });
        let request = ListRequest { from, direction, limit, ..page(Filter::default()) };
        let rows = subject.list(request).await;
        if rows.is_empty() {
            return ids(&seen);
        }
        seen.extend(rows);
    }
}

/// List, rule 2.
pub async fn pages_of_equal_times_show_each_once_in_both_directions(mut subject: Subject) {
    let expected = ids(&fill(&mut subject, 0).await);
    for limit in [1_000, 77] {
        assert_eq!(walk(&mut subject, Direction::Newer, limit).await, expected);
        let mut older = walk(&mut subject, Direction::Older, limit).await;
        older.reverse();
        assert_eq!(older, expected);
    }
}

/// List, rule 2.
pub async fn pages_of_different_times_show_each_once_in_both_directions(mut subject: Subject) {
    let expected = ids(&fill(&mut subject, 1).await);
    assert_eq!(walk(&mut subject, Direction::Newer, 101).await, expected);
    let mut older = walk(&mut subject, Direction::Older, 500).await;
    older.reverse();
    assert_eq!(older, expected);
}

/// List, rule 1.
pub async fn the_page_back_is_the_page_before(mut subject: Subject) {
    let records = fill(&mut subject, 0).await;
    let place =
        |n: usize| Some(Position { created_at: records[n].created_at, num: records[n].num });
    let request =
        |from, direction| ListRequest { from, direction, limit: 10, ..page(Filter::default()) };
    let older = subject.list(request(place(600), Direction::Older)).await;
    let last = older.last().unwrap();
    let from = Some(Position { created_at: last.created_at, num: last.num });
    let newer = subject.list(request(from, Direction::Newer)).await;
    assert_eq!(ids(&newer), ids(&records[591..601]));
    assert_eq!(newer.len(), 10);
}

/// Counts, rule 1.
pub async fn counts_of_many_are_exact(mut subject: Subject) {
    let records = fill(&mut subject, 0).await;
    let mut commit = Commit::default();
    for record in records.iter().take(700) {
        let after = next(record, if record.num % 2 == 0 { Running } else { Completed }, 1);
        commit.updates.extend(updating(record, &after, events(1, 1)).updates);
    }
    subject.accept(commit).await;
    let counts = subject.counts(Filter::default()).await;
    let total: u64 = counts.iter().map(|group| group.count).sum();
    assert_eq!(total, u64::try_from(MANY).unwrap());
    assert!(counts.contains(&count("Name", Pending, 500)), "{counts:?}");
}

/// Inbox order.
pub async fn many_messages_come_in_order_and_go_together(mut subject: Subject) {
    let (record, other) = (subject.created("x").await, subject.created("y").await);
    let messages: Vec<_> = (0..MANY).map(|_| subject.message()).collect();
    let theirs = subject.message();
    let mut rows: Vec<_> = messages.iter().map(|message| (record.num, message.clone())).collect();
    rows.push((other.num, theirs.clone()));
    rows.reverse();
    subject.accept(Commit { messages: rows, ..Commit::default() }).await;
    assert_eq!(subject.loaded("x").await.unwrap().inbox, messages);
    let consumed = messages.iter().map(|message| (record.num, message.id)).collect();
    subject.accept(Commit { consumed, ..Commit::default() }).await;
    assert_eq!(subject.loaded("x").await.unwrap().inbox, []);
    assert_eq!(subject.loaded("y").await.unwrap().inbox, [theirs]);
}

/// Rule 8.
pub async fn a_long_history_comes_back_in_pages_from_anywhere(mut subject: Subject) {
    let record = subject.created("x").await;
    let long = next(&record, Running, 3_000);
    subject.accept(updating(&record, &long, events(1, 3_000))).await;
    let hub = subject.hub().await;
    for (after, limit) in [(0_i64, 3_000_i64), (1, 1), (1_499, 2), (2_990, 100), (2_999, 1)] {
        let (skip, most) = (u64::try_from(after).unwrap(), usize::try_from(limit).unwrap());
        let events = subject.store().history(hub, "x", skip, most).await.unwrap().unwrap();
        let last = (after + limit).min(3_000);
        let expected: Vec<HistoryEvent> = (after + 1..=last).map(event).collect();
        assert_eq!(events, expected, "after {after}, at most {limit}");
    }
}

/// Rule 8: positions are those of one instance.
pub async fn histories_of_many_instances_do_not_mix(mut subject: Subject) {
    let records = fill(&mut subject, 0).await;
    let mut commit = Commit::default();
    for (n, record) in records.iter().enumerate().take(300) {
        let more = i64::try_from(n % 5).unwrap();
        let after = next(record, Running, u64::try_from(more).unwrap());
        commit.updates.extend(updating(record, &after, events(1, more)).updates);
    }
    subject.accept(commit).await;
    for n in [0, 1, 4, 5, 123, 299, 300] {
        let length = if n < 300 { n % 5 } else { 0 };
        assert_eq!(subject.events(&format!("i{n:05}")).await.unwrap().len(), length, "{n}");
    }
}

/// Load order.
pub async fn a_thousand_are_loaded_at_once(mut subject: Subject) {
    fill(&mut subject, 0).await;
    let hub = subject.hub().await;
    let wanted: Vec<Arc<str>> = (0..MANY).rev().map(|n| Arc::from(format!("i{n:05}"))).collect();
    let loaded = subject.store().load(hub, wanted.clone()).await.unwrap();
    let found: Vec<Arc<str>> =
        loaded.into_iter().map(|loaded| Arc::clone(&loaded.unwrap().record.instance_id)).collect();
    assert_eq!(found, wanted);
}

/// Rule 11.
pub async fn many_go_in_one_commit_and_the_others_stay(mut subject: Subject) {
    let mut ended = vec![];
    for n in 0..60 {
        ended.push(subject.ended(&format!("e{n:02}")).await);
    }
    let purges = ended.iter().step_by(2).map(|record| record.num).collect();
    subject.accept(Commit { purges, ..Commit::default() }).await;
    let left = subject.matching(Filter::default()).await;
    let expected: BTreeSet<String> =
        (0..60).skip(1).step_by(2).map(|n| format!("e{n:02}")).collect();
    assert_eq!(left.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Completed, 30)]);
}

/// Outstanding.
pub async fn many_outstanding_activities_and_timers_come_oldest_first(mut subject: Subject) {
    let record = subject.created("x").await;
    let tasks: Vec<_> = (0..MANY).map(|_| subject.task(&record)).collect();
    let timers: Vec<_> = (0..MANY).map(|_| subject.timer(&record)).collect();
    let mut commit = Commit { tasks: tasks.clone(), timers: timers.clone(), ..Commit::default() };
    commit.tasks.reverse();
    commit.timers.reverse();
    subject.accept(commit).await;
    let hub = subject.hub().await;
    let outstanding = subject.store().outstanding(hub).await.unwrap();
    assert_eq!((outstanding.tasks, outstanding.timers), (tasks, timers));
}
