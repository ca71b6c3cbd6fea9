//! Saved views.

use rusqlite::{Connection, params};
use taskhub_hub::store::{Answer, StoreError, model::HubId, views::ViewStore};
use taskhub_shared::view::View;

use super::{SqliteStore, error::unavailable};

impl ViewStore for SqliteStore {
    fn saved(&self, hub: HubId) -> Answer<Vec<View>> {
        self.read("list the views", move |connection| {
            list(connection, hub).map_err(|error| unavailable("list the views", error))
        })
    }

    fn save(&self, hub: HubId, view: View, most: usize) -> Answer<bool> {
        self.on_writer("save a view", move |connection| {
            save(connection, hub, &view, most).map_err(|error| unavailable("save a view", error))
        })
    }

    fn forget(&self, hub: HubId, name: &str) -> Answer<bool> {
        let name = name.to_owned();
        self.on_writer("delete a view", move |connection| {
            let gone = connection
                .execute("DELETE FROM views WHERE hub = ?1 AND name = ?2", params![hub.0, name]);
            gone.map(|rows| rows > 0)
                .map_err(|error| -> StoreError { unavailable("delete a view", error) })
        })
    }
}

fn list(connection: &Connection, hub: HubId) -> rusqlite::Result<Vec<View>> {
    connection
        .prepare_cached("SELECT name, q, sort, columns FROM views WHERE hub = ?1 ORDER BY name")?
        .query_map([hub.0], |row| {
            Ok(View { name: row.get(0)?, q: row.get(1)?, sort: row.get(2)?, columns: row.get(3)? })
        })?
        .collect()
}

/// One statement, so that two who save at once cannot both take the last place.
fn save(connection: &Connection, hub: HubId, view: &View, most: usize) -> rusqlite::Result<bool> {
    let View { name, q, sort, columns } = view;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = connection
        .prepare_cached(
            "INSERT INTO views (hub, name, q, sort, columns)
             SELECT ?1, ?2, ?3, ?4, ?5
             WHERE (SELECT count(*) FROM views WHERE hub = ?1 AND name <> ?2) < ?6
             ON CONFLICT (hub, name) DO UPDATE SET q = ?3, sort = ?4, columns = ?5",
        )?
        .execute(params![hub.0, name, q, sort, columns, most])?;
    Ok(rows > 0)
}
