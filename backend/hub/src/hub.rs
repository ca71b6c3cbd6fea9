//! [`Hub`]: the one object that doors hold. It runs the loops and waits for commits; the rules are in the engine and
//! in [`crate::operation`].

mod loops;
mod recent;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use taskhub_shared::id::TaskHubName;
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    task::JoinSet,
};

use crate::{
    batch_job::Jobs,
    clock::{Clock, IdSource},
    engine::{
        batch::{Ack, Change},
        core::{Core, LoadRequest, Missing, Parts, Unstored},
    },
    error::HubError,
    notice::{Notice, SharedNotice},
    retention::Keeping,
    statistics::Counting,
    store::{
        Store,
        model::{HubId, InstanceRecord, Loaded},
    },
};

pub use recent::Changed;
use recent::Recent;

/// How many notices a slow reader may be behind before it misses some.
const NOTICE_BUFFER: usize = 4096;

/// Bytes of history that idle instances of a hub may hold in memory unless [`Hub::set_cache_bytes`] says otherwise.
pub const CACHE_BYTES: usize = 256 * 1024 * 1024;

/// What a hub is opened with.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// Name of the hub.
    pub name: TaskHubName,
    /// Where it is kept.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub ids: Arc<dyn IdSource>,
}

/// A task hub that is open: the one owner of its instances.
#[derive(Debug, Clone)]
pub struct Hub {
    pub(crate) inner: Arc<Inner>,
    /// Ends the loops with the last handle.
    loops: Arc<Mutex<JoinSet<()>>>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) name: TaskHubName,
    pub(crate) id: HubId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    core: Mutex<Core>,
    notices: broadcast::Sender<SharedNotice>,
    seq: AtomicU64,
    recent: Mutex<Recent>,
    pub(crate) waiters: Mutex<HashMap<Arc<str>, Vec<Waiter>>>,
    pub(crate) batches: Jobs,
    pub(crate) counting: Counting,
    pub(crate) keeping: Keeping,
}

/// Somebody who waits for an instance to come to a point.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) until: crate::operation::wait::Until,
    pub(crate) tell: oneshot::Sender<Told>,
}

/// What somebody who waits is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// The instance has come to the point.
    Reached(Arc<InstanceRecord>),
    /// What memory knew came to nothing; the store says what is so.
    LookAgain,
}

