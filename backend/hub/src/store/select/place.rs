//! The order of a list: [`Key`], [`Place`].

use std::cmp::Ordering;

use taskhub_shared::query::{Sort, SortField};

use crate::store::model::{InstanceRecord, RowId};

/// What an instance that has not ended has in place of its end, in microseconds: later than all that is real.
pub const OPEN_END: i64 = 4_000_000_000_000_000_000;

/// What a row is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A time or a length in microseconds, or the number of a status.
    Number(i64),
    /// A name.
    Text(String),
}

/// Place of a row in a list: rows of a list compare like their places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What the row is ordered by.
    pub key: Key,
    /// Its start in microseconds, in the orders by name and status; 0 in the others.
    pub created: i64,
    /// Its number.
    pub num: RowId,
}

impl Place {
    /// Place of a row in a list of this order.
    #[must_use]
    pub fn of(sort: Sort, record: &InstanceRecord) -> Self {
        let created = record.created_at.timestamp_micros();
        let ended = record.completed_at.map(|at| at.timestamp_micros());
        let (key, second) = match sort.field {
            SortField::Created => (Key::Number(created), 0),
            SortField::Updated => (Key::Number(record.updated_at.timestamp_micros()), 0),
            SortField::Completed => {
                (Key::Number(ended.unwrap_or(OPEN_END.saturating_add(created))), 0)
            }
            SortField::Duration => {
                let open = OPEN_END.saturating_sub(created);
                (Key::Number(ended.map_or(open, |ended| ended.saturating_sub(created))), 0)
            }
            SortField::Name => (Key::Text(record.name.clone()), created),
            SortField::Status => (Key::Number(record.status.code().into()), created),
        };
        Self { key, created: second, num: record.num }
    }

    /// How two rows follow each other when the list is gone through.
    #[must_use]
    pub fn compare(&self, other: &Self, descending: bool) -> Ordering {
        if descending { other.cmp(self) } else { self.cmp(other) }
    }
}
