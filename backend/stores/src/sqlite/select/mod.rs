//! Lists and groups of the instances that a query means.

mod condition;
mod function;
mod plan;

use std::collections::HashMap;

use rusqlite::{Connection, Row, types::ValueRef};
use taskhub_hub::store::{
    StoreError,
    model::{HubId, InstanceRecord, RowId},
    select::{
        Group, Grouping, Key, Place, SelectRequest, Selected, Selection, TALLY_ORDER, Tallied,
        TallyRequest,
    },
};
use taskhub_shared::{
    query::{Sort, TimeField},
    status::RuntimeStatus,
};

use self::{
    condition::Writer,
    plan::{Arm, Candidates, Planner},
};
use super::{
    read::failed,
    rows::{self, COLUMNS, PAYLOAD_COLUMNS},
};

pub(super) use function::register;

/// How much one slice looks at: a row is one, and so is each quarter of a KiB of the payloads that it reads. It takes
/// about 20 ms.
const SLICE: u64 = 20_000;

/// A list to go through.
struct Scan<'a> {
    selection: &'a Selection,
    sort: Sort,
    descending: bool,
    after: Option<&'a Place>,
    /// What is wanted of each row that matches, behind its place.
    columns: &'a str,
}

/// What a scan came to.
#[derive(Default)]
struct Scanned {
    rest: Option<Place>,
    rows: u64,
}

/// Columns that every scan reads before those that are asked for: key, start, number, whether it matches, bytes.
const OWN: usize = 5;

pub(super) fn select(
    connection: &Connection,
    hub: HubId,
    request: &SelectRequest,
) -> Result<Selected, StoreError> {
    let read = || {
        // One snapshot for both readings.
        let snapshot = connection.unchecked_transaction()?;
        let candidates = Candidates::read(&snapshot, hub, &request.selection)?;
        let scan = Scan {
            selection: &request.selection,
            sort: request.sort,
            descending: request.sort.descending != request.backwards,
            after: request.after.as_ref(),
            columns: "",
        };
        let mut found: Vec<RowId> = Vec::new();
        let scanned = scan.run(&snapshot, hub, &candidates, |num, _| {
            found.push(num);
            Ok(found.len() < request.limit)
        })?;
        let records = found.iter().map(|num| record(&snapshot, *num, request.payloads));
        let records = records.collect::<rusqlite::Result<_>>()?;
        Ok(Selected { records, rest: scanned.rest, scanned: scanned.rows })
    };
    read().map_err(failed("list instances"))
}

fn record(connection: &Connection, num: RowId, payloads: bool) -> rusqlite::Result<InstanceRecord> {
    if payloads {
        let sql = format!(
            "SELECT {COLUMNS}, {PAYLOAD_COLUMNS} FROM instances i LEFT JOIN payloads p ON p.num = i.num
             WHERE i.num = ?1"
        );
        return connection.prepare_cached(&sql)?.query_row([num], rows::full_record);
    }
    let sql = format!("SELECT {COLUMNS} FROM instances i WHERE i.num = ?1");
    connection.prepare_cached(&sql)?.query_row([num], rows::record)
}

pub(super) fn tally(
    connection: &Connection,
    hub: HubId,
    request: &TallyRequest,
) -> Result<Tallied, StoreError> {
    let read = || {
        let snapshot = connection.unchecked_transaction()?;
        let candidates = Candidates::read(&snapshot, hub, &request.selection)?;
        let counted = match &request.grouping {
            Grouping::Status => Some(false),
            Grouping::Name => Some(true),
            Grouping::Version | Grouping::Tag | Grouping::Error | Grouping::Time { .. } => None,
        };
        if let Some(by_name) = counted.filter(|_| candidates.certain) {
            return Ok(from_counters(&candidates, by_name));
        }
        let value = value(&request.grouping);
        let in_one = condition::is_cheap(&request.selection.query)
            && request.after.is_none()
            && !matches!(request.grouping, Grouping::Tag);
        if in_one {
            return in_one_statement(&snapshot, hub, request, &candidates, &value);
        }
        let columns = format!(", i.status, {value}");
        let scan = Scan {
            selection: &request.selection,
            sort: TALLY_ORDER,
            descending: true,
            after: request.after.as_ref(),
            columns: &columns,
        };
        let mut groups: HashMap<(String, RuntimeStatus), u64> = HashMap::new();
        let scanned = scan.run(&snapshot, hub, &candidates, |_, row| {
            let status = status(row, OWN)?;
            for value in values_of(&request.grouping, row, OWN + 1)? {
                *groups.entry((value, status)).or_default() += 1;
            }
            Ok(true)
        })?;
        Ok(Tallied { groups: sorted(groups), rest: scanned.rest })
    };
    read().map_err(failed("count instances"))
}

