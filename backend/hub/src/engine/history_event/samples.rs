//! One event of each kind, with everything and with nothing that may be absent.
//!
//! `tests/golden/history_events.jsonl` holds them as they are stored, line by line. New ones go to the end.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::super::entity_event::EntityEvent;
use super::{EventKind, ExecutionStarted, HistoryEvent, ParentInstance, Payload, TraceContext};

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_800_000_000_000_000 + micros)
}

fn text(text: &str) -> Option<Payload> {
    Some(Arc::from(text))
}

fn tags() -> BTreeMap<String, String> {
    BTreeMap::from([("tag".to_owned(), "value \"quoted\"".to_owned())])
}

fn trace() -> Option<TraceContext> {
    Some(TraceContext {
        trace_parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        span_id: "b7ad6b7169203331".to_owned(),
        trace_state: Some("vendor=1".to_owned()),
    })
}

fn failure() -> Box<FailureDetails> {
    let mut failure = FailureDetails::new("ValueError", "bad\nvalue");
    failure.stack_trace = Some("at line 1".to_owned());
    failure.inner_failure = Some(Box::new(FailureDetails::new("Cause", "")));
    failure.is_non_retriable = true;
    failure.properties.insert("code".to_owned(), 7.into());
    Box::new(failure)
}

/// All of them, in the order of the golden file.
#[must_use]
pub fn all() -> Vec<HistoryEvent> {
    let full = [
        (-1, EventKind::OrchestratorStarted),
        (-1, started_with_everything()),
        (
            9,
            EventKind::ExecutionCompleted {
                status: RuntimeStatus::Completed,
                result: text("{\"ok\": true}"),
                failure: None,
            },
        ),
        (
            -1,
            EventKind::ExecutionCompleted {
                status: RuntimeStatus::Failed,
                result: None,
                failure: Some(failure()),
            },
        ),
        (-1, EventKind::ExecutionTerminated { input: text("\"why\""), recurse: true }),
        (-1, EventKind::ExecutionSuspended { reason: Some("hold".to_owned()) }),
        (-1, EventKind::ExecutionResumed { reason: Some("go on".to_owned()) }),
        (
            1,
            EventKind::TaskScheduled {
                name: "Activity".to_owned(),
                version: Some("1.0".to_owned()),
                input: text("[1, 2]"),
                trace: trace(),
                tags: tags(),
            },
        ),
        (-1, EventKind::TaskCompleted { scheduled_id: 1, result: text("\"😀\\u0000\"") }),
        (-1, EventKind::TaskFailed { scheduled_id: 1, failure: failure() }),
        (
            2,
            EventKind::SubOrchestrationCreated {
                instance_id: "child/1".to_owned(),
                name: "Child".to_owned(),
                version: Some("2.0".to_owned()),
                input: text("null"),
                trace: trace(),
                tags: tags(),
            },
        ),
        (-1, EventKind::SubOrchestrationCompleted { scheduled_id: 2, result: text("3") }),
        (-1, EventKind::SubOrchestrationFailed { scheduled_id: 2, failure: failure() }),
        (3, EventKind::TimerCreated { fire_at: at(123_456) }),
        (-1, EventKind::TimerFired { timer_id: 3, fire_at: at(123_456) }),
        (
            4,
            EventKind::EventSent {
                instance_id: "other".to_owned(),
                name: "Event".to_owned(),
                input: text("1"),
            },
        ),
        (-1, EventKind::EventRaised { name: "Event".to_owned(), input: text("1") }),
    ];
    let bare = bare().into_iter().map(|kind| (0, kind));
    full.into_iter()
        .chain(bare)
        .chain(later())
        .zip(0..)
        .map(|((id, kind), n)| HistoryEvent::confirming(id, at(n * 1_000_001), kind))
        .collect()
}

fn started_with_everything() -> EventKind {
    EventKind::ExecutionStarted(Box::new(ExecutionStarted {
        name: "Orchestrator".to_owned(),
        version: Some("1.0".to_owned()),
        input: text("{\"a\": [1, \"two\"]}"),
        execution_id: "0123456789abcdef0123456789abcdef".to_owned(),
        parent: Some(ParentInstance {
            instance_id: "parent".to_owned(),
            execution_id: "fedcba9876543210fedcba9876543210".to_owned(),
            name: "Parent".to_owned(),
            version: Some("3".to_owned()),
            task_scheduled_id: 5,
        }),
        scheduled_start: Some(at(5)),
        trace: trace(),
        tags: tags(),
    }))
}

