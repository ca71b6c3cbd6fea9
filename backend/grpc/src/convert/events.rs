//! History events.

use std::sync::Arc;

use taskhub_hub::engine::history_event::{
    EventKind, ExecutionStarted, HistoryEvent, Payload, TraceContext,
};
use taskhub_proto as proto;
use taskhub_proto::history_event::EventType;

use super::{entity, failure, time};

/// Wire form of an event.
///
/// `instance_id` is that of the instance whose history it is: an `ExecutionStarted` names it.
pub(crate) fn to_wire(event: &HistoryEvent, instance_id: &str) -> proto::HistoryEvent {
    proto::HistoryEvent {
        event_id: event.event_id,
        timestamp: Some(time::to_wire(event.timestamp)),
        event_type: Some(kind_to_wire(&event.kind, instance_id)),
    }
}

fn kind_to_wire(kind: &EventKind, instance_id: &str) -> EventType {
    match kind {
        EventKind::OrchestratorStarted => {
            EventType::OrchestratorStarted(proto::OrchestratorStartedEvent {})
        }
        EventKind::ExecutionStarted(started) => {
            EventType::ExecutionStarted(started_to_wire(started, instance_id))
        }
        EventKind::ExecutionCompleted { status, result, failure } => {
            EventType::ExecutionCompleted(proto::ExecutionCompletedEvent {
                orchestration_status: status.code().into(),
                result: text(result),
                failure_details: failure.as_deref().map(failure::to_wire),
            })
        }
        EventKind::ExecutionTerminated { input, recurse } => {
            EventType::ExecutionTerminated(proto::ExecutionTerminatedEvent {
                input: text(input),
                recurse: *recurse,
            })
        }
        EventKind::ExecutionSuspended { reason } => {
            EventType::ExecutionSuspended(proto::ExecutionSuspendedEvent { input: reason.clone() })
        }
        EventKind::ExecutionResumed { reason } => {
            EventType::ExecutionResumed(proto::ExecutionResumedEvent { input: reason.clone() })
        }
        EventKind::TaskScheduled { name, version, input, trace, tags } => {
            EventType::TaskScheduled(proto::TaskScheduledEvent {
                name: name.clone(),
                version: version.clone(),
                input: text(input),
                parent_trace_context: trace.as_ref().map(trace_to_wire),
                tags: tags.clone().into_iter().collect(),
            })
        }
        EventKind::TaskCompleted { scheduled_id, result } => {
            EventType::TaskCompleted(proto::TaskCompletedEvent {
                task_scheduled_id: *scheduled_id,
                result: text(result),
            })
        }
        EventKind::TaskFailed { scheduled_id, failure } => {
            EventType::TaskFailed(proto::TaskFailedEvent {
                task_scheduled_id: *scheduled_id,
                failure_details: Some(failure::to_wire(failure)),
            })
        }
        EventKind::SubOrchestrationCreated { instance_id, name, version, input, trace, tags } => {
            EventType::SubOrchestrationInstanceCreated(
                proto::SubOrchestrationInstanceCreatedEvent {
                    instance_id: instance_id.clone(),
                    name: name.clone(),
                    version: version.clone(),
                    input: text(input),
                    parent_trace_context: trace.as_ref().map(trace_to_wire),
                    tags: tags.clone().into_iter().collect(),
                },
            )
        }
        EventKind::SubOrchestrationCompleted { scheduled_id, result } => {
            EventType::SubOrchestrationInstanceCompleted(
                proto::SubOrchestrationInstanceCompletedEvent {
                    task_scheduled_id: *scheduled_id,
                    result: text(result),
                },
            )
        }
        EventKind::SubOrchestrationFailed { scheduled_id, failure } => {
            EventType::SubOrchestrationInstanceFailed(proto::SubOrchestrationInstanceFailedEvent {
                task_scheduled_id: *scheduled_id,
                failure_details: Some(failure::to_wire(failure)),
            })
        }
        EventKind::TimerCreated { fire_at } => EventType::TimerCreated(proto::TimerCreatedEvent {
            fire_at: Some(time::to_wire(*fire_at)),
        }),
        EventKind::TimerFired { timer_id, fire_at } => {
            EventType::TimerFired(proto::TimerFiredEvent {
                fire_at: Some(time::to_wire(*fire_at)),
                timer_id: *timer_id,
            })
        }
        EventKind::EventSent { instance_id, name, input } => {
            EventType::EventSent(proto::EventSentEvent {
                instance_id: instance_id.clone(),
                name: name.clone(),
                input: text(input),
            })
        }
        EventKind::EventRaised { name, input } => EventType::EventRaised(proto::EventRaisedEvent {
            name: name.clone(),
            input: text(input),
        }),
        EventKind::ExecutionRewound { reason } => {
            EventType::ExecutionRewound(proto::ExecutionRewoundEvent {
                reason: reason.clone(),
                ..proto::ExecutionRewoundEvent::default()
            })
        }
        EventKind::Entity(event) => entity::to_wire(event),
    }
}

