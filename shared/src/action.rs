//! The one table of what may be done to an instance in which status, and why not.
//!
//! The server refuses by it, the console greys its buttons by it and the command line explains by it.

use serde::{Deserialize, Serialize};

use crate::status::RuntimeStatus;

/// Something a person can do to an existing orchestration instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Delete it with its history.
    Purge,
}

/// Why an action is not allowed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}

/// One action with the answer for one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    pub const ALL: [Self; 5] =
        [Self::RaiseEvent, Self::Suspend, Self::Resume, Self::Terminate, Self::Purge];

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
            Self::Purge => (!ended).then_some(Refusal::NotEnded),
        };
        refusal.map_or(Ok(()), Err)
    }

    /// Answers of all actions for one status.
    #[must_use]
    pub fn capabilities(status: RuntimeStatus) -> Vec<Capability> {
        Self::ALL
            .into_iter()
            .map(|action| Capability { action, refusal: action.check(status).err() })
            .collect()
    }
}

impl Refusal {
    /// The reason in English, for answers of the server and the command line.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AlreadyEnded => "the instance has ended",
            Self::NotEnded => "the instance has not ended; terminate it first",
            Self::AlreadySuspended => "the instance is suspended already",
            Self::NotSuspended => "the instance is not suspended",
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
        use Action::{Purge, RaiseEvent, Resume, Suspend, Terminate};
        check(RuntimeStatus::Pending, &[RaiseEvent, Suspend, Terminate]);
        check(RuntimeStatus::Running, &[RaiseEvent, Suspend, Terminate]);
        check(RuntimeStatus::ContinuedAsNew, &[RaiseEvent, Suspend, Terminate]);
        check(RuntimeStatus::Suspended, &[RaiseEvent, Resume, Terminate]);
        for ended in RuntimeStatus::ALL.into_iter().filter(|status| status.is_terminal()) {
            check(ended, &[Purge]);
        }
    }
}
