//! How a list is gone through: by which indexes, so that few rows are looked at that do not match.
//!
//! Counters by name and status are kept with each commit. They tell which names and statuses can match at all; the list
//! is then a merge of one index range for each of them, which all have the list's order.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use taskhub_hub::store::{
    model::HubId,
    select::{Key, OPEN_END, Place, Selection},
};
use taskhub_shared::{
    query::{Condition, Expr, Order, Pattern, Sort, SortField, TimeField},
    status::RuntimeStatus,
};

use super::condition::Values;
use crate::sqlite::read::{after_prefix, number};

/// Most index ranges that are merged.
pub(super) const ARMS: usize = 64;
/// Most rows that are sorted rather than read in order.
const SORTED: usize = 5000;

/// Number of instances of one name and status.
pub(super) type Counter = (String, RuntimeStatus, u64);

/// Instances that may match, by name and status, as far as the counters tell.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) pairs: Vec<Counter>,
    /// Whether all of them match for certain.
    pub(super) certain: bool,
    /// Whether these are all instances.
    all: bool,
    /// Whether a name was ruled out, and whether a status.
    fewer_names: bool,
    fewer_statuses: bool,
}

/// A range of an index in the order of the list.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) index: &'static str,
    /// Conditions, each to be joined by `AND`.
    pub(super) conditions: Vec<String>,
    /// What the rows are ordered by.
    pub(super) key: String,
}

impl Candidates {
    pub(super) fn read(
        connection: &Connection,
        hub: HubId,
        selection: &Selection,
    ) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(
            "SELECT name, status, count FROM counts WHERE hub = ?1 AND entity = 0 AND count > 0",
        )?;
        let mut rows = statement.query(params![hub.0])?;
        let mut all = (BTreeSet::new(), BTreeSet::new());
        let mut found = Self { certain: true, all: true, ..Self::default() };
        while let Some(row) = rows.next()? {
            let (name, code): (String, u8) = (row.get(0)?, row.get(1)?);
            // What cannot be read is looked at, so that it is told of.
            let status = RuntimeStatus::from_code(code)
                .ok_or(rusqlite::Error::IntegralValueOutOfRange(1, code.into()))?;
            all.0.insert(name.clone());
            all.1.insert(status);
            let known = selection.known(&name, status);
            found.all &= known != Some(false);
            if known != Some(false) {
                found.certain &= known == Some(true);
                found.pairs.push((name, status, row.get(2)?));
            }
        }
        found.fewer_names = found.names().len() < all.0.len();
        found.fewer_statuses = found.statuses().len() < all.1.len();
        Ok(found)
    }

    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.pairs.iter().map(|(name, ..)| name.as_str()).collect()
    }

    /// Whether no instance needs to be looked at to know that it matches.
    pub(super) fn everything(&self) -> bool {
        self.certain && self.all
    }

    /// Whether a name was ruled out.
    pub(super) fn fewer_names(&self) -> bool {
        self.fewer_names
    }

    fn statuses(&self) -> BTreeSet<RuntimeStatus> {
        self.pairs.iter().map(|(_, status, _)| *status).collect()
    }
}

/// What the arms of a list are made from.
pub(super) struct Planner<'a> {
    pub(super) connection: &'a Connection,
    pub(super) hub: HubId,
    pub(super) selection: &'a Selection,
    pub(super) candidates: &'a Candidates,
    pub(super) sort: Sort,
    /// Whether the list is gone through from the largest on.
    pub(super) descending: bool,
    pub(super) after: Option<&'a Place>,
}

