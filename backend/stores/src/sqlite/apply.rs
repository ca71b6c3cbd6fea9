//! One commit's statements.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction, params};
use taskhub_hub::store::{
    StoreError,
    model::{Commit, Create, HistoryChange, HubId, InstanceRecord, RowId, Update},
};

use super::{
    batches,
    rows::{self, Extra},
};

/// Counter of instances.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CountKey {
    hub: i64,
    entity: bool,
    name: String,
    status: u8,
}

impl CountKey {
    fn of(hub: HubId, record: &InstanceRecord) -> Self {
        Self {
            hub: hub.0,
            entity: record.entity.is_some(),
            name: record.name.clone(),
            status: record.status.code(),
        }
    }
}

/// Why a commit is not applied.
pub(super) enum Refused {
    /// What is stored is not what it expects; the other commits of the transaction go on.
    Conflict(StoreError),
    /// The database failed.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        // A row that is there already is this commit's fault, and nobody else's.
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) {
            return conflict("row number", 0);
        }
        Self::Sqlite(error)
    }
}

fn conflict(what: &'static str, num: RowId) -> Refused {
    Refused::Conflict(StoreError::Conflict { what, num })
}

fn unwritable(error: serde_json::Error) -> Refused {
    Refused::Sqlite(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Applies a commit within its savepoint and notes how the counters change.
pub(super) fn commit(
    transaction: &Transaction<'_>,
    hub: HubId,
    commit: &Commit,
    counts: &mut HashMap<CountKey, i64>,
) -> Result<(), Refused> {
    for (num, revision) in &commit.expected {
        if revision_of(transaction, hub, *num)? != *revision {
            return Err(conflict("expected revision", *num));
        }
    }
    for item in &commit.batch_items {
        if !batches::done(transaction, hub, item)? {
            return Err(conflict("batch item", item.batch));
        }
    }
    for num in &commit.purges {
        let counted =
            remove(transaction, hub, *num)?.ok_or_else(|| conflict("instance to purge", *num))?;
        if !rows::is_terminal(counted.status) && !counted.entity {
            return Err(conflict("status", *num));
        }
        *counts.entry(counted).or_default() -= 1;
    }
    for new in &commit.creates {
        create(transaction, hub, new, counts)?;
    }
    for (num, message) in &commit.messages {
        let event = message.event.encode().map_err(unwritable)?;
        let row = (*num, message.id, event.as_str());
        insert(transaction, hub, "inbox", "event", row, "instance of a message")?;
    }
    for task in &commit.tasks {
        let text = serde_json::to_string(&**task).map_err(unwritable)?;
        let row = (task.instance_num, task.id, text.as_str());
        insert(transaction, hub, "tasks", "task", row, "instance of a task")?;
    }
    for timer in &commit.timers {
        let text = serde_json::to_string(&**timer).map_err(unwritable)?;
        let row = (timer.instance_num, timer.id, text.as_str());
        insert(transaction, hub, "timers", "timer", row, "instance of a timer")?;
    }
    for change in &commit.updates {
        update(transaction, hub, change, counts)?;
    }
    for (num, id) in &commit.consumed {
        if delete(transaction, hub, "inbox", *num, *id)? == 0 {
            return Err(conflict("message", *num));
        }
    }
    for (num, id) in &commit.tasks_done {
        if delete(transaction, hub, "tasks", *num, *id)? == 0 {
            return Err(conflict("task", *num));
        }
    }
    let dropped = [
        ("inbox", &commit.messages_dropped),
        ("tasks", &commit.tasks_dropped),
        ("timers", &commit.timers_done),
    ];
    for (table, ids) in dropped {
        for (num, id) in ids {
            delete(transaction, hub, table, *num, *id)?;
        }
    }
    Ok(())
}

/// Revision of an instance that is stored.
fn revision_of(
    transaction: &Transaction<'_>,
    hub: HubId,
    num: RowId,
) -> Result<Option<u64>, rusqlite::Error> {
    transaction
        .prepare_cached("SELECT revision FROM instances WHERE num = ?1 AND hub = ?2")?
        .query_row(params![num, hub.0], |row| row.get(0))
        .optional()
}

/// Writes the changed counters.
pub(super) fn counts(
    transaction: &Transaction<'_>,
    counts: &HashMap<CountKey, i64>,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO counts (hub, entity, name, status, count) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (hub, entity, name, status) DO UPDATE SET count = count + excluded.count",
    )?;
    for (key, change) in counts.iter().filter(|(_, change)| **change != 0) {
        statement.execute(params![key.hub, key.entity, key.name, key.status, change])?;
    }
    Ok(())
}

fn create(
    transaction: &Transaction<'_>,
    hub: HubId,
    create: &Create,
    counts: &mut HashMap<CountKey, i64>,
) -> Result<(), Refused> {
    let record = &*create.record;
    if let Some(old) = create.replaces
        && let Some(counted) = remove(transaction, hub, old)?
    {
        *counts.entry(counted).or_default() -= 1;
    }
    let extra = Extra::text(record).map_err(unwritable)?;
    let inserted = transaction
        .prepare_cached(
            "INSERT INTO instances (num, hub, instance_id, execution_id, name, version, status, created_at,
                updated_at, completed_at, scheduled_start_at, history_len, revision, failure_message, extra, entity,
                parent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            record.num,
            hub.0,
            record.instance_id,
            record.execution_id,
            record.name,
            record.version,
            record.status.code(),
            record.created_at.timestamp_micros(),
            record.updated_at.timestamp_micros(),
            record.completed_at.map(|at| at.timestamp_micros()),
            record.scheduled_start_at.map(|at| at.timestamp_micros()),
            record.history_len,
            record.revision,
            rows::failure_message(record),
            extra,
            record.entity.is_some(),
            record.parent.as_ref().map(|parent| &parent.instance_id),
        ])?;
    if inserted == 0 {
        return Err(conflict("instance id", record.num));
    }
    payloads(transaction, record)?;
    *counts.entry(CountKey::of(hub, record)).or_default() += 1;
    Ok(())
}

