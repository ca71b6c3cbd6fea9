//! `/healthz`, `/readyz` and `/metrics`, for those who watch the server.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::door::Door;

/// The process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// The server takes work: it is not shutting down and its store can write.
pub(crate) async fn readyz(State(door): State<Arc<Door>>) -> Response {
    if !*door.options.ready.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining").into_response();
    }
    match door.hubs.store().ping().await {
        Ok(()) => "ready".into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "not ready: the store cannot write");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot write").into_response()
        }
    }
}

/// Figures for Prometheus.
pub(crate) async fn metrics(State(door): State<Arc<Door>>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], door.options.metrics.render())
}