fn from_counters(candidates: &Candidates, by_name: bool) -> Tallied {
    let mut groups: HashMap<(String, RuntimeStatus), u64> = HashMap::new();
    for (name, status, count) in &candidates.pairs {
        let value = if by_name { name.clone() } else { String::new() };
        *groups.entry((value, *status)).or_default() += count;
    }
    Tallied { groups: sorted(groups), rest: None }
}

fn sorted(groups: HashMap<(String, RuntimeStatus), u64>) -> Vec<Group> {
    let group = |((value, status), count)| Group { value, status, count };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort();
    groups
}

/// Groups of all instances at once, for conditions on columns alone: SQLite chooses the index.
fn in_one_statement(
    connection: &Connection,
    hub: HubId,
    request: &TallyRequest,
    candidates: &Candidates,
    value: &str,
) -> rusqlite::Result<Tallied> {
    let mut writer = Writer::new(&request.selection);
    let condition = if candidates.everything() { "1".to_owned() } else { writer.query() };
    let statuses =
        condition::codes(|status| candidates.pairs.iter().any(|(_, of, _)| *of == status));
    // The names that can match let the index of names find them, when they are few.
    let names: Vec<String> = candidates.names().into_iter().map(str::to_owned).collect();
    let names = if names.len() <= plan::ARMS {
        let names: Vec<String> = names.into_iter().map(|name| writer.values.add(name)).collect();
        format!("AND i.name IN ({})", names.join(", "))
    } else {
        String::new()
    };
    let names = if candidates.fewer_names() { names } else { String::new() };
    let sql = format!(
        "SELECT i.status, {value}, count(*) FROM instances i
         WHERE i.hub = {} AND i.entity = 0 AND i.status IN ({statuses}) {names} AND {condition} GROUP BY 1, 2",
        hub.0
    );
    let mut statement = connection.prepare_cached(&sql)?;
    bind(&mut statement, &writer.values)?;
    let mut rows = statement.raw_query();
    let mut groups = HashMap::new();
    while let Some(row) = rows.next()? {
        let (status, count): (_, u64) = (status(row, 0)?, row.get(2)?);
        for value in values_of(&request.grouping, row, 1)? {
            *groups.entry((value, status)).or_default() += count;
        }
    }
    Ok(Tallied { groups: sorted(groups), rest: None })
}

/// What the groups have in common, as a column; null for rows that are in no group.
fn value(grouping: &Grouping) -> String {
    match grouping {
        Grouping::Status => "''".to_owned(),
        Grouping::Name => "i.name".to_owned(),
        Grouping::Version => "coalesce(i.version, '')".to_owned(),
        Grouping::Tag => "i.extra".to_owned(),
        Grouping::Error => "i.failure_message".to_owned(),
        Grouping::Time { field, from, step, steps } => {
            let column = match field {
                TimeField::Created => "i.created_at",
                TimeField::Updated => "i.updated_at",
                TimeField::Completed => "i.completed_at",
            };
            let (from, step) = (from.timestamp_micros(), (*step).max(1));
            format!(
                "CASE WHEN {column} >= {from} AND ({column} - {from}) / {step} < {steps}
                 THEN ({column} - {from}) / {step} END"
            )
        }
    }
}

