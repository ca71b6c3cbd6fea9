//! Raise an external event.

use axum::response::Response;
use http::{StatusCode, header};
use taskhub_hub::operation::raise_event::Outcome;

use super::{Call, empty, error};
use crate::{console::extract::is_json, fault::Fault};

/// `POST /instances/{instanceId}/raiseEvent/{eventName}`. The checks come in the original's order.
pub(crate) async fn raise(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    let name = call.params.get("eventName").unwrap_or_default();
    match call.hub.instance(id).await? {
        None => return Ok(empty(StatusCode::NOT_FOUND)),
        Some(record) if record.status.is_terminal() => return Ok(empty(StatusCode::GONE)),
        Some(_) => {}
    }
    let kind = call.parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(is_json) {
        let text = "Only application/json request content is supported";
        return Ok(error::a(StatusCode::BAD_REQUEST, text));
    }
    let input = match crate::json::check(&call.body) {
        Ok(input) => input,
        Err(refused) => return Ok(error::not_json(&refused.0)),
    };
    Ok(empty(match call.hub.raise_event(id, name, Some(input.into())).await? {
        Outcome::Accepted => StatusCode::ACCEPTED,
        Outcome::NotFound => StatusCode::NOT_FOUND,
        Outcome::Ended(_) => StatusCode::GONE,
    }))
}
