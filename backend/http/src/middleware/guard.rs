//! Host and Origin: the server answers only to its own names, and only its own pages write.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::Method;
use taskhub_shared::problem::ErrorCode;

use crate::{door::Door, fault::Fault};

/// Beginning of links in the answer to this request, without a slash at the end.
#[derive(Debug, Clone)]
pub(crate) struct LinkBase(pub(crate) String);

/// Checks the request's Host, and the Origin of a write.
pub(crate) async fn run(
    State(door): State<Arc<Door>>,
    mut request: Request,
    next: Next,
) -> Response {
    // Probes name whatever address they found; they learn nothing that a closed port would not tell.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    let foreign = |reason| Fault::new(ErrorCode::ForeignOrigin, reason).into_response();
    let own = match door.hosts.check(request.uri(), request.headers()) {
        Ok(own) => own,
        Err(reason) => return foreign(reason),
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if let (false, Err(reason)) = (reads, door.hosts.check_origin(&own, request.headers())) {
        return foreign(reason);
    }
    request.extensions_mut().insert(LinkBase(door.hosts.base(&own)));
    next.run(request).await
}
