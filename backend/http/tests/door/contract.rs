//! The document of the routes, and answers held against it. Every answer that a test reads goes through [`check`].

use std::collections::BTreeSet;

use serde_json::Value;
use taskhub_http::route::ROUTES;
use taskhub_shared::request::Method;
use tokio::sync::OnceCell;

use crate::support::{Answer, BASE, Server, server};

static DOCUMENT: OnceCell<Value> = OnceCell::const_new();
const METHODS: [&str; 3] = ["get", "post", "delete"];
/// What a schema may say; a word that nobody looks at must not pass as if it held.
const WORDS: [&str; 19] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "minimum",
    "minItems",
    "oneOf",
    "properties",
    "propertyNames",
    "required",
    "title",
    "type",
];

/// The document, as the server gives it.
pub(crate) async fn document(server: &Server) -> &'static Value {
    let read = || async {
        let body = axum::body::Body::empty();
        let response = server.open("GET", "/api/openapi.json", body, &[]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
        let body = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    };
    DOCUMENT.get_or_init(read).await
}

/// Every operation: method, path and itself.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((method, path.as_str(), item.get(method)?)))
    })
}

/// The answer is one that the document promises.
#[track_caller]
pub(crate) fn check(document: &Value, method: &str, path: &str, answer: &Answer) {
    let Some((template, operation)) = find(document, method, path) else { return };
    let at = format!("{method} {path} ({template}): {} {}", answer.status, answer.body);
    let status = answer.status.as_str();
    let Some(promised) = operation["responses"].get(status) else {
        panic!("{at}: the document does not name the status")
    };
    let Some(content) = promised.get("content") else {
        // Compat: some of these have a message.
        let told = status == "404"
            && matches!(
                serde_json::from_str(&answer.body),
                Ok(Value::Object(_) | Value::String(_))
            );
        assert!(told || answer.body.is_empty(), "{at}: the document promises no body");
        return;
    };
    if method == "HEAD" {
        return;
    }
    assert!(!answer.body.is_empty(), "{at}: the document promises a body");
    let kind = answer.header("content-type").split(';').next().unwrap();
    let Some(content) = content.get(kind) else { panic!("{at}: of the type {kind}") };
    if kind.ends_with("/json") || kind.ends_with("+json") {
        // A number may be larger than this reader knows, and is carried to the letter.
        serde_json::from_str::<&serde_json::value::RawValue>(&answer.body).expect(&at);
        let Ok(body) = serde_json::from_str(&answer.body) else { return };
        if let Err(wrong) = fits(document, &content["schema"], &body, "") {
            panic!("{at}: {wrong}");
        }
    }
}

/// Operation of a request, if it is one.
fn find<'a>(document: &'a Value, method: &str, path: &str) -> Option<(&'a str, &'a Value)> {
    let path = path.split('?').next().unwrap();
    let lower = path.to_ascii_lowercase();
    let old = "/admin/extensions/durabletaskextension";
    let base = ["/durabletask", old].into_iter().find_map(|base| lower.strip_prefix(base));
    let path = base.map_or(lower.clone(), |rest| format!("{BASE}{rest}"));
    // Compat: decoded before it is matched.
    let path = if path.starts_with("/api/") {
        path
    } else {
        taskhub_shared::query::pairs(&path).remove(0).0
    };
    let given: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() };
    let mut found: Vec<_> = operations(document)
        .filter(|(verb, template, _)| {
            let parts: Vec<&str> = template.split('/').collect();
            let fits = |(part, given): (&&str, &&str)| {
                if part.starts_with('{') {
                    !given.is_empty()
                } else {
                    part.eq_ignore_ascii_case(given)
                }
            };
            *verb == method && parts.len() == given.len() && parts.iter().zip(&given).all(fits)
        })
        .map(|(_, template, operation)| (template, operation))
        .collect();
    // The template with most that is fixed.
    found.sort_by_key(|(template, _)| template.matches('{').count());
    found.first().copied()
}

