//! Routes of the original that this server does not serve yet. They say so, rather than pretend.

use axum::response::Response;
use http::StatusCode;
use taskhub_shared::status::RuntimeStatus;

use super::{Call, error};
use crate::fault::Fault;

/// A route without a handler.
pub(crate) async fn missing(_: Call) -> Result<Response, Fault> {
    Ok(not_implemented("This operation is not supported by this server yet."))
}

/// `POST /instances/{instanceId}/rewind`, with the original's checks.
pub(crate) async fn rewind(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    let Some(record) = call.hub.instance(id).await? else {
        // The dollar sign is the original's.
        let text = format!("No orchestration with instance ID \"${id}\" found.");
        return Ok(error::c(StatusCode::NOT_FOUND, &text));
    };
    if record.status != RuntimeStatus::Failed {
        let status = record.status;
        let text = format!(
            "This orchestration has status {status}, but only orchestrations in the \"Failed\" state can be rewound."
        );
        return Ok(error::c(StatusCode::PRECONDITION_FAILED, &text));
    }
    Ok(not_implemented("Rewind is not supported by the underlying storage provider."))
}

/// `POST /makeprimary`: there are no app leases.
pub(crate) async fn make_primary(_: Call) -> Result<Response, Fault> {
    Ok(error::a(StatusCode::BAD_REQUEST, "App leases are not supported by this server."))
}

fn not_implemented(text: &str) -> Response {
    error::b(StatusCode::NOT_IMPLEMENTED, text, text, "System.NotSupportedException")
}
