//! Host and Origin: the server answers only to its own names, and only its own pages write.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::Method;
use taskhub_shared::problem::ErrorCode;

use crate::{door::Door, fault::Fault, key::Key};

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
    let forwarded = door.hosts.forwarded(request.headers());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let origin = door.hosts.check_origin(&own, forwarded.as_ref(), request.headers());
    if let (false, Err(reason)) = (reads, origin) {
        return foreign(reason);
    }
    let key = Key::of(request.headers(), request.uri().query().unwrap_or_default());
    let base = match &forwarded {
        Some(forwarded) => door.hosts.forwarded_base(forwarded),
        None => door.hosts.base(&own),
    };
    request.extensions_mut().insert(LinkBase(base));
    if let Some(key) = key {
        request.extensions_mut().insert(key);
    }
    next.run(request).await
}
