//! Status of one instance.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;
use taskhub_hub::store::model::InstanceRecord;
use taskhub_shared::{limits::HISTORY_EVENTS, status::RuntimeStatus};

use super::{
    Call, empty,
    event::Row,
    history::{Show, fold},
    json, time,
};
use crate::fault::Fault;

/// Status body. Every key but the last is always there, in this order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DurableOrchestrationStatus)]
pub(crate) struct Status<'a> {
    name: &'a str,
    instance_id: &'a str,
    runtime_status: RuntimeStatus,
    #[schema(value_type = serde_json::Value)]
    input: Option<Box<RawValue>>,
    #[schema(value_type = serde_json::Value)]
    custom_status: Option<Box<RawValue>>,
    #[schema(value_type = serde_json::Value)]
    output: Option<Box<RawValue>>,
    #[schema(format = DateTime)]
    created_time: String,
    #[schema(format = DateTime)]
    last_updated_time: String,
    /// Each with its `EventType` and `Timestamp`, and what belongs to its type.
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    history_events: Option<Vec<Row>>,
}

impl<'a> Status<'a> {
    pub(super) fn new(record: &'a InstanceRecord, show_input: bool) -> Self {
        let payloads = &record.payloads;
        Self {
            name: &record.name,
            instance_id: &record.instance_id,
            runtime_status: record.status,
            input: crate::json::stored(payloads.input.as_deref().filter(|_| show_input)),
            custom_status: crate::json::stored(payloads.custom_status.as_deref()),
            output: output(record),
            created_time: time::seconds(record.created_at),
            last_updated_time: time::seconds(record.updated_at),
            history_events: None,
        }
    }
}

/// Output of an instance; for one that failed, the failure's text.
pub(super) fn output(record: &InstanceRecord) -> Option<Box<RawValue>> {
    let failure = record.payloads.failure.as_ref();
    match failure.filter(|_| record.status == RuntimeStatus::Failed) {
        Some(failure) => {
            let (name, message) = (&record.name, &failure.error_message);
            crate::json::string(&format!("Orchestrator function '{name}' failed: {message}"))
        }
        None => crate::json::stored(record.payloads.output.as_deref()),
    }
}

/// `GET /instances/{instanceId}`.
pub(crate) async fn get(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    let Some(record) = call.hub.instance(id).await? else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    let input = call.query.bool("showInput").unwrap_or(true);
    let mut status = Status::new(&record, input);
    let history = call.query.bool("showHistory").unwrap_or(false);
    if history && record.status != RuntimeStatus::Pending {
        let events = call.hub.history(id, 0, HISTORY_EVENTS).await?.unwrap_or_default();
        let output = call.query.bool("showHistoryOutput").unwrap_or(false);
        status.history_events = Some(fold(&events, Show { input, output }));
    }
    if !record.status.is_terminal() {
        let mut response = json(StatusCode::ACCEPTED, &status);
        let asked = call.parts.uri.path_and_query().map_or("", |asked| asked.as_str());
        let headers = response.headers_mut();
        if let Ok(asked) = HeaderValue::from_str(&format!("{}{asked}", call.link_base)) {
            headers.insert(header::LOCATION, asked);
        }
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return Ok(response);
    }
    let failed = record.status == RuntimeStatus::Failed;
    let as_error = call.query.bool("returnInternalServerErrorOnFailure").unwrap_or(false);
    let code = if failed && as_error { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    Ok(json(code, &status))
}
