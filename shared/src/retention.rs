//! Retention: for how long what has ended is kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Most rules of a hub.
pub const MOST_RULES: usize = 20;
/// Longest time that a rule can name, in hours: ten years.
pub const LONGEST_HOURS: u32 = 10 * 365 * 24;

/// Which instances the server purges by itself, and when. Instances that have not ended are never touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// At most [`MOST_RULES`]; an instance goes when one of them says so. With none, everything is kept.
    pub rules: Vec<RetentionRule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionRule {
    /// Which instances, in the query language; empty for all.
    #[serde(default)]
    pub query: String,
    /// Hours after its end at which an instance goes, 1 to [`LONGEST_HOURS`].
    pub after_hours: u32,
}

/// The rules, and what they did last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetentionState {
    /// The rules.
    pub rules: Vec<RetentionRule>,
    /// The last time that they were applied; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<RetentionRun>,
    /// When they are applied next; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<DateTime<Utc>>,
}

/// What the rules did once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetentionRun {
    /// When it began.
    pub at: DateTime<Utc>,
    /// How many instances went.
    pub purged: u64,
    /// What kept it from doing all of it; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
