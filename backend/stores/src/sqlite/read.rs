//! Queries.

use std::{fmt::Write as _, sync::Arc};

use chrono::DateTime;
use rusqlite::{Connection, OptionalExtension, params, types::Value};
use taskhub_hub::{
    engine::history_event::HistoryEvent,
    store::{
        StoreError,
        model::{
            Direction, Ended, EndedRequest, EntityFilter, Filter, HubId, InstanceRecord,
            ListRequest, Loaded, Message, NameCount, NameFilter, Outstanding, RowId, Task, Timer,
        },
    },
};
use taskhub_shared::{limits, status::RuntimeStatus};

use super::{
    error::{damaged, unavailable},
    rows::{self, COLUMNS, PAYLOAD_COLUMNS},
};

/// Rows that a page is read beyond its limit, for those that cannot be read.
const SPARE: usize = 100;

/// A read that failed because of what is stored is damage; anything else may pass.
pub(super) fn failed(operation: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| {
        if is_damage(&error) { damaged(operation, error) } else { unavailable(operation, error) }
    }
}

/// Whether what is stored cannot be read, however often one tries.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    is_unreadable(error)
        || matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// Whether a row holds what no row of ours does.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// A row of a list, or nothing when it cannot be read: one that is damaged must not hide the others. Whoever asks for it
