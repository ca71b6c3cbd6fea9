//! Payloads apart from rows: long ones come cut, with their size and where the whole is.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequestParts, Path},
    response::Response,
};
use http::{HeaderValue, header, request::Parts};
use taskhub_hub::Hub;
use taskhub_shared::{
    history::EventKind,
    problem::ErrorCode,
    query::encode,
    status::{InstanceDetail, LargePayload},
};

use super::{
    extract::{NoQuery, OfInstance},
    history::{convert, inline_of},
};
use crate::{door::Door, fault::Fault};

/// Payloads of an instance that are larger come cut.
const DETAIL_BYTES: usize = 256 * 1024;
/// How much of a payload that is cut is shown, in bytes.
const FIRST_BYTES: usize = 4096;

/// The instance and the position of `/hubs/{hub}/instances/{id}/history/{position}/payload`.
pub(crate) struct OfEvent {
    hub: Hub,
    id: String,
    position: String,
}

impl FromRequestParts<Arc<Door>> for OfEvent {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Fault> {
        type Segments = Path<(String, String, String)>;
        let Ok(Path((hub, id, position))) = Segments::from_request_parts(parts, door).await else {
            return Err(Fault::no_route(parts.uri.path()));
        };
        Ok(Self { hub: door.hub(&hub)?, id, position })
    }
}

/// `GET .../history/{position}/payload`.
pub(crate) async fn of_event(
    OfEvent { hub, id, position }: OfEvent,
    _: NoQuery,
) -> Result<Response, Fault> {
    let number = position.parse().ok().filter(|position: &u64| *position > 0);
    let position = number.ok_or_else(|| {
        Fault::field("position", format!("{position:?} is no position in a history"))
    })?;
    let events = hub.history(&id, position - 1, 1).await?.ok_or_else(|| Fault::no_instance(&id))?;
    let none = || {
        let detail = format!("the history of {id:?} has no payload at {position}");
        Fault::new(ErrorCode::PayloadNotFound, detail)
    };
    let mut kind = convert(events.into_iter().next().ok_or_else(none)?.kind);
    let text = match inline_of(&mut kind) {
        Some((_, Some(text))) => std::mem::take(text),
        Some((_, None)) | None => return Err(none()),
    };
    Ok(raw(text, &format!("{id}-{position}")))
}

/// `GET .../input`.
pub(crate) async fn input(of: OfInstance, _: NoQuery) -> Result<Response, Fault> {
    part(of, "input").await
}

/// `GET .../output`.
pub(crate) async fn output(of: OfInstance, _: NoQuery) -> Result<Response, Fault> {
    part(of, "output").await
}

/// `GET .../custom-status`.
pub(crate) async fn custom_status(of: OfInstance, _: NoQuery) -> Result<Response, Fault> {
    part(of, "custom-status").await
}

async fn part(of: OfInstance, name: &'static str) -> Result<Response, Fault> {
    let OfInstance { hub, id } = of;
    let record = hub.instance(&id).await?.ok_or_else(|| Fault::no_instance(&id))?;
    let payload = match name {
        "input" => record.payloads.input,
        "output" => record.payloads.output,
        _ => record.payloads.custom_status,
    };
    let none = || Fault::new(ErrorCode::PayloadNotFound, format!("{id:?} has no {name}"));
    let text = payload.ok_or_else(none)?;
    Ok(raw(text.to_string(), &format!("{id}-{name}")))
}

/// A stored text as a file.
fn raw(text: String, name: &str) -> Response {
    let is_json = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
    let (kind, ending) = if is_json {
        ("application/json; charset=utf-8", "json")
    } else {
        ("text/plain; charset=utf-8", "txt")
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // What a worker wrote must not run as a page of ours.
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' })
        .collect();
    let named = encode(name);
    let disposition =
        format!("attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{named}.{ending}");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Cuts the payloads of an instance that are too large to come along.
pub(crate) fn cut_detail(hub: &str, detail: &mut InstanceDetail) {
    let id = detail.summary.instance_id.clone();
    let fields = [
        ("input", "input", &mut detail.input),
        ("output", "output", &mut detail.output),
        ("customStatus", "custom-status", &mut detail.custom_status),
    ];
    for (field, path, text) in fields {
        let link = || format!("{}/{path}", base(hub, &id));
        detail.large.extend(cut(field, text, DETAIL_BYTES, link));
    }
}

/// Cuts the payload of an event that has more than `most` bytes.
pub(crate) fn cut_event(
    hub: &str,
    id: &str,
    position: u64,
    kind: &mut EventKind,
    most: usize,
) -> Option<LargePayload> {
    let (field, text) = inline_of(kind)?;
    cut(field, text, most, || format!("{}/history/{position}/payload", base(hub, id)))
}

fn base(hub: &str, id: &str) -> String {
    format!("/api/v1/hubs/{}/instances/{}", encode(hub), encode(id))
}

fn cut(
    field: &'static str,
    text: &mut Option<String>,
    most: usize,
    link: impl Fn() -> String,
) -> Option<LargePayload> {
    let text = text.as_mut().filter(|text| text.len() > most)?;
    let bytes = text.len() as u64;
    text.truncate(text.floor_char_boundary(FIRST_BYTES.min(most)));
    Some(LargePayload { field: field.to_owned(), bytes, link: link() })
}
