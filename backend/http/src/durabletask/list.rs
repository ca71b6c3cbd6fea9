//! The list of instances.

use axum::response::Response;
use chrono::TimeDelta;
use http::{HeaderName, HeaderValue, StatusCode};
use taskhub_hub::HubError;
use taskhub_shared::{
    limits::{PAGE_DEFAULT, PAGE_MAX},
    query::InstanceQuery,
    status::RuntimeStatus,
};

use super::{Call, json, query::Query, status::Status};
use crate::fault::Fault;

const TOKEN: HeaderName = HeaderName::from_static("x-ms-continuation-token");

/// `GET /instances`.
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let query = InstanceQuery { cursor: token(&call), ..read(&call.query) };
    let listed = call.hub.query_instances(&query, true).await.map_err(bad_token)?;
    let input = call.query.bool("showInput").unwrap_or(true);
    let rows: Vec<Status<'_>> =
        listed.records.iter().map(|record| Status::new(record, input)).collect();
    Ok(with_token(json(StatusCode::OK, &rows), listed.next))
}

/// Where the caller wants to go on.
pub(super) fn token(call: &Call) -> Option<String> {
    let token = call.parts.headers.get(TOKEN).and_then(|token| token.to_str().ok());
    token.map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned)
}

/// An error about the token, by the name that the caller knows.
pub(super) fn bad_token(error: HubError) -> Fault {
    Fault::from(error).rename_field("cursor", "x-ms-continuation-token")
}

/// The answer with the token of the next page. It is always there; an empty one tells that this is the last page.
pub(super) fn with_token(mut response: Response, next: Option<String>) -> Response {
    let next = HeaderValue::try_from(next.unwrap_or_default());
    response.headers_mut().insert(TOKEN, next.unwrap_or(HeaderValue::from_static("")));
    response
}

fn read(query: &Query) -> InstanceQuery {
    let top = query.number("top").and_then(|top| usize::try_from(top).ok()).filter(|top| *top > 0);
    InstanceQuery {
        statuses: statuses(&query.text("runtimeStatus").unwrap_or_default()),
        name: None,
        id_prefix: query.text("instanceIdPrefix"),
        created_from: query.time("createdTimeFrom"),
        // Inclusive here, exclusive in the hub, whose times are in microseconds.
        created_to: query
            .time("createdTimeTo")
            .and_then(|to| to.checked_add_signed(TimeDelta::microseconds(1))),
        limit: Some(top.unwrap_or(PAGE_DEFAULT).min(PAGE_MAX)),
        cursor: None,
    }
}

/// Statuses by name or number. Compat: what is not known is left out, and nothing known means no filter.
fn statuses(text: &str) -> Vec<RuntimeStatus> {
    text.split(',').filter_map(status).collect()
}

/// A status by its name in any case, or its number.
pub(super) fn status(word: &str) -> Option<RuntimeStatus> {
    let word = word.trim();
    let number = || word.parse().ok().and_then(RuntimeStatus::from_code);
    word.parse().ok().or_else(number)
}
