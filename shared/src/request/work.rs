//! What waits for workers, and which workers there are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ApiRequest, Method};

/// `GET /api/v1/hubs/{hub}/work`: work that waits, by name, and the connected workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetWork {
    /// Task hub.
    pub hub: String,
}

/// Kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum KindOfWork {
    /// Turns of orchestrations.
    Orchestration,
    /// Activities.
    Activity,
    /// Operations of entities.
    Entity,
}

/// Answer of [`GetWork`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HubWork {
    /// Names for which something waits, the one whose work is oldest first.
    pub waiting: Vec<WaitingWork>,
    /// Connected workers, in the order in which they came.
    pub workers: Vec<WorkerInfo>,
}

/// Work of one name and version that no worker has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitingWork {
    /// Name of the orchestrator or activity.
    pub name: String,
    /// Version that a worker must take; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Kind.
    pub kind: KindOfWork,
    /// How much waits.
    pub depth: u64,
    /// For how long the oldest has waited, in milliseconds.
    pub oldest_age_ms: u64,
    /// Connected workers that would take some of it now; those that gave all of it back do not count while it rests. 0
    /// means that it waits in vain.
    pub workers: u64,
    /// Most often that one of them was lost: its worker went away, or kept it past its lease.
    #[serde(default)]
    pub lost: u32,
    /// Most often that one of them was given back by workers.
    #[serde(default)]
    pub refused: u32,
}

/// A connected worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkerInfo {
    /// What it calls itself; may be empty.
    pub id: String,
    /// When it connected, UTC.
    pub connected_at: DateTime<Utc>,
    /// When it was last given work, UTC; absent when it never was. Work is sent to workers, so they do not poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_work_at: Option<DateTime<Utc>>,
    /// What it takes.
    pub takes: Vec<WorkerTakes>,
}

/// What a worker takes of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkerTakes {
    /// Kind.
    pub kind: KindOfWork,
    /// Names; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// How much it has now.
    pub outstanding: u64,
    /// How much it may have at once.
    pub limit: u64,
}

impl ApiRequest for GetWork {
    type Response = HubWork;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/work";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }
}
