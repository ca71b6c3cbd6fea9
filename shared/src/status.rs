//! What an orchestration instance is and how it stands: [`RuntimeStatus`], [`InstanceSummary`], [`InstanceDetail`].

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::FailureDetails;

/// How an orchestration instance stands.
///
/// Source: `OrchestrationRuntimeStatus` of Durable Functions; the spelling is the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RuntimeStatus {
    /// A worker has taken it up and it has not ended.
    Running,
    /// It returned its output.
    Completed,
    /// It began again with a new input; seen only between two generations.
    ContinuedAsNew,
    /// It ended with a failure.
    Failed,
    /// It was canceled.
    Canceled,
    /// Somebody ended it.
    Terminated,
    /// It is stored, and no worker has taken it up.
    Pending,
    /// It is held until it is resumed.
    Suspended,
}

impl RuntimeStatus {
    /// All statuses, in the order of the original's numbers (0 to 7).
    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Completed,
        Self::ContinuedAsNew,
        Self::Failed,
        Self::Canceled,
        Self::Terminated,
        Self::Pending,
        Self::Suspended,
    ];

    /// Whether the instance has ended for good.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Canceled | Self::Terminated => true,
            Self::Running | Self::ContinuedAsNew | Self::Pending | Self::Suspended => false,
        }
    }

    /// Wire spelling, for example `ContinuedAsNew`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Completed => "Completed",
            Self::ContinuedAsNew => "ContinuedAsNew",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::Terminated => "Terminated",
            Self::Pending => "Pending",
            Self::Suspended => "Suspended",
        }
    }

    /// Number of the original's enumeration, 0 to 7; stores keep it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::Completed => 1,
            Self::ContinuedAsNew => 2,
            Self::Failed => 3,
            Self::Canceled => 4,
            Self::Terminated => 5,
            Self::Pending => 6,
            Self::Suspended => 7,
        }
    }

    /// Status with this number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

impl fmt::Display for RuntimeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RuntimeStatus {
    type Err = String;

    /// Reads a status in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| {
                format!(
                    "{text:?} is no runtime status; use one of {}",
                    Self::ALL.map(RuntimeStatus::as_str).join(", ")
                )
            })
    }
}

/// One row of a list: everything about an instance but its payloads and history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InstanceSummary {
    /// Id of the instance.
    pub instance_id: String,
    /// Generation of the instance: 32 hexadecimal digits, new at each continue-as-new.
    pub execution_id: String,
    /// Name of the orchestrator.
    pub name: String,
    /// Version that the starter asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How it stands.
    pub runtime_status: RuntimeStatus,
    /// When it was started, UTC.
    pub created_at: DateTime<Utc>,
    /// When its status, custom status or history last changed, UTC.
    pub last_updated_at: DateTime<Utc>,
    /// When it ended, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was asked to begin, if that was later than its start, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_start_at: Option<DateTime<Utc>>,
    /// Id of the instance that started this one as a sub-orchestration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_instance_id: Option<String>,
    /// Tags given at the start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Number of events in the history of this generation.
    pub history_length: u64,
    /// First 200 characters of the failure's message, for instances that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// Number that rises with each stored change of this instance; a later value is newer.
    pub revision: u64,
}

/// One instance with its payloads, as `GET /api/v1/hubs/{hub}/instances/{id}` answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InstanceDetail {
    /// The row.
    #[serde(flatten)]
    pub summary: InstanceSummary,
    /// Input as it was stored: JSON text, or plain text of a client that sent no JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Output as it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Custom status as it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_status: Option<String>,
    /// Those of the three that are too large to come along: their texts are cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub large: Vec<LargePayload>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureDetails>,
    /// What a person may do with it now, and why not the rest.
    pub actions: Vec<crate::action::Capability>,
    /// What the instance waits for, read from its history; empty when it has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<WaitingFor>,
}

/// A payload of which only the beginning came along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LargePayload {
    /// Field whose text is cut, for example `input`.
    pub field: String,
    /// Size of the whole in bytes.
    pub bytes: u64,
    /// Path of the whole, as a file.
    pub link: String,
}

/// One thing that an instance waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum WaitingFor {
    /// A worker that runs this orchestrator; none has taken it up.
    #[serde(rename_all = "camelCase")]
    Worker {
        /// Name of the orchestrator.
        name: String,
        /// Whether a connected worker serves that name.
        served: bool,
    },
    /// The result of an activity.
    #[serde(rename_all = "camelCase")]
    Activity {
        /// Name of the activity.
        name: String,
        /// When it was scheduled, UTC.
        since: DateTime<Utc>,
        /// Whether a connected worker serves that name.
        served: bool,
    },
    /// The end of a sub-orchestration.
    #[serde(rename_all = "camelCase")]
    SubOrchestration {
        /// Name of the orchestrator.
        name: String,
        /// Id of the sub-orchestration.
        instance_id: String,
        /// When it was started, UTC.
        since: DateTime<Utc>,
    },
    /// A durable timer.
    #[serde(rename_all = "camelCase")]
    Timer {
        /// When it fires, UTC.
        fire_at: DateTime<Utc>,
    },
    /// Perhaps something from outside: no activity and no sub-orchestration is outstanding, so only a timer, which then
    /// stands beside it, or an external event can move the instance.
    #[serde(rename_all = "camelCase")]
    ExternalEvent {
        /// Since when, UTC.
        since: DateTime<Utc>,
    },
    /// Somebody who resumes it.
    #[serde(rename_all = "camelCase")]
    Resume {
        /// Since when, UTC.
        since: DateTime<Utc>,
    },
    /// The time it was asked to begin at.
    #[serde(rename_all = "camelCase")]
    ScheduledStart {
        /// When it begins, UTC.
        at: DateTime<Utc>,
    },
}

/// Number of instances of each status; a status that is not listed has none.
pub type StatusCounts = BTreeMap<RuntimeStatus, u64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_back_from_text_and_number() {
        for status in RuntimeStatus::ALL {
            assert_eq!(status.as_str().to_uppercase().parse::<RuntimeStatus>(), Ok(status));
            assert_eq!(RuntimeStatus::from_code(status.code()), Some(status));
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
        }
        assert!("done".parse::<RuntimeStatus>().unwrap_err().contains("Completed"));
    }
}
