//! Routes of the original that this server does not serve yet. They say so, rather than pretend.

use axum::response::Response;
use http::StatusCode;

use super::{Call, error};
use crate::fault::Fault;

/// A route without a handler.
pub(crate) async fn missing(_: Call) -> Result<Response, Fault> {
    let text = "This operation is not supported by this server yet.";
    Ok(error::b(StatusCode::NOT_IMPLEMENTED, text, text, "System.NotSupportedException"))
}

/// `POST /makeprimary`: there are no app leases.
pub(crate) async fn make_primary(_: Call) -> Result<Response, Fault> {
    Ok(error::a(StatusCode::BAD_REQUEST, "App leases are not supported by this server."))
}
