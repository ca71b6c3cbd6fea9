//! What a client is told about an instance.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use taskhub_proto::{OrchestrationState, OrchestrationStatus};

use super::ClientError;
use crate::{Failure, payload, time};

/// Where an instance is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstanceStatus {
    /// Started, but no turn was done yet.
    Pending,
    /// Under way.
    Running,
    /// Held by a client until it is resumed.
    Suspended,
    /// Ended with an output.
    Completed,
    /// Ended with a failure.
    Failed,
    /// Ended by a client.
    Terminated,
    /// Ended by being cancelled; no server of today does that.
    Canceled,
    /// Between two generations; most servers show this as running.
    ContinuedAsNew,
}

impl InstanceStatus {
    /// Whether nothing will happen any more, unless it is rewound or restarted.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Terminated | Self::Canceled => true,
            Self::Pending | Self::Running | Self::Suspended | Self::ContinuedAsNew => false,
        }
    }

    pub(super) fn to_proto(self) -> i32 {
        let status = match self {
            Self::Pending => OrchestrationStatus::Pending,
            Self::Running => OrchestrationStatus::Running,
            Self::Suspended => OrchestrationStatus::Suspended,
            Self::Completed => OrchestrationStatus::Completed,
            Self::Failed => OrchestrationStatus::Failed,
            Self::Terminated => OrchestrationStatus::Terminated,
            Self::Canceled => OrchestrationStatus::Canceled,
            Self::ContinuedAsNew => OrchestrationStatus::ContinuedAsNew,
        };
        status.into()
    }
}

impl From<OrchestrationStatus> for InstanceStatus {
    fn from(status: OrchestrationStatus) -> Self {
        match status {
            OrchestrationStatus::Pending => Self::Pending,
            OrchestrationStatus::Running => Self::Running,
            OrchestrationStatus::Suspended => Self::Suspended,
            OrchestrationStatus::Completed => Self::Completed,
            OrchestrationStatus::Failed => Self::Failed,
            OrchestrationStatus::Terminated => Self::Terminated,
            OrchestrationStatus::Canceled => Self::Canceled,
            OrchestrationStatus::ContinuedAsNew => Self::ContinuedAsNew,
        }
    }
}

/// A JSON text that somebody else wrote, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    what: String,
    text: Option<String>,
}

impl Payload {
    pub(super) fn new(what: String, text: Option<String>) -> Self {
        Self { what, text }
    }

    /// Reads it as a `T`; nothing reads as `null`.
    ///
    /// # Errors
    /// [`ClientError::Payload`] when it is no `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        payload::decode(self.text.as_deref()).map_err(|error| ClientError::Payload {
            what: self.what.clone(),
            reason: error.to_string(),
        })
    }

    /// The text as it came; `None` when there is none or it was not asked for.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// An orchestration instance as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// Its id.
    pub instance_id: String,
    /// Id of its present generation, when the server tells.
    pub execution_id: Option<String>,
    /// Name of its orchestrator.
    pub name: String,
    /// Version it was started with.
    pub version: Option<String>,
    /// Where it is on its way.
    pub status: InstanceStatus,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When something happened last.
    pub last_updated_at: DateTime<Utc>,
    /// When it was to start, unless at once.
    pub scheduled_start_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
    /// The instance that called it as a sub-orchestration.
    pub parent_instance_id: Option<String>,
    /// Tags it was started with.
    pub tags: HashMap<String, String>,
    /// What it was started with.
    pub input: Payload,
    /// What it gave, or was terminated with.
    pub output: Payload,
    /// What it said about itself last.
    pub custom_status: Payload,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl From<OrchestrationState> for Instance {
    fn from(state: OrchestrationState) -> Self {
        let status = state.orchestration_status().into();
        let read = |time: Option<prost_types::Timestamp>| time.as_ref().map(time::from_proto);
        let payload = |what: &str, text| {
            Payload::new(format!("{what} of instance {:?}", state.instance_id), text)
        };
        Self {
            input: payload("input", state.input),
            output: payload("output", state.output),
            custom_status: payload("custom status", state.custom_status),
            instance_id: state.instance_id,
            execution_id: state.execution_id,
            name: state.name,
            version: state.version.filter(|version| !version.is_empty()),
            status,
            created_at: read(state.created_timestamp).unwrap_or_default(),
            last_updated_at: read(state.last_updated_timestamp).unwrap_or_default(),
            scheduled_start_at: read(state.scheduled_start_timestamp),
            completed_at: read(state.completed_timestamp),
            parent_instance_id: state.parent_instance_id.filter(|id| !id.is_empty()),
            tags: state.tags,
            failure: state.failure_details.map(Failure::from),
        }
    }
}
