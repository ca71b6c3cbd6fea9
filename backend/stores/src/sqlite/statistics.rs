//! Figures by minute.

use rusqlite::{Connection, Row, TransactionBehavior, params};
use taskhub_hub::store::{
    Answer,
    model::HubId,
    statistics::{Minute, StatisticRow, StatisticsStore},
};
use taskhub_shared::statistics::StatisticKind;

use super::{
    error::unavailable,
    read::{failed, unless_unreadable},
    rows,
    store::SqliteStore,
};

/// Most old rows that go with one write, so that commits do not wait for long.
const OLD_ROWS: i64 = 5000;

impl StatisticsStore for SqliteStore {
    fn write_statistics(
        &self,
        hub: HubId,
        rows: Vec<StatisticRow>,
        keep_from: Minute,
    ) -> Answer<()> {
        let operation = "write figures";
        self.on_writer(operation, move |connection| {
            write(connection, hub, &rows, keep_from).map_err(|error| unavailable(operation, error))
        })
    }

    fn statistics(&self, hub: HubId, from: Minute, to: Minute) -> Answer<Vec<StatisticRow>> {
        let operation = "read figures";
        self.read(operation, move |connection| {
            let sql = "SELECT minute, kind, name, tally FROM statistics
                       WHERE hub = ?1 AND minute >= ?2 AND minute < ?3 ORDER BY minute, kind, name";
            let read = || {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![hub.0, from, to], |found| {
                    unless_unreadable("figure of minute", found.get(0)?, row(found))
                })?;
                rows.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()
            };
            read().map_err(failed(operation))
        })
    }
}

fn write(
    connection: &mut Connection,
    hub: HubId,
    rows: &[StatisticRow],
    keep_from: Minute,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO statistics (hub, minute, kind, name, tally) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for row in rows {
        let tally = serde_json::to_string(&row.tally)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        insert.execute(params![hub.0, row.minute, row.kind.code(), row.name, tally])?;
    }
    drop(insert);
    transaction
        .prepare_cached(
            "DELETE FROM statistics WHERE (hub, minute, kind, name) IN
             (SELECT hub, minute, kind, name FROM statistics WHERE hub = ?1 AND minute < ?2 LIMIT ?3)",
        )?
        .execute(params![hub.0, keep_from, OLD_ROWS])?;
    transaction.commit()
}

fn row(row: &Row<'_>) -> rusqlite::Result<StatisticRow> {
    let code: u8 = row.get(1)?;
    let kind = StatisticKind::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(1, code.into()))?;
    Ok(StatisticRow {
        minute: row.get(0)?,
        kind,
        name: row.get(2)?,
        tally: rows::json(row, 3)?.unwrap_or_default(),
    })
}
