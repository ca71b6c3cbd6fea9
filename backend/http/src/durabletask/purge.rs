//! Purge one instance.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use taskhub_hub::operation::purge::Outcome;

use super::{Call, empty, error, json};
use crate::fault::Fault;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Purged {
    instances_deleted: u64,
}

/// `DELETE /instances/{instanceId}`.
pub(crate) async fn purge(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
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
