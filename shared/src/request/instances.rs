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
    status::{InstanceDetail, InstanceSummary, StatusCounts, WaitingFor},
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
    /// Values of the columns that were asked for, row by row: the first 200 characters of each, `null` where there is
    /// none. Empty when no column was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Vec<Option<String>>>,
    /// What the rows wait for, by instance id, when the column `waiting` was asked for. What has ended, or is with a
    /// worker right now, or has a long history, is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waiting: BTreeMap<String, Vec<WaitingFor>>,
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

/// `GET /api/v1/hubs/{hub}/instances/{id}/history`: events between two positions, from either end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetHistory {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Position of the last event that the caller has, 0 for none. URL: `after`.
    pub after: u64,
    /// Only events before this position. URL: `before`.
    pub before: Option<u64>,
    /// Whether the newest come first. URL: `order`, `asc` or `desc`.
    pub newest_first: bool,
    /// Most events, 1 to 1000, default 500. URL: `limit`.
    pub limit: Option<usize>,
    /// Bytes past which a payload comes cut, with a link to the whole; none does when absent. URL: `inline`.
    pub inline: Option<usize>,
}

/// Answer of [`GetHistory`]. `next` is the position of the last event: the page that follows comes after it, or before it
/// when the newest come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// The page. It ends early when its payloads are large.
    #[serde(flatten)]
    pub page: Page<HistoryEvent>,
    /// Number of events of this generation.
    pub total: u64,
    /// The generation that the events belong to; positions of another one do not fit.
    pub execution_id: String,
}

impl ApiRequest for GetHistory {
    type Response = HistoryPage;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/history";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn query(&self) -> String {
        let fields = [
            Some(format!("after={}", self.after)),
            self.before.map(|before| format!("before={before}")),
            self.newest_first.then(|| "order=desc".to_owned()),
            self.limit.map(|limit| format!("limit={limit}")),
            self.inline.map(|bytes| format!("inline={bytes}")),
        ];
        fields.into_iter().flatten().collect::<Vec<_>>().join("&")
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
