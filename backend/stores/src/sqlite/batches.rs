//! Batch jobs and their instances.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use taskhub_hub::store::{
    Answer,
    batch_job::{BatchRecord, BatchStore, BatchWrite, ItemDone, ItemRecord, ItemsRequest},
    model::{HubId, RowId},
};
use taskhub_shared::{
    batch::{BatchCounts, ItemResult},
    status::RuntimeStatus,
};

use super::{
    error::unavailable,
    read::{failed, unless_unreadable},
    rows,
    store::{Again, SqliteStore},
};

/// Items that go in one transaction, so that commits get their turn in between.
const STEP: usize = 5000;

impl BatchStore for SqliteStore {
    fn write(&self, hub: HubId, change: BatchWrite) -> Answer<()> {
        const OPERATION: &str = "write a batch job";
        self.on_writer(OPERATION, move |connection| {
            let record = serde_json::to_string(&change.record)
                .map_err(|error| unavailable(OPERATION, error))?;
            write(connection, hub, &change, &record).map_err(|error| unavailable(OPERATION, error))
        })
    }

    fn batch(&self, hub: HubId, num: RowId) -> Answer<Option<BatchRecord>> {
        let operation = "read a batch job";
        self.read(operation, move |connection| {
            let sql = "SELECT num, record, input FROM batches WHERE hub = ?1 AND num = ?2";
            let read = || {
                let mut statement = connection.prepare_cached(sql)?;
                statement.query_row(params![hub.0, num], record).optional()
            };
            read().map_err(failed(operation))
        })
    }

    fn batches(&self, hub: HubId, before: Option<RowId>, limit: usize) -> Answer<Vec<BatchRecord>> {
        let operation = "list batch jobs";
        self.read(operation, move |connection| {
            // What they raise is not shown, and may be large.
            let sql = "SELECT num, record, NULL FROM batches WHERE hub = ?1 AND num < ?2
                       ORDER BY num DESC LIMIT ?3";
            let before = before.map_or(i64::MAX, |num| i64::try_from(num).unwrap_or(i64::MAX));
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let read = || {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![hub.0, before, limit], |row| {
                    unless_unreadable("batch job", row.get(0)?, record(row))
                })?;
                rows.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()
            };
            read().map_err(failed(operation))
        })
    }

    fn batch_items(&self, num: RowId, request: ItemsRequest) -> Answer<Vec<ItemRecord>> {
        let operation = "list the items of a batch job";
        self.read(operation, move |connection| {
            // The number stands in the text, so that the index of those that did not go well is found.
            let only = request.result.map(|result| {
                let indexed = if result.code() >= 2 { " AND result >= 2" } else { "" };
                format!(" AND result = {}{indexed}", result.code())
            });
            let sql = format!(
                "SELECT position, instance_id, num, result, detail FROM batch_items
                 WHERE batch = ?1 AND position > ?2{} ORDER BY position LIMIT ?3",
                only.unwrap_or_default()
            );
            let after = i64::try_from(request.after).unwrap_or(i64::MAX);
            let limit = i64::try_from(request.limit).unwrap_or(i64::MAX);
            let read = || {
                let mut statement = connection.prepare_cached(&sql)?;
                let rows = statement.query_map(params![num, after, limit], item)?;
                rows.collect::<rusqlite::Result<_>>()
            };
            read().map_err(failed(operation))
        })
    }

    fn batch_counts(&self, num: RowId) -> Answer<BatchCounts> {
        let operation = "count the items of a batch job";
        self.read(operation, move |connection| {
            let sql = "SELECT result, count(*) FROM batch_items WHERE batch = ?1 GROUP BY result";
            let read = || {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([num], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<Vec<(u8, u64)>>>()
            };
            let mut counts = BatchCounts::default();
            for (code, count) in read().map_err(failed(operation))? {
                counts.total += count;
                match ItemResult::from_code(code) {
                    Some(ItemResult::Succeeded) => counts.succeeded = count,
                    Some(ItemResult::Skipped) => counts.skipped = count,
                    Some(ItemResult::Failed) => counts.failed = count,
                    Some(ItemResult::Pending) | None => {}
                }
            }
            Ok(counts)
        })
    }

    fn retry_failed(&self, num: RowId, limit: usize) -> Answer<usize> {
        let operation = "retry the failed items of a batch job";
        self.on_writer(operation, move |connection| {
            let sql = "UPDATE batch_items SET result = 0, detail = NULL WHERE batch = ?1 AND position IN
                       (SELECT position FROM batch_items WHERE batch = ?1 AND result = 3 AND result >= 2 LIMIT ?2)";
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let reset = || connection.prepare_cached(sql)?.execute(params![num, limit]);
            reset().map_err(|error| unavailable(operation, error))
        })
    }

    fn delete_batch(&self, hub: HubId, num: RowId) -> Answer<()> {
        let operation = "delete a batch job";
        self.in_steps(operation, move |connection| {
            let mut delete = || {
                let transaction = immediate(connection)?;
                let own = "SELECT 1 FROM batches WHERE hub = ?1 AND num = ?2";
                if !transaction.prepare_cached(own)?.exists(params![hub.0, num])? {
                    return Ok(Again::No);
                }
                let again = delete_items(&transaction, num)?;
                if again == Again::No {
                    transaction.execute("DELETE FROM batches WHERE num = ?1", [num])?;
                }
                transaction.commit()?;
                Ok(again)
            };
            delete().map_err(|error: rusqlite::Error| unavailable(operation, error))
        })
    }

    fn statuses(
        &self,
        hub: HubId,
        ids: Vec<Arc<str>>,
    ) -> Answer<Vec<Option<(RowId, RuntimeStatus)>>> {
        let operation = "read statuses";
        self.read(operation, move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(
                    "SELECT num, status FROM instances WHERE hub = ?1 AND instance_id = ?2 AND entity = 0",
                )?;
                let mut one = |id: &Arc<str>| {
                    statement.query_row(params![hub.0, id], |row| {
                        Ok((row.get(0)?, rows::status(row, 1)?))
                    })
                };
                ids.iter().map(|id| one(id).optional()).collect::<rusqlite::Result<_>>()
            };
            read().map_err(failed(operation))
        })
    }
}

