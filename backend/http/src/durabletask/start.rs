//! Start an orchestration, and wait for its end when asked to.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use taskhub_hub::{
    HubError,
    engine::history_event::TraceContext,
    operation::{
        start_instance::{Outcome, Request},
        wait::{self, Until},
    },
};
use taskhub_shared::{problem::ErrorCode, status::RuntimeStatus};

use super::{
    Call, error, json,
    link::Links,
    status::{Status, output},
};
use crate::fault::Fault;

/// Longest wait of one request; afterwards the answer is the links.
const LONGEST_WAIT: Duration = Duration::from_secs(230);
/// Parameter of the pause between two looks, which nobody needs here, as nothing is polled.
pub(super) const INTERVAL: &str = "pollingInterval";

/// `POST /orchestrators/{functionName}/{instanceId?}`.
pub(crate) async fn start(call: Call) -> Result<Response, Fault> {
    // Compat: checked before the start; the original starts first and then refuses.
    let patience = patience(&call, INTERVAL)?;
    begin(call, patience).await
}

/// Starts what the call names, and waits for its end for so long.
pub(super) async fn begin(call: Call, patience: Option<Duration>) -> Result<Response, Fault> {
    let input = if call.body.is_empty() {
        None
    } else {
        match crate::json::check(&call.body) {
            Ok(input) => Some(input.into()),
            Err(refused) => return Ok(error::not_json(&refused.0)),
        }
    };
    let instance_id = call.params.get("instanceId").map(str::to_owned);
    if let Some(id) = &instance_id {
        check_id(id)?;
    }
    let request = Request {
        instance_id,
        name: call.params.get("functionName").unwrap_or_default().to_owned(),
        version: call.query.text("version"),
        input,
        trace: trace(&call.parts.headers),
        ..Request::default()
    };
    let id = match call.hub.start_instance(request).await? {
        Outcome::Started { instance_id } => instance_id,
        Outcome::Exists(status) => {
            let text =
                format!("An Orchestration instance with the status {status} already exists.");
            return Ok(error::a(StatusCode::CONFLICT, &text));
        }
    };
    started(&call, &id, patience).await
}

/// Answer to a start: how the instance ended, if it does in time, or links to it.
pub(super) async fn started(
    call: &Call,
    id: &str,
    patience: Option<Duration>,
) -> Result<Response, Fault> {
    if let Some(patience) = patience {
        let waited = match call.hub.wait(id, Until::Ended, patience).await {
            // The instance is stored, and the caller has to learn its id to ask again.
            Err(HubError::Draining) => wait::Outcome::TimedOut,
            waited => waited?,
        };
        if let wait::Outcome::Reached(record) = waited {
            return Ok(if record.status == RuntimeStatus::Completed {
                json(StatusCode::OK, &output(&record))
            } else {
                json(StatusCode::OK, &Status::new(&record, true))
            });
        }
    }
    let links = Links::of(call).management(id);
    let mut response = json(StatusCode::ACCEPTED, &links);
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&links.status_query_get_uri) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    Ok(response)
}

/// How long to wait for the end. `timeout` alone is enough, since nothing is polled here.
pub(super) fn patience(call: &Call, interval: &str) -> Result<Option<Duration>, Fault> {
    let timeout = call.query.seconds("timeout");
    let interval = call.query.seconds(interval);
    match (timeout, interval) {
        (Some(timeout), Some(interval)) if interval > timeout => {
            let (timeout, interval) = (timeout.as_secs_f64(), interval.as_secs_f64());
            let text =
                format!("Total timeout {timeout} should be bigger than retry timeout {interval}");
            Err(Fault::new(ErrorCode::InvalidInput, text))
        }
        _ => Ok(timeout.map(|timeout| timeout.min(LONGEST_WAIT))),
    }
}

/// Ids that would not survive in a link are refused; the hub checks the rest.
pub(super) fn check_id(id: &str) -> Result<(), Fault> {
    match id.chars().find(|c| matches!(c, '/' | '\\' | '#' | '?')) {
        Some(bad) => Err(Fault::field("instanceId", format!("must not hold {bad:?}"))),
        None => Ok(()),
    }
}

pub(super) fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    let trace_parent = text("traceparent")?;
    // version-trace-span-flags
    let span_id = trace_parent.split('-').nth(2).unwrap_or_default().to_owned();
    Some(TraceContext { trace_parent, span_id, trace_state: text("tracestate") })
}
