//! The Durable Functions management API, with its quirks and its error bodies, one file per resource.
//!
//! Source: `HttpApiHandler` of the durable extension; docs/compatibility.md lists every route.

pub(crate) mod again;
pub(crate) mod binding;
pub(crate) mod control;
pub(crate) mod entities;
mod entity;
pub(crate) mod error;
mod event;
mod history;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod missing;
mod path;
pub(crate) mod purge;
mod query;
pub(crate) mod raise_event;
pub(crate) mod sample;
pub(crate) mod start;
pub(crate) mod status;
mod strict;
mod time;
mod token;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde::Serialize;
use taskhub_hub::Hub;
use taskhub_shared::limits::HTTP_BODY_BYTES;

use crate::{
    door::Door,
    fault::Fault,
    key::Key,
    middleware::guard::LinkBase,
    route::{ROUTES, Serve, Served},
};
pub(crate) use path::rest;
use path::{Params, Rest};
use query::Query;

/// Path under which the routes stand in the table.
pub(crate) const BASE: &str = "/runtime/webhooks/durabletask";

/// Handler of a route.
pub(crate) type Handler = fn(Call) -> BoxFuture<'static, Result<Response, Fault>>;

/// A request whose path and query have been decoded.
pub(crate) struct Call {
    pub(crate) hub: Hub,
    params: Params,
    query: Query,
    parts: Parts,
    body: Bytes,
    /// Beginning of links, without a slash at the end.
    link_base: String,
    /// Key that the caller presents.
    key: Option<Key>,
}

/// Finds the route and runs it. What no route takes, also for its method, is 404 without a body.
pub(crate) async fn dispatch(door: Arc<Door>, request: Request) -> Response {
    let found = rest(request.uri().path()).and_then(Rest::decode).and_then(|segments| {
        ROUTES.iter().find_map(|route| {
            let Serve::Durabletask(handler) = route.serve else { return None };
            let params = path::matched(route, request.method(), &segments)?;
            Some((route, handler, params))
        })
    });
    let Some((route, handler, params)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let ran = run(&door, request, handler, params).await;
    let mut response = ran.unwrap_or_else(IntoResponse::into_response);
    response.extensions_mut().insert(Served(route));
    response
}

async fn run(
    door: &Arc<Door>,
    request: Request,
    handler: Handler,
    params: Params,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    // It is in memory already.
    let body = axum::body::to_bytes(body, HTTP_BODY_BYTES).await;
    let body = body.map_err(|error| Fault::field("body", error.to_string()))?;
    let query = Query::read(parts.uri.query().unwrap_or_default());
    let hub = match query.text("taskHub") {
        Some(name) => door.hub(&name)?,
        None => door.hubs.default_hub(),
    };
    let link_base = parts.extensions.get::<LinkBase>().map(|base| base.0.clone());
    let link_base = link_base.unwrap_or_default();
    let key = parts.extensions.get::<Key>().cloned();
    handler(Call { hub, params, query, parts, body, link_base, key }).await
}

/// An answer with a JSON body.
fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let Ok(text) = serde_json::to_vec(body) else { return Fault::internal().into_response() };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer without a body.
fn empty(status: StatusCode) -> Response {
    status.into_response()
}
