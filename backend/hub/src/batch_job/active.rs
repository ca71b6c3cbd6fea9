//! A job that has not ended, as memory knows it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::batch::{BatchCounts, BatchJob, BatchState};

use crate::{
    error::HubError,
    hub::Inner,
    notice::Change,
    store::{
        batch_job::{BatchRecord, BatchWrite, ItemOutcome, NewItem},
        model::RowId,
    },
};

/// How often the progress of a job is told.
const TELL_EVERY: TimeDelta = TimeDelta::milliseconds(500);

/// A job that has not ended.
#[derive(Debug)]
pub(crate) struct Active {
    num: RowId,
    record: Mutex<BatchRecord>,
    /// Ahead of those of the record.
    counts: Mutex<BatchCounts>,
    told: Mutex<DateTime<Utc>>,
    /// Held while the record changes, so that what is stored and what memory knows follow each other.
    changing: tokio::sync::Mutex<()>,
    /// Held by the task that works: a job that is paused and resumed at once does not work twice.
    pub(super) working: tokio::sync::Mutex<()>,
    /// Told whenever the record has changed.
    pub(super) changed: tokio::sync::Notify,
}

/// Items that change together with their job.
#[derive(Debug, Default)]
pub(crate) struct Items {
    pub(crate) add: Vec<NewItem>,
    pub(crate) results: Vec<ItemOutcome>,
}

impl Active {
    pub(crate) fn new(record: BatchRecord, counts: BatchCounts, now: DateTime<Utc>) -> Self {
        Self {
            num: record.num,
            record: Mutex::new(record),
            counts: Mutex::new(counts),
            told: Mutex::new(now),
            changing: tokio::sync::Mutex::default(),
            working: tokio::sync::Mutex::default(),
            changed: tokio::sync::Notify::new(),
        }
    }

    pub(crate) fn num(&self) -> RowId {
        self.num
    }

    /// The record as it stands, with the counts of now.
    pub(crate) fn record(&self) -> BatchRecord {
        let mut record = lock(&self.record).clone();
        record.job.counts = self.counts();
        record
    }

    pub(crate) fn job(&self) -> BatchJob {
        let mut job = lock(&self.record).job.clone();
        job.counts = self.counts();
        job
    }

    pub(super) fn state(&self) -> BatchState {
        lock(&self.record).job.state
    }

    /// When it begins by itself.
    pub(super) fn start_at(&self) -> Option<DateTime<Utc>> {
        lock(&self.record).job.start_at
    }

    pub(super) fn counts(&self) -> BatchCounts {
        *lock(&self.counts)
    }

    /// Takes the counts from what is stored.
    pub(crate) fn recount(&self, counts: BatchCounts) {
        self.count(|now| *now = counts);
    }

    /// Counts something.
    pub(super) fn count(&self, count: impl FnOnce(&mut BatchCounts)) {
        count(&mut lock(&self.counts));
    }

    /// Whether so much failed since it was last resumed that it is to stop.
    pub(super) fn fails_too_often(&self) -> bool {
        let record = lock(&self.record);
        let failed = lock(&self.counts).failed.saturating_sub(record.failed_before);
        failed >= record.job.stop_after_failures
    }

    /// Changes the job once the store has it, and tells of it; `None` when `change` finds nothing to do.
    pub(crate) async fn change(
        &self,
        inner: &Inner,
        change: impl FnOnce(&mut BatchRecord) -> Option<Items>,
    ) -> Result<Option<BatchJob>, HubError> {
        let _one = self.changing.lock().await;
        let mut record = self.record();
        let Some(Items { add, results }) = change(&mut record) else { return Ok(None) };
        let from = record.job.counts.total + 1;
        let added = add.len() as u64;
        record.job.counts.total += added;
        let (state, ended) = (record.job.state, record.job.state.has_ended());
        let write = BatchWrite { record: record.clone(), from, add, results };
        inner.store.batch_jobs().write(inner.id, write).await?;
        self.count(|counts| counts.total += added);
        let before = std::mem::replace(&mut *lock(&self.record), record).job.state;
        if ended {
            inner.batches.remove(self.num);
        }
        if before != state {
            tracing::info!(batch = self.num, ?state, "a batch job stands otherwise");
        }
        self.changed.notify_one();
        self.tell_now(inner);
        Ok(Some(self.job()))
    }

    /// Tells how far the job is, unless that was told a moment ago.
    pub(super) fn tell(&self, inner: &Inner) {
        if inner.clock.now() - *lock(&self.told) >= TELL_EVERY {
            self.tell_now(inner);
        }
    }

    pub(crate) fn tell_now(&self, inner: &Inner) {
        *lock(&self.told) = inner.clock.now();
        inner.publish(vec![Change::BatchJob(Arc::new(self.job()))]);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