impl Hub {
    /// Opens the hub, makes it when there is none, and goes on with what is outstanding.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn open(options: HubOptions) -> Result<Self, HubError> {
        let hub = Self::open_idle(options).await?;
        hub.open_batches().await?;
        hub.open_retention().await?;
        Ok(hub)
    }

    /// Opens the hub without going on with its batch jobs and its retention.
    pub(crate) async fn open_idle(options: HubOptions) -> Result<Self, HubError> {
        let HubOptions { name, store, clock, ids } = options;
        let id = store.open_hub(&name, clock.now()).await?;
        let outstanding = store.outstanding(id).await?;
        let (pump, commits) = mpsc::unbounded_channel();
        let (loader, loads) = mpsc::unbounded_channel();
        let mut core = Core::new(Parts {
            hub: id,
            name: name.clone(),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            pump,
            loader,
        });
        core.insert_outstanding(outstanding);
        // Notices are numbered on from the time in microseconds: a reader that comes back after a restart has a
        // smaller number than any of the new ones, and so learns that it missed some.
        let first_seq = u64::try_from(clock.now().timestamp_micros()).unwrap_or(0);
        let inner = Arc::new(Inner {
            name,
            id,
            store,
            clock,
            ids,
            core: Mutex::new(core),
            notices: broadcast::Sender::new(NOTICE_BUFFER),
            seq: AtomicU64::new(first_seq),
            recent: Mutex::default(),
            waiters: Mutex::new(HashMap::new()),
            batches: Jobs::default(),
            counting: Counting::default(),
            keeping: Keeping::default(),
        });
        let mut running = JoinSet::new();
        running.spawn(loops::pump_commits(Arc::clone(&inner), commits));
        running.spawn(loops::load_instances(Arc::clone(&inner), loads));
        running.spawn(loops::run_timers(Arc::clone(&inner)));
        let hub = Self { inner, loops: Arc::new(Mutex::new(running)) };
        hub.open_statistics().await?;
        Ok(hub)
    }

    /// A handle for what the hub itself runs: it does not keep the loops going.
    pub(crate) fn visitor(inner: Arc<Inner>) -> Self {
        Self { inner, loops: Arc::default() }
    }

    /// Runs something beside the requests, until it ends or the hub does.
    pub(crate) fn run_beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        while loops.try_join_next().is_some() {}
        loops.spawn(work);
    }

    /// Name of the hub.
    #[must_use]
    pub fn name(&self) -> &TaskHubName {
        &self.inner.name
    }

    /// News from now on. A reader that is too slow is told how many notices it missed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<SharedNotice> {
        self.inner.notices.subscribe()
    }

    /// Number of the newest notice.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.inner.seq.load(Ordering::SeqCst)
    }

    /// Bytes of history that idle instances may hold in memory from now on.
    pub fn set_cache_bytes(&self, bytes: usize) {
        self.inner.core().set_cache_bytes(bytes);
    }

    /// Drains the hub and deletes everything in it. It takes no change from then on.
    pub(crate) async fn delete(&self, patience: Duration) -> Result<(), HubError> {
        self.drain(patience).await;
        // The store takes what was handed to it before first.
        self.inner.core().close();
        Ok(self.inner.store.delete_hub(self.inner.id).await?)
    }

    /// Stops handing out work, lets the workers that have some finish for at most `patience`, then closes all streams.
    pub async fn drain(&self, patience: Duration) {
        self.inner.core().draining = true;
        let done = async {
            loop {
                let answered = {
                    let core = self.inner.core();
                    if core.outstanding() == 0 {
                        return;
                    }
                    let mut answered = Box::pin(Arc::clone(&core.settled).notified_owned());
                    answered.as_mut().enable();
                    answered
                };
                answered.await;
            }
        };
        // What is not finished by now is delivered again after the restart.
        tokio::time::timeout(patience, done).await.ok();
        self.inner.core().streams.clear();
        if let Err(error) = self.inner.store_statistics().await {
            tracing::warn!(error = %error, "the last figures could not be stored");
        }
        // Nothing more happens here that somebody could wait for.
        self.inner.waiters.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Inner {
    /// The engine's state. A panic under the lock would have failed one request; the state is still consistent enough
    /// for the store to refuse whatever is not.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(|poisoned| {
            let mut core = poisoned.into_inner();
            core.after_panic();
            self.core.clear_poison();
            core
        })
    }

    /// Refuses what goes to the store past the core when the hub was deleted: the next one may have its number.
    pub(crate) fn refuse_if_closed(&self) -> Result<(), HubError> {
        if self.core().is_closed() { Err(HubError::Draining) } else { Ok(()) }
    }

    /// Runs `act` once all these instances are in memory or known not to exist.
    pub(crate) async fn with<T>(
        &self,
        ids: &[Arc<str>],
        act: impl FnOnce(&mut Core) -> T,
    ) -> Result<T, HubError> {
        // Those that the store does not have, as of a read that nothing has come between.
        let mut absent: Vec<Arc<str>> = Vec::new();
        let mut read = None;
        loop {
            let step = {
                let mut core = self.core();
                if let Some((guard, loaded)) = read.take() {
                    absent.extend(take_in(&mut core, guard, loaded));
                }
                match core.begin_load(ids, &absent) {
                    Ok(()) => {
                        let answer = act(&mut core);
                        core.let_go(ids);
                        return Ok(answer);
                    }
                    Err(Missing::Load(load)) => Step::Load(load),
                    Err(Missing::Wait) => {
                        // Registered under the lock, so that the change cannot slip by.
                        let mut settled = Box::pin(Arc::clone(&core.settled).notified_owned());
                        settled.as_mut().enable();
                        Step::Wait(settled)
                    }
                }
            };
            match step {
                Step::Load(ids) => {
                    absent.clear();
                    let guard = LoadGuard { inner: self, ids };
                    let loaded = self.store.load(self.id, guard.ids.clone()).await?;
                    read = Some((guard, loaded));
                }
                Step::Wait(settled) => {
                    settled.await;
                    // Meanwhile somebody may have made what was not there.
                    absent.clear();
                }
            }
        }
    }

    /// Runs `act` on the first of these instances until it is accepted, or refused because of what is stored.
    ///
    /// What memory knows may not be durable yet, and may never be; nobody is told of it before it is.
    pub(crate) async fn decide<R>(
        &self,
        ids: &[Arc<str>],
        mut act: impl FnMut(&mut Core) -> Result<Ack, R>,
    ) -> Result<Result<Ack, R>, HubError> {
        let mut before: Option<(Unstored, R)> = None;
        loop {
            let look = |core: &mut Core| {
                let answer = act(core);
                let unstored = ids.first().and_then(|id| core.unstored(id));
                (answer, unstored)
            };
            let (refusal, unstored) = match self.with(ids, look).await? {
                (Err(refusal), Some(unstored)) => (refusal, unstored),
                (answer, _) => return Ok(answer),
            };
            // What came before the barrier is stored by now, unless it was dropped.
            if let Some((then, refusal)) = before
                && unstored.includes(then)
            {
                return Ok(Err(refusal));
            }
            let barrier = self.core().barrier();
            self.durable(barrier).await?;
            before = Some((unstored, refusal));
        }
    }

    /// [`Inner::decide`] on one instance, with its relatives in memory. They may change until `act` comes to its turn;
    /// then the new ones are loaded too.
    pub(crate) async fn decide_with_relatives<R>(
        &self,
        id: &Arc<str>,
        relatives: impl Fn(&Core) -> Vec<Arc<str>>,
        mut act: impl FnMut(&mut Core) -> Result<Ack, R>,
    ) -> Result<Result<Ack, R>, HubError> {
        let mut related = self.with(std::slice::from_ref(id), |core| relatives(core)).await?;
        loop {
            let needed: Vec<Arc<str>> =
                std::iter::once(id).chain(&related).map(Arc::clone).collect();
            let decided = self
                .decide(&needed, |core| {
                    let now = relatives(core);
                    if now.iter().all(|relative| needed.contains(relative)) {
                        act(core).map_err(Refused::Itself)
                    } else {
                        Err(Refused::Relatives(now))
                    }
                })
                .await?;
            match decided {
                Ok(ack) => return Ok(Ok(ack)),
                Err(Refused::Itself(refusal)) => return Ok(Err(refusal)),
                Err(Refused::Relatives(now)) => related = now,
            }
        }
    }

    /// Loads and settles instances.
    async fn load(&self, requests: &[LoadRequest]) -> Result<(), HubError> {
        let ids: Vec<Arc<str>> = requests
            .iter()
            .flat_map(|request| std::iter::once(&request.id).chain(&request.with))
            .cloned()
            .collect();
        let settle = |core: &mut Core| {
            for LoadRequest { id, with } in requests {
                if with.is_empty() {
                    core.settle(id);
                } else {
                    core.settle_with_relatives(id, with);
                }
            }
            core.dispatch();
        };
        self.with(&ids, settle).await
    }

    /// Waits until a commit is durable.
    pub(crate) async fn durable(&self, ack: Ack) -> Result<(), HubError> {
        ack.await.unwrap_or(Err(HubError::Draining))
    }

    fn next_seq(&self) -> u64 {
        self.seq.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn send(&self, seq: u64, change: Change) {
        // Nobody may be listening.
        self.notices.send(Arc::new(Notice { seq, change })).ok();
    }

    fn tell_waiters(&self, record: &Arc<InstanceRecord>) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = waiters.get_mut(&record.instance_id) else { return };
        let (reached, rest): (Vec<_>, Vec<_>) = std::mem::take(waiting)
            .into_iter()
            .partition(|waiter| waiter.until.reached(record.status));
        if rest.is_empty() {
            waiters.remove(&record.instance_id);
        } else {
            *waiting = rest;
        }
        for waiter in reached {
            // It may have given up.
            waiter.tell.send(Told::Reached(Arc::clone(record))).ok();
        }
    }

    /// Lets those look again who wait for instances that memory knew wrongly.
    fn look_again(&self, ids: &[Arc<str>]) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        for waiter in ids.iter().filter_map(|id| waiters.remove(id)).flatten() {
            // It may have given up.
            waiter.tell.send(Told::LookAgain).ok();
        }
    }
}

