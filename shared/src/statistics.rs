//! Figures of a hub over time: what was started, how it ended, how long it took.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// For how long figures are kept, in days.
pub const KEPT_DAYS: i64 = 7;
/// Most points of one answer.
pub const MOST_POINTS: i64 = 1500;

/// What figures are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum StatisticKind {
    /// Orchestrations of a name, from start to end.
    Orchestration,
    /// Turns of orchestrations of a name.
    Turn,
    /// Activities of a name, from their scheduling to their result.
    Activity,
}

impl StatisticKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Orchestration, Self::Turn, Self::Activity];

    /// Number under which stores keep it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Orchestration => 0,
            Self::Turn => 1,
            Self::Activity => 2,
        }
    }

    /// Kind with this number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Figures of some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Figures {
    /// How many began; turns and activities count when they end.
    pub started: u64,
    /// How many completed.
    pub completed: u64,
    /// How many failed.
    pub failed: u64,
    /// How many were terminated or canceled.
    pub terminated: u64,
    /// Half of those that ended took no longer, in milliseconds, within 4 %; absent when nothing ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<u64>,
    /// 95 of 100 of those that ended took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u64>,
}

/// Figures of one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StatisticPoint {
    /// When the step begins, UTC.
    pub at: DateTime<Utc>,
    /// Orchestrations.
    pub orchestrations: Figures,
    /// Turns that were committed.
    pub turns: u64,
    /// Activities.
    pub activities: Figures,
}

/// Figures of one name over the whole time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamedFigures {
    /// What the name stands for.
    pub kind: StatisticKind,
    /// The name; empty for those that came when there were too many names.
    pub name: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Answer of [`crate::request::GetStatistics`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Beginning, a full minute, UTC.
    pub from: DateTime<Utc>,
    /// End, exclusive, UTC.
    pub to: DateTime<Utc>,
    /// Length of a step in seconds.
    pub step_seconds: u64,
    /// Every step, the oldest first, also those in which nothing happened.
    pub points: Vec<StatisticPoint>,
    /// Every name, by kind.
    pub names: Vec<NamedFigures>,
}
