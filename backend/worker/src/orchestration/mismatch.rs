//! Whether what the code asks for now is what the history says it asked for.
//!
//! Knows kinds, names and numbers of actions, does not know their payloads.

use std::borrow::Cow;
use std::fmt;

use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::send_entity_message_action::EntityMessageType as Message;

use crate::Failure;

/// What kind of action a number of the history stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Activity,
    SubOrchestration,
    Timer,
    SentEvent,
    EntityCall,
    EntitySignal,
    EntityLock,
    EntityUnlock,
}

/// An action by kind, name and target, worded as the history event that
/// confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask<'a> {
    pub(super) kind: Kind,
    pub(super) name: Cow<'a, str>,
    /// The entity, where that is not the name.
    target: Option<Cow<'a, str>>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(kind: Kind, name: impl Into<Cow<'a, str>>) -> Self {
        Self { kind, name: name.into(), target: None }
    }

    fn to(kind: Kind, name: &'a str, target: Option<&'a str>) -> Self {
        Self { kind, name: name.into(), target: target.map(Cow::from) }
    }

    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    pub(super) fn into_owned(self) -> Ask<'static> {
        Ask {
            kind: self.kind,
            name: self.name.into_owned().into(),
            target: self.target.map(|target| target.into_owned().into()),
        }
    }

    /// `None` for the kinds that this crate never emits as a pending action.
    pub(super) fn of(action: &'a ActionType) -> Option<Self> {
        match action {
            ActionType::ScheduleTask(a) => Some(Self::new(Kind::Activity, &a.name)),
            ActionType::CreateSubOrchestration(a) => {
                Some(Self::new(Kind::SubOrchestration, &a.name))
            }
            ActionType::CreateTimer(_) => Some(Self::new(Kind::Timer, "")),
            ActionType::SendEvent(a) => Some(Self::new(Kind::SentEvent, &a.name)),
            ActionType::SendEntityMessage(a) => {
                a.entity_message_type.as_ref().map(Self::of_message)
            }
            ActionType::CompleteOrchestration(_)
            | ActionType::TerminateOrchestration(_)
            | ActionType::RewindOrchestration(_) => None,
        }
    }

    pub(super) fn of_message(message: &'a Message) -> Self {
        match message {
            Message::EntityOperationCalled(m) => {
                Self::to(Kind::EntityCall, &m.operation, m.target_instance_id.as_deref())
            }
            Message::EntityOperationSignaled(m) => {
                Self::to(Kind::EntitySignal, &m.operation, m.target_instance_id.as_deref())
            }
            Message::EntityLockRequested(m) => Self::new(Kind::EntityLock, m.lock_set.join(", ")),
            Message::EntityUnlockSent(m) => {
                Self::to(Kind::EntityUnlock, "", m.target_instance_id.as_deref())
            }
        }
    }

    /// Whether the history's `found` confirms this; some servers do not keep the
    /// target.
    fn is_confirmed_by(&self, found: &Self) -> bool {
        let same_target = found.target.is_none() || self.target == found.target;
        self.kind == found.kind && self.name == found.name && same_target
    }
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.as_deref().unwrap_or("an entity");
        match self.kind {
            Kind::Activity => write!(f, "TaskScheduled {:?}", self.name),
            Kind::SubOrchestration => {
                write!(f, "SubOrchestrationInstanceCreated {:?}", self.name)
            }
            Kind::Timer => f.write_str("TimerCreated"),
            Kind::SentEvent => write!(f, "EventSent {:?}", self.name),
            Kind::EntityCall => write!(f, "EntityOperationCalled {:?} on {target}", self.name),
            Kind::EntitySignal => write!(f, "EntityOperationSignaled {:?} on {target}", self.name),
            Kind::EntityLock => write!(f, "EntityLockRequested for {}", self.name),
            Kind::EntityUnlock => write!(f, "EntityUnlockSent to {target}"),
        }
    }
}

/// Compares the action that the history has at `id` with what the code asks for
/// there; `others` is what else the code asks for.
pub(super) fn check<'a>(
    id: i32,
    expected: Option<&Ask<'_>>,
    found: &Ask<'_>,
    mut others: impl Iterator<Item = (i32, Ask<'a>)>,
) -> Result<(), Failure> {
    let Some(expected) = expected else {
        let cause = "a call that ran before was removed, or a branch that was taken before is not \
                     taken now";
        return Err(failure(id, "no action with this number", found, cause));
    };
    if expected.is_confirmed_by(found) {
        return Ok(());
    }
    let elsewhere = others.find(|(_, other)| other.is_confirmed_by(found));
    let cause = match elsewhere {
        Some((number, _)) => format!(
            "the code asks for that as number {number} now, so calls were reordered, or one was \
             added before it"
        ),
        None if expected.kind == found.kind => {
            "the call was renamed or given another target, or another one was added or removed \
             before it"
                .to_owned()
        }
        None => "a call was replaced by one of another kind, or one was added or removed before it"
            .to_owned(),
    };
    Err(failure(id, expected, found, &cause))
}

/// The failure of code that asks for more than it did.
pub(super) fn extra(id: i32, expected: impl fmt::Display) -> Failure {
    let cause = "a call was added to a part of the code that had run already";
    failure(id, expected, "nothing with this number", cause)
}

/// The failure of a task that ended as another kind of task.
pub(super) fn other_end(id: i32, expected: &Ask<'_>, found: &str) -> Failure {
    let cause = "a call was replaced by one of another kind";
    failure(id, format!("the end of {expected}"), found, cause)
}

/// The failure of an instance whose code and history tell different stories.
fn failure(
    event_id: i32,
    expected: impl fmt::Display,
    found: impl fmt::Display,
    cause: &str,
) -> Failure {
    Failure::new(
        "NonDeterminismError",
        format!(
            "event {event_id}: expected {expected}, because that is what the code does now, found \
             {found} in the history; {cause}. The orchestrator was changed while this instance ran \
             (give changed code a new version), or it uses something that differs between replays \
             (a clock, a random number, the environment, the order of a HashMap)"
        ),
    )
    .non_retriable()
}
