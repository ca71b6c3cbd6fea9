//! History events as people and the console read them.
//!
//! The stored form is the engine's own; this one may gain fields at any time.

mod read;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    failure::FailureDetails,
    status::{LargePayload, RuntimeStatus},
};

/// One event of an instance's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", try_from = "read::Wire")]
pub struct HistoryEvent {
    /// Position in the history of this generation, from 1 without gaps.
    pub seq: u64,
    /// Number of the orchestrator's action that this event confirms, -1 for all others.
    pub event_id: i32,
    /// When it happened, UTC.
    pub timestamp: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Its payload, when that is too large to come along: the text is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub large: Option<LargePayload>,
}

/// What happened, with the fields of the kind. `type` holds the kind's name.
///
/// Source: proto message `HistoryEvent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the fields are the protocol's own words")]
pub enum EventKind {
    OrchestratorStarted,
    ExecutionStarted {
        name: String,
        version: Option<String>,
        input: Option<String>,
        parent_instance_id: Option<String>,
    },
    ExecutionCompleted {
        status: RuntimeStatus,
        result: Option<String>,
        failure: Option<FailureDetails>,
    },
    ExecutionTerminated {
        reason: Option<String>,
        recurse: bool,
    },
    ExecutionSuspended {
        reason: Option<String>,
    },
    ExecutionResumed {
        reason: Option<String>,
    },
    ExecutionRewound {
        reason: Option<String>,
    },
    TaskScheduled {
        name: String,
        version: Option<String>,
        input: Option<String>,
    },
    TaskCompleted {
        scheduled_id: i32,
        result: Option<String>,
    },
    TaskFailed {
        scheduled_id: i32,
        failure: Option<FailureDetails>,
    },
    SubOrchestrationInstanceCreated {
        instance_id: String,
        name: String,
        version: Option<String>,
        input: Option<String>,
    },
    SubOrchestrationInstanceCompleted {
        scheduled_id: i32,
        result: Option<String>,
    },
    SubOrchestrationInstanceFailed {
        scheduled_id: i32,
        failure: Option<FailureDetails>,
    },
    TimerCreated {
        fire_at: DateTime<Utc>,
    },
    TimerFired {
        fire_at: DateTime<Utc>,
        timer_id: i32,
    },
    EventSent {
        instance_id: String,
        name: String,
        input: Option<String>,
    },
    EventRaised {
        name: String,
        input: Option<String>,
    },
    EntityOperationSignaled {
        /// Id of the entity, `@name@key`.
        instance_id: String,
        operation: String,
        input: Option<String>,
        scheduled_at: Option<DateTime<Utc>>,
    },
    EntityOperationCalled {
        request_id: String,
        instance_id: String,
        operation: String,
        input: Option<String>,
    },
    EntityOperationCompleted {
        request_id: String,
        result: Option<String>,
    },
    EntityOperationFailed {
        request_id: String,
        failure: Option<FailureDetails>,
    },
    EntityLockRequested {
        critical_section: String,
        lock_set: Vec<String>,
    },
    EntityLockGranted {
        critical_section: String,
    },
    EntityUnlockSent {
        critical_section: String,
        instance_id: String,
    },
    /// An event kind of a newer server; `data` is its text.
    Other {
        name: String,
        data: Option<String>,
    },
}

impl EventKind {
    /// Name of the kind, in the protocol's spelling.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::OrchestratorStarted => "OrchestratorStarted",
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionCompleted { .. } => "ExecutionCompleted",
            Self::ExecutionTerminated { .. } => "ExecutionTerminated",
            Self::ExecutionSuspended { .. } => "ExecutionSuspended",
            Self::ExecutionResumed { .. } => "ExecutionResumed",
            Self::ExecutionRewound { .. } => "ExecutionRewound",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::SubOrchestrationInstanceCreated { .. } => "SubOrchestrationInstanceCreated",
            Self::SubOrchestrationInstanceCompleted { .. } => "SubOrchestrationInstanceCompleted",
            Self::SubOrchestrationInstanceFailed { .. } => "SubOrchestrationInstanceFailed",
            Self::TimerCreated { .. } => "TimerCreated",
            Self::TimerFired { .. } => "TimerFired",
            Self::EventSent { .. } => "EventSent",
            Self::EventRaised { .. } => "EventRaised",
            Self::EntityOperationSignaled { .. } => "EntityOperationSignaled",
            Self::EntityOperationCalled { .. } => "EntityOperationCalled",
            Self::EntityOperationCompleted { .. } => "EntityOperationCompleted",
            Self::EntityOperationFailed { .. } => "EntityOperationFailed",
            Self::EntityLockRequested { .. } => "EntityLockRequested",
            Self::EntityLockGranted { .. } => "EntityLockGranted",
            Self::EntityUnlockSent { .. } => "EntityUnlockSent",
            Self::Other { name, .. } => name,
        }
    }
}
