//! Entities: state, list, signal, delete.

use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;
use taskhub_hub::{
    operation::entity::{Entity, EntityQuery, Signal},
    store::model::EntityFilter,
};
use taskhub_shared::{
    id::EntityId,
    limits::{PAGE_DEFAULT, PAGE_MAX},
};

use super::{Call, empty, error, json, list, time, token::List};
use crate::{console::extract::is_json, fault::Fault};

/// Key that stands for the empty one, which no path can hold.
const EMPTY_KEY: &str = "$";

/// One entity of a list.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DurableEntityStatus)]
pub(crate) struct Row {
    entity_id: Id,
    #[schema(format = DateTime)]
    last_operation_time: String,
    #[schema(value_type = serde_json::Value)]
    state: Option<Box<RawValue>>,
}

/// Id of an entity.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EntityId)]
struct Id {
    name: String,
    key: String,
}

/// `GET /entities/{name}/{key}`: the bare state.
pub(crate) async fn get(call: Call) -> Result<Response, Fault> {
    let Some(entity) = call.hub.entity(&id(&call)).await? else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    Ok(json(StatusCode::OK, &state(&entity)))
}

/// `GET /entities/{name?}`.
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let query = &call.query;
    let states = query.bool("fetchState").unwrap_or(false);
    let top = query.number("top").and_then(|top| usize::try_from(top).ok()).filter(|top| *top > 0);
    let id_prefix = call.params.get("name").map(|name| format!("@{}@", name.to_lowercase()));
    let filter = EntityFilter {
        changed_from: query.time("lastOperationTimeFrom"),
        // Inclusive here, exclusive in the hub, whose times are in microseconds.
        changed_to: query
            .time("lastOperationTimeTo")
            .and_then(|to| to.checked_add_signed(TimeDelta::microseconds(1))),
        transient: false,
    };
    let micros = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp_micros());
    let (from, to) = (micros(filter.changed_from), micros(filter.changed_to));
    let what = format!("entities?{}&{from:?}&{to:?}", id_prefix.as_deref().unwrap_or_default());
    let list = List::new(call.hub.name().as_str(), what);
    let asked = EntityQuery {
        id_prefix,
        filter,
        states,
        limit: top.unwrap_or(PAGE_DEFAULT).min(PAGE_MAX),
        cursor: list.place(&call.parts.headers)?,
    };
    let page = call.hub.query_entities(&asked).await.map_err(list::bad_token)?;
    let rows: Vec<Row> = page.items.iter().filter_map(|entity| row(entity, states)).collect();
    Ok(list::with_token(json(StatusCode::OK, &rows), &list, page.next.as_deref()))
}

fn row(entity: &Entity, states: bool) -> Option<Row> {
    let id = EntityId::parse(&entity.record.instance_id).ok()?;
    Some(Row {
        entity_id: Id { name: id.name().to_owned(), key: id.key().to_owned() },
        last_operation_time: time::ticks(entity.record.updated_at),
        state: if states { state(entity) } else { None },
    })
}

fn state(entity: &Entity) -> Option<Box<RawValue>> {
    crate::json::stored(entity.record.payloads.output.as_deref())
}

/// `POST /entities/{name}/{key?}?op=`: signals the entity.
pub(crate) async fn signal(call: Call) -> Result<Response, Fault> {
    let kind = call.parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let input = if call.body.is_empty() {
        None
    } else if kind.is_some_and(is_json) {
        match crate::json::check(&call.body) {
            Ok(input) => Some(input.to_owned()),
            Err(refused) => {
                let text = format!("Could not parse JSON content: {}", refused.0);
                return Ok(error::a(StatusCode::BAD_REQUEST, &text));
            }
        }
    } else {
        // Any other body is a text.
        match std::str::from_utf8(&call.body) {
            Ok(text) => crate::json::string(text).map(|text| text.get().to_owned()),
            Err(_) => return Ok(error::a(StatusCode::BAD_REQUEST, "The body is not UTF-8.")),
        }
    };
    let operation = call.query.text("op").unwrap_or_default();
    send(&call, operation, input).await
}

/// `DELETE /entities/{name}/{key}`: signals the operation `delete`.
pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
    send(&call, "delete".to_owned(), None).await
}

async fn send(call: &Call, operation: String, input: Option<String>) -> Result<Response, Fault> {
    let key = call.params.get("key").unwrap_or_default();
    if let Some(bad) = key.chars().find(|c| matches!(c, '\\' | '#' | '?') || c.is_control()) {
        let text = format!("The entity key must not hold {bad:?}.");
        return Ok(error::a(StatusCode::BAD_REQUEST, &text));
    }
    let signal = Signal {
        entity_id: id(call),
        operation,
        input: input.map(Into::into),
        ..Signal::default()
    };
    let sent = call.hub.signal_entity(signal).await;
    sent.map_err(|error| Fault::from(error).rename_field("operation", "op"))?;
    Ok(empty(StatusCode::ACCEPTED))
}

fn id(call: &Call) -> String {
    let name = call.params.get("name").unwrap_or_default();
    let key = call.params.get("key").filter(|key| *key != EMPTY_KEY).unwrap_or_default();
    format!("@{name}@{key}")
}