/// by its id is told.
pub(super) fn unless_unreadable<T>(
    what: &'static str,
    number: u64,
    read: rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_unreadable(&error) => {
            tracing::error!(what, number, error = %error, "a row is damaged; lists leave it out");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn outstanding(connection: &Connection, hub: HubId) -> Result<Outstanding, StoreError> {
    let read = || {
        let with_messages = connection
            .prepare(
                "SELECT i.instance_id FROM inbox m JOIN instances i ON i.num = m.num WHERE i.hub = ?1
                 GROUP BY m.num ORDER BY min(m.id)",
            )?
            .query_map([hub.0], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let tasks = "SELECT t.num, t.id, t.task FROM tasks t JOIN instances i ON i.num = t.num WHERE i.hub = ?1
                     ORDER BY t.id";
        let timers = "SELECT t.num, t.id, t.timer FROM timers t JOIN instances i ON i.num = t.num WHERE i.hub = ?1
                      ORDER BY t.id";
        Ok(Outstanding {
            with_messages,
            tasks: readable(connection, hub, tasks, task)?,
            timers: readable(connection, hub, timers, timer)?,
        })
    };
    read().map_err(failed("read what is outstanding"))
}

/// Rows that can be read. One that cannot must not keep the hub from opening; its instance is found to be damaged when
/// somebody asks for it.
fn readable<T>(
    connection: &Connection,
    hub: HubId,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([hub.0])?;
    let mut readable = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok(value) => readable.push(value),
            Err(error) if is_damage(&error) => {
                let instance: i64 = row.get(0)?;
                tracing::error!(instance, error = %error, "stored work is damaged; it rests until it is mended");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(readable)
}

/// Whether there is such an instance, from the index alone.
pub(super) fn exists(connection: &Connection, hub: HubId, id: &str) -> Result<bool, StoreError> {
    let look = || {
        connection
            .prepare_cached("SELECT 1 FROM instances WHERE hub = ?1 AND instance_id = ?2")?
            .exists(params![hub.0, id])
    };
    look().map_err(failed("look an instance up"))
}

pub(super) fn load(
    connection: &Connection,
    hub: HubId,
    id: &str,
) -> Result<Option<Loaded>, StoreError> {
    let read = || {
        // One snapshot for all tables: the writer goes on meanwhile.
        let snapshot = connection.unchecked_transaction()?;
        let Some(record) = full(&snapshot, hub, id)? else { return Ok(None) };
        let num = record.num;
        let history = if record.status.is_terminal() {
            Vec::new()
        } else {
            events(&snapshot, num, 0, i64::MAX)?
        };
        let inbox = snapshot
            .prepare_cached("SELECT id, event FROM inbox WHERE num = ?1 ORDER BY id")?
            .query_map([num], |row| {
                Ok(Message { id: row.get(0)?, event: Arc::new(event(row, 1)?) })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let tasks = snapshot
            .prepare_cached("SELECT num, id, task FROM tasks WHERE num = ?1 ORDER BY id")?
            .query_map([num], task)?
            .collect::<rusqlite::Result<_>>()?;
        let timers = snapshot
            .prepare_cached("SELECT num, id, timer FROM timers WHERE num = ?1 ORDER BY id")?
            .query_map([num], timer)?
            .collect::<rusqlite::Result<_>>()?;
        let history = history.into_iter().map(Arc::new).collect();
        Ok(Some(Loaded { record: Arc::new(record), history, inbox, tasks, timers }))
    };
    read().map_err(failed("load an instance"))
}

pub(super) fn instance(
    connection: &Connection,
    hub: HubId,
    id: &str,
) -> Result<Option<InstanceRecord>, StoreError> {
    full(connection, hub, id).map_err(failed("read an instance"))
}

pub(super) fn history(
    connection: &Connection,
    hub: HubId,
    id: &str,
    after: u64,
    limit: usize,
) -> Result<Option<Vec<HistoryEvent>>, StoreError> {
    let read = || {
        let snapshot = connection.unchecked_transaction()?;
        let num: Option<RowId> = snapshot
            .prepare_cached("SELECT num FROM instances WHERE hub = ?1 AND instance_id = ?2")?
            .query_row(params![hub.0, id], |row| row.get(0))
            .optional()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        num.map(|num| events(&snapshot, num, after, limit)).transpose()
    };
    read().map_err(failed("read a history"))
}

pub(super) fn list(
    connection: &Connection,
    hub: HubId,
    request: &ListRequest,
) -> Result<Vec<InstanceRecord>, StoreError> {
    let (mut condition, mut values) = condition(hub, &request.filter);
    let (comparison, order) = match request.direction {
        Direction::Older => ("<", "DESC"),
        Direction::Newer => (">", "ASC"),
    };
    if let Some(from) = request.from {
        let at = values.len();
        write!(condition, " AND (i.created_at, i.num) {comparison} (?{}, ?{})", at + 1, at + 2)
            .ok();
        values.push(from.created_at.timestamp_micros().into());
        values.push(number(from.num));
    }
    let (columns, join) = if request.payloads {
        (format!("{COLUMNS}, {PAYLOAD_COLUMNS}"), "LEFT JOIN payloads p ON p.num = i.num")
    } else {
        (COLUMNS.to_owned(), "")
    };
    let sql = format!(
        "SELECT {columns} FROM instances i {join} WHERE {condition}
         ORDER BY i.created_at {order}, i.num {order} LIMIT {}",
        request.limit.saturating_add(SPARE)
    );
    let record = if request.payloads { rows::full_record } else { rows::record };
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut records = Vec::new();
        while records.len() < request.limit {
            let Some(row) = rows.next()? else { break };
            records.extend(unless_unreadable("instance", row.get(0)?, record(row))?);
        }
        Ok(records)
    };
    read().map_err(failed("list instances"))
}

pub(super) fn counts(
    connection: &Connection,
    hub: HubId,
    filter: &Filter,
) -> Result<Vec<NameCount>, StoreError> {
    let narrowed = |entities: &EntityFilter| {
        *entities != EntityFilter { transient: true, ..EntityFilter::default() }
    };
    let kept = filter.id_prefix.is_none()
        && filter.created_from.is_none()
        && filter.created_to.is_none()
        && !filter.entities.as_ref().is_some_and(narrowed);
    let (condition, values) = condition(hub, filter);
    // The kept counters know name and status; anything else has to be counted.
    let sql = if kept {
        format!(
            "SELECT i.name, i.status, i.count FROM counts i WHERE {condition} AND i.count > 0 ORDER BY 1, 2"
        )
    } else {
        format!(
            "SELECT i.name, i.status, count(*) FROM instances i WHERE {condition} GROUP BY 1, 2 ORDER BY 1, 2"
        )
    };
    let read = |row: &rusqlite::Row<'_>| {
        let code: u8 = row.get(1)?;
        let status = RuntimeStatus::from_code(code)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(1, code.into()))?;
        Ok(NameCount { name: row.get(0)?, status, count: row.get(2)? })
    };
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement.query_map(rusqlite::params_from_iter(values), read)?.collect()
        })
        .map_err(failed("count instances"))
}

pub(super) fn ended(
    connection: &Connection,
    hub: HubId,
    request: &EndedRequest,
) -> Result<Vec<Ended>, StoreError> {
    let mut sql =
        "SELECT completed_at, instance_id FROM instances WHERE hub = ?1 AND completed_at IS NOT NULL"
            .to_owned();
    let mut values: Vec<Value> = vec![hub.0.into()];
    if let Some(from) = request.from {
        values.push(from.timestamp_micros().into());
        write!(sql, " AND completed_at >= ?{}", values.len()).ok();
    }
    if let Some(to) = request.to {
        values.push(to.timestamp_micros().into());
        write!(sql, " AND completed_at < ?{}", values.len()).ok();
    }
    if let Some(after) = &request.after {
        values.push(after.completed_at.timestamp_micros().into());
        values.push(after.instance_id.to_string().into());
        let at = values.len();
        write!(sql, " AND (completed_at, instance_id) > (?{}, ?{at})", at - 1).ok();
    }
    if !request.statuses.is_empty() {
        let codes: Vec<String> =
            request.statuses.iter().map(|status| status.code().to_string()).collect();
        write!(sql, " AND status IN ({})", codes.join(", ")).ok();
    }
    write!(sql, " ORDER BY completed_at, instance_id LIMIT {}", request.limit).ok();
    let row = |row: &rusqlite::Row<'_>| {
        let micros: i64 = row.get(0)?;
        let completed_at = DateTime::from_timestamp_micros(micros)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, micros))?;
        Ok(Ended { completed_at, instance_id: row.get(1)? })
    };
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement.query_map(rusqlite::params_from_iter(values), row)?.collect()
        })
        .map_err(failed("list ended instances"))
}

