//! Instances that a query means, at the store port: [`Selection`] and the two things a store does with it, a slice of
//! the list ([`SelectRequest`]) and groups with their numbers ([`TallyRequest`]).
//!
//! What a condition means stands in [`fits`] alone: the memory store evaluates it there, and SQLite takes the parts
//! that no index knows from there too.

pub mod fits;
pub mod json;
mod known;
mod place;

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use taskhub_shared::{
    limits,
    query::{Query, Sort, SortField, TimeField},
    status::RuntimeStatus,
};

use super::model::{InstanceRecord, RowId};

pub use place::{Key, OPEN_END, Place};

/// Order in which the parts of a tally follow each other.
pub const TALLY_ORDER: Sort = Sort { field: SortField::Created, descending: true };

/// Which instances are meant; never entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The query.
    pub query: Arc<Query>,
    /// The time from which the query sees the instances.
    pub now: DateTime<Utc>,
    /// Who takes work now, for `is:stuck`.
    pub serving: Arc<Serving>,
}

/// Who takes work now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Serving {
    /// Names of the orchestrators that connected workers take; absent when one of them takes all.
    pub orchestrations: Option<BTreeSet<String>>,
    /// Names of the activities that connected workers take; absent when one of them takes all.
    pub activities: Option<BTreeSet<String>>,
    /// Instances with work that rests because of what became of its deliveries: it was lost with its workers so often that
    /// it goes out alone, or all who would take it gave it back.
    pub held_up: BTreeSet<RowId>,
}

/// The first of these rows that fit into a page together, at least one; and the place of the last of them when there are
/// more.
///
/// # Errors
/// The error of the first row that cannot be read.
pub fn fitting<E>(
    sort: Sort,
    rows: &mut dyn Iterator<Item = Result<InstanceRecord, E>>,
) -> Result<(Vec<InstanceRecord>, Option<Place>), E> {
    let (mut fit, mut bytes): (Vec<InstanceRecord>, usize) = (Vec::new(), 0);
    for row in rows {
        let row = row?;
        bytes += row.weight();
        if bytes > limits::PAGE_BYTES
            && let Some(last) = fit.last()
        {
            let last = Place::of(sort, last);
            return Ok((fit, Some(last)));
        }
        fit.push(row);
    }
    Ok((fit, None))
}

/// A slice of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectRequest {
    /// Which instances.
    pub selection: Selection,
    /// In which order.
    pub sort: Sort,
    /// Row behind which the slice begins; absent for the beginning of the list.
    pub after: Option<Place>,
    /// Whether to go towards the beginning of the list instead of its end.
    pub backwards: bool,
    /// Most rows.
    pub limit: usize,
    /// Whether the payloads are wanted too.
    pub payloads: bool,
}

/// A slice of a list, in the order in which it was gone through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// Rows that match.
    pub records: Vec<InstanceRecord>,
    /// Where to go on when the list has not been gone through to its end. The row there may match or not.
    pub rest: Option<Place>,
    /// Rows that were looked at.
    pub scanned: u64,
}

/// What instances are grouped by, beside their status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    /// Nothing.
    Status,
    /// The orchestrator's name.
    Name,
    /// The version; the empty text for none.
    Version,
    /// Each tag, as `key=value`; instances without tags are in no group.
    Tag,
    /// First 200 characters of the failure's message; instances that did not fail are in no group.
    Error,
    /// Times in steps of so many microseconds, counted from `from`; the group is the number of the step, in decimal.
    /// What lies outside of `from` to `from + steps` steps is in no group.
    Time {
        /// Which time.
        field: TimeField,
        /// Beginning of the first step.
        from: DateTime<Utc>,
        /// Length of a step in microseconds, at least 1.
        step: i64,
        /// How many steps.
        steps: u32,
    },
}

/// Groups of the instances that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyRequest {
    /// Which instances.
    pub selection: Selection,
    /// By what.
    pub grouping: Grouping,
    /// Where to go on; absent for the beginning. The parts follow each other from the newest to the oldest start.
    pub after: Option<Place>,
}

/// One group of instances.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// What they have in common.
    pub value: String,
    /// Their status.
    pub status: RuntimeStatus,
    /// How many they are.
    pub count: u64,
}

/// Groups of a part of the instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallied {
    /// Groups of this part, in no order.
    pub groups: Vec<Group>,
    /// Where to go on when this was not the last part.
    pub rest: Option<Place>,
}

impl Selection {
    /// All instances that the query means at `now`, of which nothing is known to be stuck.
    #[must_use]
    pub fn new(query: Query, now: DateTime<Utc>) -> Self {
        Self { query: Arc::new(query), now, serving: Arc::default() }
    }
}

impl Grouping {
    /// Groups that an instance is in.
    #[must_use]
    pub fn values(&self, record: &InstanceRecord) -> Vec<String> {
        match self {
            Self::Status => vec![String::new()],
            Self::Name => vec![record.name.clone()],
            Self::Version => vec![record.version.clone().unwrap_or_default()],
            Self::Tag => record.tags.iter().map(|(key, value)| format!("{key}={value}")).collect(),
            Self::Error => record.summary().failure_message.into_iter().collect(),
            Self::Time { field, from, step, steps } => {
                let at = match field {
                    TimeField::Created => Some(record.created_at),
                    TimeField::Updated => Some(record.updated_at),
                    TimeField::Completed => record.completed_at,
                };
                let passed = at.map(|at| at.timestamp_micros() - from.timestamp_micros());
                let number = passed.filter(|passed| *passed >= 0).map(|passed| passed / step);
                let number = number.filter(|number| *number < i64::from(*steps));
                number.map(|number| number.to_string()).into_iter().collect()
            }
        }
    }
}
