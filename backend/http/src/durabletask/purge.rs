//! Purge one instance, and many.

use axum::response::Response;
use chrono::TimeDelta;
use http::StatusCode;
use serde::Serialize;
use taskhub_hub::operation::{entity, purge::Outcome, purge_matching};

use super::{Call, empty, error, json, query::Query, strict::Refused};
use crate::fault::Fault;

/// How many instances are gone.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PurgeHistoryResult)]
pub(crate) struct Purged {
    instances_deleted: u64,
}

/// `DELETE /instances/{instanceId}`.
pub(crate) async fn purge(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    if id.starts_with('@') {
        // An entity has no end, and may go whenever nobody holds it.
        return Ok(match call.hub.purge_entity(id).await? {
            entity::Purged::Purged => json(StatusCode::OK, &Purged { instances_deleted: 1 }),
            entity::Purged::NotFound => empty(StatusCode::NOT_FOUND),
            entity::Purged::Locked { holder } => {
                let text =
                    format!("Entity {id} is locked by the orchestration with instance ID {holder}");
                error::c(StatusCode::PRECONDITION_FAILED, &text)
            }
        });
    }
    Ok(match call.hub.purge(id).await? {
        Outcome::Purged => json(StatusCode::OK, &Purged { instances_deleted: 1 }),
        Outcome::NotFound => empty(StatusCode::NOT_FOUND),
        Outcome::NotEnded(status) => {
            let text = format!(
                "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID {id} \
                 has status {status}"
            );
            error::c(StatusCode::PRECONDITION_FAILED, &text)
        }
    })
}

/// `DELETE /instances`. What cannot be read is refused: left out, it would make the filter wider.
pub(crate) async fn purge_many(call: Call) -> Result<Response, Fault> {
    let request = match filter(&call.query) {
        Ok(request) => request,
        Err(Refused(text)) => return Ok(error::c(StatusCode::BAD_REQUEST, &text)),
    };
    let instances_deleted = call.hub.purge_matching(&request).await?.instances;
    Ok(match instances_deleted {
        0 => empty(StatusCode::NOT_FOUND),
        _ => json(StatusCode::OK, &Purged { instances_deleted }),
    })
}

fn filter(query: &Query) -> Result<purge_matching::Request, Refused> {
    const FROM: &str = "createdTimeFrom";
    const TO: &str = "createdTimeTo";
    const STATUS: &str = "runtimeStatus";
    query.only(&[FROM, TO, STATUS])?;
    // The original's words for one that is absent or blank.
    if query.text(FROM).is_none() {
        return Err(Refused(format!("Please provide value for '{FROM}' parameter.")));
    }
    let to = query.strict_time(TO)?;
    Ok(purge_matching::Request {
        statuses: query.strict_statuses(STATUS)?,
        created_from: query.strict_time(FROM)?,
        // Inclusive here, exclusive in the hub, whose times are in microseconds.
        created_to: to.and_then(|to| to.checked_add_signed(TimeDelta::microseconds(1))),
        until: None,
    })
}
