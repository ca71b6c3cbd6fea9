//! A store whose n-th commit goes wrong.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
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

/// How a commit goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is stored and the caller is told so.
    Before,
    /// It is stored and the caller is told that it is not.
    After,
}

/// The memory store, with a fault.
#[derive(Debug)]
pub(crate) struct Faulty {
    inner: Arc<MemoryStore>,
    commits: AtomicU64,
    /// What goes wrong, by the number of the commit.
    faults: Mutex<BTreeMap<u64, Fault>>,
    /// Answers that are held back until the test lets them go.
    held: Mutex<Option<Vec<oneshot::Sender<()>>>>,
    /// Whether loads are held back from now on, and those that are.
    loads: Mutex<(bool, Vec<oneshot::Sender<()>>)>,
    /// Id of the instance that cannot be read.
    damaged: Mutex<String>,
}

impl Faulty {
    /// The store whose commit number `at`, from 1, goes wrong.
    pub(crate) fn new(inner: Arc<MemoryStore>, fault: Option<(u64, Fault)>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            commits: AtomicU64::new(0),
            faults: Mutex::new(fault.into_iter().collect()),
            held: Mutex::new(None),
            loads: Mutex::default(),
            damaged: Mutex::default(),
        })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Makes a commit go wrong that comes after so many others.
    pub(crate) fn fail_after(&self, others: u64, fault: Fault) {
        let at = self.commits() + others + 1;
        self.faults.lock().unwrap().insert(at, fault);
    }

    /// Makes this instance unreadable from now on, and no other.
    pub(crate) fn damage(&self, id: &str) {
        id.clone_into(&mut self.damaged.lock().unwrap());
    }

    /// Holds the answers to all commits from now on.
    pub(crate) fn hold(&self) {
        *self.held.lock().unwrap() = Some(vec![]);
    }

    /// Holds the answers to all loads from now on, or lets those that come pass.
    pub(crate) fn hold_loads(&self, hold: bool) {
        self.loads.lock().unwrap().0 = hold;
    }

    /// Lets the answers to loads go that were held so far.
    pub(crate) fn release_loads(&self) {
        self.loads.lock().unwrap().1.clear();
    }

    /// Lets the answers go.
    pub(crate) fn release(&self) {
        drop(self.held.lock().unwrap().take());
    }
}

/// What a store says that the test has broken.
pub(crate) fn broken() -> StoreError {
    let source = std::io::Error::other("the test said so");
    StoreError::Unavailable { operation: "commit", source: Arc::new(source) }
}

impl Store for Faulty {
    fn kind(&self) -> &'static str {
        "faulty"
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
        self.inner.ended(hub, request)
    }
    fn commit(&self, hub: HubId, commit: Commit) -> Answer<()> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = self.faults.lock().unwrap().remove(&number);
        let answer: Answer<()> = match fault {
            Some(fault) => {
                if fault == Fault::After {
                    // The memory store applies at the call; its answer is not needed.
                    drop(self.inner.commit(hub, commit));
                }
                Box::pin(async { Err(broken()) })
            }
            None => self.inner.commit(hub, commit),
        };
        if let Some(held) = self.held.lock().unwrap().as_mut() {
            let (release, released) = oneshot::channel();
            held.push(release);
            return Box::pin(async move {
                released.await.ok();
                answer.await
            });
        }
        answer
    }
    fn outstanding(&self, hub: HubId) -> Answer<Outstanding> {
        self.inner.outstanding(hub)
    }
    fn load(&self, hub: HubId, ids: Vec<Arc<str>>) -> Answer<Vec<Option<Loaded>>> {
        if ids.iter().any(|id| **id == **self.damaged.lock().unwrap()) {
            let source = Arc::new(std::io::Error::other("the test said so"));
            let error = StoreError::Damaged { operation: "load an instance", source };
            return Box::pin(async { Err(error) });
        }
        let answer = self.inner.load(hub, ids);
        let (hold, held) = &mut *self.loads.lock().unwrap();
        if !*hold {
            return answer;
        }
        let (release, released) = oneshot::channel();
        held.push(release);
        Box::pin(async move {
            released.await.ok();
            answer.await
        })
    }
    fn instance(&self, hub: HubId, id: &str) -> Answer<Option<InstanceRecord>> {
        self.inner.instance(hub, id)
    }
    fn history(
        &self,
        hub: HubId,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Answer<Option<Vec<HistoryEvent>>> {
        self.inner.history(hub, id, after, limit)
    }
    fn list(&self, hub: HubId, request: ListRequest) -> Answer<Vec<InstanceRecord>> {
        self.inner.list(hub, request)
    }
    fn counts(&self, hub: HubId, filter: Filter) -> Answer<Vec<NameCount>> {
        self.inner.counts(hub, filter)
    }
    fn select(&self, hub: HubId, request: SelectRequest) -> Answer<Selected> {
        self.inner.select(hub, request)
    }
    fn tally(&self, hub: HubId, request: TallyRequest) -> Answer<Tallied> {
        self.inner.tally(hub, request)
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
