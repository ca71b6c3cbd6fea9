//! Timers that have not fired, by when they are due.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::store::model::{RowId, Timer};

/// All timers of a hub.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    by_time: BTreeMap<(DateTime<Utc>, RowId), Arc<Timer>>,
}

/// When the loop of the timers looks at the hub again.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    next: Option<DateTime<Utc>>,
    earlier: Arc<Notify>,
}

impl Alarm {
    /// Makes sure that somebody looks at `at`.
    pub(super) fn by(&mut self, at: DateTime<Utc>) {
        if self.next.is_none_or(|next| at < next) {
            self.next = Some(at);
            self.earlier.notify_one();
        }
    }

    /// Notes when the loop looks next.
    pub(super) fn set(&mut self, next: Option<DateTime<Utc>>) {
        self.next = next;
    }

    /// Told when the loop is to look earlier than it meant to.
    pub(super) fn earlier(&self) -> Arc<Notify> {
        Arc::clone(&self.earlier)
    }
}

impl Timers {
    pub(super) fn insert(&mut self, timer: Arc<Timer>) {
        self.by_time.insert((timer.fire_at, timer.id), timer);
    }

    pub(super) fn remove(&mut self, fire_at: DateTime<Utc>, id: RowId) {
        self.by_time.remove(&(fire_at, id));
    }

    pub(super) fn get(&self, fire_at: DateTime<Utc>, id: RowId) -> Option<&Arc<Timer>> {
        self.by_time.get(&(fire_at, id))
    }

    /// When the earliest is due.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.by_time.keys().next().map(|(at, _)| *at)
    }

    /// Takes the earliest if it is due at `now`.
    pub(super) fn pop_due(&mut self, now: DateTime<Utc>) -> Option<Arc<Timer>> {
        let earliest = self.by_time.first_entry()?;
        (earliest.key().0 <= now).then(|| earliest.remove())
    }

    #[cfg(feature = "test-support")]
    pub(super) fn len(&self) -> usize {
        self.by_time.len()
    }
}
