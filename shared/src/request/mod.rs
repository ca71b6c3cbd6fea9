//! The request catalogue of `/api/v1`: one type per call, used by server, console and command line.
//!
//! Each type knows its method, its path template, its query, its body and the type of its answer. The server's route
//! table takes the templates from here, so a call that no route answers does not pass the tests.

mod actions;
mod batches;
mod instances;
mod retention;
pub mod search;
mod server;
mod statistics;
mod views;
mod work;

pub use actions::{
    PurgeInstance, RaiseEvent, RaiseEventBody, RestartBody, RestartInstance, ResumeInstance,
    RewindInstance, SuspendInstance, TerminateBody, TerminateInstance,
};
pub use batches::{
    CancelBatch, CreateBatch, CreateBatchBody, CreatedBatch, GetBatch, ListBatchItems, ListBatches,
    PauseBatch, ResumeBatch, RetryBatch,
};
pub use instances::{
    Accepted, GetHistory, GetInstance, HistoryPage, ListInstances, ListedInstances, StartBody,
    StartInstance, Started,
};
pub use retention::{GetRetention, SetRetention};
pub use search::{
    CountInstances, Counts, Facet, FacetValue, FacetValues, Found, GetHistogram, Histogram,
    ListFacets, SearchInstances,
};
pub use server::{DeleteHub, DeletedHub, GetServer, HubInfo, KnownName, ListNames, ServerInfo};
pub use statistics::GetStatistics;
pub use views::{DeleteView, DeletedView, ListViews, SaveView};
pub use work::{GetWork, HubWork, KindOfWork, WaitingWork, WorkerInfo, WorkerTakes};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::query::encode;

/// Method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
    /// Deletes.
    Delete,
}

/// One call of the API.
pub trait ApiRequest {
    /// Body of a good answer.
    type Response: DeserializeOwned + Serialize;
    /// Method of the call.
    const METHOD: Method;
    /// Path template; each `{name}` is one percent-encoded segment.
    const PATH: &'static str;

    /// Values of the template's segments, in the order of the template.
    fn segments(&self) -> Vec<&str>;

    /// Query string without `?`; empty when there is none.
    fn query(&self) -> String {
        String::new()
    }

    /// JSON body; absent when the call has none.
    fn body(&self) -> Option<String> {
        None
    }

    /// Path and query to send, with the segments filled in and encoded.
    fn url(&self) -> String {
        let mut values = self.segments().into_iter();
        let filled: Vec<String> = Self::PATH
            .split('/')
            .map(|part| {
                if part.starts_with('{') {
                    encode(values.next().unwrap_or_default())
                } else {
                    part.to_owned()
                }
            })
            .collect();
        let query = self.query();
        let path = filled.join("/");
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

/// Body of calls that take nothing but a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// Why, for the history; absent or empty when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Text of a body; every type of the catalogue can be written as JSON.
fn json<T: Serialize>(body: &T) -> Option<String> {
    serde_json::to_string(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_one_by_one() {
        let call = GetInstance { hub: "H".to_owned(), id: "a/b c%é@?".to_owned() };
        assert_eq!(call.url(), "/api/v1/hubs/H/instances/a%2Fb%20c%25%C3%A9%40%3F");
    }
}
