//! Settings of hubs.

use rusqlite::{OptionalExtension as _, params};
use taskhub_hub::store::{Answer, StoreError, model::HubId, settings::SettingStore};

use super::{SqliteStore, error::unavailable, read::failed};

impl SettingStore for SqliteStore {
    fn setting(&self, hub: HubId, name: &str) -> Answer<Option<String>> {
        let operation = "read a setting";
        let name = name.to_owned();
        self.read(operation, move |connection| {
            connection
                .prepare_cached("SELECT text FROM settings WHERE hub = ?1 AND name = ?2")
                .and_then(|mut statement| {
                    statement.query_row(params![hub.0, name], |row| row.get(0)).optional()
                })
                .map_err(failed(operation))
        })
    }

    fn set(&self, hub: HubId, name: &str, text: String) -> Answer<()> {
        let operation = "write a setting";
        let name = name.to_owned();
        self.on_writer(operation, move |connection| {
            connection
                .execute(
                    "INSERT OR REPLACE INTO settings (hub, name, text) VALUES (?1, ?2, ?3)",
                    params![hub.0, name, text],
                )
                .map(|_| ())
                .map_err(|error| -> StoreError { unavailable(operation, error) })
        })
    }
}
