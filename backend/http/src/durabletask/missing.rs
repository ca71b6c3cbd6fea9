//! Routes of the original that this server does not serve. They say so, rather than pretend.

use axum::response::Response;
use http::StatusCode;

use super::{Call, error};
use crate::fault::Fault;

/// `POST /makeprimary`: there are no app leases.
pub(crate) async fn make_primary(_: Call) -> Result<Response, Fault> {
    Ok(error::a(StatusCode::BAD_REQUEST, "App leases are not supported by this server."))
}
