//! What orchestrations and entities say to each other: [`EntityEvent`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use taskhub_shared::failure::FailureDetails;

use super::history_event::Payload;

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
    /// Bytes of its payload, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::OperationSignaled { input, .. } | Self::OperationCalled { input, .. } => {
                input.as_ref().map_or(0, |text| text.len())
            }
            Self::OperationCompleted { output, .. } => output.as_ref().map_or(0, |text| text.len()),
            Self::OperationFailed { failure, .. } => failure
                .chain()
                .map(|f| f.error_message.len() + f.stack_trace.as_deref().map_or(0, str::len))
                .sum(),
            Self::LockRequested { lock_set, .. } => lock_set.iter().map(String::len).sum(),
            Self::LockGranted { .. } | Self::UnlockSent { .. } => 0,
        }
    }
}
