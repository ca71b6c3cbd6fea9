//! What changed a moment ago, for readers that come back: ids only, so that no payload stays in memory because of it.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, PoisonError},
};

use super::{Hub, Inner};
use crate::notice::Change;

/// How many changes are remembered.
const MOST: usize = 4096;

/// What a change was about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// An instance, by its id.
    Instance(Arc<str>),
    /// A batch job, by its id.
    BatchJob(String),
}

/// The newest changes with their numbers, which rise by one from each to the next.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(u64, Changed)>);

impl Recent {
    pub(super) fn push(&mut self, seq: u64, change: &Change) {
        let changed = match change {
            Change::Updated(record) => Changed::Instance(Arc::clone(&record.instance_id)),
            Change::Purged(id) => Changed::Instance(Arc::clone(id)),
            Change::BatchJob(job) => Changed::BatchJob(job.id.clone()),
        };
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((seq, changed));
    }

    /// Everything after this number, each once; `None` when that is not known any more.
    fn since(&self, seq: u64, newest: u64) -> Option<BTreeSet<Changed>> {
        if seq > newest {
            return None;
        }
        let missed = usize::try_from(newest - seq).ok().filter(|missed| *missed <= self.0.len())?;
        Some(self.0.iter().rev().take(missed).map(|(_, changed)| changed.clone()).collect())
    }
}

impl Hub {
    /// What changed after the notice with this number, each once, with the number up to which that holds; `None` when it
    /// is too long ago, or the number is not one of this hub since it was opened.
    #[must_use]
    pub fn changed_since(&self, seq: u64) -> Option<(BTreeSet<Changed>, u64)> {
        let recent = self.inner.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = self.seq();
        Some((recent.since(seq, newest)?, newest))
    }
}

impl Inner {
    /// Tells everybody what became durable.
    pub(crate) fn publish(&self, changes: Vec<Change>) {
        for change in changes {
            if let Change::Updated(record) = &change {
                self.tell_waiters(record);
                self.counting.note(record, self.clock.now());
            }
            // Held until it is sent: numbers come in their order.
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            let seq = self.next_seq();
            recent.push(seq, &change);
            self.send(seq, change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purged(id: u64) -> Change {
        Change::Purged(Arc::from(id.to_string()))
    }

    #[test]
    fn what_is_remembered_is_told_and_what_is_not_is_not_made_up() {
        let mut recent = Recent::default();
        assert_eq!(recent.since(7, 7), Some(BTreeSet::new()));
        assert_eq!(recent.since(6, 7), None);
        for seq in 8..=10 {
            recent.push(seq, &purged(seq % 2));
        }
        let both = BTreeSet::from(["0", "1"].map(|id| Changed::Instance(Arc::from(id))));
        assert_eq!(recent.since(7, 10), Some(both));
        assert_eq!(recent.since(9, 10).unwrap().len(), 1);
        assert_eq!(recent.since(6, 10), None);
        assert_eq!(recent.since(11, 10), None, "another server's");
        for seq in 11..=11 + MOST as u64 {
            recent.push(seq, &purged(seq));
        }
        assert_eq!(recent.since(10, 11 + MOST as u64), None);
        assert_eq!(recent.since(11, 11 + MOST as u64).unwrap().len(), MOST);
    }
}
