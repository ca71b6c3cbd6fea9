//! Calls that look for instances: counts, facets, histogram, search.
//!
//! They take the filter of [`ListInstances`](super::ListInstances). What cannot be told by an index is looked for in
//! slices for a few seconds at most; an answer that then is not whole says so.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::{ApiRequest, Method};
use crate::{
    problem::Problem,
    query::{InstanceQuery, TimeField, encode},
    status::{InstanceSummary, StatusCounts},
};

/// Values of a facet when the caller names no number.
pub const FACET_DEFAULT: usize = 20;
/// Most values of a facet.
pub const FACET_MAX: usize = 1000;
/// Steps of a histogram when the caller names no number.
pub const STEPS_DEFAULT: u32 = 60;
/// Most steps of a histogram.
pub const STEPS_MAX: u32 = 1000;

/// `GET /api/v1/hubs/{hub}/counts`: how many instances match, by status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountInstances {
    /// Task hub.
    pub hub: String,
    /// Filter; order, limit and cursor stay out.
    pub query: InstanceQuery,
}

/// Answer of [`CountInstances`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Number of all that match.
    pub total: u64,
    /// The same by status.
    pub counts: StatusCounts,
    /// Whether all instances were looked at; when not, there may be more.
    pub complete: bool,
}

impl ApiRequest for CountInstances {
    type Response = Counts;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/counts";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        self.query.to_query_string()
    }
}

/// What instances can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Facet {
    /// The status.
    Status,
    /// The orchestrator's name.
    Name,
    /// The version; the empty text for none.
    Version,
    /// Each tag, as `key=value`.
    Tag,
    /// First 200 characters of the failure's message.
    Error,
}

impl Facet {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Status, Self::Name, Self::Version, Self::Tag, Self::Error];

    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Name => "name",
            Self::Version => "version",
            Self::Tag => "tag",
            Self::Error => "error",
        }
    }
}

/// `GET /api/v1/hubs/{hub}/facets`: the most frequent values of a field among the instances that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFacets {
    /// Task hub.
    pub hub: String,
    /// Filter; order, limit and cursor stay out.
    pub query: InstanceQuery,
    /// By what. URL: `facet`.
    pub facet: Facet,
    /// Most values, 1 to 1000, default 20. URL: `top`.
    pub top: Option<usize>,
}

/// Answer of [`ListFacets`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FacetValues {
    /// Values, the most frequent first.
    pub values: Vec<FacetValue>,
    /// How many more values there are.
    pub others: u64,
    /// Whether all instances were looked at; when not, there may be more.
    pub complete: bool,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// How many instances have it.
    pub count: u64,
    /// The same by status.
    pub counts: StatusCounts,
}

impl ApiRequest for ListFacets {
    type Response = FacetValues;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/facets";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        let top = self.top.map(|top| format!("top={top}"));
        joined([Some(format!("facet={}", self.facet.as_str())), top], &self.query)
    }
}

/// `GET /api/v1/hubs/{hub}/histogram`: how many instances that match began or ended when, by status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetHistogram {
    /// Task hub.
    pub hub: String,
    /// Filter; order, limit and cursor stay out.
    pub query: InstanceQuery,
    /// Which time, default `created`. URL: `field`.
    pub field: Option<TimeField>,
    /// Beginning of the first step, UTC; a day before the end when absent. URL: `from`.
    pub from: Option<DateTime<Utc>>,
    /// End of the last step, UTC; now when absent. URL: `to`.
    pub to: Option<DateTime<Utc>>,
    /// How many steps, 1 to 1000, default 60. URL: `steps`.
    pub steps: Option<u32>,
}

/// Answer of [`GetHistogram`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Histogram {
    /// Beginning of the first step, UTC.
    pub from: DateTime<Utc>,
    /// End of the last step, UTC.
    pub to: DateTime<Utc>,
    /// Steps, the earliest first; all of one length.
    pub steps: Vec<StatusCounts>,
    /// Whether all instances were looked at; when not, there may be more.
    pub complete: bool,
}

impl ApiRequest for GetHistogram {
    type Response = Histogram;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/histogram";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        let time = |name: &str, at: Option<DateTime<Utc>>| {
            at.map(|at| {
                format!("{name}={}", encode(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
            })
        };
        let fields = [
            self.field.map(|field| format!("field={}", field.as_str())),
            time("from", self.from),
            time("to", self.to),
            self.steps.map(|steps| format!("steps={steps}")),
        ];
        joined(fields, &self.query)
    }
}

/// `GET /api/v1/hubs/{hub}/search`: the list, told as it is found: one [`Found`] a line (`application/x-ndjson`).
/// Closing the connection ends the search.
///
/// `limit` is the most rows, default 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchInstances {
    /// Task hub.
    pub hub: String,
    /// Filter, order and page.
    pub query: InstanceQuery,
}

/// One line of the answer to [`SearchInstances`]. The last one has `done` or `problem`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// Rows, in the order of the list, behind those of the lines before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<InstanceSummary>,
    /// How many instances have been looked at so far.
    pub scanned: u64,
    /// Whether the search has come to its end: the limit, or the end of the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
    /// Cursor of what lies behind the last row, when the limit ended the search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Why the search cannot go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl ApiRequest for SearchInstances {
    type Response = Found;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/search";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        self.query.to_query_string()
    }
}

fn joined<const N: usize>(fields: [Option<String>; N], query: &InstanceQuery) -> String {
    let query = Some(query.to_query_string()).filter(|query| !query.is_empty());
    fields.into_iter().flatten().chain(query).collect::<Vec<_>>().join("&")
}
