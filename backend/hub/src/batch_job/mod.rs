//! Batch jobs: an action on a set of instances that is fixed when the job is made.
//!
//! Each job is a task of its hub. What a job does to an instance becomes durable in the same commit as the note that it is
//! done, so whatever ends the process, an instance is dealt with once.

mod act;
mod active;
mod freeze;
mod purge;
mod run;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Semaphore;

pub(crate) use active::{Active, Items};
pub(crate) use freeze::NAMED_SLICE;

use crate::{
    engine::instance::Instance,
    error::HubError,
    hub::Hub,
    store::{
        batch_job::ItemDone,
        model::{InstanceRecord, RowId},
    },
};
use taskhub_shared::batch::BatchState;

/// How much all jobs of a hub do at once.
const SLOTS: usize = 64;

/// The jobs of a hub that have not ended.
#[derive(Debug)]
pub(crate) struct Jobs {
    active: Mutex<BTreeMap<RowId, Arc<Active>>>,
    slots: Semaphore,
    /// Held while a job is made, so that there are never too many.
    pub(crate) making: tokio::sync::Mutex<()>,
}

impl Default for Jobs {
    fn default() -> Self {
        let making = tokio::sync::Mutex::default();
        Self { active: Mutex::default(), slots: Semaphore::new(SLOTS), making }
    }
}

impl Jobs {
    fn active(&self) -> std::sync::MutexGuard<'_, BTreeMap<RowId, Arc<Active>>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job that has not ended.
    pub(crate) fn get(&self, num: RowId) -> Option<Arc<Active>> {
        self.active().get(&num).cloned()
    }

    /// How many have not ended.
    pub(crate) fn count(&self) -> usize {
        self.active().len()
    }

    pub(crate) fn insert(&self, active: &Arc<Active>) {
        self.active().insert(active.num(), Arc::clone(active));
    }

    pub(crate) fn remove(&self, num: RowId) {
        self.active().remove(&num);
    }
}

/// The instance that a job means, for an operation.
#[derive(Debug, Clone)]
pub(crate) struct Meant {
    /// What the operation's commit does.
    pub(crate) item: ItemDone,
    /// Number of the instance; absent when there was none.
    pub(crate) num: Option<RowId>,
}

impl Meant {
    /// Whether the instance is the one that is meant: another may have taken its id.
    pub(crate) fn is(meant: Option<&Self>, instance: &Instance) -> bool {
        Self::has(meant, &instance.record)
    }

    /// The same of a record.
    pub(crate) fn has(meant: Option<&Self>, record: &InstanceRecord) -> bool {
        meant.is_none_or(|meant| meant.num == Some(record.num))
    }

    /// What the commit does.
    pub(crate) fn done(meant: Option<&Self>) -> Option<&ItemDone> {
        meant.map(|meant| &meant.item)
    }
}

impl Hub {
    /// Takes up the jobs that have not ended.
    pub(crate) async fn open_batches(&self) -> Result<(), HubError> {
        let inner = &self.inner;
        let store = inner.store.batch_jobs();
        for listed in store.batches(inner.id, None, usize::MAX).await? {
            let num = listed.num;
            if listed.job.state.has_ended() {
                continue;
            }
            if listed.job.state == BatchState::Freezing && listed.job.query.is_none() {
                // The end of the process came before its ids were all written; nobody was told that it was made.
                store.delete_batch(inner.id, num).await?;
                continue;
            }
            let counts = store.batch_counts(num).await?;
            if let Some(record) = store.batch(inner.id, num).await? {
                self.begin_batch(&Arc::new(Active::new(record, counts, inner.clock.now())));
            }
        }
        Ok(())
    }

    /// Lets a job do what its state asks for.
    pub(crate) fn begin_batch(&self, active: &Arc<Active>) {
        self.inner.batches.insert(active);
        self.run_beside(run::job(Arc::clone(&self.inner), Arc::clone(active)));
    }
}