fn values_of(grouping: &Grouping, row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    match grouping {
        Grouping::Tag => {
            let tags = rows::tags(row, column)?;
            Ok(tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
        }
        Grouping::Time { .. } => {
            let step: Option<i64> = row.get(column)?;
            Ok(step.map(|step| step.to_string()).into_iter().collect())
        }
        Grouping::Status | Grouping::Name | Grouping::Version | Grouping::Error => {
            let text: Option<String> = row.get(column)?;
            Ok(text.into_iter().collect())
        }
    }
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<RuntimeStatus> {
    let code: u8 = row.get(column)?;
    RuntimeStatus::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code.into()))
}

fn bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    values: &condition::Values,
) -> rusqlite::Result<()> {
    for (at, value) in values.0.iter().enumerate().take(statement.parameter_count()) {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(())
}

impl Scan<'_> {
    /// Goes through the rows until the visitor, who sees those that match, has enough, or the slice is full.
    fn run(
        &self,
        connection: &Connection,
        hub: HubId,
        candidates: &Candidates,
        mut visit: impl FnMut(RowId, &Row<'_>) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<Scanned> {
        let mut scanned = Scanned::default();
        if candidates.pairs.is_empty() {
            return Ok(scanned);
        }
        let mut writer = Writer::new(self.selection);
        let matches = if candidates.everything() { "1".to_owned() } else { writer.query() };
        let planner = Planner {
            connection,
            hub,
            selection: self.selection,
            candidates,
            sort: self.sort,
            descending: self.descending,
            after: self.after,
        };
        let parts = planner.parts(&mut writer.values)?;
        let bytes = self.bytes(&matches);
        let mut spent = 0;
        for part in &parts {
            let sql = self.sql(part, planner.has_second(), &matches, &bytes);
            let mut statement = connection.prepare_cached(&sql)?;
            bind(&mut statement, &writer.values)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                scanned.rows += 1;
                spent += 1 + row.get::<_, u64>(4)? / 256;
                let (num, fits): (RowId, bool) = (row.get(2)?, row.get(3)?);
                if (fits && !visit(num, row)?) || spent >= SLICE {
                    scanned.rest = Some(place(row, num)?);
                    return Ok(scanned);
                }
            }
            // A part has its price too, though it may be empty.
            spent += 200;
        }
        Ok(scanned)
    }

    /// Bytes of the payloads that the query reads of a row.
    fn bytes(&self, matches: &str) -> String {
        let columns = condition::payloads(&self.selection.query);
        if columns.is_empty() || matches == "1" {
            return "0".to_owned();
        }
        let lengths: Vec<String> = columns
            .iter()
            .map(|column| {
                format!(
                    "coalesce((SELECT octet_length(b.{column}) FROM payloads b WHERE b.num = i.num), 0)"
                )
            })
            .collect();
        lengths.join(" + ")
    }

    fn sql(&self, arms: &[Arm], second: bool, matches: &str, bytes: &str) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        let created = if second { "i.created_at" } else { "0" };
        let columns = self.columns;
        let arms: Vec<String> = arms
            .iter()
            .map(|Arm { index, conditions, key }| {
                format!(
                    "SELECT {key}, {created}, i.num, {matches}, {bytes}{columns}
                     FROM instances i INDEXED BY {index} WHERE {}",
                    conditions.join(" AND ")
                )
            })
            .collect();
        let second = if second { format!("2 {direction}, ") } else { String::new() };
        format!("{} ORDER BY 1 {direction}, {second}3 {direction}", arms.join(" UNION ALL "))
    }
}

fn place(row: &Row<'_>, num: RowId) -> rusqlite::Result<Place> {
    let key = match row.get_ref(0)? {
        ValueRef::Integer(number) => Key::Number(number),
        ValueRef::Text(_) => Key::Text(row.get(0)?),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => {
            let kind = row.get_ref(0)?.data_type();
            return Err(rusqlite::Error::InvalidColumnType(0, "key".to_owned(), kind));
        }
    };
    Ok(Place { key, created: row.get(1)?, num })
}
