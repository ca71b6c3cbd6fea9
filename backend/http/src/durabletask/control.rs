//! Terminate, suspend, resume.

use axum::response::Response;
use http::StatusCode;
use taskhub_hub::operation::{control, terminate as operation};

use super::{Call, empty};
use crate::fault::Fault;

/// `POST /instances/{instanceId}/terminate`.
pub(crate) async fn terminate(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    // Stored as JSON, as every other output; status shows the text.
    let output = call.query.given("reason").and_then(|reason| serde_json::to_string(&reason).ok());
    Ok(empty(match call.hub.terminate(id, output.map(Into::into), false).await? {
        operation::Outcome::Terminated => StatusCode::ACCEPTED,
        operation::Outcome::NotFound => StatusCode::NOT_FOUND,
        operation::Outcome::AlreadyEnded(_) => StatusCode::GONE,
    }))
}

/// `POST /instances/{instanceId}/suspend`.
pub(crate) async fn suspend(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    Ok(answer(call.hub.suspend(id, call.query.given("reason")).await?))
}

/// `POST /instances/{instanceId}/resume`.
pub(crate) async fn resume(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    Ok(answer(call.hub.resume(id, call.query.given("reason")).await?))
}

/// Compat: asking for what is so already is 202 here, and 500 in the original, which clients take for a failure.
fn answer(outcome: control::Outcome) -> Response {
    empty(match outcome {
        control::Outcome::Accepted | control::Outcome::Unchanged(_) => StatusCode::ACCEPTED,
        control::Outcome::NotFound => StatusCode::NOT_FOUND,
        control::Outcome::Ended(_) => StatusCode::GONE,
    })
}
