//! Entities: rows like instances, without a history, an end or a place among the orchestrations.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus::{Pending, Running};

use super::subject::{Subject, at, count, creating, event, events, next, text, updating};
use crate::store::model::{
    Commit, EntityFilter, EntityRecord, Filter, InstanceRecord, Lock, Timer,
};

async fn entity(subject: &mut Subject, id: &str, state: Option<&str>) -> InstanceRecord {
    let mut record = InstanceRecord {
        status: Running,
        entity: Some(EntityRecord::default()),
        ..subject.record(id)
    };
    record.payloads.input = None;
    record.payloads.output = state.map(text);
    subject.create(&record).await;
    record
}

fn entities(filter: EntityFilter) -> Filter {
    Filter { entities: Some(filter), ..Filter::default() }
}

fn all() -> EntityFilter {
    EntityFilter { transient: true, ..EntityFilter::default() }
}

/// List, rule 4, and counts, rule 2.
pub async fn they_are_listed_and_counted_alone(mut subject: Subject) {
    subject.created("x").await;
    entity(&mut subject, "@a@1", Some("1")).await;
    assert_eq!(subject.matching(Filter::default()).await, ["x"]);
    assert_eq!(subject.matching(entities(all())).await, ["@a@1"]);
    assert_eq!(subject.counts(Filter::default()).await, [count("Name", Pending, 1)]);
    assert_eq!(subject.counts(entities(all())).await, [count("Name", Running, 1)]);
}

/// Filters.
pub async fn those_without_a_state_are_listed_when_asked_for(mut subject: Subject) {
    entity(&mut subject, "@a@1", Some("1")).await;
    entity(&mut subject, "@a@2", None).await;
    assert_eq!(subject.matching(entities(all())).await, ["@a@2", "@a@1"]);
    assert_eq!(subject.matching(entities(EntityFilter::default())).await, ["@a@1"]);
}

/// Filters.
pub async fn changes_are_from_inclusive_to_exclusive(mut subject: Subject) {
    let record = entity(&mut subject, "@a@1", Some("1")).await;
    let mut after = next(&record, Running, 0);
    after.updated_at = at(10);
    subject.accept(updating(&record, &after, events(1, 0))).await;
    for (from, to, found) in [
        (Some(10), None, true),
        (Some(11), None, false),
        (None, Some(11), true),
        (None, Some(10), false),
        (Some(10), Some(11), true),
    ] {
        let (changed_from, changed_to) = (from.map(at), to.map(at));
        let filter = EntityFilter { changed_from, changed_to, transient: false };
        assert_eq!(subject.matching(entities(filter)).await.len() == 1, found, "{from:?} {to:?}");
    }
}

/// Every field.
pub async fn a_lock_comes_back_and_goes(mut subject: Subject) {
    let record = entity(&mut subject, "@a@1", Some("1")).await;
    let mut locked = next(&record, Running, 0);
    let lock = Lock { holder: "o\"".to_owned(), critical_section: "ü".to_owned() };
    locked.entity = Some(EntityRecord { lock: Some(lock) });
    subject.accept(updating(&record, &locked, events(1, 0))).await;
    assert_eq!(subject.stored("@a@1").await, Some(locked.clone()));
    let mut free = next(&locked, Running, 0);
    free.entity = Some(EntityRecord::default());
    subject.accept(updating(&locked, &free, events(1, 0))).await;
    assert_eq!(*subject.loaded("@a@1").await.unwrap().record, free);
}

/// Rule 9.
pub async fn a_purge_needs_no_end(mut subject: Subject) {
    let record = entity(&mut subject, "@a@1", Some("1")).await;
    let messages = vec![(record.num, subject.message())];
    subject.accept(Commit { messages, ..Commit::default() }).await;
    subject.accept(Commit { purges: vec![record.num], ..Commit::default() }).await;
    assert_eq!(subject.loaded("@a@1").await, None);
    assert_eq!(subject.counts(entities(all())).await, []);
}

/// A state that comes and goes.
pub async fn a_state_is_replaced_and_deleted(mut subject: Subject) {
    let mut record = entity(&mut subject, "@a@1", None).await;
    for state in [Some("1"), Some("{\"a\":[]}"), None, Some("")] {
        let mut after = next(&record, Running, 0);
        after.payloads.output = state.map(text);
        subject.accept(updating(&record, &after, events(1, 0))).await;
        assert_eq!(subject.stored("@a@1").await, Some(after.clone()), "{state:?}");
        record = after;
    }
}

/// A signal for later.
pub async fn a_timer_may_bring_an_event(mut subject: Subject) {
    let record = entity(&mut subject, "@a@1", None).await;
    let timer = Arc::new(Timer {
        action: None,
        event: Some(Arc::new(event(7))),
        ..Timer::clone(&subject.timer(&record))
    });
    subject.accept(Commit { timers: vec![Arc::clone(&timer)], ..Commit::default() }).await;
    assert_eq!(subject.loaded("@a@1").await.unwrap().timers, [timer]);
}

/// The other conditions.
pub async fn names_ids_and_times_filter_them_too(mut subject: Subject) {
    for (id, name) in [("@a@1", "a"), ("@a@2", "a"), ("@b@1", "b"), ("@A%@1", "a%")] {
        let record = InstanceRecord {
            name: name.to_owned(),
            status: Running,
            entity: Some(EntityRecord::default()),
            ..subject.record(id)
        };
        subject.accept(creating(&record)).await;
    }
    for (prefix, expected) in [
        ("@a@", vec!["@a@2", "@a@1"]),
        ("@A%", vec!["@A%@1"]),
        ("@", vec!["@A%@1", "@b@1", "@a@2", "@a@1"]),
    ] {
        let filter = Filter { id_prefix: Some(prefix.to_owned()), ..entities(all()) };
        assert_eq!(subject.matching(filter).await, expected, "{prefix}");
    }
}
