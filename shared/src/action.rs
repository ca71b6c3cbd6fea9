//! The one table of what may be done to an instance in which status and by which role, and why not.
//!
//! The server refuses by it, the console greys its buttons by it and the command line explains by it.

use serde::{Deserialize, Serialize};

use crate::{role::Role, status::RuntimeStatus};

/// Something a person can do to an existing orchestration instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Send an external event.
    RaiseEvent,
    /// Hold it.
    Suspend,
    /// Let it go on.
    Resume,
    /// End it now.
    Terminate,
    /// Let a failed one go on from before its failure.
    Rewind,
    /// Start it once more, under a new id.
    Restart,
    /// Start it once more, under its own id; what is there goes.
    RestartWithSameId,
    /// Delete it with its history.
    Purge,
}

/// Why an action is not allowed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// The instance has ended.
    AlreadyEnded,
    /// The instance has not ended.
    NotEnded,
    /// The instance is suspended already.
    AlreadySuspended,
    /// The instance is not suspended.
    NotSuspended,
    /// The instance has not failed.
    NotFailed,
    /// There is no such instance, or it is not the one that was meant: it was purged, or its id was taken since.
    NotFound,
    /// The caller's role does not reach so far.
    NotPermitted,
}

/// One action with the answer for one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Capability {
    /// The action.
    pub action: Action,
    /// Why it is refused; absent when it is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

impl Action {
    /// All actions, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::RaiseEvent,
        Self::Suspend,
        Self::Resume,
        Self::Terminate,
        Self::Rewind,
        Self::Restart,
        Self::RestartWithSameId,
        Self::Purge,
    ];

    /// Whether the action is allowed for an instance of this status.
    ///
    /// # Errors
    /// The [`Refusal`] that tells why not.
    pub fn check(self, status: RuntimeStatus) -> Result<(), Refusal> {
        let ended = status.is_terminal();
        let suspended = status == RuntimeStatus::Suspended;
        let refusal = match self {
            Self::RaiseEvent | Self::Terminate => ended.then_some(Refusal::AlreadyEnded),
            Self::Suspend if ended => Some(Refusal::AlreadyEnded),
            Self::Suspend => suspended.then_some(Refusal::AlreadySuspended),
            Self::Resume if ended => Some(Refusal::AlreadyEnded),
            Self::Resume => (!suspended).then_some(Refusal::NotSuspended),
            Self::Rewind => (status != RuntimeStatus::Failed).then_some(Refusal::NotFailed),
            Self::Restart => None,
            Self::RestartWithSameId | Self::Purge => (!ended).then_some(Refusal::NotEnded),
        };
        refusal.map_or(Ok(()), Err)
    }

    /// Least role that may do it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::RaiseEvent => Role::Approver,
            Self::Suspend
            | Self::Resume
            | Self::Terminate
            | Self::Rewind
            | Self::Restart
            | Self::RestartWithSameId
            | Self::Purge => Role::Operator,
        }
    }

    /// Whether a caller with this role may do it to an instance of this status. The role is looked at first: who may
    /// never do a thing need not know what hinders it now.
    ///
    /// # Errors
    /// The [`Refusal`] that tells why not.
    pub fn check_as(self, role: Role, status: RuntimeStatus) -> Result<(), Refusal> {
        if !role.reaches(self.role()) {
            return Err(Refusal::NotPermitted);
        }
        self.check(status)
    }

    /// Name on the wire, for example `raiseEvent`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::RaiseEvent => "raiseEvent",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Terminate => "terminate",
            Self::Rewind => "rewind",
            Self::Restart => "restart",
            Self::RestartWithSameId => "restartWithSameId",
            Self::Purge => "purge",
        }
    }

    /// What cannot be done, in English: the instance cannot ...
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::RaiseEvent => "take an event",
            Self::Suspend => "be suspended",
            Self::Resume => "be resumed",
            Self::Terminate => "be terminated",
            Self::Rewind => "be rewound",
            Self::Restart | Self::RestartWithSameId => "be restarted",
            Self::Purge => "be purged",
        }
    }

    /// Answers of all actions for one status, to a caller who may do everything.
    #[must_use]
    pub fn capabilities(status: RuntimeStatus) -> Vec<Capability> {
        Self::capabilities_as(Role::Admin, status)
    }

    /// Answers of all actions for one role and status.
    #[must_use]
    pub fn capabilities_as(role: Role, status: RuntimeStatus) -> Vec<Capability> {
        Self::ALL
            .into_iter()
            .map(|action| Capability { action, refusal: action.check_as(role, status).err() })
            .collect()
    }
}

