//! The outermost layer: request id, span, one log line, panics, the form of refusals, security headers.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use taskhub_shared::problem::Problem;
use tokio::time::Instant;
use tracing::{Instrument, field};

use super::header::harden;
use crate::{
    door::Door,
    durabletask,
    fault::Fault,
    route::{Route, Served},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Function that a client of Durable Functions runs in; only for the log.
const INVOCATION_ID: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");
/// Longest request id that is taken from a caller.
const REQUEST_ID_BYTES: usize = 128;

/// Who asks, and so in which form a refusal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surface {
    /// Clients of Durable Functions.
    Durabletask,
    /// Everybody else.
    Own,
}

/// Runs the request and finishes its answer.
pub(crate) async fn run(
    State(door): State<Arc<Door>>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = sane_id(request.headers(), &REQUEST_ID);
    let id = id.map_or_else(|| door.new_id(), str::to_owned);
    let surface = match durabletask::rest(request.uri().path()) {
        Some(_) => Surface::Durabletask,
        None => Surface::Own,
    };
    let method = request.method().clone();
    let matched = request.extensions_mut().remove::<MatchedPath>();
    let span = tracing::info_span!("request", request_id = %id, invocation_id = field::Empty);
    if let Some(invocation) = sane_id(request.headers(), &INVOCATION_ID) {
        span.record("invocation_id", invocation);
    }
    let ran = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let _inside = span.entered();
    let mut response = ran.unwrap_or_else(|panic| panicked(panic.as_ref()));
    let served = response.extensions_mut().remove::<Served>().map(|served| served.0);
    let route = served.or_else(|| Route::find(&method, matched.as_ref()?.as_str()));
    let problem = response.extensions_mut().remove::<Problem>();
    let refusal = problem.as_ref().map_or("-", |problem| problem.code.as_str());
    if let Some(problem) = problem {
        response = write(surface, problem, &id, response.headers());
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    harden(response.headers_mut());
    note(&method, route, response.status(), refusal, began);
    response
}

/// Id that the caller gives, when it is sane enough for a log.
fn sane_id<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let id = headers.get(name)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!id.is_empty() && id.len() <= REQUEST_ID_BYTES && id.bytes().all(sane)).then_some(id)
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(panic = text, "a handler panicked");
    metrics::counter!("taskhub_http_panics_total").increment(1);
    axum::response::IntoResponse::into_response(Fault::internal())
}

/// Writes a refusal in the form that the caller knows.
fn write(surface: Surface, mut problem: Problem, id: &str, headers: &HeaderMap) -> Response {
    let mut response = match surface {
        Surface::Durabletask => durabletask::error::render(&problem),
        Surface::Own => {
            problem.instance = Some(id.to_owned());
            let body = serde_json::to_vec(&problem).unwrap_or_default();
            let mut response = Response::new(Body::from(body));
            let kind = HeaderValue::from_static("application/problem+json");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            if let Ok(status) = StatusCode::from_u16(problem.status) {
                *response.status_mut() = status;
            }
            response
        }
    };
    if let Some(allow) = headers.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

/// One log line for each request. It has no query, which may hold keys, and no ids, which may be personal.
fn note(
    method: &Method,
    route: Option<&Route>,
    status: StatusCode,
    refusal: &'static str,
    began: Instant,
) {
    let took = began.elapsed();
    let (path, operation) = route.map_or(("-", "-"), |route| (route.path, route.audit));
    let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    metrics::histogram!(
        "taskhub_http_request_seconds", "operation" => operation, "status" => status.as_u16().to_string()
    )
    .record(took);
    let code = status.as_u16();
    if status.is_server_error() {
        tracing::warn!(%method, route = path, operation, status = code, refusal, ms, "request");
    } else if operation.starts_with("server.") || (operation == "-" && status.is_success()) {
        tracing::debug!(%method, route = path, operation, status = code, refusal, ms, "request");
    } else {
        tracing::info!(%method, route = path, operation, status = code, refusal, ms, "request");
    }
}
