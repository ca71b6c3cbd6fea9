//! Reads an event: all fields that any kind has, then the kind out of them.
//!
//! A derived reader of the enumeration would be written out once for each kind and keep every event in between, which
//! costs the console dearly in bytes and in time.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{EventKind, HistoryEvent};
use crate::{
    failure::FailureDetails,
    status::{LargePayload, RuntimeStatus},
};

/// An event as it stands on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    seq: u64,
    event_id: i32,
    timestamp: DateTime<Utc>,
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    version: Option<String>,
    input: Option<String>,
    result: Option<String>,
    reason: Option<String>,
    data: Option<String>,
    operation: Option<String>,
    instance_id: Option<String>,
    parent_instance_id: Option<String>,
    request_id: Option<String>,
    critical_section: Option<String>,
    lock_set: Option<Vec<String>>,
    failure: Option<FailureDetails>,
    status: Option<RuntimeStatus>,
    recurse: Option<bool>,
    scheduled_id: Option<i32>,
    timer_id: Option<i32>,
    fire_at: Option<DateTime<Utc>>,
    scheduled_at: Option<DateTime<Utc>>,
    large: Option<LargePayload>,
}

impl TryFrom<Wire> for HistoryEvent {
    type Error = String;

    fn try_from(mut wire: Wire) -> Result<Self, String> {
        let large = wire.large.take();
        let (seq, event_id, timestamp) = (wire.seq, wire.event_id, wire.timestamp);
        let kind = kind(wire).map_err(|field| format!("event {seq} has no field {field:?}"))?;
        Ok(Self { seq, event_id, timestamp, kind, large })
    }
}