impl Planner<'_> {
    /// The arms of each part of the list, in the order of the parts.
    pub(super) fn parts(&self, values: &mut Values) -> rusqlite::Result<Vec<Vec<Arm>>> {
        if let Some(arm) = self.narrow(values)? {
            return Ok(vec![vec![arm]]);
        }
        Ok(match self.sort.field {
            SortField::Created => vec![self.by_creation(values)],
            SortField::Updated => vec![
                self.each_status()
                    .map(|status| {
                        let mut arm = Self::arm("instances_by_update", "i.updated_at");
                        arm.conditions = self.base(status, values);
                        self.bounded(&mut arm, TimeField::Updated, "i.updated_at", values);
                        self.behind(&mut arm, values);
                        arm
                    })
                    .collect(),
            ],
            SortField::Completed | SortField::Duration => vec![self.by_end(values)],
            SortField::Name => self.by_name(values),
            SortField::Status => vec![
                self.each_status()
                    .filter(|status| self.comes_yet(&Key::Number(status.code().into())))
                    .map(|status| self.status_arm(status, "i.status", values))
                    .collect(),
            ],
        })
    }

    fn each_status(&self) -> impl Iterator<Item = RuntimeStatus> {
        self.candidates.statuses().into_iter()
    }

    fn arm(index: &'static str, key: &str) -> Arm {
        Arm { index, conditions: Vec::new(), key: key.to_owned() }
    }

    fn base(&self, status: RuntimeStatus, _values: &mut Values) -> Vec<String> {
        vec![
            format!("i.hub = {}", self.hub.0),
            "i.entity = 0".to_owned(),
            format!("i.status = {}", status.code()),
        ]
    }

    /// The newest first: by name and status where names are ruled out, by status where only those are.
    fn by_creation(&self, values: &mut Values) -> Vec<Arm> {
        let candidates = self.candidates;
        if candidates.fewer_names && candidates.pairs.len() <= ARMS {
            let pairs = candidates.pairs.iter();
            return pairs
                .map(|(name, status, _)| self.pair_arm(name, *status, "i.created_at", values))
                .collect();
        }
        if candidates.fewer_statuses {
            return self
                .each_status()
                .map(|status| self.status_arm(status, "i.created_at", values))
                .collect();
        }
        let mut arm = Self::arm("instances_by_time", "i.created_at");
        arm.conditions = vec![format!("i.hub = {}", self.hub.0), "i.entity = 0".to_owned()];
        self.bounded(&mut arm, TimeField::Created, "i.created_at", values);
        self.behind(&mut arm, values);
        vec![arm]
    }

    fn status_arm(&self, status: RuntimeStatus, key: &str, values: &mut Values) -> Arm {
        let mut arm = Self::arm("instances_by_status", key);
        arm.conditions = self.base(status, values);
        self.bounded(&mut arm, TimeField::Created, "i.created_at", values);
        self.behind(&mut arm, values);
        arm
    }

    fn pair_arm(&self, name: &str, status: RuntimeStatus, key: &str, values: &mut Values) -> Arm {
        let mut arm = Self::arm("instances_by_name_status", key);
        arm.conditions = self.base(status, values);
        arm.conditions.push(format!("i.name = {}", values.add(name.to_owned())));
        self.bounded(&mut arm, TimeField::Created, "i.created_at", values);
        self.behind(&mut arm, values);
        arm
    }

    /// By end or length. What has not ended has the start in their place.
    fn by_end(&self, values: &mut Values) -> Vec<Arm> {
        let duration = self.sort.field == SortField::Duration;
        let mut arms = Vec::new();
        for status in self.each_status() {
            let mut arm = if status.is_terminal() {
                let (index, key) = if duration {
                    ("instances_by_duration", "i.completed_at - i.created_at")
                } else {
                    ("instances_by_status_end", "i.completed_at")
                };
                let mut arm = Self::arm(index, key);
                arm.conditions = self.base(status, values);
                arm.conditions.push("i.completed_at IS NOT NULL".to_owned());
                if !duration {
                    self.bounded(&mut arm, TimeField::Completed, "i.completed_at", values);
                }
                arm
            } else {
                let sign = if duration { '-' } else { '+' };
                let mut arm =
                    Self::arm("instances_by_status", &format!("{OPEN_END} {sign} i.created_at"));
                arm.conditions = self.base(status, values);
                self.bounded(&mut arm, TimeField::Created, "i.created_at", values);
                if let Some(Place { key: Key::Number(key), .. }) = self.after {
                    // The same bound in terms of the column, which the index knows.
                    let (bound, down) = if duration {
                        (OPEN_END.saturating_sub(*key), !self.descending)
                    } else {
                        (key.saturating_sub(OPEN_END), self.descending)
                    };
                    let comparison = if down { "<=" } else { ">=" };
                    let bound = values.add(bound);
                    arm.conditions.push(format!("i.created_at {comparison} {bound}"));
                }
                arm
            };
            self.behind(&mut arm, values);
            arms.push(arm);
        }
        arms
    }

    /// Name after name; those of few instances together.
    fn by_name(&self, values: &mut Values) -> Vec<Vec<Arm>> {
        let mut names: Vec<&str> = self.candidates.names().into_iter().collect();
        if self.descending {
            names.reverse();
        }
        let mut parts: Vec<Vec<Arm>> = Vec::new();
        for name in names {
            if !self.comes_yet(&Key::Text(name.to_owned())) {
                continue;
            }
            let pairs = self.candidates.pairs.iter().filter(|(of, ..)| of == name);
            let arms: Vec<Arm> = pairs
                .map(|(_, status, _)| self.pair_arm(name, *status, "i.name", values))
                .collect();
            match parts.last_mut() {
                Some(last) if last.len() + arms.len() <= ARMS => last.extend(arms),
                Some(_) | None => parts.push(arms),
            }
        }
        parts
    }

    /// Whether rows of this key can lie behind the place where the list goes on.
    fn comes_yet(&self, key: &Key) -> bool {
        self.after.is_none_or(
            |after| {
                if self.descending { *key <= after.key } else { *key >= after.key }
            },
        )
    }

    /// Only rows behind the place where the list goes on.
    fn behind(&self, arm: &mut Arm, values: &mut Values) {
        let Some(after) = self.after else { return };
        let (strict, loose) = if self.descending { ("<", "<=") } else { (">", ">=") };
        let (key, num) = (key_value(&after.key), number(after.num));
        let key = values.add(key);
        let num = values.add(num);
        let by = &arm.key;
        let condition = if self.has_second() {
            let created = values.add(after.created);
            format!("({by}, i.created_at, i.num) {strict} ({key}, {created}, {num})")
        } else {
            arm.conditions.push(format!("{by} {loose} {key}"));
            format!("({by}, i.num) {strict} ({key}, {num})")
        };
        arm.conditions.push(condition);
    }

    /// Whether rows of one key are ordered by their start.
    pub(super) fn has_second(&self) -> bool {
        matches!(self.sort.field, SortField::Name | SortField::Status)
    }

    /// Only rows that the query's bounds on this time let through.
    fn bounded(&self, arm: &mut Arm, field: TimeField, column: &str, values: &mut Values) {
        for (order, at) in self.bounds(field) {
            arm.conditions.push(format!("{column} {} {}", order.as_str(), values.add(at)));
        }
    }

    /// Conditions that every instance must hold that matches.
    fn musts(&self) -> impl Iterator<Item = &Condition> {
        let parts: Vec<&Expr> = match self.selection.query.expr.as_ref() {
            Some(Expr::All(parts)) => parts.iter().collect(),
            Some(one @ (Expr::Term(_) | Expr::Any(_) | Expr::Not(_))) => vec![one],
            None => Vec::new(),
        };
        parts.into_iter().filter_map(|part| match part {
            Expr::Term(term) => Some(&term.condition),
            Expr::All(_) | Expr::Any(_) | Expr::Not(_) => None,
        })
    }

    fn bounds(&self, of: TimeField) -> Vec<(Order, i64)> {
        let now = self.selection.now;
        self.musts()
            .filter_map(|condition| {
                let Condition::Time { field, order, when } = condition else { return None };
                (*field == of).then(|| (*order, when.at(now).timestamp_micros()))
            })
            .collect()
    }

    /// The few rows that some index tells apart, to be sorted, if they are few.
    fn narrow(&self, values: &mut Values) -> rusqlite::Result<Option<Arm>> {
        let mut ways: Vec<(&'static str, Vec<String>)> = Vec::new();
        let before = values.0.len();
        let hub = format!("i.hub = {}", self.hub.0);
        for condition in self.musts() {
            let (index, column, patterns) = if let Condition::Id(patterns) = condition {
                ("instances_by_id", "i.instance_id", patterns)
            } else if let Condition::Parent(patterns) = condition {
                ("instances_by_parent", "i.parent", patterns)
            } else {
                continue;
            };
            if let Some(range) = range(column, patterns, values) {
                ways.push((index, vec![hub.clone(), range]));
            }
        }
        let times = [
            (TimeField::Created, SortField::Created, "i.created_at", "instances_by_time"),
            (TimeField::Completed, SortField::Completed, "i.completed_at", "instances_by_end"),
        ];
        for (field, sort, column, index) in times {
            let bounds = self.bounds(field);
            if bounds.is_empty() || self.sort.field == sort {
                continue;
            }
            let mut conditions = vec![hub.clone(), format!("{column} IS NOT NULL")];
            if field == TimeField::Created {
                conditions.push("i.entity = 0".to_owned());
            }
            for (order, at) in bounds {
                conditions.push(format!("{column} {} {}", order.as_str(), values.add(at)));
            }
            ways.push((index, conditions));
        }
        for (index, mut conditions) in ways {
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM instances i INDEXED BY {index} WHERE {} LIMIT {})",
                conditions.join(" AND "),
                SORTED + 1
            );
            let bound = values.0.iter().enumerate().map(|(at, value)| (at + 1, value.clone()));
            let mut statement = self.connection.prepare_cached(&sql)?;
            for (at, value) in bound.take(statement.parameter_count()) {
                statement.raw_bind_parameter(at, value)?;
            }
            let mut rows = statement.raw_query();
            let found: i64 = rows.next()?.map_or(Ok(0), |row| row.get(0))?;
            if usize::try_from(found).is_ok_and(|found| found <= SORTED) {
                conditions.push("i.entity = 0".to_owned());
                let mut arm = Arm { index, conditions, key: self.key() };
                self.behind(&mut arm, values);
                return Ok(Some(arm));
            }
        }
        values.0.truncate(before);
        Ok(None)
    }

    /// What any row is ordered by.
    fn key(&self) -> String {
        match self.sort.field {
            SortField::Created => "i.created_at".to_owned(),
            SortField::Updated => "i.updated_at".to_owned(),
            SortField::Completed => {
                format!("coalesce(i.completed_at, {OPEN_END} + i.created_at)")
            }
            SortField::Duration => {
                format!("coalesce(i.completed_at - i.created_at, {OPEN_END} - i.created_at)")
            }
            SortField::Name => "i.name".to_owned(),
            SortField::Status => "i.status".to_owned(),
        }
    }
}

fn key_value(key: &Key) -> rusqlite::types::Value {
    match key {
        Key::Number(number) => (*number).into(),
        Key::Text(text) => text.clone().into(),
    }
}

/// The patterns as ranges of an index: whole texts, or one beginning.
fn range(column: &str, patterns: &[Pattern], values: &mut Values) -> Option<String> {
    if let [pattern] = patterns
        && let Some(prefix) = pattern.as_prefix().filter(|prefix| !prefix.is_empty())
    {
        let (from, to) = (values.add(prefix.to_owned()), values.add(after_prefix(prefix)));
        return Some(format!("{column} >= {from} AND {column} < {to}"));
    }
    let texts: Option<Vec<&str>> = patterns.iter().map(Pattern::as_exact).collect();
    let texts: Vec<String> = texts?.into_iter().map(|text| values.add(text.to_owned())).collect();
    Some(format!("{column} IN ({})", texts.join(", ")))
}
