//! Batch jobs: one action on a set of instances that was fixed when the job was made.
//!
//! The server runs them. Which instances belong to a job, and what became of each, is stored, so a job goes on after a
//! restart where it was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    action::{Action, Refusal},
    page::Page,
    status::RuntimeStatus,
};

/// Most instance ids that a job may be given one by one.
pub const MOST_IDS: usize = 100_000;
/// Most jobs of a hub that have not ended.
pub const MOST_ACTIVE: usize = 100;
/// Jobs that have ended and are kept, in each hub; older ones go when a new one is made.
pub const MOST_ENDED: usize = 100;
/// Highest limit of instances per second. Without a limit a job is as fast as the store.
pub const MOST_PER_SECOND: u32 = 500;
/// Longest time that a job may wait before it begins by itself, in seconds.
pub const MOST_WAIT_SECONDS: u32 = 86_400;
/// Failures after which a job stops, when it names no number.
pub const STOP_AFTER: u64 = 100;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum BatchState {
    /// The instances that match are being written down.
    Freezing,
    /// It works.
    Running,
    /// Somebody holds it; with [`BatchJob::start_at`] it begins by itself.
    Paused,
    /// Too much failed; it goes on when somebody resumes it.
    Stopped,
    /// Every instance was dealt with.
    Completed,
    /// Somebody ended it.
    Cancelled,
}

impl BatchState {
    /// Whether nothing more happens unless somebody asks for it again.
    #[must_use]
    pub fn has_ended(self) -> bool {
        match self {
            Self::Completed | Self::Cancelled => true,
            Self::Freezing | Self::Running | Self::Paused | Self::Stopped => false,
        }
    }
}

/// What became of one instance of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ItemResult {
    /// Its turn has not come.
    Pending,
    /// It was done.
    Succeeded,
    /// Its status does not allow it, so nothing was done.
    Skipped,
    /// Something went wrong.
    Failed,
}

impl ItemResult {
    /// All results, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Succeeded, Self::Skipped, Self::Failed];

    /// Number under which stores keep it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Succeeded => 1,
            Self::Skipped => 2,
            Self::Failed => 3,
        }
    }

    /// Result with this number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.code() == code)
    }

    /// Name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// Number of instances of a job by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BatchCounts {
    /// All; rises while the job is freezing.
    pub total: u64,
    /// Those that were done.
    pub succeeded: u64,
    /// Those whose status did not allow it.
    pub skipped: u64,
    /// Those where something went wrong.
    pub failed: u64,
}

impl BatchCounts {
    /// Those that were dealt with.
    #[must_use]
    pub fn done(self) -> u64 {
        self.succeeded + self.skipped + self.failed
    }

    /// One more with this result.
    pub fn add(&mut self, result: ItemResult) {
        match result {
            ItemResult::Pending => {}
            ItemResult::Succeeded => self.succeeded += 1,
            ItemResult::Skipped => self.skipped += 1,
            ItemResult::Failed => self.failed += 1,
        }
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BatchJob {
    /// Id of the job: a number that rises with time.
    pub id: String,
    /// What is done to each instance.
    pub action: Action,
    /// Query that chose the instances; absent when they were named one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// How it stands.
    pub state: BatchState,
    /// How far it is.
    pub counts: BatchCounts,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// When it first began to work, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Who made it, as they said themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why; becomes the reason of each action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Most instances a second; absent for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// Failures after which it stops; those before it was last resumed do not count.
    pub stop_after_failures: u64,
    /// Whether sub-orchestrations are terminated too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recursive: bool,
    /// Name of the event that is raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// Size of the event's payload in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_bytes: Option<u64>,
    /// Whether it waits to be resumed once the set is frozen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// When it begins by itself, UTC; absent once it has begun, or when somebody resumed or paused it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<DateTime<Utc>>,
}

impl BatchJob {
    /// Its set is frozen: it begins, or is held.
    pub fn frozen(&mut self, now: DateTime<Utc>) {
        if self.hold || self.start_at.is_some() {
            self.state = BatchState::Paused;
        } else {
            self.begin(now);
        }
    }

    /// It works from now on.
    pub fn begin(&mut self, now: DateTime<Utc>) {
        self.state = BatchState::Running;
        self.started_at = self.started_at.or(Some(now));
        self.ended_at = None;
        self.start_at = None;
    }
}

/// One instance of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BatchItem {
    /// Its place in the job, from 1 without gaps.
    pub position: u64,
    /// Id of the instance.
    pub instance_id: String,
    /// What became of it.
    pub result: ItemResult,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Id of the instance that a restart made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_instance_id: Option<String>,
}

/// What a job would do now, without doing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// Instances that match or were named; exact.
    pub total: u64,
    /// Those to which it would be done.
    pub allowed: u64,
    /// Those that would be skipped, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// One page of those that would be skipped.
    pub items: Page<DryRunItem>,
}

/// An instance that a job would skip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DryRunItem {
    /// Id of the instance.
    pub instance_id: String,
    /// How it stands; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_status: Option<RuntimeStatus>,
    /// Why it would be skipped.
    pub refusal: Refusal,
}
