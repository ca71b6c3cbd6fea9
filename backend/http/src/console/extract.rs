//! What handlers take from a request, with refusals that name the field.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
};
use http::{header, request::Parts};
use serde::de::DeserializeOwned;
use taskhub_hub::Hub;
use taskhub_shared::query::pairs;

use crate::{door::Door, fault::Fault, json};

/// The hub of `/hubs/{hub}`.
pub(crate) struct OfHub(pub(crate) Hub);

/// The hub and the instance of `/hubs/{hub}/instances/{id}`.
pub(crate) struct OfInstance {
    pub(crate) hub: Hub,
    pub(crate) id: String,
}

/// A route without query fields.
pub(crate) struct NoQuery;

/// A JSON body. An empty one reads as `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl FromRequestParts<Arc<Door>> for OfHub {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Fault> {
        let Ok(Path(hub)) = Path::<String>::from_request_parts(parts, door).await else {
            return Err(Fault::no_route(parts.uri.path()));
        };
        Ok(Self(door.hub(&hub)?))
    }
}

impl FromRequestParts<Arc<Door>> for OfInstance {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Fault> {
        type Segments = Path<(String, String)>;
        let Ok(Path((hub, id))) = Segments::from_request_parts(parts, door).await else {
            return Err(Fault::no_route(parts.uri.path()));
        };
        Ok(Self { hub: door.hub(&hub)?, id })
    }
}

impl FromRequestParts<Arc<Door>> for NoQuery {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _door: &Arc<Door>) -> Result<Self, Fault> {
        fields(parts.uri.query(), &[]).map(|_| Self)
    }
}

/// Fields of a query string, each of them known; empty values count as absent.
///
/// # Errors
/// A fault that names the field which is not known.
fn fields(query: Option<&str>, known: &[&str]) -> Result<Vec<(String, String)>, Fault> {
    let fields = pairs(query.unwrap_or_default());
    if let Some((name, _)) = fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        let use_these = match known {
            [] => "it takes none".to_owned(),
            known => format!("use {}", known.join(", ")),
        };
        let detail = format!("{name:?} is no query field of this call; {use_these}");
        return Err(Fault::field(name.as_str(), detail));
    }
    Ok(fields.into_iter().filter(|(_, value)| !value.is_empty()).collect())
}

/// Fields of a query string, each at most once.
pub(crate) fn once(query: Option<&str>, known: &[&str]) -> Result<Vec<(String, String)>, Fault> {
    let fields = fields(query, known)?;
    for (at, (name, _)) in fields.iter().enumerate() {
        if fields.iter().skip(at + 1).any(|(other, _)| other == name) {
            return Err(Fault::field(name.as_str(), "it stands there more than once"));
        }
    }
    Ok(fields)
}

/// A whole number from 1 to `most`.
pub(crate) fn number(name: &str, value: &str, most: usize) -> Result<usize, Fault> {
    let given = value.parse().ok().filter(|given| (1..=most).contains(given));
    given
        .ok_or_else(|| Fault::field(name, format!("{value:?} is no whole number from 1 to {most}")))
}

impl<T: DeserializeOwned> FromRequest<Arc<Door>> for Body<T> {
    type Rejection = Fault;
    async fn from_request(request: Request, door: &Arc<Door>) -> Result<Self, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE).cloned();
        let body = Bytes::from_request(request, door)
            .await
            .map_err(|error| Fault::field("body", error.to_string()))?;
        if body.is_empty() {
            return read("{}").map(Self);
        }
        // A page of another site can send other types without asking first.
        let kind = kind.as_ref().and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            return Err(Fault::field("Content-Type", "the body must be application/json"));
        }
        let text = json::text(&body).map_err(|error| Fault::field("body", error.0))?;
        read(text).map(Self)
    }
}

/// Whether a content type is that of JSON.
pub(crate) fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    // An array would pass for an object, its values taken in the order of the fields.
    if !text.trim_start().starts_with('{') {
        return Err(Fault::field("body", "line 1, column 1: the body must be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let known = (!matches!(path.as_str(), "." | "?")).then_some(path);
        let field = named_field(&inner.to_string()).or(known);
        Fault::field(field.as_deref().unwrap_or("body"), where_and_what(&inner))
    })?;
    reader.end().map_err(|error| Fault::field("body", where_and_what(&error)))?;
    Ok(value)
}

/// Field that the message is about: one that is unknown, missing or there twice.
fn named_field(message: &str) -> Option<String> {
    let (kind, rest) = message.split_once(" field `")?;
    matches!(kind, "unknown" | "missing" | "duplicate").then_some(())?;
    rest.split_once('`').map(|(name, _)| name.to_owned())
}

fn where_and_what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    format!("line {}, column {}: {what}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use taskhub_shared::request::StartBody;

    use super::*;

    fn check(text: &str, field: &str, detail: &str) {
        let fault = read::<StartBody>(text).unwrap_err();
        assert_eq!(fault.0.field.as_deref(), Some(field), "{text}");
        assert!(fault.0.detail.contains(detail), "{text}: {}", fault.0.detail);
    }

    #[test]
    fn what_is_wrong_with_a_body_and_where() {
        check("{\"name\":\n 5}", "name", "line 2, column 2: invalid type: integer `5`");
        check("{}", "name", "missing field");
        check("{\"name\":\"a\",\"nam\":1}", "nam", "unknown field `nam`, expected one of `name`");
        check("{\"name\":\"a\",\"name\":\"b\"}", "name", "duplicate field");
        check("{\"name\":\"a\",\"scheduledStartAt\":\"soon\"}", "scheduledStartAt", "line 1");
        check("{\"name\":\"a\",\"tags\":{\"x\":1}}", "tags.x", "expected a string");
        check("{\"name\":\"a\",\"input\":{]}", "input", "line 1, column 22");
        check("{\"name\":\"a\"", "body", "line 1, column 11: EOF");
        check("{\"name\":\"a\"} x", "body", "trailing characters");
        check("[\"a\"]", "body", "JSON object");
        check("nothing", "body", "JSON object");
    }

    #[test]
    fn inputs_are_kept_to_the_letter() {
        let body: StartBody = read(r#"{"name":"a","input": {"b":1.0,  "a":1e400} }"#).unwrap();
        assert_eq!(body.input.unwrap().get(), r#"{"b":1.0,  "a":1e400}"#);
    }
}