/// Whether a value fits a schema; what does not, if it does not.
pub(crate) fn fits(
    document: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{at}: {what}: {value}"));
    let Some(schema) = schema.as_object() else { return wrong("the schema is none") };
    if let Some(word) = schema.keys().find(|word| !WORDS.contains(&word.as_str())) {
        return wrong(&format!("nobody knows the word {word}"));
    }
    if let Some(to) = schema.get("$ref").and_then(Value::as_str) {
        let pointer = to.strip_prefix('#').unwrap();
        let Some(schema) = document.pointer(pointer) else { return wrong(&format!("no {to}")) };
        return fits(document, schema, value, at);
    }
    let list = |word: &str| schema.get(word).and_then(Value::as_array);
    for part in list("allOf").into_iter().flatten() {
        fits(document, part, value, at)?;
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(parts) = list(word) {
            let good = parts.iter().filter(|part| fits(document, part, value, at).is_ok()).count();
            if good == 0 || word == "oneOf" && good > 1 {
                return wrong(&format!("{good} of {word} fit"));
            }
        }
    }
    if list("enum").is_some_and(|words| !words.contains(value)) {
        return wrong("none of the enum");
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return wrong("not the const");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let of_kind = |wanted: &Value| wanted == kind || wanted == "number" && kind == "integer";
    match schema.get("type") {
        Some(Value::Array(kinds)) if !kinds.iter().any(of_kind) => return wrong("type"),
        Some(wanted @ Value::String(_)) if !of_kind(wanted) => return wrong("type"),
        _ => {}
    }
    let below = |least: &Value| value.as_f64().is_some_and(|value| value < least.as_f64().unwrap());
    if schema.get("minimum").is_some_and(below) {
        return wrong("minimum");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            fits(document, items, item, &format!("{at}/{index}"))?;
        }
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    for name in list("required").into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            return wrong(&format!("{name} is missing"));
        }
    }
    for (name, value) in object {
        let at = format!("{at}/{name}");
        match (
            schema.get("properties").and_then(|known| known.get(name)),
            schema.get("additionalProperties"),
        ) {
            (Some(schema), _) => fits(document, schema, value, &at)?,
            (None, Some(Value::Bool(false))) => return wrong(&format!("{name} is not known")),
            (None, Some(schema @ Value::Object(_))) => fits(document, schema, value, &at)?,
            (None, _) => {}
        }
        if let Some(names) = schema.get("propertyNames") {
            fits(document, names, &Value::from(name.as_str()), &at)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_document_and_the_router_have_the_same_routes() {
    let server = server().await;
    let document = document(&server).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], "1.2.3");
    let written: BTreeSet<(String, String)> = operations(document)
        .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
        .collect();
    let mut routed = BTreeSet::new();
    for route in ROUTES {
        let method = match route.method {
            Method::Get => "get",
            Method::Post => "post",
            Method::Delete => "delete",
        };
        let optional = route.path.strip_suffix("?}").map(|path| path.rsplit_once("/{").unwrap().0);
        routed.extend(optional.map(|path| (method.to_owned(), path.to_owned())));
        routed.insert((method.to_owned(), route.path.replace('?', "")));
    }
    assert_eq!(written, routed);
}

#[tokio::test]
async fn every_operation_is_described() {
    let server = server().await;
    let document = document(&server).await;
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(document) {
        let at = format!("{method} {path}: describe the route in src/openapi");
        assert!(operation["summary"].is_string(), "{at}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}");
        let answers = operation["responses"].as_object().unwrap();
        let good = answers.keys().any(|status| status.starts_with('2'));
        assert!(good || path.ends_with("/makeprimary"), "{at}");
        assert!(operation["x-least-role"].is_string() && operation["x-audit"].is_string());
        let parameters = operation["parameters"].as_array().unwrap();
        let in_path: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        assert_eq!(in_path, named.collect::<Vec<_>>(), "{at}");
    }
    // Every reference leads somewhere, and every type has words that the check knows.
    let text = document.to_string();
    for (_, rest) in text.match_indices("\"$ref\":\"#").map(|(at, _)| text.split_at(at + 9)) {
        let to = rest.split('"').next().unwrap();
        assert!(document.pointer(to).is_some(), "{to}");
    }
    let wide = server.get("/api/docs").await;
    assert_eq!(wide.header("content-type"), "text/html; charset=utf-8");
    for (_, path, _) in operations(document) {
        assert!(wide.body.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for forbidden in ["<script", "style=\"", "src=", "href=\"http", "<style"] {
        assert!(!wide.body.contains(forbidden), "{forbidden} is not for this page");
    }
    let style = server.get("/api/docs.css").await;
    assert_eq!(
        (style.status.as_u16(), style.header("content-type")),
        (200, "text/css; charset=utf-8")
    );
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let document = serde_json::json!({"components": {"schemas": {
        "A": {"type": "object", "required": ["n"], "additionalProperties": false,
              "properties": {"n": {"type": ["integer", "null"], "minimum": 0}, "s": {"enum": ["x"]}}}
    }}});
    let schema = serde_json::json!({"type": "array", "items": {"$ref": "#/components/schemas/A"}});
    let check =
        |value: &str| fits(&document, &schema, &serde_json::from_str(value).unwrap(), "").is_ok();
    for good in ["[]", r#"[{"n":1}]"#, r#"[{"n":null,"s":"x"}]"#] {
        assert!(check(good), "{good}");
    }
    for bad in [
        "{}",
        "[1]",
        "[{}]",
        r#"[{"n":"1"}]"#,
        r#"[{"n":1.5}]"#,
        r#"[{"n":-1}]"#,
        r#"[{"n":1,"s":"y"}]"#,
        r#"[{"n":1,"t":1}]"#,
    ] {
        assert!(!check(bad), "{bad}");
    }
    let unknown = serde_json::json!({"pattern": "x"});
    assert!(fits(&document, &unknown, &Value::Null, "").is_err());
}
