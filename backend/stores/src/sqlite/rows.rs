//! Rows as the model's types.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use taskhub_hub::{
    engine::history_event::ParentInstance,
    store::model::{EntityRecord, InstanceRecord, Lock, OrchestrationTrace, Payloads},
};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

/// Columns of `instances`, in the order that [`record`] reads them.
pub(super) const COLUMNS: &str = "i.num, i.instance_id, i.execution_id, i.name, i.version, i.status, i.created_at,
    i.updated_at, i.completed_at, i.scheduled_start_at, i.history_len, i.revision, i.failure_message, i.extra,
    i.entity";

/// Columns of `payloads`, in the order that [`full_record`] reads them after [`COLUMNS`].
pub(super) const PAYLOAD_COLUMNS: &str = "p.input, p.output, p.custom_status, p.failure";

/// What is stored of an instance as JSON, because nobody searches it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<ParentInstance>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<OrchestrationTrace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Lock>,
}

impl Extra {
    pub(super) fn text(record: &InstanceRecord) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Self {
            parent: record.parent.clone(),
            tags: record.tags.clone(),
            trace: record.orchestration_trace.clone(),
            lock: record.lock().cloned(),
        })
    }
}

/// Tags of an instance, from its column `extra`.
pub(super) fn tags(row: &Row<'_>, column: usize) -> rusqlite::Result<BTreeMap<String, String>> {
    Ok(json::<Extra>(row, column)?.unwrap_or_default().tags)
}

/// Whether a stored status is an end.
pub(super) fn is_terminal(code: u8) -> bool {
    RuntimeStatus::from_code(code).is_some_and(RuntimeStatus::is_terminal)
}

/// Beginning of the failure's message, which lists show.
pub(super) fn failure_message(record: &InstanceRecord) -> Option<String> {
    record
        .payloads
        .failure
        .as_ref()
        .map(|failure| failure.error_message.chars().take(200).collect())
}

/// Reads [`COLUMNS`]. The payloads are empty but for a failure's message.
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<InstanceRecord> {
    let extra: Extra = json(row, 13)?.unwrap_or_default();
    let status = status(row, 5)?;
    let message: Option<String> = row.get(12)?;
    Ok(InstanceRecord {
        num: row.get(0)?,
        instance_id: row.get(1)?,
        execution_id: row.get(2)?,
        name: row.get(3)?,
        version: row.get(4)?,
        status,
        created_at: time(row, 6)?.unwrap_or_default(),
        updated_at: time(row, 7)?.unwrap_or_default(),
        completed_at: time(row, 8)?,
        scheduled_start_at: time(row, 9)?,
        parent: extra.parent,
        tags: extra.tags,
        orchestration_trace: extra.trace,
        history_len: row.get(10)?,
        revision: row.get(11)?,
        entity: row.get::<_, bool>(14)?.then_some(EntityRecord { lock: extra.lock }),
        payloads: Payloads {
            failure: message.map(|message| Arc::new(FailureDetails::new("", message))),
            ..Payloads::default()
        },
    })
}

/// Reads [`COLUMNS`] and [`PAYLOAD_COLUMNS`].
pub(super) fn full_record(row: &Row<'_>) -> rusqlite::Result<InstanceRecord> {
    let mut record = record(row)?;
    record.payloads = Payloads {
        input: row.get(15)?,
        output: row.get(16)?,
        custom_status: row.get(17)?,
        failure: json(row, 18)?.map(Arc::new),
    };
    Ok(record)
}

/// Reads a column of a status.
pub(super) fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<RuntimeStatus> {
    let code: u8 = row.get(column)?;
    RuntimeStatus::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code.into()))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let micros: Option<i64> = row.get(column)?;
    micros
        .map(|micros| {
            DateTime::from_timestamp_micros(micros)
                .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, micros))
        })
        .transpose()
}

/// Reads a column of JSON text.
pub(super) fn json<T: for<'de> Deserialize<'de>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    let damaged = |error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    };
    text.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
}
