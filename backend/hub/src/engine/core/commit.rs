//! Commits on their way to the store, and what follows when the answer comes.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::oneshot;

use super::{Core, poison::WorkId};
use crate::{
    engine::{
        batch::{Ack, Batch, Change, InFlight},
        instance::Instance,
    },
    error::HubError,
    store::{StoreError, batch_job::ItemDone, model::RowId},
};

/// A state of an instance that is ahead of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unstored {
    num: RowId,
    revision: u64,
    gone: bool,
    /// How many instances had been dropped until then: the same revision may come twice, and not be the same.
    dropped: u64,
}

impl Unstored {
    /// Whether this state follows from an earlier one: nothing between them was dropped.
    pub(crate) fn includes(self, earlier: Self) -> bool {
        self.num == earlier.num
            && self.revision >= earlier.revision
            && self.gone >= earlier.gone
            && self.dropped == earlier.dropped
    }
}

impl Core {
    /// Acts for an item of a batch job, if it is for one: what `act` hands to the store first tells that the item is
    /// done, so that both become durable together or not at all.
    pub(crate) fn doing<T>(
        &mut self,
        item: Option<&ItemDone>,
        act: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.doing = item.cloned();
        let answer = act(self);
        // Nothing was handed to the store.
        self.doing = None;
        answer
    }

    /// State of an instance, if it is ahead of the store.
    pub(crate) fn unstored(&self, id: &str) -> Option<Unstored> {
        let instance = self.instances.get(id).filter(|instance| instance.uncommitted > 0)?;
        let (num, revision) = (instance.record.num, instance.record.revision);
        Some(Unstored { num, revision, gone: instance.gone, dropped: self.dropped })
    }

    /// Ends when everything is answered that was handed to the store before.
    pub(crate) fn barrier(&mut self) -> Ack {
        self.submit(Batch::default())
    }

    /// Hands the batch to the store. Batches become durable in the order of these calls.
    pub(super) fn submit(&mut self, batch: Batch) -> Ack {
        for (num, id) in &batch.touched {
            if let Some(instance) =
                self.instances.get_mut(id).filter(|instance| instance.record.num == *num)
            {
                instance.uncommitted += 1;
            }
        }
        if planted!(self, EarlyActivity) {
            batch.release.iter().for_each(|task| self.queue_task(task.id));
        }
        let (ack, waits) = oneshot::channel();
        let Batch { mut commit, touched, release, changes, completes } = batch;
        commit.batch_items.extend(self.doing.take());
        let answer = if self.closed {
            let source = Arc::new(std::io::Error::other("the task hub was deleted"));
            let refused = StoreError::Unavailable { operation: "commit", source };
            Box::pin(std::future::ready(Err(refused)))
        } else {
            self.store.commit(self.hub, commit)
        };
        // The pump ends after the core; a commit that nobody pumps answers nobody.
        self.pump.send(InFlight { answer, touched, release, changes, completes, ack }).ok();
        if planted!(self, EarlyAnswer) {
            let (early, waits) = oneshot::channel();
            early.send(Ok(())).ok();
            return waits;
        }
        waits
    }

    /// Takes the store's answer to a commit: releases what waited for it, or drops what was built on it.
    ///
    /// Returns the news that may now be told.
    pub(crate) fn answered(
        &mut self,
        flight: InFlight,
        result: Result<(), StoreError>,
    ) -> Vec<Change> {
        let InFlight { touched, release, changes, completes, ack, .. } = flight;
        let failed = result.is_err();
        match &result {
            Ok(()) => self.failures = 0,
            Err(error) => self.store_failed(error),
        }
        for (num, id) in &touched {
            let Some(instance) =
                self.instances.get_mut(id).filter(|instance| instance.record.num == *num)
            else {
                continue;
            };
            instance.uncommitted = instance.uncommitted.saturating_sub(1);
            if failed && !instance.poisoned && !planted!(self, PoisonKept) {
                instance.poisoned = true;
                tracing::warn!(instance = %id, "a commit failed; the instance is read again from the store");
            }
            if instance.uncommitted == 0 {
                self.after_last_commit(id);
            }
        }
        for task in release {
            if failed {
                // The instance is read again, and with it what is stored of its activities.
                self.drop_task(task.id);
            } else if !planted!(self, ActivityForgotten) {
                self.queue_task(task.id);
            }
        }
        if let Some(token) = completes.filter(|_| !failed) {
            self.remember(token);
        }
        self.trim();
        self.dispatch();
        // Nobody may wait for it any more.
        ack.send(result.map_err(HubError::from)).ok();
        if failed && !planted!(self, NewsOfNothing) { Vec::new() } else { changes }
    }

    /// Tidies up an instance that no commit under way touches any more.
    fn after_last_commit(&mut self, id: &Arc<str>) {
        let Some(instance) = self.instances.get(id) else { return };
        if instance.poisoned {
            self.dropped += 1;
            self.dropped_now.push(Arc::clone(id));
            self.evict(id);
            self.request_load(Arc::clone(id), Vec::new());
            self.settled.notify_waiters();
        } else if instance.gone || instance.record.status.is_terminal() {
            self.evict(id);
            self.settled.notify_waiters();
        }
    }

    /// Instances that were dropped because a commit of them failed, since this was asked last.
    pub(crate) fn take_dropped(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.dropped_now)
    }

    /// Puts an instance into memory.
    pub(super) fn admit(&mut self, id: &Arc<str>, instance: Instance) {
        self.evict(id);
        self.instances.insert(Arc::clone(id), instance);
        self.recount(id);
    }

    /// Counts the bytes of an instance again.
    pub(super) fn recount(&mut self, id: &Arc<str>) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let weight = instance.weight();
        let before = std::mem::replace(&mut instance.counted, weight);
        self.cached_bytes = (self.cached_bytes + instance.counted).saturating_sub(before);
    }

    /// Takes an instance out of memory with its turn and its timers. Activities that it has outstanding run on.
    pub(super) fn evict(&mut self, id: &Arc<str>) -> Option<Instance> {
        self.recall_turn(id);
        let instance = self.instances.remove(id)?;
        if instance.poisoned {
            self.losses.keep_until_read(id, instance.record.num);
        } else {
            self.losses.forget(WorkId::Turn(instance.record.num));
        }
        self.cached_bytes = self.cached_bytes.saturating_sub(instance.counted);
        for (timer, fire_at) in &instance.timers {
            self.timers.remove(*fire_at, *timer);
        }
        Some(instance)
    }

    fn store_failed(&mut self, error: &StoreError) {
        match error {
            StoreError::Conflict { .. } => {
                metrics::counter!("taskhub_commit_conflicts_total").increment(1);
            }
            StoreError::Unavailable { .. } | StoreError::Damaged { .. } => {
                // Handing out work whose result cannot be stored would only burn the workers.
                let wait = TimeDelta::milliseconds(100 * 2_i64.pow(self.failures.min(5)));
                self.failures += 1;
                let until = self.clock.now() + wait;
                self.paused_until = Some(until);
                self.alarm.by(until);
                metrics::counter!("taskhub_commit_failures_total").increment(1);
            }
        }
        tracing::error!(error = %error, source = ?std::error::Error::source(error), "commit failed");
    }
}
