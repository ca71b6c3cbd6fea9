//! The list of hubs, and how one goes.

use rusqlite::{Connection, TransactionBehavior, params};
use taskhub_hub::store::{StoreError, model::HubId};
use taskhub_shared::id::TaskHubName;

use super::{
    batches,
    error::{damaged, unavailable},
    store::Again,
};

/// Instances that go in one transaction, so that the commits of other hubs get their turn in between.
const STEP: usize = 500;

/// Key of a hub that is on its way out. No name has a blank, so it is in nobody's way.
const GOING: &str = "deleted ";

/// Names of all hubs, oldest first.
pub(super) fn list(connection: &Connection) -> Result<Vec<TaskHubName>, StoreError> {
    let read = || {
        connection
            .prepare_cached("SELECT name FROM task_hubs WHERE instr(key, ' ') = 0 ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()
    };
    let names = read().map_err(|error| unavailable("list the task hubs", error))?;
    let name = |text: String| {
        TaskHubName::new(text).map_err(|refused| damaged("list the task hubs", refused))
    };
    names.into_iter().map(name).collect()
}

/// Takes a hub off the list: from now on it is not there, and its name is free.
pub(super) fn begin_delete(connection: &Connection, hub: HubId) -> Result<(), StoreError> {
    let rename = || {
        connection
            .execute("UPDATE task_hubs SET key = ?2 || id WHERE id = ?1", params![hub.0, GOING])
    };
    rename().map(|_| ()).map_err(|error| unavailable("delete the task hub", error))
}

/// Deletes a part of what a hub holds; whether something is left.
pub(super) fn delete_step(connection: &mut Connection, hub: HubId) -> Result<Again, StoreError> {
    let mut step = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let nums: Vec<i64> = transaction
            .prepare_cached("SELECT num FROM instances WHERE hub = ?1 LIMIT ?2")?
            .query_map(params![hub.0, STEP], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for num in &nums {
            for table in ["payloads", "history", "inbox", "tasks", "timers", "instances"] {
                transaction
                    .prepare_cached(&format!("DELETE FROM {table} WHERE num = ?1"))?
                    .execute([num])?;
            }
        }
        let last =
            nums.len() < STEP && batches::delete_some_of_hub(&transaction, hub)? == Again::No;
        if last {
            transaction.execute("DELETE FROM counts WHERE hub = ?1", [hub.0])?;
            transaction.execute("DELETE FROM settings WHERE hub = ?1", [hub.0])?;
            transaction.execute("DELETE FROM statistics WHERE hub = ?1", [hub.0])?;
            transaction.execute("DELETE FROM views WHERE hub = ?1", [hub.0])?;
            transaction.execute("DELETE FROM task_hubs WHERE id = ?1", [hub.0])?;
        }
        transaction.commit()?;
        Ok(if last { Again::No } else { Again::Yes })
    };
    step().map_err(|error: rusqlite::Error| unavailable("delete the task hub", error))
}

/// Hubs whose deletion the end of the process cut short.
pub(super) fn going(connection: &Connection) -> rusqlite::Result<Vec<HubId>> {
    connection
        .prepare("SELECT id FROM task_hubs WHERE instr(key, ' ') > 0")?
        .query_map([], |row| row.get(0).map(HubId))?
        .collect()
}
