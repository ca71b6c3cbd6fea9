//! The history of an instance, page by page.

use axum::{Json, extract::RawQuery};
use taskhub_hub::engine::{
    entity_event::EntityEvent,
    history_event::{EventKind as Stored, HistoryEvent as StoredEvent, Payload},
};
use taskhub_shared::{
    history::{EventKind, HistoryEvent},
    page::Page,
};

use super::extract::{OfInstance, fields};
use crate::fault::Fault;

/// Events of a page when the caller names no number.
const DEFAULT: usize = 500;
/// Most events of a page.
const MOST: usize = 1000;

/// Source: `request::GetHistory`.
pub(crate) async fn get_history(
    OfInstance { hub, id }: OfInstance,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<HistoryEvent>>, Fault> {
    let (mut after, mut limit) = (0_u64, DEFAULT);
    for (name, value) in fields(query.as_deref(), &["after", "limit"])? {
        let wrong = |what: String| Fault::field(name.as_str(), format!("{value:?} is no {what}"));
        if name == "after" {
            after = value.parse().map_err(|_| wrong("whole number".to_owned()))?;
        } else {
            let given = value.parse().ok().filter(|given| (1..=MOST).contains(given));
            limit = given.ok_or_else(|| wrong(format!("whole number from 1 to {MOST}")))?;
        }
    }
    // One event more than asked for tells whether there is another page.
    let stored = hub.history(&id, after, limit + 1).await?;
    let stored = stored.ok_or_else(|| Fault::no_instance(&id))?;
    let more = stored.len() > limit;
    let positions = (1_u64..).map(|step| after.saturating_add(step));
    let items: Vec<HistoryEvent> = positions.zip(stored).take(limit).map(event).collect();
    let next = items.last().filter(|_| more).map(|last| last.seq.to_string());
    Ok(Json(Page { items, next, previous: None }))
}

fn event((seq, stored): (u64, StoredEvent)) -> HistoryEvent {
    let StoredEvent { event_id, timestamp, kind } = stored;
    HistoryEvent { seq, event_id, timestamp, kind: convert(kind) }
}

fn convert(kind: Stored) -> EventKind {
    match kind {
        Stored::OrchestratorStarted => EventKind::OrchestratorStarted,
        Stored::ExecutionStarted(started) => EventKind::ExecutionStarted {
            name: started.name,
            version: started.version,
            input: text(started.input),
            parent_instance_id: started.parent.map(|parent| parent.instance_id),
        },
        Stored::ExecutionCompleted { status, result, failure } => EventKind::ExecutionCompleted {
            status,
            result: text(result),
            failure: failure.map(|failure| *failure),
        },
        Stored::ExecutionTerminated { input, recurse } => EventKind::ExecutionTerminated {
            reason: input.map(|input| crate::json::plain(&input)),
            recurse,
        },
        Stored::ExecutionSuspended { reason } => EventKind::ExecutionSuspended { reason },
        Stored::ExecutionResumed { reason } => EventKind::ExecutionResumed { reason },
        Stored::TaskScheduled { name, version, input, .. } => {
            EventKind::TaskScheduled { name, version, input: text(input) }
        }
        Stored::TaskCompleted { scheduled_id, result } => {
            EventKind::TaskCompleted { scheduled_id, result: text(result) }
        }
        Stored::TaskFailed { scheduled_id, failure } => {
            EventKind::TaskFailed { scheduled_id, failure: Some(*failure) }
        }
        Stored::SubOrchestrationCreated { instance_id, name, version, input, .. } => {
            let input = text(input);
            EventKind::SubOrchestrationInstanceCreated { instance_id, name, version, input }
        }
        Stored::SubOrchestrationCompleted { scheduled_id, result } => {
            EventKind::SubOrchestrationInstanceCompleted { scheduled_id, result: text(result) }
        }
        Stored::SubOrchestrationFailed { scheduled_id, failure } => {
            EventKind::SubOrchestrationInstanceFailed { scheduled_id, failure: Some(*failure) }
        }
        Stored::TimerCreated { fire_at } => EventKind::TimerCreated { fire_at },
        Stored::TimerFired { timer_id, fire_at } => EventKind::TimerFired { fire_at, timer_id },
        Stored::EventSent { instance_id, name, input } => {
            EventKind::EventSent { instance_id, name, input: text(input) }
        }
        Stored::EventRaised { name, input } => EventKind::EventRaised { name, input: text(input) },
        Stored::ExecutionRewound { reason } => EventKind::ExecutionRewound { reason },
        Stored::Entity(event) => entity(*event),
    }
}

fn entity(event: EntityEvent) -> EventKind {
    match event {
        EntityEvent::OperationSignaled { operation, input, scheduled_at, target, .. } => {
            EventKind::EntityOperationSignaled {
                instance_id: target.unwrap_or_default(),
                operation,
                input: text(input),
                scheduled_at,
            }
        }
        EntityEvent::OperationCalled { request_id, operation, input, target, .. } => {
            EventKind::EntityOperationCalled {
                request_id,
                instance_id: target.unwrap_or_default(),
                operation,
                input: text(input),
            }
        }
        EntityEvent::OperationCompleted { request_id, output } => {
            EventKind::EntityOperationCompleted { request_id, result: text(output) }
        }
        EntityEvent::OperationFailed { request_id, failure } => {
            EventKind::EntityOperationFailed { request_id, failure: Some(*failure) }
        }
        EntityEvent::LockRequested { critical_section, lock_set, .. } => {
            EventKind::EntityLockRequested { critical_section, lock_set }
        }
        EntityEvent::LockGranted { critical_section } => {
            EventKind::EntityLockGranted { critical_section }
        }
        EntityEvent::UnlockSent { critical_section, target, .. } => EventKind::EntityUnlockSent {
            critical_section,
            instance_id: target.unwrap_or_default(),
        },
    }
}

fn text(payload: Option<Payload>) -> Option<String> {
    payload.map(|text| text.to_string())
}