/// Why something was not done.
enum Refused<R> {
    /// Because of the instance itself.
    Itself(R),
    /// Because these relatives are not all in memory.
    Relatives(Vec<Arc<str>>),
}

/// What to do before the instances can be used.
enum Step {
    Load(Vec<Arc<str>>),
    Wait(std::pin::Pin<Box<tokio::sync::futures::OwnedNotified>>),
}

/// Ends a load when the caller goes away in the middle of it, or the store fails.
struct LoadGuard<'a> {
    inner: &'a Inner,
    ids: Vec<Arc<str>>,
}

impl Drop for LoadGuard<'_> {
    fn drop(&mut self) {
        if !self.ids.is_empty() {
            self.inner.core().end_load(&self.ids);
        }
    }
}

/// Puts what was read into memory and ends the load; the ids that the store does not have.
fn take_in(
    core: &mut Core,
    mut guard: LoadGuard<'_>,
    loaded: Vec<Option<Loaded>>,
) -> Vec<Arc<str>> {
    // The lock is held: the guard must not take it once more.
    let ids = std::mem::take(&mut guard.ids);
    core.end_load(&ids);
    let mut absent = Vec::new();
    for (id, loaded) in ids.into_iter().zip(loaded) {
        match loaded {
            Some(loaded) => core.insert_loaded(&loaded),
            None => {
                core.is_absent(&id);
                absent.push(id);
            }
        }
    }
    absent
}
