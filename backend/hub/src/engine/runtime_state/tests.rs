//! What a history amounts to.

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::RuntimeState;
use crate::engine::history_event::{EventKind, HistoryEvent, samples};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn fold(events: &[(i32, EventKind)]) -> RuntimeState {
    let events: Vec<HistoryEvent> = events
        .iter()
        .zip(0..)
        .map(|((id, kind), n)| HistoryEvent::confirming(*id, at(n), kind.clone()))
        .collect();
    RuntimeState::fold(&events)
}

fn started() -> (i32, EventKind) {
    (-1, samples::all().swap_remove(1).kind)
}

fn scheduled(id: i32) -> (i32, EventKind) {
    let kind = EventKind::TaskScheduled {
        name: format!("A{id}"),
        version: None,
        input: None,
        trace: None,
        tags: std::collections::BTreeMap::new(),
    };
    (id, kind)
}

fn result(id: i32) -> (i32, EventKind) {
    (-1, EventKind::TaskCompleted { scheduled_id: id, result: None })
}

fn failed(id: i32) -> (i32, EventKind) {
    let failure = Box::new(FailureDetails::new("", ""));
    (-1, EventKind::TaskFailed { scheduled_id: id, failure })
}

#[test]
fn the_status_is_the_last_word() {
    let turn = (-1, EventKind::OrchestratorStarted);
    let suspended = (-1, EventKind::ExecutionSuspended { reason: None });
    let resumed = (-1, EventKind::ExecutionResumed { reason: None });
    let end = |status| (-1, EventKind::ExecutionCompleted { status, result: None, failure: None });
    for (events, status) in [
        (vec![], RuntimeStatus::Pending),
        (vec![turn.clone()], RuntimeStatus::Pending),
        (vec![turn.clone(), started()], RuntimeStatus::Running),
        (vec![turn.clone(), started(), suspended.clone()], RuntimeStatus::Suspended),
        (vec![turn.clone(), started(), suspended.clone(), resumed], RuntimeStatus::Running),
        (
            vec![turn.clone(), started(), suspended, end(RuntimeStatus::Terminated)],
            RuntimeStatus::Terminated,
        ),
        (vec![turn, started(), end(RuntimeStatus::Failed)], RuntimeStatus::Failed),
    ] {
        assert_eq!(fold(&events).status(), status, "{events:?}");
    }
}

#[test]
fn what_has_no_result_is_open() {
    let state = fold(&[started(), scheduled(1), scheduled(2), result(1)]);
    assert_eq!(state.open_tasks.keys().collect::<Vec<_>>(), [&2]);
    assert_eq!(state.open_tasks[&2].name, "A2");
    assert_eq!(state.open_tasks[&2].since, at(2));
    // An id is used again once its result is there.
    let state = fold(&[scheduled(1), failed(1), scheduled(1)]);
    assert_eq!(state.open_tasks[&1].since, at(2));
    assert!(fold(&[scheduled(1), failed(1), scheduled(1), result(1)]).open_tasks.is_empty());
    // A result of nothing is passed over.
    assert!(fold(&[result(5)]).open_tasks.is_empty());
}

#[test]
fn children_and_timers_are_open_until_they_answer() {
    let all = samples::all();
    let fold_names = |names: &[usize]| RuntimeState::fold(names.iter().map(|index| &all[*index]));
    // The order of the samples: 10 creates a child and 11 and 12 end it; 13 sets a timer and 14 is its firing.
    assert_eq!(fold_names(&[10]).open_children[&2].instance_id, "child/1");
    assert!(fold_names(&[10, 11]).open_children.is_empty());
    assert!(fold_names(&[10, 12]).open_children.is_empty());
    assert_eq!(fold_names(&[13]).open_timers.len(), 1);
    assert!(fold_names(&[13, 14]).open_timers.is_empty());
}

#[test]
fn the_latest_time_counts_whatever_the_order() {
    let raised = |seconds| {
        let kind = EventKind::EventRaised { name: "e".to_owned(), input: None };
        HistoryEvent::new(at(seconds), kind)
    };
    let state = RuntimeState::fold(&[raised(5), raised(1), raised(3)]);
    assert_eq!(state.last_timestamp, Some(at(5)));
    assert_eq!(state.last_timestamp, Some(at(0) + TimeDelta::seconds(5)));
}

#[test]
fn events_one_by_one_are_the_same_as_all_at_once() {
    let all = samples::all();
    let mut state = RuntimeState::default();
    for (count, event) in all.iter().enumerate() {
        assert_eq!(state, RuntimeState::fold(&all[..count]));
        state.apply(event);
    }
    assert_eq!(state.bytes, all.iter().map(HistoryEvent::weight).sum::<usize>());
}
