//! What a column says of an instance.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use taskhub_shared::{
    column::{Column, ColumnField},
    query::PayloadField,
    status::WaitingFor,
};

use super::get_instance::waits;
use crate::{
    error::HubError,
    hub::Hub,
    store::{StoreError, model::InstanceRecord, select::json::find},
};

/// Longest history that is read to say what a row of a list waits for, and most events of all rows of a page together.
const HISTORY: u64 = 1000;
const HISTORIES: u64 = 10_000;

/// Whether a column reads the payloads.
#[must_use]
pub fn reads_payloads(column: &Column) -> bool {
    matches!(column, Column::Value { .. })
}

/// Value of a column; absent where there is none. Durations are in milliseconds, and go on until `now`.
#[must_use]
pub fn value(record: &InstanceRecord, column: &Column, now: DateTime<Utc>) -> Option<Value> {
    match column {
        Column::Field(field) => plain(record, *field, now),
        Column::Tag(key) => record.tags.get(key).map(|value| json!(value)),
        Column::Value { payload, path } => {
            let payloads = &record.payloads;
            let text = match payload {
                PayloadField::Input => payloads.input.as_deref(),
                PayloadField::Output => payloads.output.as_deref(),
                PayloadField::Custom => payloads.custom_status.as_deref(),
            }?;
            // A payload that is no JSON has no values, but it has a text.
            find(text, path).or_else(|| path.is_empty().then(|| json!(text)))
        }
    }
}

fn plain(record: &InstanceRecord, field: ColumnField, now: DateTime<Utc>) -> Option<Value> {
    let time = |at: DateTime<Utc>| json!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    Some(match field {
        ColumnField::Status => json!(record.status.as_str()),
        ColumnField::Name => json!(record.name),
        ColumnField::Id => json!(&*record.instance_id),
        ColumnField::Waiting => return None,
        ColumnField::Error => json!(record.payloads.failure.as_ref()?.error_message),
        ColumnField::Created => time(record.created_at),
        ColumnField::Updated => time(record.updated_at),
        ColumnField::Completed => time(record.completed_at?),
        ColumnField::Duration => {
            let end = record.completed_at.unwrap_or(now);
            json!((end - record.created_at).num_milliseconds())
        }
        ColumnField::Parent => json!(record.parent.as_ref()?.instance_id),
        ColumnField::Tags if record.tags.is_empty() => return None,
        ColumnField::Tags => json!(record.tags),
        ColumnField::Version => json!(record.version.as_ref()?),
        ColumnField::Events => json!(record.history_len),
        ColumnField::Execution => json!(record.execution_id),
    })
}

/// The value as a text: a text as it is, anything else as JSON.
#[must_use]
pub fn text(value: Value) -> String {
    if let Value::String(text) = value {
        return text;
    }
    value.to_string()
}

impl Hub {
    /// What these instances wait for. What has ended, is with a worker right now, or has a long history is left out.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn waiting_for_each(
        &self,
        records: &[InstanceRecord],
    ) -> Result<BTreeMap<String, Vec<WaitingFor>>, HubError> {
        let mut left = HISTORIES;
        let mut affordable = |record: &&InstanceRecord| {
            let fits = !record.status.is_terminal() && record.history_len <= HISTORY.min(left);
            left -= if fits { record.history_len } else { 0 };
            fits
        };
        let ids: Vec<Arc<str>> = records
            .iter()
            .filter(|record| affordable(record))
            .map(|record| Arc::clone(&record.instance_id))
            .collect();
        let now = self.now();
        let mut found = BTreeMap::new();
        // One after the other, so that the histories of a whole page are never in memory together.
        for id in ids {
            let look = |core: &mut crate::engine::core::Core| waits(core, &id, now);
            match self.inner.with(std::slice::from_ref(&id), look).await {
                Ok(waiting) if waiting.is_empty() => {}
                Ok(waiting) => {
                    found.insert(id.to_string(), waiting);
                }
                // It must not take the list away; whoever asks for it by its id is told.
                Err(HubError::Store(StoreError::Damaged { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}
