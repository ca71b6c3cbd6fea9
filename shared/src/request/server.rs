//! Calls about the server and a hub as a whole.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ApiRequest, Method};
use crate::status::StatusCounts;

/// `GET /api/v1/server`: what this server is and which hubs it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetServer;

/// Answer of [`GetServer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    /// Version of the server.
    pub version: String,
    /// Build of the console; a page that runs another one reloads.
    pub console_build: String,
    /// Server's time, UTC, for pages whose clock is off.
    pub now: DateTime<Utc>,
    /// Task hubs, the default one first.
    pub hubs: Vec<HubInfo>,
    /// Whether anybody who reaches the server may do anything: `--insecure-open` on an open address.
    pub insecure_open: bool,
    /// Kind of the store, for example `sqlite`.
    pub store: String,
    /// Address for workers over gRPC, for example `http://127.0.0.1:4001`.
    pub grpc_address: String,
}

/// One task hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HubInfo {
    /// Name of the hub.
    pub name: String,
    /// Instances by status.
    pub counts: StatusCounts,
    /// Connected worker streams.
    pub workers: u64,
}

impl ApiRequest for GetServer {
    type Response = ServerInfo;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/server";

    fn segments(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// `DELETE /api/v1/hubs/{hub}`: deletes a task hub with everything in it. The default one is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteHub {
    /// Task hub.
    pub hub: String,
}

/// Answer of [`DeleteHub`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeletedHub {
    /// Name of the hub.
    pub hub: String,
}

impl ApiRequest for DeleteHub {
    type Response = DeletedHub;
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/hubs/{hub}";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }
}

/// `GET /api/v1/hubs/{hub}/names`: orchestrator names that the hub has seen or that a connected worker serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNames {
    /// Task hub.
    pub hub: String,
}

/// One orchestrator name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct KnownName {
    /// Name of the orchestrator.
    pub name: String,
    /// Number of instances of that name in the hub.
    pub instances: u64,
    /// Whether a connected worker serves it; absent when a connected worker does not tell its names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<bool>,
}

impl ApiRequest for ListNames {
    type Response = Vec<KnownName>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/names";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }
}
