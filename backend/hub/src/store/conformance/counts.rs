//! The counters are exact after every kind of change.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Completed, Failed, Pending, Running};

use super::subject::{Subject, at, count, creating, events, next, update, updating};
use crate::store::model::{Commit, Create, Filter, InstanceRecord, NameFilter};

fn named(subject: &Subject, id: &str, name: &str) -> InstanceRecord {
    InstanceRecord { name: name.to_owned(), ..subject.record(id) }
}

/// Counts, rule 1.
pub async fn counts_follow_creates_and_updates(mut subject: Subject) {
    assert_eq!(subject.counts(Filter::default()).await, []);
    let (a, b) = (named(&subject, "a", "A"), named(&subject, "b", "B"));
    subject.create(&a).await;
    subject.create(&b).await;
    let counts = [count("A", Pending, 1), count("B", Pending, 1)];
    assert_eq!(subject.counts(Filter::default()).await, counts);
    let running = next(&a, Running, 1);
    subject.accept(updating(&a, &running, events(1, 1))).await;
    let still = next(&running, Running, 1);
    subject.accept(updating(&running, &still, events(2, 1))).await;
    let counts = [count("A", Running, 1), count("B", Pending, 1)];
    assert_eq!(subject.counts(Filter::default()).await, counts);
    let failed = next(&still, Failed, 1);
    subject.accept(updating(&still, &failed, events(3, 1))).await;
    let counts = [count("A", Failed, 1), count("B", Pending, 1)];
    assert_eq!(subject.counts(Filter::default()).await, counts);
}

/// Counts, rule 1.
pub async fn counts_follow_purges(mut subject: Subject) {
    let ended = subject.ended("x").await;
    subject.ended("y").await;
    subject.accept(Commit { purges: vec![ended.num], ..Commit::default() }).await;
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Completed, 1)]);
}

/// Counts, rule 1.
pub async fn counts_follow_replacements(mut subject: Subject) {
    let ended = subject.ended("x").await;
    let new = named(&subject, "x", "Other");
    let create = Create { record: Arc::new(new), replaces: Some(ended.num) };
    subject.accept(Commit { creates: vec![create], ..Commit::default() }).await;
    assert_eq!(subject.counts(Filter::default()).await, [count("Other", Pending, 1)]);
}

/// Counts, rule 1.
pub async fn counts_ignore_refused_commits(mut subject: Subject) {
    let ended = subject.ended("x").await;
    let new = subject.record("new");
    let mut commit = creating(&new);
    commit.purges = vec![ended.num];
    commit.consumed = vec![(new.num, 999)];
    subject.refuse(commit).await;
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Completed, 1)]);
}

/// Filters.
pub async fn counts_filter_by_name_and_status(mut subject: Subject) {
    for (id, name) in [("1", "Order"), ("2", "OrderItem"), ("3", "order"), ("4", "Other")] {
        let record = named(&subject, id, name);
        subject.create(&record).await;
        if id == "2" {
            let after = next(&record, Running, 1);
            subject.accept(updating(&record, &after, events(1, 1))).await;
        }
    }
    let name = |name| Filter { name: Some(name), ..Filter::default() };
    let exact = name(NameFilter::Exact("Order".to_owned()));
    assert_eq!(subject.counts(exact).await, [count("Order", Pending, 1)]);
    let prefix = name(NameFilter::Prefix("Order".to_owned()));
    let both = [count("Order", Pending, 1), count("OrderItem", Running, 1)];
    assert_eq!(subject.counts(prefix.clone()).await, both);
    let running = Filter { statuses: vec![Running, Failed], ..prefix };
    assert_eq!(subject.counts(running).await, [count("OrderItem", Running, 1)]);
}

/// Filters.
pub async fn counts_filter_by_id_and_time(mut subject: Subject) {
    for (id, seconds) in [("a1", 0), ("a2", 10), ("b1", 20)] {
        let record = InstanceRecord { created_at: at(seconds), ..subject.record(id) };
        subject.create(&record).await;
    }
    let prefix = Filter { id_prefix: Some("a".to_owned()), ..Filter::default() };
    assert_eq!(subject.counts(prefix.clone()).await, [count("Name", Pending, 2)]);
    let from = Filter { created_from: Some(at(10)), ..Filter::default() };
    assert_eq!(subject.counts(from).await, [count("Name", Pending, 2)]);
    let to = Filter { created_to: Some(at(10)), ..prefix };
    assert_eq!(subject.counts(to).await, [count("Name", Pending, 1)]);
    let none = Filter { created_from: Some(at(21)), ..Filter::default() };
    assert_eq!(subject.counts(none).await, []);
}

/// Counts, rule 1.
pub async fn counts_follow_many_changes_in_one_commit(mut subject: Subject) {
    let ended = subject.ended("ended").await;
    let active = subject.created("active").await;
    let new = subject.record("new");
    let mut commit = creating(&new);
    commit.updates = vec![update(&active, &next(&active, Failed, 1), events(1, 1))];
    commit.purges = vec![ended.num];
    subject.accept(commit).await;
    let counts = [count("Name", Failed, 1), count("Name", Pending, 1)];
    assert_eq!(subject.counts(Filter::default()).await, counts);
}