/// Deletes a part of a hub's jobs; whether something is left.
pub(super) fn delete_some_of_hub(
    transaction: &Transaction<'_>,
    hub: HubId,
) -> rusqlite::Result<Again> {
    let first = transaction
        .prepare_cached("SELECT num FROM batches WHERE hub = ?1 LIMIT 1")?
        .query_row([hub.0], |row| row.get::<_, RowId>(0))
        .optional()?;
    let Some(num) = first else { return Ok(Again::No) };
    if delete_items(transaction, num)? == Again::No {
        transaction.execute("DELETE FROM batches WHERE num = ?1", [num])?;
    }
    Ok(Again::Yes)
}

/// Notes an item as done; whether it was pending.
pub(super) fn done(
    transaction: &Transaction<'_>,
    hub: HubId,
    done: &ItemDone,
) -> rusqlite::Result<bool> {
    let changed = transaction
        .prepare_cached(
            "UPDATE batch_items SET result = 1, detail = ?3 WHERE batch = ?1 AND position = ?2 AND result = 0
             AND EXISTS (SELECT 1 FROM batches WHERE num = ?1 AND hub = ?4)",
        )?
        .execute(params![done.batch, done.position, done.detail, hub.0])?;
    Ok(changed > 0)
}

fn delete_items(transaction: &Transaction<'_>, num: RowId) -> rusqlite::Result<Again> {
    let step = i64::try_from(STEP).unwrap_or(i64::MAX);
    let deleted = transaction
        .prepare_cached(
            "DELETE FROM batch_items WHERE batch = ?1 AND position IN
             (SELECT position FROM batch_items WHERE batch = ?1 LIMIT ?2)",
        )?
        .execute(params![num, step])?;
    Ok(if deleted < STEP { Again::No } else { Again::Yes })
}

fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn write(
    connection: &mut Connection,
    hub: HubId,
    change: &BatchWrite,
    text: &str,
) -> rusqlite::Result<()> {
    let BatchWrite { record, from, add, results } = change;
    let transaction = immediate(connection)?;
    transaction
        .prepare_cached(
            "INSERT INTO batches (num, hub, record, input) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (num) DO UPDATE SET record = excluded.record WHERE hub = excluded.hub",
        )?
        .execute(params![record.num, hub.0, text, record.input])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO batch_items (batch, position, instance_id, num, result) VALUES (?1, ?2, ?3, ?4, 0)
         ON CONFLICT DO NOTHING",
    )?;
    for (position, new) in (*from..).zip(add) {
        insert.execute(params![record.num, position, new.instance_id, new.num])?;
    }
    drop(insert);
    let mut update = transaction.prepare_cached(
        "UPDATE batch_items SET result = ?3, detail = ?4 WHERE batch = ?1 AND position = ?2 AND result = 0",
    )?;
    for outcome in results {
        let code = outcome.result.code();
        update.execute(params![record.num, outcome.position, code, outcome.detail])?;
    }
    drop(update);
    transaction.commit()
}

fn record(row: &Row<'_>) -> rusqlite::Result<BatchRecord> {
    let stored: Option<BatchRecord> = rows::json(row, 1)?;
    let mut stored = stored.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    (stored.num, stored.input) = (row.get(0)?, row.get(2)?);
    Ok(stored)
}

fn item(row: &Row<'_>) -> rusqlite::Result<ItemRecord> {
    let code: u8 = row.get(3)?;
    let result = ItemResult::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(3, code.into()))?;
    Ok(ItemRecord {
        position: row.get(0)?,
        instance_id: row.get(1)?,
        num: row.get(2)?,
        result,
        detail: row.get(4)?,
    })
}