/// Kinds that came after those.
fn later() -> Vec<(i32, EventKind)> {
    let id = || "0123456789abcdef0123456789abcdef".to_owned();
    let parent = || Some("order-17".to_owned());
    let entity = |id, event| (id, EventKind::Entity(Box::new(event)));
    let target = || Some("@counter@a/b".to_owned());
    let (request_id, operation) = (id(), "add".to_owned());
    vec![
        (-1, EventKind::ExecutionRewound { reason: Some("mended".to_owned()) }),
        (-1, EventKind::ExecutionRewound { reason: None }),
        entity(
            5,
            EntityEvent::OperationSignaled {
                request_id: request_id.clone(),
                operation: operation.clone(),
                input: text("1"),
                scheduled_at: Some(at(9)),
                target: target(),
            },
        ),
        entity(
            6,
            EntityEvent::OperationCalled {
                request_id: request_id.clone(),
                operation: operation.clone(),
                input: text("\"é\""),
                scheduled_at: Some(at(9)),
                parent: parent(),
                parent_execution: Some(id()),
                target: target(),
            },
        ),
        entity(-1, EntityEvent::OperationCompleted { request_id: id(), output: text("2") }),
        entity(-1, EntityEvent::OperationFailed { request_id: id(), failure: failure() }),
        entity(
            7,
            EntityEvent::LockRequested {
                critical_section: id(),
                lock_set: vec!["@a@1".to_owned(), "@b@2".to_owned()],
                position: 1,
                parent: parent(),
            },
        ),
        entity(-1, EntityEvent::LockGranted { critical_section: id() }),
        entity(
            8,
            EntityEvent::UnlockSent { critical_section: id(), parent: parent(), target: target() },
        ),
        entity(
            -1,
            EntityEvent::OperationSignaled {
                request_id: request_id.clone(),
                operation: operation.clone(),
                input: None,
                scheduled_at: None,
                target: None,
            },
        ),
        entity(
            -1,
            EntityEvent::OperationCalled {
                request_id,
                operation,
                input: None,
                scheduled_at: None,
                parent: None,
                parent_execution: None,
                target: None,
            },
        ),
        entity(-1, EntityEvent::OperationCompleted { request_id: id(), output: None }),
        entity(
            -1,
            EntityEvent::LockRequested {
                critical_section: id(),
                lock_set: Vec::new(),
                position: 0,
                parent: None,
            },
        ),
        entity(-1, EntityEvent::UnlockSent { critical_section: id(), parent: None, target: None }),
    ]
}

/// Kinds with nothing that may be absent.
fn bare() -> Vec<EventKind> {
    let name = || "N".to_owned();
    let started = ExecutionStarted {
        name: name(),
        version: None,
        input: None,
        execution_id: name(),
        parent: None,
        scheduled_start: None,
        trace: None,
        tags: BTreeMap::new(),
    };
    vec![
        EventKind::ExecutionStarted(Box::new(started)),
        EventKind::ExecutionCompleted {
            status: RuntimeStatus::Terminated,
            result: None,
            failure: None,
        },
        EventKind::ExecutionTerminated { input: None, recurse: false },
        EventKind::ExecutionSuspended { reason: None },
        EventKind::ExecutionResumed { reason: None },
        EventKind::TaskScheduled {
            name: name(),
            version: None,
            input: None,
            trace: Some(TraceContext::default()),
            tags: BTreeMap::new(),
        },
        EventKind::TaskCompleted { scheduled_id: 0, result: None },
        EventKind::TaskFailed { scheduled_id: -1, failure: Box::default() },
        EventKind::SubOrchestrationCreated {
            instance_id: name(),
            name: name(),
            version: None,
            input: None,
            trace: None,
            tags: BTreeMap::new(),
        },
        EventKind::SubOrchestrationCompleted { scheduled_id: i32::MAX, result: None },
        EventKind::SubOrchestrationFailed { scheduled_id: i32::MIN, failure: Box::default() },
        EventKind::EventSent { instance_id: name(), name: name(), input: None },
        EventKind::EventRaised { name: name(), input: text("") },
    ]
}
