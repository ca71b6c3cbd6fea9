//! The stored history event and its codec.
//!
//! The form on disk is JSON with one key per kind. Fields may be added with a default; a kind or a field is never
//! renamed, and `tests/golden` holds one line of each kind that every later version must read.

#[cfg(any(test, feature = "test-support"))]
pub mod samples;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::entity_event::EntityEvent;

/// JSON text as a worker or client sent it. The engine carries it and does not read it.
pub type Payload = Arc<str>;

/// One event of an instance's history.
///
/// Source: proto message `HistoryEvent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Id of the action that the event confirms; -1 for all other events.
    #[serde(rename = "i", default = "no_action", skip_serializing_if = "is_no_action")]
    pub event_id: i32,
    /// When it happened, UTC. That of an `OrchestratorStarted` is the time of its turn, and is never earlier than any
    /// event before it; what waited for the turn happened earlier.
    #[serde(rename = "t")]
    pub timestamp: DateTime<Utc>,
    /// What happened.
    #[serde(rename = "k")]
    pub kind: EventKind,
}

/// Event id of events that confirm no action.
pub const NO_ACTION: i32 = -1;

/// Bytes that an event takes beside its payload, about.
pub(crate) const EVENT_BYTES: usize = 96;

fn no_action() -> i32 {
    NO_ACTION
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_no_action(id: &i32) -> bool {
    *id == NO_ACTION
}

/// W3C trace context as the worker or client sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// `traceparent`.
    pub trace_parent: String,
    /// Span id of older SDKs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub span_id: String,
    /// `tracestate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_state: Option<String>,
}

/// The orchestration that started this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentInstance {
    /// Instance id of the parent.
    pub instance_id: String,
    /// Generation of the parent that waits.
    pub execution_id: String,
    /// Name of the parent.
    pub name: String,
    /// Version of the parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Id of the parent's action.
    pub task_scheduled_id: i32,
}

/// First event of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionStarted {
    /// Orchestrator name.
    pub name: String,
    /// Version asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
    /// Generation.
    pub execution_id: String,
    /// Parent, for sub-orchestrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentInstance>,
    /// When the start was asked for, if later than the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_start: Option<DateTime<Utc>>,
    /// Trace of the starter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the protocol's own words")]
