//! An instance as `func` shows it.
//!
//! Source: `OrchestrationState` of the Durable Task Framework, as Newtonsoft writes it.

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike as _, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use taskhub_shared::status::{InstanceDetail, RuntimeStatus};

/// What .NET has for a time that is not there.
const NO_TIME: &str = "0001-01-01T00:00:00";

/// Columns of an instance in tables.
pub(crate) const COLUMNS: &[&str] =
    &["instanceId", "name", "runtimeStatus", "createdAt", "lastUpdatedAt"];

/// An instance as `func` writes it, in this order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OrchestrationState {
    completed_time: String,
    compressed_size: u64,
    created_time: String,
    input: Option<String>,
    last_updated_time: String,
    name: String,
    orchestration_instance: OrchestrationInstance,
    orchestration_status: u8,
    output: Option<String>,
    parent_instance: Option<ParentInstance>,
    size: u64,
    status: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    version: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OrchestrationInstance {
    instance_id: String,
    execution_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ParentInstance {
    orchestration_instance: Parent,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parent {
    instance_id: String,
}

impl OrchestrationState {
    pub(crate) fn new(detail: InstanceDetail, show: Show) -> Self {
        let output = output(&detail);
        let InstanceDetail { summary, input, custom_status, .. } = detail;
        Self {
            completed_time: summary.completed_at.map_or_else(|| NO_TIME.to_owned(), time),
            compressed_size: 0,
            created_time: time(summary.created_at),
            input: input.filter(|_| show.input),
            last_updated_time: time(summary.last_updated_at),
            name: summary.name,
            orchestration_instance: OrchestrationInstance {
                instance_id: summary.instance_id,
                execution_id: summary.execution_id,
            },
            orchestration_status: summary.runtime_status.code(),
            output: output.filter(|_| show.output),
            parent_instance: summary.parent_instance_id.map(|instance_id| ParentInstance {
                orchestration_instance: Parent { instance_id },
            }),
            size: 0,
            status: custom_status,
            tags: Some(summary.tags).filter(|tags| !tags.is_empty()),
            version: summary.version,
        }
    }
}

/// Which payloads are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Show {
    pub(crate) input: bool,
    pub(crate) output: bool,
}

/// Output of an instance; for one that failed, the failure's text, as in the management API.
fn output(detail: &InstanceDetail) -> Option<String> {
    let failed = detail.summary.runtime_status == RuntimeStatus::Failed;
    match detail.failure.as_ref().filter(|_| failed) {
        Some(failure) => Some(format!(
            "Orchestrator function '{}' failed: {}",
            detail.summary.name, failure.error_message
        )),
        None => detail.output.clone(),
    }
}

/// An instance as data: the server's words, payloads as JSON where they are JSON.
pub(crate) fn record(detail: &InstanceDetail, show: Show) -> Value {
    let mut value = serde_json::to_value(&detail.summary).unwrap_or_default();
    let payload = |text: &Option<String>| text.as_deref().map(payload);
    if let Value::Object(object) = &mut value {
        object.insert("customStatus".to_owned(), json!(payload(&detail.custom_status)));
        if show.input {
            object.insert("input".to_owned(), json!(payload(&detail.input)));
        }
        if show.output {
            object.insert("output".to_owned(), json!(payload(&detail.output)));
            object.insert("failure".to_owned(), json!(detail.failure));
        }
        object.insert("waitingFor".to_owned(), json!(detail.waiting_for));
    }
    value
}

/// A stored payload as JSON; text that is none stays text.
pub(crate) fn payload(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// A time with up to seven digits behind the second.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    let whole = time.format("%Y-%m-%dT%H:%M:%S");
    let part = format!("{:07}", time.nanosecond() % 1_000_000_000 / 100);
    match part.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        part => format!("{whole}.{part}Z"),
    }
}
