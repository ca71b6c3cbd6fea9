//! What actions amount to.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::{failure::FailureDetails, limits, status::RuntimeStatus};

use super::{End, Size, ends, oversize, parent_message, plan, survives_continue_as_new, target};
use crate::{
    engine::{
        action::{Action, ActionKind, TurnResponse},
        history_event::{EventKind, HistoryEvent, ParentInstance, Payload, samples},
    },
    store::model::{InstanceRecord, Payloads},
};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn text(text: &str) -> Option<Payload> {
    Some(Arc::from(text))
}

fn record() -> InstanceRecord {
    InstanceRecord {
        num: 1,
        instance_id: Arc::from("x"),
        execution_id: "e".repeat(32),
        name: "X".to_owned(),
        version: Some("1".to_owned()),
        status: RuntimeStatus::Running,
        created_at: now(),
        updated_at: now(),
        completed_at: None,
        scheduled_start_at: None,
        parent: None,
        tags: BTreeMap::new(),
        orchestration_trace: None,
        history_len: 2,
        revision: 2,
        entity: None,
        payloads: Payloads::default(),
    }
}

fn task(id: i32) -> Action {
    let kind = ActionKind::ScheduleTask {
        name: "A".to_owned(),
        version: None,
        input: text("1"),
        trace: None,
        tags: BTreeMap::new(),
    };
    Action { id, kind }
}

fn timer(id: i32) -> Action {
    Action { id, kind: ActionKind::CreateTimer { fire_at: now() + TimeDelta::days(1) } }
}

fn child(id: i32, instance_id: &str) -> Action {
    let kind = ActionKind::CreateSubOrchestration {
        instance_id: instance_id.to_owned(),
        name: "C".to_owned(),
        version: None,
        input: None,
        trace: None,
        tags: BTreeMap::new(),
    };
    Action { id, kind }
}

fn send(id: i32) -> Action {
    let (instance_id, name) = ("other".to_owned(), "e".to_owned());
    Action { id, kind: ActionKind::SendEvent { instance_id, name, input: None } }
}

fn complete(id: i32, status: RuntimeStatus) -> Action {
    let kind = ActionKind::Complete {
        status,
        result: text("out"),
        failure: None,
        new_version: None,
        carryover: vec![],
    };
    Action { id, kind }
}

/// Checks the ids of the events that a plan has, and how many activities, timers, children and messages.
fn check(actions: Vec<Action>, events: &[i32], counts: [usize; 4]) -> super::Plan {
    let plan = plan(&record(), actions, now());
    assert_eq!(plan.events.iter().map(|event| event.event_id).collect::<Vec<_>>(), events);
    assert!(plan.events.iter().all(|event| event.timestamp == now()));
    let found = [plan.tasks.len(), plan.timers.len(), plan.children.len(), plan.outgoing.len()];
    assert_eq!(found, counts);
    plan
}

#[test]
fn every_action_is_confirmed_in_its_order() {
    let plan = check(vec![timer(3), task(1), send(7), child(2, "c")], &[3, 1, 7, 2], [1, 1, 1, 1]);
    assert_eq!((plan.end, plan.next), (None, None));
    check(vec![], &[], [0; 4]);
}

#[test]
fn the_end_is_the_last_event_wherever_it_stood() {
    let completed = complete(9, RuntimeStatus::Completed);
    let plan = check(vec![completed, task(1), send(2)], &[1, 2, 9], [1, 0, 0, 1]);
    let end = End { status: RuntimeStatus::Completed, output: text("out"), failure: None };
    assert_eq!(plan.end, Some(end));
}

#[test]
fn a_new_generation_takes_no_activities_and_timers_along() {
    let again = complete(9, RuntimeStatus::ContinuedAsNew);
    let plan = check(vec![task(1), timer(2), send(3), child(4, ""), again], &[3, 4], [0, 0, 1, 1]);
    let next = plan.next.unwrap();
    assert_eq!((next.input, next.version), (text("out"), Some("1".to_owned())));
}

#[test]
fn an_end_beats_a_new_generation() {
    let actions =
        vec![complete(1, RuntimeStatus::ContinuedAsNew), complete(2, RuntimeStatus::Failed)];
    let plan = check(actions, &[2], [0; 4]);
    assert_eq!(plan.next, None);
    assert_eq!(plan.end.unwrap().status, RuntimeStatus::Failed);
}

#[test]
fn a_completion_with_a_status_that_is_no_end_fails() {
    for status in [RuntimeStatus::Running, RuntimeStatus::Pending, RuntimeStatus::Suspended] {
        let plan = check(vec![complete(1, status)], &[1], [0; 4]);
        assert_eq!(plan.end.unwrap().status, RuntimeStatus::Failed);
        assert!(ends(&[complete(1, status)]));
    }
    assert!(!ends(&[task(1), complete(2, RuntimeStatus::ContinuedAsNew)]));
}