pub enum EventKind {
    OrchestratorStarted,
    ExecutionStarted(Box<ExecutionStarted>),
    ExecutionCompleted {
        status: RuntimeStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Payload>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Box<FailureDetails>>,
    },
    ExecutionTerminated {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
        recurse: bool,
    },
    ExecutionSuspended {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    ExecutionResumed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    TaskScheduled {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace: Option<TraceContext>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    TaskCompleted {
        scheduled_id: i32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Payload>,
    },
    TaskFailed {
        scheduled_id: i32,
        failure: Box<FailureDetails>,
    },
    SubOrchestrationCreated {
        instance_id: String,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace: Option<TraceContext>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    SubOrchestrationCompleted {
        scheduled_id: i32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Payload>,
    },
    SubOrchestrationFailed {
        scheduled_id: i32,
        failure: Box<FailureDetails>,
    },
    TimerCreated {
        fire_at: DateTime<Utc>,
    },
    TimerFired {
        timer_id: i32,
        fire_at: DateTime<Utc>,
    },
    EventSent {
        instance_id: String,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
    },
    EventRaised {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
    },
    ExecutionRewound {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Entity(Box<EntityEvent>),
}

impl HistoryEvent {
    /// An event that confirms no action.
    #[must_use]
    pub fn new(timestamp: DateTime<Utc>, kind: EventKind) -> Self {
        Self { event_id: NO_ACTION, timestamp, kind }
    }

    /// An event that confirms the action with this id.
    #[must_use]
    pub fn confirming(event_id: i32, timestamp: DateTime<Utc>, kind: EventKind) -> Self {
        Self { event_id, timestamp, kind }
    }

    /// Stored form.
    ///
    /// # Errors
    /// When the event cannot be written as JSON, which its types rule out.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When the text is damaged or of a newer version.
    pub fn decode(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// About how many bytes the event takes, for limits and caches.
    #[must_use]
    pub fn weight(&self) -> usize {
        EVENT_BYTES + self.kind.weight()
    }
}

/// What the engine does for an event by itself, without a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The instance ends; with it its sub-orchestrations, if it recurses.
    End {
        /// Whether it reaches the sub-orchestrations.
        recurse: bool,
    },
    /// The instance is held.
    Suspend,
    /// The instance goes on.
    Resume,
}

impl EventKind {
    /// What the engine does for it by itself; absent for what only a turn takes in.
    pub(crate) fn effect(&self) -> Option<Effect> {
        match self {
            Self::ExecutionTerminated { recurse, .. } => Some(Effect::End { recurse: *recurse }),
            Self::ExecutionSuspended { .. } => Some(Effect::Suspend),
            Self::ExecutionResumed { .. } => Some(Effect::Resume),
            Self::OrchestratorStarted
            | Self::ExecutionStarted(_)
            | Self::ExecutionCompleted { .. }
            | Self::TaskScheduled { .. }
            | Self::TaskCompleted { .. }
            | Self::TaskFailed { .. }
            | Self::SubOrchestrationCreated { .. }
            | Self::SubOrchestrationCompleted { .. }
            | Self::SubOrchestrationFailed { .. }
            | Self::TimerCreated { .. }
            | Self::TimerFired { .. }
            | Self::EventSent { .. }
            | Self::EventRaised { .. }
            | Self::ExecutionRewound { .. }
            | Self::Entity(_) => None,
        }
    }

    /// About how many bytes all texts of the event take. What a worker or client can make long is never left out.
    fn weight(&self) -> usize {
        match self {
            Self::ExecutionStarted(started) => started.weight(),
            Self::ExecutionCompleted { result, failure, .. } => {
                len(result.as_ref()) + failure.as_ref().map_or(0, |failure| failure.weight())
            }
            Self::TaskCompleted { result, .. } | Self::SubOrchestrationCompleted { result, .. } => {
                len(result.as_ref())
            }
            Self::ExecutionTerminated { input, .. } => len(input.as_ref()),
            Self::TaskScheduled { name, version, input, trace, tags } => {
                name.len() + call_weight(version, input, trace, tags)
            }
            Self::SubOrchestrationCreated { instance_id, name, version, input, trace, tags } => {
                instance_id.len() + name.len() + call_weight(version, input, trace, tags)
            }
            Self::EventSent { instance_id, name, input } => {
                instance_id.len() + name.len() + len(input.as_ref())
            }
            Self::EventRaised { name, input } => name.len() + len(input.as_ref()),
            Self::TaskFailed { failure, .. } | Self::SubOrchestrationFailed { failure, .. } => {
                failure.weight()
            }
            Self::ExecutionSuspended { reason }
            | Self::ExecutionResumed { reason }
            | Self::ExecutionRewound { reason } => text(reason.as_ref()),
            Self::Entity(event) => event.weight(),
            Self::OrchestratorStarted | Self::TimerCreated { .. } | Self::TimerFired { .. } => 0,
        }
    }
}

impl ExecutionStarted {
    fn weight(&self) -> usize {
        let parent = self.parent.as_ref().map_or(0, |parent| {
            let ids = parent.instance_id.len() + parent.execution_id.len();
            ids + parent.name.len() + text(parent.version.as_ref())
        });
        let own = self.name.len() + self.execution_id.len() + parent;
        own + call_weight(&self.version, &self.input, &self.trace, &self.tags)
    }
}

impl TraceContext {
    /// Bytes of its texts.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.trace_parent.len() + self.span_id.len() + text(self.trace_state.as_ref())
    }
}

/// Bytes of what comes with the call of an orchestrator or an activity.
pub(crate) fn call_weight(
    version: &Option<String>,
    input: &Option<Payload>,
    trace: &Option<TraceContext>,
    tags: &BTreeMap<String, String>,
) -> usize {
    let texts = text(version.as_ref()) + len(input.as_ref());
    texts + trace.as_ref().map_or(0, TraceContext::weight) + tags_weight(tags)
}

/// Bytes of all names and values.
pub(crate) fn tags_weight(tags: &BTreeMap<String, String>) -> usize {
    tags.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Bytes of a text that may be there.
pub(super) fn text(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

/// Bytes of a payload that may be there.
pub(super) fn len(payload: Option<&Payload>) -> usize {
    payload.map_or(0, |text| text.len())
}
