use std::sync::Arc;

use chrono::DateTime;
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::engine::instance::Source;
use crate::engine::{entity_event::EntityEvent, history_event::EventKind};

fn pending(number: u64, kind: EventKind) -> Pending {
    let event = Arc::new(HistoryEvent::new(DateTime::UNIX_EPOCH, kind));
    Pending { source: Source::Message(number), event }
}

fn call(parent: &str) -> EventKind {
    EventKind::Entity(Box::new(EntityEvent::OperationCalled {
        request_id: "r".to_owned(),
        operation: "o".to_owned(),
        input: Some("input".into()),
        scheduled_at: None,
        parent: Some(parent.to_owned()),
        parent_execution: None,
        target: None,
    }))
}

fn any(random: &mut StdRng) -> EventKind {
    match random.random_range(0..7) {
        0 => EventKind::ExecutionTerminated { input: None, recurse: false },
        1 => EventKind::ExecutionSuspended { reason: Some("why".to_owned()) },
        2 => EventKind::ExecutionResumed { reason: None },
        3 => EventKind::Entity(Box::new(EntityEvent::LockRequested {
            critical_section: "s".to_owned(),
            lock_set: vec!["@a@1".to_owned()],
            position: 0,
            parent: Some("other".to_owned()),
        })),
        4 | 5 => call("holder"),
        _ => call("other"),
    }
}

/// What is counted is what a look through all of it finds, and the holder's messages stand in front.
fn check(inbox: &Inbox, lock: Option<&Lock>) {
    let any = |is: fn(&Pending) -> bool| inbox.iter().any(is);
    assert_eq!(
        inbox.has_end(),
        any(|pending| matches!(pending.event.kind.effect(), Some(Effect::End { .. })))
    );
    assert_eq!(
        inbox.has_hold(),
        any(|pending| {
            matches!(pending.event.kind.effect(), Some(Effect::Suspend | Effect::Resume))
        })
    );
    assert_eq!(inbox.has_lock_request(), any(entity::is_lock_request));
    let bytes: usize = inbox.iter().map(|pending| HistoryEvent::weight(&pending.event)).sum();
    assert_eq!(inbox.bytes(), bytes);
    if let Some(lock) = lock {
        let theirs = |pending: &&Pending| entity::is_of(lock, pending);
        let all = inbox.iter().filter(theirs).count();
        assert_eq!((inbox.iter().take_while(theirs).count(), inbox.holders), (all, all));
    }
}

#[test]
fn it_knows_what_it_holds_whatever_comes_and_goes() {
    let mut random = StdRng::seed_from_u64(7);
    let lock = Lock { holder: "holder".to_owned(), critical_section: "s".to_owned() };
    for _ in 0..200 {
        let (mut inbox, mut held) = (Inbox::default(), None);
        for number in 0..100 {
            match random.random_range(0..12) {
                0 => drop(inbox.pop_front()),
                1 => drop(inbox.remove(random.random_range(0..10))),
                2 => drop(inbox.take_first(random.random_range(0..4))),
                3 => {
                    held = random.random_bool(0.7).then_some(&lock);
                    inbox.arrange(held);
                }
                4 if random.random_bool(0.1) => inbox.clear(),
                _ => inbox.receive(held, pending(number, any(&mut random))),
            }
            check(&inbox, held);
        }
        let again: Inbox = inbox.iter().cloned().collect();
        assert_eq!((again.bytes(), again.len()), (inbox.bytes(), inbox.len()));
    }
}
