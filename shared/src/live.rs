//! What the live stream of a task hub carries, event by event.
//!
//! `GET /api/v1/hubs/{hub}/live` is a `text/event-stream`; each event's name is `changes`, `resync`, `batches` or `ping`,
//! its id is the sequence number of the newest change in it. A stream that is taken up again with `Last-Event-ID` begins
//! with what was missed, as `changes` and `batches`; or with `resync` when the server does not know that any more.

use serde::{Deserialize, Serialize};

use crate::{
    batch::BatchJob,
    status::{InstanceSummary, StatusCounts},
};

/// Data of a `changes` event: every row that changed since the last event, in its newest form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Sequence number of the newest change; rises with each event.
    pub seq: u64,
    /// Rows that changed; a purged instance is in `purged` instead.
    pub rows: Vec<InstanceSummary>,
    /// Ids of instances that were purged.
    #[serde(default)]
    pub purged: Vec<String>,
    /// Number of instances of the whole hub by status, after these changes.
    pub counts: StatusCounts,
}

/// Data of a `resync` event: more changed than the stream tells row by row, so read the page again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Resync {
    /// Sequence number of the newest change.
    pub seq: u64,
    /// Number of instances of the whole hub by status.
    pub counts: StatusCounts,
}

/// Data of a `batches` event: every batch job that stands otherwise than before, in its newest form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchChanges {
    /// Sequence number of the newest change.
    pub seq: u64,
    /// The jobs.
    pub batches: Vec<BatchJob>,
}