/// The kind with its fields; the error names a field that is not there. A kind that is not known is
/// [`EventKind::Other`].
fn kind(wire: Wire) -> Result<EventKind, &'static str> {
    let Wire { name, version, input, result, reason, failure, instance_id, operation, .. } = wire;
    let name = || name.ok_or("name");
    let instance = || instance_id.ok_or("instanceId");
    let operation = || operation.ok_or("operation");
    let scheduled = || wire.scheduled_id.ok_or("scheduledId");
    let request = || wire.request_id.ok_or("requestId");
    let section = || wire.critical_section.ok_or("criticalSection");
    let fire_at = || wire.fire_at.ok_or("fireAt");
    Ok(match wire.kind.as_str() {
        "OrchestratorStarted" => EventKind::OrchestratorStarted,
        "ExecutionStarted" => EventKind::ExecutionStarted {
            name: name()?,
            version,
            input,
            parent_instance_id: wire.parent_instance_id,
        },
        "ExecutionCompleted" => {
            let status = wire.status.ok_or("status")?;
            EventKind::ExecutionCompleted { status, result, failure }
        }
        "ExecutionTerminated" => {
            EventKind::ExecutionTerminated { reason, recurse: wire.recurse.ok_or("recurse")? }
        }
        "ExecutionSuspended" => EventKind::ExecutionSuspended { reason },
        "ExecutionResumed" => EventKind::ExecutionResumed { reason },
        "ExecutionRewound" => EventKind::ExecutionRewound { reason },
        "TaskScheduled" => EventKind::TaskScheduled { name: name()?, version, input },
        "TaskCompleted" => EventKind::TaskCompleted { scheduled_id: scheduled()?, result },
        "TaskFailed" => EventKind::TaskFailed { scheduled_id: scheduled()?, failure },
        "SubOrchestrationInstanceCreated" => EventKind::SubOrchestrationInstanceCreated {
            instance_id: instance()?,
            name: name()?,
            version,
            input,
        },
        "SubOrchestrationInstanceCompleted" => {
            EventKind::SubOrchestrationInstanceCompleted { scheduled_id: scheduled()?, result }
        }
        "SubOrchestrationInstanceFailed" => {
            EventKind::SubOrchestrationInstanceFailed { scheduled_id: scheduled()?, failure }
        }
        "TimerCreated" => EventKind::TimerCreated { fire_at: fire_at()? },
        "TimerFired" => {
            let timer_id = wire.timer_id.ok_or("timerId")?;
            EventKind::TimerFired { fire_at: fire_at()?, timer_id }
        }
        "EventSent" => EventKind::EventSent { instance_id: instance()?, name: name()?, input },
        "EventRaised" => EventKind::EventRaised { name: name()?, input },
        "EntityOperationSignaled" => EventKind::EntityOperationSignaled {
            instance_id: instance()?,
            operation: operation()?,
            input,
            scheduled_at: wire.scheduled_at,
        },
        "EntityOperationCalled" => EventKind::EntityOperationCalled {
            request_id: request()?,
            instance_id: instance()?,
            operation: operation()?,
            input,
        },
        "EntityOperationCompleted" => {
            EventKind::EntityOperationCompleted { request_id: request()?, result }
        }
        "EntityOperationFailed" => {
            EventKind::EntityOperationFailed { request_id: request()?, failure }
        }
        "EntityLockRequested" => EventKind::EntityLockRequested {
            critical_section: section()?,
            lock_set: wire.lock_set.ok_or("lockSet")?,
        },
        "EntityLockGranted" => EventKind::EntityLockGranted { critical_section: section()? },
        "EntityUnlockSent" => {
            EventKind::EntityUnlockSent { critical_section: section()?, instance_id: instance()? }
        }
        "Other" => EventKind::Other { name: name()?, data: wire.data },
        unknown => EventKind::Other { name: unknown.to_owned(), data: wire.data },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        value.to_owned()
    }

    fn some(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    fn every_kind() -> Vec<EventKind> {
        let at: DateTime<Utc> = "2026-11-23T14:02:11.5Z".parse().unwrap();
        let failure = Some(FailureDetails::new("E", "no"));
        let id = || text("i");
        vec![
            EventKind::OrchestratorStarted,
            EventKind::ExecutionStarted {
                name: text("N"),
                version: some("1"),
                input: some("2"),
                parent_instance_id: some("p"),
            },
            EventKind::ExecutionCompleted {
                status: RuntimeStatus::Failed,
                result: some("r"),
                failure: failure.clone(),
            },
            EventKind::ExecutionTerminated { reason: some("r"), recurse: true },
            EventKind::ExecutionSuspended { reason: None },
            EventKind::ExecutionResumed { reason: some("r") },
            EventKind::ExecutionRewound { reason: some("r") },
            EventKind::TaskScheduled { name: text("N"), version: None, input: some("1") },
            EventKind::TaskCompleted { scheduled_id: 3, result: some("r") },
            EventKind::TaskFailed { scheduled_id: 3, failure: failure.clone() },
            EventKind::SubOrchestrationInstanceCreated {
                instance_id: id(),
                name: text("N"),
                version: some("1"),
                input: some("2"),
            },
            EventKind::SubOrchestrationInstanceCompleted { scheduled_id: 4, result: None },
            EventKind::SubOrchestrationInstanceFailed { scheduled_id: 4, failure: failure.clone() },
            EventKind::TimerCreated { fire_at: at },
            EventKind::TimerFired { fire_at: at, timer_id: 5 },
            EventKind::EventSent { instance_id: id(), name: text("N"), input: some("1") },
            EventKind::EventRaised { name: text("N"), input: some("1") },
            EventKind::EntityOperationSignaled {
                instance_id: id(),
                operation: text("add"),
                input: some("1"),
                scheduled_at: Some(at),
            },
            EventKind::EntityOperationCalled {
                request_id: text("q"),
                instance_id: id(),
                operation: text("add"),
                input: some("1"),
            },
            EventKind::EntityOperationCompleted { request_id: text("q"), result: some("1") },
            EventKind::EntityOperationFailed { request_id: text("q"), failure },
            EventKind::EntityLockRequested { critical_section: text("c"), lock_set: vec![id()] },
            EventKind::EntityLockGranted { critical_section: text("c") },
            EventKind::EntityUnlockSent { critical_section: text("c"), instance_id: id() },
            EventKind::Other { name: text("New"), data: some("d") },
        ]
    }

    #[test]
    fn every_kind_reads_back() {
        let timestamp: DateTime<Utc> = "2026-11-23T14:02:11Z".parse().unwrap();
        for kind in every_kind() {
            let large = LargePayload { field: text("input"), bytes: 9, link: text("/x") };
            let event = HistoryEvent { seq: 7, event_id: -1, timestamp, kind, large: Some(large) };
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<HistoryEvent>(&json).unwrap(), event, "{json}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_new_is_kept() {
        let read = |rest: &str| {
            let json =
                format!(r#"{{"seq":7,"eventId":-1,"timestamp":"2026-11-23T14:02:11Z",{rest}}}"#);
            serde_json::from_str::<HistoryEvent>(&json)
        };
        let error = read(r#""type":"TaskScheduled""#).unwrap_err().to_string();
        assert!(error.contains("event 7 has no field \"name\""), "{error}");
        let new = read(r#""type":"Teleported","where":"there""#).unwrap().kind;
        assert_eq!(new, EventKind::Other { name: text("Teleported"), data: None });
    }
}
