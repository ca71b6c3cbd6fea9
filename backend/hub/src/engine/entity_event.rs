//! What orchestrations and entities say to each other: [`EntityEvent`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use taskhub_shared::failure::FailureDetails;

use super::history_event::{Payload, len, text};

/// An event of the entity protocol.
///
/// In the history of an orchestration it confirms an action or brings an answer; in the inbox of an entity it asks for
/// something.
///
/// Source: proto messages `EntityOperationSignaledEvent` to `EntityLockGrantedEvent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the protocol's own words")]
pub enum EntityEvent {
    /// Run an operation; nobody waits for its result.
    OperationSignaled {
        request_id: String,
        operation: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
        /// Not before this time, UTC; absent for at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheduled_at: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// Run an operation and answer to the parent.
    OperationCalled {
        request_id: String,
        operation: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheduled_at: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_execution: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// Answer to a call.
    OperationCompleted {
        request_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Payload>,
    },
    /// Answer to a call that failed.
    OperationFailed { request_id: String, failure: Box<FailureDetails> },
    /// Lock the entities of the set one after the other, for the parent; `position` says whose turn it is.
    LockRequested {
        critical_section: String,
        lock_set: Vec<String>,
        position: i32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
    },
    /// All entities of the set are locked.
    LockGranted { critical_section: String },
    /// The parent gives one entity free.
    UnlockSent {
        critical_section: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
}

impl EntityEvent {
    /// Bytes of its texts, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::OperationSignaled { request_id, operation, input, scheduled_at: _, target } => {
                request_id.len() + operation.len() + len(input.as_ref()) + text(target.as_ref())
            }
            Self::OperationCalled {
                request_id,
                operation,
                input,
                scheduled_at: _,
                parent,
                parent_execution,
                target,
            } => {
                let ids =
                    text(parent.as_ref()) + text(parent_execution.as_ref()) + text(target.as_ref());
                request_id.len() + operation.len() + len(input.as_ref()) + ids
            }
            Self::OperationCompleted { request_id, output } => {
                request_id.len() + len(output.as_ref())
            }
            Self::OperationFailed { request_id, failure } => request_id.len() + failure.weight(),
            Self::LockRequested { critical_section, lock_set, position: _, parent } => {
                let set = lock_set.iter().map(String::len).sum::<usize>();
                critical_section.len() + set + text(parent.as_ref())
            }
            Self::LockGranted { critical_section } => critical_section.len(),
            Self::UnlockSent { critical_section, parent, target } => {
                critical_section.len() + text(parent.as_ref()) + text(target.as_ref())
            }
        }
    }
}
