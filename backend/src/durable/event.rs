//! History events as `func` shows them: raw, with the Durable Task Framework's own fields.

use serde_json::{Map, Value, json};
use taskhub_shared::{
    failure::FailureDetails,
    history::{EventKind, HistoryEvent},
};

use super::state::time;

/// Columns of an event in tables.
pub(crate) const COLUMNS: &[&str] = &["seq", "timestamp", "type", "eventId", "name"];

/// One event; `id` and `execution` are those of the instance.
pub(crate) fn raw(event: &HistoryEvent, id: &str, execution: &str) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("EventType", json!(event.kind.name()));
    put("EventId", json!(event.event_id));
    put("IsPlayed", json!(false));
    put("Timestamp", json!(time(event.timestamp)));
    fields(&event.kind, id, execution, &mut put);
    Value::Object(out)
}

fn fields(kind: &EventKind, id: &str, execution: &str, put: &mut impl FnMut(&str, Value)) {
    match kind {
        EventKind::OrchestratorStarted => {}
        EventKind::ExecutionStarted { name, version, input, parent_instance_id } => {
            put("OrchestrationInstance", json!({ "InstanceId": id, "ExecutionId": execution }));
            let parent = parent_instance_id
                .as_ref()
                .map(|parent| json!({ "OrchestrationInstance": { "InstanceId": parent } }));
            put("ParentInstance", json!(parent));
            scheduled(put, name, version.as_ref(), input.as_ref());
        }
        EventKind::ExecutionCompleted { status, result, failure } => {
            put("OrchestrationStatus", json!(status.code()));
            put("Result", json!(result));
            put("FailureDetails", details(failure.as_ref()));
        }
        EventKind::ExecutionTerminated { reason, recurse } => {
            put("Input", json!(reason));
            put("Recurse", json!(recurse));
        }
        EventKind::ExecutionSuspended { reason }
        | EventKind::ExecutionResumed { reason }
        | EventKind::ExecutionRewound { reason } => put("Reason", json!(reason)),
        EventKind::TaskScheduled { name, version, input } => {
            scheduled(put, name, version.as_ref(), input.as_ref());
        }
        EventKind::TaskCompleted { scheduled_id, result }
        | EventKind::SubOrchestrationInstanceCompleted { scheduled_id, result } => {
            put("TaskScheduledId", json!(scheduled_id));
            put("Result", json!(result));
        }
        EventKind::TaskFailed { scheduled_id, failure }
        | EventKind::SubOrchestrationInstanceFailed { scheduled_id, failure } => {
            put("TaskScheduledId", json!(scheduled_id));
            failed(put, failure.as_ref());
        }
        EventKind::SubOrchestrationInstanceCreated { instance_id, name, version, input } => {
            put("InstanceId", json!(instance_id));
            scheduled(put, name, version.as_ref(), input.as_ref());
        }
        EventKind::TimerCreated { fire_at } => put("FireAt", json!(time(*fire_at))),
        EventKind::TimerFired { fire_at, timer_id } => {
            put("TimerId", json!(timer_id));
            put("FireAt", json!(time(*fire_at)));
        }
        EventKind::EventSent { instance_id, name, input } => {
            put("InstanceId", json!(instance_id));
            put("Name", json!(name));
            put("Input", json!(input));
        }
        EventKind::EventRaised { name, input } => {
            put("Name", json!(name));
            put("Input", json!(input));
        }
        EventKind::EntityOperationSignaled { instance_id, operation, input, scheduled_at } => {
            put("TargetInstanceId", json!(instance_id));
            put("Operation", json!(operation));
            put("Input", json!(input));
            put("ScheduledTime", json!(scheduled_at.map(time)));
        }
        EventKind::EntityOperationCalled { request_id, instance_id, operation, input } => {
            put("RequestId", json!(request_id));
            put("TargetInstanceId", json!(instance_id));
            put("Operation", json!(operation));
            put("Input", json!(input));
        }
        EventKind::EntityOperationCompleted { request_id, result } => {
            put("RequestId", json!(request_id));
            put("Output", json!(result));
        }
        EventKind::EntityOperationFailed { request_id, failure } => {
            put("RequestId", json!(request_id));
            failed(put, failure.as_ref());
        }
        EventKind::EntityLockRequested { critical_section, lock_set } => {
            put("CriticalSectionId", json!(critical_section));
            put("LockSet", json!(lock_set));
        }
        EventKind::EntityLockGranted { critical_section } => {
            put("CriticalSectionId", json!(critical_section));
        }
        EventKind::EntityUnlockSent { critical_section, instance_id } => {
            put("CriticalSectionId", json!(critical_section));
            put("TargetInstanceId", json!(instance_id));
        }
        EventKind::Other { name: _, data } => put("Data", json!(data)),
    }
}

fn scheduled(
    put: &mut impl FnMut(&str, Value),
    name: &str,
    version: Option<&String>,
    input: Option<&String>,
) {
    put("Name", json!(name));
    put("Version", json!(version));
    put("Input", json!(input));
}

fn failed(put: &mut impl FnMut(&str, Value), failure: Option<&FailureDetails>) {
    put("Reason", json!(failure.map(|failure| &failure.error_message)));
    put("Details", json!(failure.and_then(|failure| failure.stack_trace.as_ref())));
    put("FailureDetails", details(failure));
}

fn details(failure: Option<&FailureDetails>) -> Value {
    let Some(failure) = failure else { return Value::Null };
    json!({
        "ErrorType": failure.error_type,
        "ErrorMessage": failure.error_message,
        "StackTrace": failure.stack_trace,
        "InnerFailure": details(failure.inner_failure.as_deref()),
        "IsNonRetriable": failure.is_non_retriable,
    })
}
