//! The list of instances.

use std::collections::BTreeSet;

use axum::response::Response;
use chrono::TimeDelta;
use http::StatusCode;
use serde::Serialize;
use taskhub_hub::HubError;
use taskhub_shared::{
    limits::{PAGE_DEFAULT, PAGE_MAX},
    query::InstanceQuery,
    status::{RuntimeStatus, StatusCounts},
};

use super::{
    Call, json,
    query::Query,
    status::Status,
    token::{self, List},
};
use crate::fault::Fault;

/// Parameter that asks for numbers instead of rows. Ours: the original has no way to count but to read everything.
const COUNT: &str = "countOnly";

/// Parameter that says in which order. Ours: the original has none.
const SORT: &str = "sort";

/// How many instances match, without one being read.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InstanceCounts)]
pub(crate) struct Counts {
    /// All that match.
    total: u64,
    /// Those of each status; a status that is not listed has none.
    by_status: StatusCounts,
}

/// Answer of the list.
#[derive(utoipa::ToSchema)]
#[schema(as = ListedInstancesOrCounts)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is the schema of answers that are written as one of the two")]
pub(crate) enum Listed<'a> {
    Rows(Vec<Status<'a>>),
    Counts(Counts),
}

/// `GET /instances`.
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let mut asked = read(&call.query);
    if let Some(sort) = call.query.text(SORT) {
        // Ours, so there is no habit to keep: an order that cannot be read is refused.
        asked.sort = sort.parse().map_err(|reason: String| Fault::field(SORT, reason))?;
    }
    if call.query.bool(COUNT).unwrap_or(false) {
        return counted(&call, &asked).await;
    }
    let filter = InstanceQuery { limit: None, ..asked.clone() }.to_query_string();
    let list = List::new(call.hub.name().as_str(), format!("instances?{filter}"));
    let query = InstanceQuery { cursor: list.place(&call.parts.headers)?, ..asked };
    let listed = call.hub.query_instances(&query, true).await.map_err(bad_token)?;
    let input = call.query.bool("showInput").unwrap_or(true);
    let rows: Vec<Status<'_>> =
        listed.records.iter().map(|record| Status::new(record, input)).collect();
    Ok(with_token(json(StatusCode::OK, &rows), &list, listed.next.as_deref()))
}

async fn counted(call: &Call, asked: &InstanceQuery) -> Result<Response, Fault> {
    let mut by_status = call.hub.count_instances(asked).await?;
    by_status.retain(|status, _| asked.statuses.is_empty() || asked.statuses.contains(status));
    let total = by_status.values().sum();
    Ok(json(StatusCode::OK, &Counts { total, by_status }))
}

/// An error about the token, by the name that the caller knows.
pub(super) fn bad_token(error: HubError) -> Fault {
    Fault::from(error).rename_field("cursor", "x-ms-continuation-token")
}

/// The answer with the token of the next page. It is always there; an empty one tells that this is the last page.
pub(super) fn with_token(mut response: Response, list: &List, next: Option<&str>) -> Response {
    response.headers_mut().insert(token::HEADER, list.token(next));
    response
}

fn read(query: &Query) -> InstanceQuery {
    let top = query.number("top").and_then(|top| usize::try_from(top).ok()).filter(|top| *top > 0);
    InstanceQuery {
        statuses: statuses(&query.text("runtimeStatus").unwrap_or_default()),
        id_prefix: query.text("instanceIdPrefix"),
        created_from: query.time("createdTimeFrom"),
        // Inclusive here, exclusive in the hub, whose times are in microseconds.
        created_to: query
            .time("createdTimeTo")
            .and_then(|to| to.checked_add_signed(TimeDelta::microseconds(1))),
        limit: Some(top.unwrap_or(PAGE_DEFAULT).min(PAGE_MAX)),
        ..InstanceQuery::default()
    }
}

/// Statuses by name or number. Compat: what is not known is left out, and nothing known means no filter.
fn statuses(text: &str) -> Vec<RuntimeStatus> {
    // A set: a long list of the same is none for the store.
    let known: BTreeSet<RuntimeStatus> = text.split(',').filter_map(status).collect();
    known.into_iter().collect()
}

/// A status by its name in any case, or its number.
pub(super) fn status(word: &str) -> Option<RuntimeStatus> {
    let word = word.trim();
    let number = || word.parse().ok().and_then(RuntimeStatus::from_code);
    word.parse().ok().or_else(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_asked_for_once() {
        let many = ["Failed"; 10_000].join(",");
        assert_eq!(
            statuses(&format!("{many}, 1,completed,x")),
            [RuntimeStatus::Completed, RuntimeStatus::Failed]
        );
    }
}
