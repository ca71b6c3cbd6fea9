//! SQLite whose n-th call goes wrong, whatever the call is.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use taskhub_hub::{
    engine::history_event::HistoryEvent,
    store::{
        Answer, Sequence, Store, StoreError,
        batch_job::BatchStore,
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
use taskhub_stores::SqliteStore;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing happens, and the caller is told so.
    Before,
    /// It happens, and the caller is told that it did not.
    After,
    /// The process ends before it happens.
    CrashBefore,
    /// The process ends when it has happened, before anybody hears of it.
    CrashAfter,
}

impl Mode {
    pub(crate) const ALL: [Self; 4] =
        [Self::Before, Self::After, Self::CrashBefore, Self::CrashAfter];

    fn happens(self) -> bool {
        matches!(self, Self::After | Self::CrashAfter)
    }

    fn ends_the_process(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter)
    }
}

/// What goes wrong in a life of several processes, by the number of the call.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    calls: AtomicU64,
    faults: Vec<(u64, Mode)>,
    hit: AtomicU64,
    /// Names of the calls, in their order.
    pub(crate) names: Mutex<Vec<&'static str>>,
}

impl Plan {
    pub(crate) fn new(faults: &[(u64, Mode)]) -> Arc<Self> {
        Arc::new(Self { faults: faults.to_vec(), ..Self::default() })
    }

    /// How many of the faults happened.
    pub(crate) fn hit(&self) -> u64 {
        self.hit.load(Ordering::SeqCst)
    }

    fn next(&self, name: &'static str) -> Option<Mode> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.names.lock().unwrap().push(name);
        let (_, mode) = self.faults.iter().find(|(at, _)| *at == number)?;
        self.hit.fetch_add(1, Ordering::SeqCst);
        Some(*mode)
    }
}

/// The store of one process.
#[derive(Debug)]
pub(crate) struct Broken {
    inner: Arc<SqliteStore>,
    plan: Arc<Plan>,
    dead: Arc<Mutex<bool>>,
}

impl Broken {
    pub(crate) fn new(inner: Arc<SqliteStore>, plan: &Arc<Plan>) -> Arc<Self> {
        Arc::new(Self { inner, plan: Arc::clone(plan), dead: Arc::default() })
    }

    /// Whether the process has ended.
    pub(crate) fn is_dead(&self) -> bool {
        *self.dead.lock().unwrap()
    }

    fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        make: impl FnOnce(&SqliteStore) -> Answer<T>,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        if self.is_dead() {
            return Box::pin(async { Err(broken()) });
        }
        let Some(mode) = self.plan.next(name) else { return make(&self.inner) };
        if mode.ends_the_process() {
            *self.dead.lock().unwrap() = true;
        }
        // The call itself is made here, as its place among the others counts from now on.
        let answer = mode.happens().then(|| make(&self.inner));
        Box::pin(async move {
            if let Some(answer) = answer {
                // It is stored when the answer comes; what the answer is, nobody hears.
                answer.await.ok();
            }
            Err(broken())
        })
    }
}

fn broken() -> StoreError {
    let source = std::io::Error::other("the test said so");
    StoreError::Unavailable { operation: "call", source: Arc::new(source) }
}

impl Store for Broken {
    fn kind(&self) -> &'static str {
        "broken"
    }
    fn sequence(&self) -> &Sequence {
        self.inner.sequence()
    }
    fn open_hub(&self, name: &TaskHubName, now: DateTime<Utc>) -> Answer<HubId> {
        self.call("open_hub", |store| store.open_hub(name, now))
    }
    fn hubs(&self) -> Answer<Vec<TaskHubName>> {
        self.call("hubs", Store::hubs)
    }
    fn delete_hub(&self, hub: HubId) -> Answer<()> {
        self.call("delete_hub", |store| store.delete_hub(hub))
    }
    fn commit(&self, hub: HubId, commit: Commit) -> Answer<()> {
        self.call("commit", |store| store.commit(hub, commit))
    }
    fn outstanding(&self, hub: HubId) -> Answer<Outstanding> {
        self.call("outstanding", |store| store.outstanding(hub))
    }
    fn load(&self, hub: HubId, ids: Vec<Arc<str>>) -> Answer<Vec<Option<Loaded>>> {
        self.call("load", |store| store.load(hub, ids))
    }
    fn instance(&self, hub: HubId, id: &str) -> Answer<Option<InstanceRecord>> {
        self.call("instance", |store| store.instance(hub, id))
    }
    fn history(
        &self,
        hub: HubId,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Answer<Option<Vec<HistoryEvent>>> {
        self.call("history", |store| store.history(hub, id, after, limit))
    }
    fn list(&self, hub: HubId, request: ListRequest) -> Answer<Vec<InstanceRecord>> {
        self.call("list", |store| store.list(hub, request))
    }
    fn ended(&self, hub: HubId, request: EndedRequest) -> Answer<Vec<Ended>> {
        self.call("ended", |store| store.ended(hub, request))
    }
    fn counts(&self, hub: HubId, filter: Filter) -> Answer<Vec<NameCount>> {
        self.call("counts", |store| store.counts(hub, filter))
    }
    fn select(&self, hub: HubId, request: SelectRequest) -> Answer<Selected> {
        self.call("select", |store| store.select(hub, request))
    }
    fn tally(&self, hub: HubId, request: TallyRequest) -> Answer<Tallied> {
        self.call("tally", |store| store.tally(hub, request))
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
        self.call("ping", Store::ping)
    }
}
