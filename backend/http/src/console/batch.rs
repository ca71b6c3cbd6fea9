//! Batch jobs.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, Path, RawQuery},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use taskhub_hub::{
    Hub,
    operation::batch::{Control, Creation, Outcome},
    store::{batch_job::ItemsRequest, model::RowId},
};
use taskhub_shared::{
    batch::{BatchItem, BatchJob, BatchState, ItemResult, MOST_ACTIVE},
    limits::{PAGE_DEFAULT, PAGE_MAX},
    page::Page,
    problem::ErrorCode,
    request::{CreateBatchBody, CreatedBatch},
};

use super::extract::{Body, NoQuery, OfHub, number, once};
use crate::{door::Door, fault::Fault};

/// Most jobs of a page.
const MOST_JOBS: usize = 100;

/// The hub and the job of `/hubs/{hub}/batches/{batch}`.
pub(crate) struct OfBatch {
    hub: Hub,
    text: String,
}

impl OfBatch {
    /// Number of the job, once the rest of the request is read: what is wrong with that is told first.
    fn num(&self) -> Result<RowId, Fault> {
        // Other spellings of a number are not the job's id.
        let num = self.text.parse().ok().filter(|num: &RowId| num.to_string() == self.text);
        num.ok_or_else(|| no_batch(&self.text))
    }
}

impl FromRequestParts<Arc<Door>> for OfBatch {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Fault> {
        type Segments = Path<(String, String)>;
        let Ok(Path((hub, text))) = Segments::from_request_parts(parts, door).await else {
            return Err(Fault::no_route(parts.uri.path()));
        };
        Ok(Self { hub: door.hub(&hub)?, text })
    }
}

/// Source: `request::CreateBatch`.
pub(crate) async fn create(
    OfHub(hub): OfHub,
    _: NoQuery,
    Body(body): Body<CreateBatchBody>,
) -> Result<Response, Fault> {
    if body.dry_run {
        let dry_run = Some(hub.check_batch(&body).await?);
        return Ok(Json(CreatedBatch { batch: None, dry_run }).into_response());
    }
    match hub.create_batch(body).await? {
        Creation::Created(job) => {
            let created = CreatedBatch { batch: Some(*job), dry_run: None };
            Ok((StatusCode::ACCEPTED, Json(created)).into_response())
        }
        Creation::TooMany => Err(Fault::new(
            ErrorCode::BatchNotAllowedNow,
            format!("{MOST_ACTIVE} batch jobs of this hub have not ended; cancel some, or wait"),
        )),
    }
}

/// Source: `request::ListBatches`.
pub(crate) async fn list(
    OfHub(hub): OfHub,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<BatchJob>>, Fault> {
    let (mut before, mut limit) = (None, MOST_JOBS);
    for (name, value) in once(query.as_deref(), &["cursor", "limit"])? {
        if name == "cursor" {
            before = Some(value.parse().map_err(|_| no_cursor(&value))?);
        } else {
            limit = number(&name, &value, MOST_JOBS)?;
        }
    }
    // One more than asked for tells whether there is another page.
    let mut items = hub.batches(before, limit + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(Page { items, next, previous: None }))
}

/// Source: `request::GetBatch`.
pub(crate) async fn get(of: OfBatch, _: NoQuery) -> Result<Json<BatchJob>, Fault> {
    let job = of.hub.batch(of.num()?).await?;
    job.map(Json).ok_or_else(|| no_batch(&of.text))
}

/// Source: `request::ListBatchItems`.
pub(crate) async fn items(
    of: OfBatch,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<BatchItem>>, Fault> {
    let (mut after, mut limit, mut result) = (0, PAGE_DEFAULT, None);
    for (name, value) in once(query.as_deref(), &["result", "cursor", "limit"])? {
        match name.as_str() {
            "cursor" => after = value.parse().map_err(|_| no_cursor(&value))?,
            "limit" => limit = number(&name, &value, PAGE_MAX)?,
            _ => {
                let found = ItemResult::ALL.into_iter().find(|result| result.as_str() == value);
                let known = ItemResult::ALL.map(ItemResult::as_str).join(", ");
                let wrong = || {
                    Fault::field("result", format!("{value:?} is no result; use one of {known}"))
                };
                result = Some(found.ok_or_else(wrong)?);
            }
        }
    }
    let request = ItemsRequest { result, after, limit: limit + 1 };
    let items = of.hub.batch_items(of.num()?, request).await?;
    let mut items = items.ok_or_else(|| no_batch(&of.text))?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.position.to_string());
    Ok(Json(Page { items, next, previous: None }))
}

/// Source: `request::PauseBatch`.
pub(crate) async fn pause(of: OfBatch, _: NoQuery) -> Result<Json<BatchJob>, Fault> {
    control(of, Control::Pause, "be paused").await
}

/// Source: `request::ResumeBatch`.
pub(crate) async fn resume(of: OfBatch, _: NoQuery) -> Result<Json<BatchJob>, Fault> {
    control(of, Control::Resume, "be resumed").await
}

/// Source: `request::CancelBatch`.
pub(crate) async fn cancel(of: OfBatch, _: NoQuery) -> Result<Json<BatchJob>, Fault> {
    control(of, Control::Cancel, "be cancelled").await
}

/// Source: `request::RetryBatch`.
pub(crate) async fn retry(of: OfBatch, _: NoQuery) -> Result<Json<BatchJob>, Fault> {
    control(of, Control::Retry, "be retried").await
}

async fn control(of: OfBatch, control: Control, verb: &str) -> Result<Json<BatchJob>, Fault> {
    let num = of.num()?;
    let OfBatch { hub, text } = of;
    match hub.control_batch(num, control).await? {
        Outcome::Changed(job) => Ok(Json(*job)),
        Outcome::NotFound => Err(no_batch(&text)),
        Outcome::NotAllowed(state) => {
            let why = match state {
                BatchState::Freezing => "its set is being frozen",
                BatchState::Running => "it is running",
                BatchState::Paused => "it is paused",
                BatchState::Stopped => "it has stopped",
                BatchState::Completed => "it is completed",
                BatchState::Cancelled => "it was cancelled",
            };
            let detail = format!("batch job {text} cannot {verb}: {why}");
            Err(Fault::new(ErrorCode::BatchNotAllowedNow, detail))
        }
    }
}

fn no_cursor(value: &str) -> Fault {
    Fault::field(
        "cursor",
        format!("{value:?} is no cursor of this list; take it from the page before"),
    )
}

fn no_batch(text: &str) -> Fault {
    let short: String = text.chars().take(100).collect();
    Fault::new(ErrorCode::BatchNotFound, format!("there is no batch job {short:?} in this hub"))
}
