//! Whether what the code asks for now is what the history says it asked for.
//!
//! Knows kinds, names and numbers of actions, does not know their payloads.

use std::fmt;

use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;

use crate::Failure;

/// What kind of action a number of the history stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Activity,
    SubOrchestration,
    Timer,
    SentEvent,
}

/// An action by kind and name, worded as the history event that confirms it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ask<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
}

impl<'a> Ask<'a> {
    pub(super) fn new(kind: Kind, name: &'a str) -> Self {
        Self { kind, name }
    }

    /// `None` for the kinds that this crate never emits as a pending action.
    pub(super) fn of(action: &'a ActionType) -> Option<Self> {
        match action {
            ActionType::ScheduleTask(action) => Some(Self::new(Kind::Activity, &action.name)),
            ActionType::CreateSubOrchestration(action) => {
                Some(Self::new(Kind::SubOrchestration, &action.name))
            }
            ActionType::CreateTimer(_) => Some(Self::new(Kind::Timer, "")),
            ActionType::SendEvent(action) => Some(Self::new(Kind::SentEvent, &action.name)),
            ActionType::CompleteOrchestration(_)
            | ActionType::TerminateOrchestration(_)
            | ActionType::SendEntityMessage(_)
            | ActionType::RewindOrchestration(_) => None,
        }
    }
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Activity => write!(f, "TaskScheduled {:?}", self.name),
            Kind::SubOrchestration => {
                write!(f, "SubOrchestrationInstanceCreated {:?}", self.name)
            }
            Kind::Timer => f.write_str("TimerCreated"),
            Kind::SentEvent => write!(f, "EventSent {:?}", self.name),
        }
    }
}

/// The failure of an instance whose code and history tell different stories.
pub(super) fn failure(
    event_id: i32,
    expected: impl fmt::Display,
    found: impl fmt::Display,
) -> Failure {
    Failure::new(
        "NonDeterminismError",
        format!(
            "event {event_id}: expected {expected}, because that is what the code does now, found \
             {found} in the history; the orchestrator was changed while this instance ran, or it \
             uses something that differs between replays"
        ),
    )
    .non_retriable()
}
