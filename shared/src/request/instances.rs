//! Calls that read and start instances.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ApiRequest, Method, json};
use crate::{
    history::HistoryEvent,
    page::Page,
    query::InstanceQuery,
    status::{InstanceDetail, InstanceSummary, StatusCounts},
};

/// `GET /api/v1/hubs/{hub}/instances`: one page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListInstances {
    /// Task hub.
    pub hub: String,
    /// Filter and page.
    pub query: InstanceQuery,
}

/// Answer of [`ListInstances`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListedInstances {
    /// The page.
    #[serde(flatten)]
    pub page: Page<InstanceSummary>,
    /// Instances by status that match the filter without its `status` field: exact.
    pub counts: StatusCounts,
    /// Whether the page and the counts end early, because looking further would have taken too long; `next` goes on
    /// from there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Sequence number of the newest change that the page shows; the live stream goes on from it.
    pub seq: u64,
}

impl ApiRequest for ListInstances {
    type Response = ListedInstances;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        self.query.to_query_string()
    }
}

/// `GET /api/v1/hubs/{hub}/instances/{id}`: one instance with its payloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
}

impl ApiRequest for GetInstance {
    type Response = InstanceDetail;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }
}

/// `GET /api/v1/hubs/{hub}/instances/{id}/history`: events after a position, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetHistory {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Position of the last event that the caller has, 0 for none. URL: `after`.
    pub after: u64,
    /// Most events, 1 to 1000, default 500. URL: `limit`.
    pub limit: Option<usize>,
}

impl ApiRequest for GetHistory {
    type Response = Page<HistoryEvent>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/history";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn query(&self) -> String {
        let limit = self.limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        format!("after={}{limit}", self.after)
    }
}

/// `POST /api/v1/hubs/{hub}/instances`: starts an orchestration; 201.
#[derive(Debug, Clone)]
pub struct StartInstance {
    /// Task hub.
    pub hub: String,
    /// What to start.
    pub body: StartBody,
}

/// Body of [`StartInstance`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartBody {
    /// Orchestrator name, 1 to 256 characters.
    pub name: String,
    /// Instance id; a new one of 32 hexadecimal digits when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Input, any JSON value; kept to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<Box<RawValue>>,
    /// Version of the orchestrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When to begin, UTC; at once when absent or past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_start_at: Option<DateTime<Utc>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Answer of [`StartInstance`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// Id of the new instance.
    pub instance_id: String,
}

impl ApiRequest for StartInstance {
    type Response = Started;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// Answer of calls that change an instance: the change is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Id of the instance.
    pub instance_id: String,
}
