//! Calls about batch jobs.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ApiRequest, Method, json};
use crate::{
    action::Action,
    batch::{BatchItem, BatchJob, DryRun, ItemResult},
    page::Page,
};

/// `POST /api/v1/hubs/{hub}/batches`: makes a job, 202; or tells what it would do, 200.
#[derive(Debug, Clone)]
pub struct CreateBatch {
    /// Task hub.
    pub hub: String,
    /// The job.
    pub body: CreateBatchBody,
}

/// Body of [`CreateBatch`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateBatchBody {
    /// What is done to each instance.
    pub action: Action,
    /// Which instances, in the query language; empty for all. Either this or `ids`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Instance ids, at most [`crate::batch::MOST_IDS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// Why; terminate and purge need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Most instances a second, 1 to [`crate::batch::MOST_PER_SECOND`]; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// Failures after which it stops, at least 1; [`crate::batch::STOP_AFTER`] when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after_failures: Option<u64>,
    /// Terminate: whether sub-orchestrations are terminated too.
    #[serde(default)]
    pub recursive: bool,
    /// Raise event: name of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// Raise event: payload, any JSON value; kept to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<Box<RawValue>>,
    /// Whether the job waits to be resumed once its set is frozen.
    #[serde(default)]
    pub hold: bool,
    /// Seconds before it begins by itself, 1 to [`crate::batch::MOST_WAIT_SECONDS`]; until then it can be cancelled
    /// with nothing done. Not together with `hold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_after_seconds: Option<u32>,
    /// Whether it is only told what the job would do.
    #[serde(default)]
    pub dry_run: bool,
    /// Dry run: where the page of those that would be skipped begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Dry run: most rows of that page, 1 to 1000, default 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Answer of [`CreateBatch`]: one of both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedBatch {
    /// The new job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchJob>,
    /// What the job would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
}

impl ApiRequest for CreateBatch {
    type Response = CreatedBatch;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `GET /api/v1/hubs/{hub}/batches`: one page of the jobs, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListBatches {
    /// Task hub.
    pub hub: String,
    /// `next` of the page before. URL: `cursor`.
    pub cursor: Option<String>,
    /// Most rows, 1 to 100, default 100. URL: `limit`.
    pub limit: Option<usize>,
}

impl ApiRequest for ListBatches {
    type Response = Page<BatchJob>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        paged(None, self.cursor.as_deref(), self.limit)
    }
}

/// `GET /api/v1/hubs/{hub}/batches/{batch}`: one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetBatch {
    /// Task hub.
    pub hub: String,
    /// Id of the job.
    pub batch: String,
}

/// `GET /api/v1/hubs/{hub}/batches/{batch}/items`: one page of a job's instances, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListBatchItems {
    /// Task hub.
    pub hub: String,
    /// Id of the job.
    pub batch: String,
    /// Only those with this result. URL: `result`.
    pub result: Option<ItemResult>,
    /// `next` of the page before. URL: `cursor`.
    pub cursor: Option<String>,
    /// Most rows, 1 to 1000, default 100. URL: `limit`.
    pub limit: Option<usize>,
}

impl ApiRequest for ListBatchItems {
    type Response = Page<BatchItem>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches/{batch}/items";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.batch]
    }

    fn query(&self) -> String {
        paged(self.result, self.cursor.as_deref(), self.limit)
    }
}

/// `POST .../pause`: holds a job; what it is doing right now is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseBatch {
    /// Task hub.
    pub hub: String,
    /// Id of the job.
    pub batch: String,
}

/// `POST .../resume`: lets a job go on that is paused or has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeBatch {
    /// Task hub.
    pub hub: String,
    /// Id of the job.
    pub batch: String,
}

/// `POST .../cancel`: ends a job; what was done stays done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelBatch {
    /// Task hub.
    pub hub: String,
    /// Id of the job.
    pub batch: String,
}

/// `POST .../retry`: does once more what failed, in a job that is completed or has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryBatch {
    /// Task hub.
    pub hub: String,
    /// Id of the job.
    pub batch: String,
}

impl ApiRequest for GetBatch {
    type Response = BatchJob;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches/{batch}";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.batch]
    }
}

impl ApiRequest for PauseBatch {
    type Response = BatchJob;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches/{batch}/pause";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.batch]
    }
}

impl ApiRequest for ResumeBatch {
    type Response = BatchJob;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches/{batch}/resume";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.batch]
    }
}

impl ApiRequest for CancelBatch {
    type Response = BatchJob;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches/{batch}/cancel";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.batch]
    }
}

impl ApiRequest for RetryBatch {
    type Response = BatchJob;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/batches/{batch}/retry";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.batch]
    }
}

fn paged(result: Option<ItemResult>, cursor: Option<&str>, limit: Option<usize>) -> String {
    let fields = [
        result.map(|result| format!("result={}", result.as_str())),
        cursor.map(|cursor| format!("cursor={}", crate::query::encode(cursor))),
        limit.map(|limit| format!("limit={limit}")),
    ];
    fields.into_iter().flatten().collect::<Vec<_>>().join("&")
}
