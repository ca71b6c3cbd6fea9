//! The store of a simulation: the memory store behind a queue. Commits apply in order, when the simulation lets them;
//! they may fail before or after they are stored, and a crash takes along what had not been stored.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use taskhub_hub::{
    engine::history_event::HistoryEvent,
    store::{
        Answer, Sequence, Store, StoreError,
        batch_job::BatchStore,
        memory::MemoryStore,
        model::{
            Commit, Ended, EndedRequest, Filter, HubId, InstanceRecord, ListRequest, Loaded,
            NameCount, Outstanding,
        },
        select::{SelectRequest, Selected, Tallied, TallyRequest},
        settings::SettingStore,
        statistics::StatisticsStore,
        views::ViewStore,
    },
};
use taskhub_shared::id::TaskHubName;
use tokio::sync::oneshot;

use super::model::Model;
use crate::support::faulty::{Fault, broken};

#[derive(Debug, Default)]
pub(super) struct SimStore {
    inner: MemoryStore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether commits wait until the simulation lets them go on.
    slow: bool,
    waiting: VecDeque<Waiting>,
    commits: u64,
    reads: u64,
    commit_faults: BTreeMap<u64, Fault>,
    read_faults: BTreeMap<u64, ()>,
    /// Whether anything went wrong since the process began; without that, no commit may be refused.
    hurt: bool,
    model: Model,
}

#[derive(Debug)]
struct Waiting {
    hub: HubId,
    commit: Commit,
    fault: Option<Fault>,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl SimStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Looks at the model of what is stored, or changes it.
    pub(super) fn model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.state().model)
    }

    /// Commits that wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    pub(super) fn set_slow(&self, slow: bool) {
        self.state().slow = slow;
        if !slow {
            self.let_go(usize::MAX);
        }
    }

    /// Stores and answers so many commits.
    pub(super) fn let_go(&self, count: usize) {
        for _ in 0..count {
            let mut state = self.state();
            let Some(waiting) = state.waiting.pop_front() else { return };
            let answer = self.store(&mut state, waiting.hub, &waiting.commit, waiting.fault);
            // Whoever asked may be gone.
            waiting.answer.send(answer).ok();
        }
    }

    fn store(
        &self,
        state: &mut State,
        hub: HubId,
        commit: &Commit,
        fault: Option<Fault>,
    ) -> Result<(), StoreError> {
        state.model.tell(|| format!("commit {fault:?} {}", words(commit)));
        if fault == Some(Fault::Before) {
            state.hurt = true;
            return Err(broken());
        }
        let stored = self.inner.commit(hub, commit.clone()).now_or_never().unwrap();
        match &stored {
            Ok(()) => {
                state.model.applied(hub, commit);
                if fault.is_none() {
                    state.model.promise(commit);
                }
            }
            Err(error) if !state.hurt => {
                state.model.violate(format!("I9: without a fault a commit was refused: {error}"));
            }
            Err(_) => state.model.refused(),
        }
        if fault == Some(Fault::After) {
            state.hurt = true;
            return Err(broken());
        }
        stored
    }

    /// Makes a commit go wrong that comes after so many others.
    pub(super) fn fail_commit(&self, others: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.commits + others + 1;
        state.commit_faults.insert(at, fault);
    }

    /// Makes a read go wrong that comes after so many others.
    pub(super) fn fail_read(&self, others: u64) {
        let mut state = self.state();
        let at = state.reads + others + 1;
        state.read_faults.insert(at, ());
    }

    /// From now on nothing goes wrong.
    pub(super) fn mend(&self) {
        {
            let mut state = self.state();
            state.commit_faults.clear();
            state.read_faults.clear();
            for waiting in &mut state.waiting {
                waiting.fault = None;
            }
        }
        self.set_slow(false);
    }

    /// The process ends: of what waits, only the first commits are stored, and nobody hears of it.
    pub(super) fn crash(&self, stored: usize) {
        let mut state = self.state();
        for _ in 0..stored {
            let Some(Waiting { hub, commit, fault, .. }) = state.waiting.pop_front() else { break };
            // Nobody is there to be told.
            self.store(&mut state, hub, &commit, fault).ok();
        }
        state.waiting.clear();
        state.model.promised.clear();
        state.hurt = false;
    }

    fn read<T: Send + 'static>(&self, answer: Answer<T>) -> Answer<T> {
        let mut state = self.state();
        state.reads += 1;
        let number = state.reads;
        if state.read_faults.remove(&number).is_some() {
            return Box::pin(async { Err(broken()) });
        }
        let rests = number % 3;
        Box::pin(async move {
            for _ in 0..rests {
                tokio::task::yield_now().await;
            }
            answer.await
        })
    }
}