impl Refusal {
    /// All refusals.
    pub const ALL: [Self; 7] = [
        Self::AlreadyEnded,
        Self::NotEnded,
        Self::AlreadySuspended,
        Self::NotSuspended,
        Self::NotFailed,
        Self::NotFound,
        Self::NotPermitted,
    ];

    /// Name on the wire, for example `alreadyEnded`; a translation's key is `refusal.` and this name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyEnded => "alreadyEnded",
            Self::NotEnded => "notEnded",
            Self::AlreadySuspended => "alreadySuspended",
            Self::NotSuspended => "notSuspended",
            Self::NotFailed => "notFailed",
            Self::NotFound => "notFound",
            Self::NotPermitted => "notPermitted",
        }
    }

    /// The reason in English, for answers of the server and the command line.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AlreadyEnded => "the instance has ended",
            Self::NotEnded => "the instance has not ended; terminate it first",
            Self::AlreadySuspended => "the instance is suspended already",
            Self::NotSuspended => "the instance is not suspended",
            Self::NotFailed => "the instance has not failed",
            Self::NotFound => "there is no such instance any more",
            Self::NotPermitted => "the caller's role does not allow it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: RuntimeStatus, allowed: &[Action]) {
        for action in Action::ALL {
            assert_eq!(
                action.check(status).is_ok(),
                allowed.contains(&action),
                "{action:?} on {status}"
            );
        }
    }

    #[test]
    fn the_table() {
        use Action::{
            Purge, RaiseEvent, Restart, RestartWithSameId, Resume, Rewind, Suspend, Terminate,
        };
        check(RuntimeStatus::Pending, &[RaiseEvent, Suspend, Terminate, Restart]);
        check(RuntimeStatus::Running, &[RaiseEvent, Suspend, Terminate, Restart]);
        check(RuntimeStatus::ContinuedAsNew, &[RaiseEvent, Suspend, Terminate, Restart]);
        check(RuntimeStatus::Suspended, &[RaiseEvent, Resume, Terminate, Restart]);
        check(RuntimeStatus::Failed, &[Purge, Rewind, Restart, RestartWithSameId]);
        use RuntimeStatus::{Canceled, Completed, Terminated};
        for ended in [Completed, Canceled, Terminated] {
            check(ended, &[Purge, Restart, RestartWithSameId]);
        }
    }

    #[test]
    fn roles_of_the_table() {
        let allowed = |role: Role| {
            let status = RuntimeStatus::Running;
            Action::ALL.into_iter().filter(move |action| action.check_as(role, status).is_ok())
        };
        for role in [Role::Operator, Role::Admin] {
            for status in RuntimeStatus::ALL {
                let all = Action::ALL.map(|action| action.check_as(role, status));
                assert_eq!(all, Action::ALL.map(|action| action.check(status)), "{role:?}");
            }
        }
        assert_eq!(allowed(Role::Approver).collect::<Vec<_>>(), [Action::RaiseEvent]);
        for role in [Role::Anyone, Role::Viewer, Role::Worker] {
            assert_eq!(allowed(role).count(), 0, "{role:?}");
            for capability in Action::capabilities_as(role, RuntimeStatus::Failed) {
                assert_eq!(capability.refusal, Some(Refusal::NotPermitted));
            }
        }
    }

    #[test]
    fn codes_are_the_names_on_the_wire() {
        for action in Action::ALL {
            assert_eq!(serde_json::to_string(&action).unwrap(), format!("{:?}", action.code()));
        }
        for refusal in Refusal::ALL {
            assert_eq!(serde_json::to_string(&refusal).unwrap(), format!("{:?}", refusal.code()));
        }
    }
}
