//! What changed since the last tick: each instance once, in its newest form.

use std::{collections::HashMap, sync::Arc};

use taskhub_hub::{
    notice::{Change, Notice},
    store::model::InstanceRecord,
};
use taskhub_shared::{batch::BatchJob, status::InstanceSummary};

/// Most rows that one event tells; when more changed, the page is to be read again.
pub(super) const MOST_ROWS: usize = 64;

/// Changes that have not been told.
#[derive(Debug, Default)]
pub(super) struct Pending {
    changed: HashMap<Arc<str>, (u64, Option<Arc<InstanceRecord>>)>,
    batches: HashMap<String, (u64, Arc<BatchJob>)>,
    lost: bool,
}

/// What to tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// These rows changed, and these instances are gone.
    Changes { rows: Vec<InstanceSummary>, purged: Vec<String> },
    /// Too much changed to tell it row by row.
    Resync,
}

impl Pending {
    /// Takes a change, if it is about the instance that is watched.
    pub(super) fn add(&mut self, notice: &Notice, only: Option<&str>) {
        let (id, record) = match &notice.change {
            Change::Updated(record) => (&record.instance_id, Some(Arc::clone(record))),
            Change::Purged(id) => (id, None),
            Change::BatchJob(job) => {
                // Whoever watches one instance has no use for it. There are few, and each is told in its newest form.
                if only.is_none() {
                    self.batches.insert(job.id.clone(), (notice.seq, Arc::clone(job)));
                }
                return;
            }
        };
        if self.lost || only.is_some_and(|only| *only != **id) {
            return;
        }
        self.changed.insert(Arc::clone(id), (notice.seq, record));
        if self.changed.len() > MOST_ROWS {
            self.lose();
        }
    }

    /// Some changes were missed.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.changed = HashMap::new();
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.lost && self.changed.is_empty() && self.batches.is_empty()
    }

    /// Whether something about instances is to be told.
    pub(super) fn has_instances(&self) -> bool {
        self.lost || !self.changed.is_empty()
    }

    /// Batch jobs that stand otherwise than before, oldest change first.
    pub(super) fn take_batches(&mut self) -> Vec<BatchJob> {
        let mut batches: Vec<_> = std::mem::take(&mut self.batches).into_values().collect();
        batches.sort_by_key(|(seq, _)| *seq);
        batches.into_iter().map(|(_, job)| BatchJob::clone(&job)).collect()
    }

    /// Everything about instances since the last call, oldest change first.
    pub(super) fn take(&mut self) -> News {
        let (changed, lost) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.lost));
        if lost {
            return News::Resync;
        }
        let mut changed: Vec<_> = changed.into_iter().collect();
        changed.sort_by_key(|(_, (seq, _))| *seq);
        let (mut rows, mut purged) = (Vec::new(), Vec::new());
        for (id, (_, record)) in changed {
            match record {
                Some(record) => rows.push(record.summary()),
                None => purged.push(id.to_string()),
            }
        }
        News::Changes { rows, purged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge(seq: u64, id: &str) -> Notice {
        Notice { seq, change: Change::Purged(Arc::from(id)) }
    }

    #[test]
    fn an_instance_is_told_once() {
        let mut pending = Pending::default();
        for (seq, id) in [(1, "a"), (2, "b"), (3, "a")] {
            pending.add(&purge(seq, id), None);
        }
        assert!(pending.has_instances());
        let purged = vec!["b".to_owned(), "a".to_owned()];
        assert_eq!(pending.take(), News::Changes { rows: vec![], purged });
        assert!(pending.is_empty());
    }

    #[test]
    fn others_are_not_told_and_too_many_are_not_told_one_by_one() {
        let mut pending = Pending::default();
        pending.add(&purge(1, "ab"), Some("a"));
        assert!(pending.is_empty());
        for seq in 0..=64 {
            pending.add(&purge(seq, &seq.to_string()), None);
            assert_eq!(pending.lost, seq == 64);
        }
        assert_eq!(pending.take(), News::Resync);
        assert!(pending.is_empty());
    }
}