/// What is in a commit.
fn words(commit: &Commit) -> String {
    let text = format!("{commit:?}");
    // What is empty only makes it long.
    text.split(", ").filter(|part| !part.ends_with(": []")).collect::<Vec<_>>().join(", ")
}

impl Store for SimStore {
    fn kind(&self) -> &'static str {
        "simulated"
    }
    fn sequence(&self) -> &Sequence {
        self.inner.sequence()
    }
    fn open_hub(&self, name: &TaskHubName, now: DateTime<Utc>) -> Answer<HubId> {
        self.inner.open_hub(name, now)
    }
    fn hubs(&self) -> Answer<Vec<TaskHubName>> {
        self.inner.hubs()
    }
    fn delete_hub(&self, hub: HubId) -> Answer<()> {
        self.inner.delete_hub(hub)
    }
    fn ended(&self, hub: HubId, request: EndedRequest) -> Answer<Vec<Ended>> {
        self.read(self.inner.ended(hub, request))
    }
    fn commit(&self, hub: HubId, commit: Commit) -> Answer<()> {
        let slow = {
            let mut state = self.state();
            state.commits += 1;
            let number = state.commits;
            let fault = state.commit_faults.remove(&number);
            if state.slow || !state.waiting.is_empty() {
                let (answer, told) = oneshot::channel();
                state.waiting.push_back(Waiting { hub, commit, fault, answer });
                Err(told)
            } else {
                Ok(self.store(&mut state, hub, &commit, fault))
            }
        };
        match slow {
            Ok(answer) => Box::pin(std::future::ready(answer)),
            Err(told) => Box::pin(async { told.await.unwrap_or_else(|_| Err(broken())) }),
        }
    }
    fn outstanding(&self, hub: HubId) -> Answer<Outstanding> {
        self.read(self.inner.outstanding(hub))
    }
    fn load(&self, hub: HubId, ids: Vec<Arc<str>>) -> Answer<Vec<Option<Loaded>>> {
        self.read(self.inner.load(hub, ids))
    }
    fn instance(&self, hub: HubId, id: &str) -> Answer<Option<InstanceRecord>> {
        self.read(self.inner.instance(hub, id))
    }
    fn history(
        &self,
        hub: HubId,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Answer<Option<Vec<HistoryEvent>>> {
        self.read(self.inner.history(hub, id, after, limit))
    }
    fn list(&self, hub: HubId, request: ListRequest) -> Answer<Vec<InstanceRecord>> {
        self.read(self.inner.list(hub, request))
    }
    fn counts(&self, hub: HubId, filter: Filter) -> Answer<Vec<NameCount>> {
        self.read(self.inner.counts(hub, filter))
    }
    fn select(&self, hub: HubId, request: SelectRequest) -> Answer<Selected> {
        self.read(self.inner.select(hub, request))
    }
    fn tally(&self, hub: HubId, request: TallyRequest) -> Answer<Tallied> {
        self.read(self.inner.tally(hub, request))
    }
    fn batch_jobs(&self) -> &dyn BatchStore {
        self.inner.batch_jobs()
    }
    fn settings(&self) -> &dyn SettingStore {
        self.inner.settings()
    }

    fn statistics_store(&self) -> &dyn StatisticsStore {
        self.inner.statistics_store()
    }
    fn views(&self) -> &dyn ViewStore {
        self.inner.views()
    }
    fn ping(&self) -> Answer<()> {
        self.inner.ping()
    }
}