fn started_to_wire(started: &ExecutionStarted, instance_id: &str) -> proto::ExecutionStartedEvent {
    let parent = started.parent.as_ref().map(|parent| proto::ParentInstanceInfo {
        task_scheduled_id: parent.task_scheduled_id,
        name: Some(parent.name.clone()),
        version: parent.version.clone(),
        orchestration_instance: Some(proto::OrchestrationInstance {
            instance_id: parent.instance_id.clone(),
            execution_id: Some(parent.execution_id.clone()),
        }),
    });
    proto::ExecutionStartedEvent {
        name: started.name.clone(),
        version: started.version.clone(),
        input: text(&started.input),
        orchestration_instance: Some(proto::OrchestrationInstance {
            instance_id: instance_id.to_owned(),
            execution_id: Some(started.execution_id.clone()),
        }),
        parent_instance: parent,
        scheduled_start_timestamp: started.scheduled_start.map(time::to_wire),
        parent_trace_context: started.trace.as_ref().map(trace_to_wire),
        orchestration_span_id: None,
        tags: started.tags.clone().into_iter().collect(),
    }
}

/// An event that a continued orchestration carries over. Only external events can be carried.
pub(crate) fn carryover(event: proto::HistoryEvent) -> Option<HistoryEvent> {
    let Some(EventType::EventRaised(raised)) = event.event_type else {
        tracing::warn!("only external events can be carried over");
        return None;
    };
    let kind = EventKind::EventRaised { name: raised.name, input: raised.input.map(Payload::from) };
    let timestamp = event.timestamp.as_ref().and_then(time::from_wire).unwrap_or_default();
    Some(HistoryEvent::new(timestamp, kind))
}

pub(crate) fn trace_to_wire(trace: &TraceContext) -> proto::TraceContext {
    #[expect(deprecated, reason = "older SDKs read the span id")]
    proto::TraceContext {
        trace_parent: trace.trace_parent.clone(),
        span_id: trace.span_id.clone(),
        trace_state: trace.trace_state.clone(),
    }
}

pub(crate) fn trace_from_wire(trace: proto::TraceContext) -> TraceContext {
    #[expect(deprecated, reason = "older SDKs send the span id")]
    TraceContext {
        trace_parent: trace.trace_parent,
        span_id: trace.span_id,
        trace_state: trace.trace_state,
    }
}

pub(crate) fn text(payload: &Option<Payload>) -> Option<String> {
    payload.as_deref().map(str::to_owned)
}

/// Wire form of a history.
pub(crate) fn all_to_wire(
    events: &[Arc<HistoryEvent>],
    instance_id: &str,
) -> Vec<proto::HistoryEvent> {
    events.iter().map(|event| to_wire(event, instance_id)).collect()
}
