//! Goes through a list in its order, a slice at a time.

use rusqlite::{Connection, Row, types::ValueRef};
use taskhub_hub::store::{
    model::{HubId, RowId},
    select::{Key, Place, Selection},
};
use taskhub_shared::query::Sort;

use super::{
    condition::{self, Writer},
    plan::{Arm, Candidates, Planner},
};

/// How much one slice looks at: a row is one, and so is each quarter of a KiB of the payloads that it reads. It takes
/// about 20 ms on an idle machine.
const SLICE: u64 = 10_000;

/// A list to go through.
pub(super) struct Scan<'a> {
    pub(super) selection: &'a Selection,
    pub(super) sort: Sort,
    pub(super) descending: bool,
    pub(super) after: Option<&'a Place>,
    /// What is wanted of each row that matches, behind its place.
    pub(super) columns: &'a str,
}

/// What a scan came to.
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) rest: Option<Place>,
    pub(super) rows: u64,
}

/// Columns that every scan reads before those that are asked for: key, start, number, whether it matches, bytes.
pub(super) const OWN: usize = 5;

pub(super) fn bind(
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
    pub(super) fn run(
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
