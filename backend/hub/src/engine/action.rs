//! What a worker answers to a turn: [`TurnResponse`] and its [`Action`]s.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{
    entity_event::EntityEvent,
    history_event::{EVENT_BYTES, HistoryEvent, Payload, TraceContext, call_weight, len},
};
use crate::store::model::OrchestrationTrace;

/// A worker's answer to an orchestration work item.
///
/// Source: proto message `OrchestratorResponse`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnResponse {
    /// Actions, in the order in which they take effect.
    pub actions: Vec<Action>,
    /// New custom status; absent leaves it as it is.
    pub custom_status: Option<Payload>,
    /// How many of the new events the worker consumed; absent for all. The rest comes again.
    pub events_processed: Option<usize>,
    /// Span to hand back with the next turn.
    pub trace: Option<OrchestrationTrace>,
}

/// One decision of the orchestrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Id that the confirming event carries; unique among the outstanding actions of a generation.
    pub id: i32,
    /// What to do.
    pub kind: ActionKind,
}

/// What to do.
///
/// Source: proto message `OrchestratorAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the protocol's own words")]
pub enum ActionKind {
    ScheduleTask {
        name: String,
        version: Option<String>,
        input: Option<Payload>,
        trace: Option<TraceContext>,
        tags: BTreeMap<String, String>,
    },
    CreateSubOrchestration {
        /// Empty for an id made from the execution id and the action id.
        instance_id: String,
        name: String,
        version: Option<String>,
        input: Option<Payload>,
        trace: Option<TraceContext>,
        tags: BTreeMap<String, String>,
    },
    CreateTimer {
        fire_at: DateTime<Utc>,
    },
    SendEvent {
        instance_id: String,
        name: String,
        input: Option<Payload>,
    },
    TerminateOrchestration {
        instance_id: String,
        reason: Option<Payload>,
        recurse: bool,
    },
    /// Say something to an entity: signal, call, ask for locks, unlock.
    SendEntityMessage(Box<EntityEvent>),
    Complete {
        status: RuntimeStatus,
        result: Option<Payload>,
        failure: Option<Box<FailureDetails>>,
        new_version: Option<String>,
        carryover: Vec<HistoryEvent>,
    },
}

impl ActionKind {
    /// About how many bytes the event takes that confirms the action; absent when none does.
    pub(crate) fn weight(&self) -> Option<usize> {
        let texts = match self {
            Self::ScheduleTask { name, version, input, trace, tags } => {
                name.len() + call_weight(version, input, trace, tags)
            }
            Self::CreateSubOrchestration { instance_id, name, version, input, trace, tags } => {
                instance_id.len() + name.len() + call_weight(version, input, trace, tags)
            }
            Self::SendEvent { instance_id, name, input } => {
                instance_id.len() + name.len() + len(input.as_ref())
            }
            Self::CreateTimer { .. } => 0,
            Self::Complete { result, failure, .. } => {
                len(result.as_ref()) + failure.as_ref().map_or(0, |failure| failure.weight())
            }
            Self::SendEntityMessage(event) => event.weight(),
            Self::TerminateOrchestration { .. } => return None,
        };
        Some(EVENT_BYTES + texts)
    }
}
