//! The schema's versions, the hubs, and the last number in use.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior, params};
use taskhub_hub::store::{StoreError, model::HubId};
use taskhub_shared::id::TaskHubName;

use super::{OpenError, error::unavailable};

/// Migrations, in order. A released one never changes.
const MIGRATIONS: [&str; 7] = [
    include_str!("../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../migrations/sqlite/0002_completed.sql"),
    include_str!("../../migrations/sqlite/0003_queries.sql"),
    include_str!("../../migrations/sqlite/0004_batches.sql"),
    include_str!("../../migrations/sqlite/0005_statistics.sql"),
    include_str!("../../migrations/sqlite/0006_settings.sql"),
    include_str!("../../migrations/sqlite/0007_views.sql"),
];

/// Brings the schema up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// Largest row number in use.
pub(super) fn last_number(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT max(coalesce((SELECT max(num) FROM instances), 0), coalesce((SELECT max(id) FROM inbox), 0),
                          coalesce((SELECT max(id) FROM tasks), 0), coalesce((SELECT max(id) FROM timers), 0),
                          coalesce((SELECT max(num) FROM batches), 0))";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Number of the hub, which is made when there is none.
pub(super) fn open_hub(
    connection: &mut Connection,
    name: &TaskHubName,
    now: DateTime<Utc>,
) -> Result<HubId, StoreError> {
    let open = || {
        connection.execute(
            "INSERT INTO task_hubs (key, name, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING",
            params![name.key(), name.as_str(), now.timestamp_micros()],
        )?;
        connection
            .query_row("SELECT id FROM task_hubs WHERE key = ?1", [name.key()], |row| row.get(0))
    };
    open().map(HubId).map_err(|error| unavailable("open the task hub", error))
}
