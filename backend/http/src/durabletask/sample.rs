//! The routes of the page's own samples, which stand outside of the management API: start, and start and wait.
//!
//! Source: `HttpStart` and `HttpSyncStart` of the Durable Functions samples.

use std::time::Duration;

use axum::response::Response;

use super::{
    Call,
    start::{begin, patience},
};
use crate::fault::Fault;

/// How long the sample waits when nobody says how long.
const PATIENCE: Duration = Duration::from_secs(30);

/// `POST /orchestrators/{functionName}`.
pub(crate) async fn start(call: Call) -> Result<Response, Fault> {
    begin(call, None).await
}

/// `POST /orchestrators/{functionName}/wait`.
pub(crate) async fn wait(call: Call) -> Result<Response, Fault> {
    let patience = patience(&call, "retryInterval")?.unwrap_or(PATIENCE);
    begin(call, Some(patience)).await
}
