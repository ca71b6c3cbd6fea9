//! The document of both surfaces, made from the table of routes and from the types that they read and write, and the
//! page to browse it.

mod assemble;
mod compat;
mod own;
mod page;
mod shape;

use std::sync::{Arc, OnceLock};

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, header};

use crate::{console::extract::NoQuery, door::Door, fault::Fault};

/// The document and its page, made when somebody asks first.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    json: OnceLock<Bytes>,
    page: OnceLock<Bytes>,
}

/// `GET /api/openapi.json`.
pub(crate) async fn document(State(door): State<Arc<Door>>, _: NoQuery) -> Response {
    let write = || assemble::document(&door.options.version).to_json().map(Bytes::from);
    match written(&door.documents.json, write) {
        Ok(json) => answer(json, "application/json; charset=utf-8"),
        Err(fault) => fault.into_response(),
    }
}

/// `GET /api/docs`.
pub(crate) async fn page(State(door): State<Arc<Door>>, _: NoQuery) -> Response {
    let write = || page::render(&assemble::document(&door.options.version)).map(Bytes::from);
    match written(&door.documents.page, write) {
        Ok(page) => answer(page, "text/html; charset=utf-8"),
        Err(fault) => fault.into_response(),
    }
}

/// `GET /api/docs.css`.
pub(crate) async fn style(_: NoQuery) -> Response {
    answer(Bytes::from_static(include_bytes!("page.css")), "text/css; charset=utf-8")
}

/// What is written once and given out again and again.
fn written(
    place: &OnceLock<Bytes>,
    write: impl FnOnce() -> Result<Bytes, serde_json::Error>,
) -> Result<Bytes, Fault> {
    if let Some(known) = place.get() {
        return Ok(known.clone());
    }
    let made = write().map_err(|error| {
        tracing::error!(error = %error, "the document of the routes cannot be written");
        Fault::internal()
    })?;
    Ok(place.get_or_init(|| made).clone())
}

fn answer(text: Bytes, kind: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
