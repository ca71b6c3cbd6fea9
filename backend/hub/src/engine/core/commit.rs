//! Commits on their way to the store, and what follows when the answer comes.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::oneshot;

use super::{Core, LoadRequest, QueuedTask};
use crate::{
    engine::{
        batch::{Ack, Batch, Change, InFlight},
        instance::Instance,
        queue::QueueKey,
    },
    error::HubError,
    store::{StoreError, model::Task},
};

impl Core {
    /// Hands the batch to the store. Batches become durable in the order of these calls.
    pub(super) fn submit(&mut self, batch: Batch) -> Ack {
        for (id, num) in &batch.touched {
            if let Some(instance) =
                self.instances.get_mut(id).filter(|instance| instance.record.num == *num)
            {
                instance.uncommitted += 1;
            }
        }
        let (ack, waits) = oneshot::channel();
        let Batch { commit, touched, release, changes } = batch;
        let answer = self.store.commit(self.hub, commit);
        // The pump ends after the core; a commit that nobody pumps answers nobody.
        self.pump.send(InFlight { answer, touched, release, changes, ack }).ok();
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
        let InFlight { touched, release, changes, ack, .. } = flight;
        let failed = result.is_err();
        match &result {
            Ok(()) => self.failures = 0,
            Err(error) => self.store_failed(error),
        }
        for (id, num) in &touched {
            let Some(instance) =
                self.instances.get_mut(id).filter(|instance| instance.record.num == *num)
            else {
                continue;
            };
            instance.uncommitted = instance.uncommitted.saturating_sub(1);
            if failed && !instance.poisoned {
                instance.poisoned = true;
                tracing::warn!(instance = %id, "a commit failed; the instance is read again from the store");
            }
            if instance.uncommitted == 0 {
                self.after_last_commit(id);
            }
        }
        if !failed {
            for task in release {
                self.enqueue_task(task);
            }
        }
        self.dispatch();
        // Nobody may wait for it any more.
        ack.send(result.map_err(HubError::from)).ok();
        if failed { Vec::new() } else { changes }
    }

    /// Tidies up an instance that no commit under way touches any more.
    fn after_last_commit(&mut self, id: &Arc<str>) {
        let Some(instance) = self.instances.get(id) else { return };
        if instance.poisoned {
            self.forget_quietly(id);
            self.request_load(LoadRequest { id: Arc::clone(id), with: Vec::new() });
            self.settled.notify_waiters();
        } else if instance.gone || instance.record.status.is_terminal() {
            self.forget_quietly(id);
            self.settled.notify_waiters();
        }
    }

    /// Takes an instance out of memory, as the store has all there is to know of it.
    pub(super) fn forget_quietly(&mut self, id: &Arc<str>) {
        let Some(instance) = self.instances.remove(id) else { return };
        self.cached_bytes = self.cached_bytes.saturating_sub(instance.state.bytes);
        self.drop_turn(&instance);
        for (timer, fire_at) in &instance.timers {
            self.timers.remove(&(*fire_at, *timer));
        }
        // Activities of an instance that ended by itself run on; their results find nobody and are dropped.
    }

    /// Gives up everything that memory holds for an instance that is replaced.
    pub(super) fn release_hold(&mut self, instance: &Instance) {
        self.cached_bytes = self.cached_bytes.saturating_sub(instance.state.bytes);
        self.drop_turn(instance);
        for (timer, fire_at) in &instance.timers {
            self.timers.remove(&(*fire_at, *timer));
        }
        for task in &instance.tasks {
            self.tasks.remove(task);
        }
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
                self.paused_until = Some(self.clock.now() + wait);
                self.timer_changed.notify_one();
                metrics::counter!("taskhub_commit_failures_total").increment(1);
            }
        }
        tracing::error!(error = %error, source = ?std::error::Error::source(error), "commit failed");
    }

    /// Makes an activity available to workers.
    pub(super) fn enqueue_task(&mut self, task: Arc<Task>) {
        // It may have been dropped while its commit was under way.
        if self.tasks.contains_key(&task.id) {
            self.activities.push_back(task_key(&task), QueuedTask { task, last: None });
        }
    }
}

/// Queue that an activity waits in. One without a version answers to its orchestration's version too.
pub(super) fn task_key(task: &Task) -> QueueKey {
    let mut versions = vec![task.version.clone().unwrap_or_default()];
    if task.version.as_deref().unwrap_or_default().is_empty() {
        versions.extend(task.parent_version.clone());
    }
    QueueKey { name: task.name.clone(), versions }
}