#[test]
fn a_child_knows_its_parent_and_its_id_is_that_of_its_target() {
    for (asked, id) in [("c", "c".to_owned()), ("", format!("{}:001f", "e".repeat(32)))] {
        let action = child(31, asked);
        assert_eq!(target(&record(), &action), Some(id.clone()));
        let plan = check(vec![action], &[31], [0, 0, 1, 0]);
        let (child_id, started) = &plan.children[0];
        assert_eq!(*child_id, id);
        let parent = ParentInstance {
            instance_id: "x".to_owned(),
            execution_id: "e".repeat(32),
            name: "X".to_owned(),
            version: Some("1".to_owned()),
            task_scheduled_id: 31,
        };
        assert_eq!(started.parent, Some(parent));
    }
    assert_eq!(target(&record(), &send(1)), Some("other".to_owned()));
    assert_eq!(target(&record(), &task(1)), None);
}

#[test]
fn parents_hear_of_every_end_with_a_reason() {
    let parent = ParentInstance {
        instance_id: "p".to_owned(),
        execution_id: String::new(),
        name: "P".to_owned(),
        version: None,
        task_scheduled_id: 4,
    };
    let end = |status, failure| End { status, output: text("out"), failure };
    let completed = parent_message(&parent, "x", &end(RuntimeStatus::Completed, None));
    let expected = EventKind::SubOrchestrationCompleted { scheduled_id: 4, result: text("out") };
    assert_eq!(completed, expected);
    let failure = Box::new(FailureDetails::new("Type", "why"));
    let failed = parent_message(&parent, "x", &end(RuntimeStatus::Failed, Some(failure.clone())));
    assert_eq!(failed, EventKind::SubOrchestrationFailed { scheduled_id: 4, failure });
    for status in [RuntimeStatus::Terminated, RuntimeStatus::Canceled, RuntimeStatus::Failed] {
        let EventKind::SubOrchestrationFailed { failure, .. } =
            parent_message(&parent, "x", &end(status, None))
        else {
            panic!("{status} is a failure for the parent")
        };
        assert_eq!(failure.error_type, format!("Orchestration{status}"));
        assert!(failure.error_message.contains("out"), "{}", failure.error_message);
    }
}

#[test]
fn only_what_comes_from_outside_survives_a_generation() {
    let survivors: Vec<bool> = samples::all()
        .into_iter()
        .map(|event: HistoryEvent| {
            let survives = survives_continue_as_new(&Arc::new(event.clone()));
            let outside = matches!(
                event.kind,
                EventKind::EventRaised { .. }
                    | EventKind::ExecutionSuspended { .. }
                    | EventKind::ExecutionResumed { .. }
                    | EventKind::ExecutionTerminated { .. }
            );
            assert_eq!(survives, outside, "{event:?}");
            survives
        })
        .collect();
    assert!(survivors.contains(&true));
}

#[test]
fn a_limit_is_broken_by_the_first_thing_past_it() {
    let respond = |actions| TurnResponse { actions, ..TurnResponse::default() };
    let size = |events, bytes| Size { events, bytes };
    let full = size(limits::HISTORY_EVENTS - 1, 0);
    assert_eq!(oversize(full, &respond(vec![send(1)])), None);
    let refused = oversize(full, &respond(vec![send(1), send(2)])).unwrap();
    assert!(refused.error_message.contains("51201 events"), "{}", refused.error_message);
    // Whoever ends or begins again does what is asked for.
    for status in [RuntimeStatus::Completed, RuntimeStatus::ContinuedAsNew] {
        let actions = vec![send(1), send(2), complete(3, status)];
        assert_eq!(oversize(full, &respond(actions)), None);
    }
    let refused = oversize(size(0, limits::HISTORY_BYTES), &respond(vec![timer(1)])).unwrap();
    assert!(refused.error_message.contains("bytes"), "{}", refused.error_message);
    let custom_status = |bytes| TurnResponse {
        custom_status: Some("x".repeat(bytes).into()),
        actions: vec![complete(1, RuntimeStatus::Completed)],
        ..TurnResponse::default()
    };
    let empty = size(0, 0);
    assert_eq!(oversize(empty, &custom_status(limits::CUSTOM_STATUS_BYTES)), None);
    let refused = oversize(empty, &custom_status(limits::CUSTOM_STATUS_BYTES + 1)).unwrap();
    assert!(refused.is_non_retriable);
}