/// `WHERE` of a filter, and its values.
fn condition(hub: HubId, filter: &Filter) -> (String, Vec<Value>) {
    let mut sql = "i.hub = ?1 AND i.entity = ?2".to_owned();
    let mut values: Vec<Value> = vec![hub.0.into(), i64::from(filter.entities.is_some()).into()];
    let mut add = |text: &str, value: Value| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&text.replace("??", &format!("?{}", values.len())));
    };
    match &filter.name {
        None => {}
        Some(NameFilter::Exact(name)) => add("i.name = ??", name.clone().into()),
        Some(NameFilter::Prefix(prefix)) => {
            add("i.name >= ??", prefix.clone().into());
            add("i.name < ??", after_prefix(prefix));
        }
    }
    if let Some(prefix) = &filter.id_prefix {
        add("i.instance_id >= ??", prefix.clone().into());
        add("i.instance_id < ??", after_prefix(prefix));
    }
    if let Some(from) = filter.created_from {
        add("i.created_at >= ??", from.timestamp_micros().into());
    }
    if let Some(to) = filter.created_to {
        add("i.created_at < ??", to.timestamp_micros().into());
    }
    if let Some(entities) = &filter.entities {
        if let Some(from) = entities.changed_from {
            add("i.updated_at >= ??", from.timestamp_micros().into());
        }
        if let Some(to) = entities.changed_to {
            add("i.updated_at < ??", to.timestamp_micros().into());
        }
        if !entities.transient {
            sql.push_str(" AND EXISTS (SELECT 1 FROM payloads s WHERE s.num = i.num AND s.output IS NOT NULL)");
        }
    }
    if !filter.statuses.is_empty() {
        let codes: Vec<String> =
            filter.statuses.iter().map(|status| status.code().to_string()).collect();
        write!(sql, " AND i.status IN ({})", codes.join(", ")).ok();
    }
    (sql, values)
}

/// Text that sorts after every name and id that begins with the prefix.
pub(super) fn after_prefix(prefix: &str) -> Value {
    // No text of so many characters sorts after as many of the last one.
    format!("{prefix}{}", "\u{10FFFF}".repeat(limits::NAME_CHARS + 1)).into()
}

pub(super) fn number(num: RowId) -> Value {
    i64::try_from(num).unwrap_or(i64::MAX).into()
}

fn full(connection: &Connection, hub: HubId, id: &str) -> rusqlite::Result<Option<InstanceRecord>> {
    let sql = format!(
        "SELECT {COLUMNS}, {PAYLOAD_COLUMNS} FROM instances i LEFT JOIN payloads p ON p.num = i.num
         WHERE i.hub = ?1 AND i.instance_id = ?2"
    );
    connection.prepare_cached(&sql)?.query_row(params![hub.0, id], rows::full_record).optional()
}

fn events(
    connection: &Connection,
    num: RowId,
    after: i64,
    limit: i64,
) -> rusqlite::Result<Vec<HistoryEvent>> {
    connection
        .prepare_cached(
            "SELECT event FROM history WHERE num = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?
        .query_map(params![num, after, limit], |row| event(row, 0))?
        .collect()
}

fn event(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<HistoryEvent> {
    rows::json(row, column)?.ok_or(rusqlite::Error::InvalidColumnType(
        column,
        "event".to_owned(),
        rusqlite::types::Type::Null,
    ))
}

fn task(row: &rusqlite::Row<'_>) -> rusqlite::Result<Arc<Task>> {
    let mut task: Task = rows::json(row, 2)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    (task.instance_num, task.id) = (row.get(0)?, row.get(1)?);
    Ok(Arc::new(task))
}

fn timer(row: &rusqlite::Row<'_>) -> rusqlite::Result<Arc<Timer>> {
    let mut timer: Timer = rows::json(row, 2)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    (timer.instance_num, timer.id) = (row.get(0)?, row.get(1)?);
    Ok(Arc::new(timer))
}