fn update(
    transaction: &Transaction<'_>,
    hub: HubId,
    update: &Update,
    counts: &mut HashMap<CountKey, i64>,
) -> Result<(), Refused> {
    let record = &*update.record;
    let expected_length = match &update.history {
        // Positions begin at 1.
        HistoryChange::Append { from, .. } => {
            Some(from.checked_sub(1).ok_or_else(|| conflict("history", record.num))?)
        }
        HistoryChange::Clear | HistoryChange::Replace { .. } => None,
    };
    let extra = Extra::text(record).map_err(unwritable)?;
    // SQLite writes every index anew that has a column which is set, whether or not its value changes.
    let status = if update.from_status == record.status && !record.status.is_terminal() {
        ""
    } else {
        "status = ?5, completed_at = ?7, "
    };
    let sql = format!(
        "UPDATE instances SET {status}execution_id = ?3, version = ?4, updated_at = ?6, history_len = ?8,
            revision = ?9, failure_message = ?10, extra = ?11
         WHERE num = ?1 AND revision = ?9 - 1 AND history_len = coalesce(?2, history_len) AND hub = ?12
            AND status = ?13"
    );
    let changed = transaction.prepare_cached(&sql)?.execute(params![
        record.num,
        expected_length,
        record.execution_id,
        record.version,
        record.status.code(),
        record.updated_at.timestamp_micros(),
        record.completed_at.map(|at| at.timestamp_micros()),
        record.history_len,
        record.revision,
        rows::failure_message(record),
        extra,
        hub.0,
        update.from_status.code(),
    ])?;
    if changed == 0 {
        return Err(conflict("revision, status or history", record.num));
    }
    let (from, events) = match &update.history {
        HistoryChange::Append { from, events } => (*from, events.as_slice()),
        HistoryChange::Clear => (1, &[][..]),
        HistoryChange::Replace { events } => (1, events.as_slice()),
    };
    if expected_length.is_none() {
        transaction.prepare_cached("DELETE FROM history WHERE num = ?1")?.execute([record.num])?;
    }
    let mut statement =
        transaction.prepare_cached("INSERT INTO history (num, seq, event) VALUES (?1, ?2, ?3)")?;
    for (seq, event) in (from..).zip(events) {
        statement.execute(params![record.num, seq, event.encode().map_err(unwritable)?])?;
    }
    if update.payloads_changed {
        payloads(transaction, record)?;
    }
    if update.from_status != record.status {
        let to = CountKey::of(hub, record);
        let from = CountKey { status: update.from_status.code(), ..to.clone() };
        *counts.entry(from).or_default() -= 1;
        *counts.entry(to).or_default() += 1;
    }
    Ok(())
}

fn payloads(transaction: &Transaction<'_>, record: &InstanceRecord) -> Result<(), Refused> {
    let payloads = &record.payloads;
    let failure =
        payloads.failure.as_deref().map(serde_json::to_string).transpose().map_err(unwritable)?;
    let any =
        payloads.input.is_some() || payloads.output.is_some() || payloads.custom_status.is_some();
    if record.revision == 1 && !any && failure.is_none() {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO payloads (num, input, output, custom_status, failure) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![record.num, payloads.input, payloads.output, payloads.custom_status, failure])?;
    Ok(())
}

/// Deletes an instance with all that belongs to it; where it was counted, if it was there.
fn remove(
    transaction: &Transaction<'_>,
    hub: HubId,
    num: RowId,
) -> Result<Option<CountKey>, Refused> {
    let found = transaction
        .prepare_cached(
            "DELETE FROM instances WHERE num = ?1 AND hub = ?2 RETURNING name, status, entity",
        )?
        .query_row(params![num, hub.0], |row| {
            let (name, status, entity) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(CountKey { hub: hub.0, entity, name, status })
        })
        .optional()?;
    if found.is_none() {
        return Ok(None);
    }
    for table in ["payloads", "history", "inbox", "tasks", "timers"] {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE num = ?1"))?
            .execute([num])?;
    }
    Ok(found)
}

fn insert(
    transaction: &Transaction<'_>,
    hub: HubId,
    table: &str,
    column: &str,
    (num, id, text): (RowId, RowId, &str),
    what: &'static str,
) -> Result<(), Refused> {
    let sql = format!(
        "INSERT INTO {table} (num, id, {column}) SELECT ?1, ?2, ?3
         WHERE EXISTS (SELECT 1 FROM instances WHERE num = ?1 AND hub = ?4)"
    );
    let inserted = transaction.prepare_cached(&sql)?.execute(params![num, id, text, hub.0])?;
    if inserted == 0 { Err(conflict(what, num)) } else { Ok(()) }
}

fn delete(
    transaction: &Transaction<'_>,
    hub: HubId,
    table: &str,
    num: RowId,
    id: RowId,
) -> rusqlite::Result<usize> {
    let sql = format!(
        "DELETE FROM {table} WHERE num = ?1 AND id = ?2
         AND EXISTS (SELECT 1 FROM instances WHERE num = ?1 AND hub = ?3)"
    );
    transaction.prepare_cached(&sql)?.execute(params![num, id, hub.0])
}
