//! The in-memory state of a hub: active instances, ready work, timers, streams and leases.
//!
//! Everything here is synchronous and runs under the hub's one lock: it changes state, hands commits to the store in
//! order and says what to load. It awaits nothing; [`crate::hub`] does the waiting.

mod commit;
mod complete;
mod control;
mod dispatch;
mod load;
mod start;

pub(crate) use complete::Completion;
pub(crate) use load::{LoadRequest, Missing};

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, mpsc};

use super::{
    batch::InFlight,
    instance::Instance,
    queue::{ReadyQueue, StreamId, Streams},
    worker::Token,
};
use crate::{
    clock::{Clock, IdSource},
    store::{
        Store,
        model::{HubId, RowId, Task, Timer},
    },
};

/// How long a worker may keep a turn while its stream lives.
pub(crate) const TURN_LEASE: TimeDelta = TimeDelta::minutes(5);
/// How many completed deliveries are remembered, to answer a repeated completion kindly.
const REMEMBERED_TOKENS: usize = 16_384;
/// Bytes of history that idle instances may hold in memory.
const CACHE_BYTES: usize = 256 * 1024 * 1024;

/// State of a hub.
#[derive(Debug)]
pub(crate) struct Core {
    hub: HubId,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    pub(crate) instances: HashMap<Arc<str>, Instance>,
    /// Activities without a result, whether queued or with a worker.
    tasks: HashMap<RowId, Arc<Task>>,
    timers: BTreeMap<(DateTime<Utc>, RowId), Arc<Timer>>,
    ready: ReadyQueue<Ready>,
    activities: ReadyQueue<QueuedTask>,
    pub(crate) streams: Streams,
    leases: HashMap<Token, Lease>,
    deadlines: BTreeSet<(DateTime<Utc>, Token)>,
    /// Abandoned deliveries, by when their work is queued again.
    delayed: BTreeSet<(DateTime<Utc>, Token)>,
    done_tokens: (HashSet<Token>, VecDeque<Token>),
    /// Instances that somebody reads from the store now.
    loading: HashSet<Arc<str>>,
    /// Instances whose recursive end waits for nobody: the sub-orchestrations that are not in memory do not exist.
    absent_children: HashSet<Arc<str>>,
    cached_bytes: usize,
    /// No work is handed out before this time, because the store failed; and how often it has failed since.
    paused_until: Option<DateTime<Utc>>,
    failures: u32,
    pub(crate) draining: bool,
    pump: mpsc::UnboundedSender<InFlight>,
    loader: mpsc::UnboundedSender<LoadRequest>,
    /// Told when the earliest timer may have changed.
    pub(crate) timer_changed: Arc<Notify>,
    /// Told when an instance may be loaded that could not be before.
    pub(crate) settled: Arc<Notify>,
}

/// An instance in the ready queue.
#[derive(Debug)]
struct Ready {
    id: Arc<str>,
    num: RowId,
}

/// An activity in the queue; the token of its last delivery, if there was one.
#[derive(Debug)]
struct QueuedTask {
    task: Arc<Task>,
    last: Option<Token>,
}

/// A delivery that may still be answered.
#[derive(Debug)]
struct Lease {
    /// Stream that has it; absent once the stream is gone and the work waits for another.
    stream: Option<StreamId>,
    work: Leased,
    deadline: Option<DateTime<Utc>>,
}

/// Work that was delivered.
#[derive(Debug, Clone)]
enum Leased {
    Turn { id: Arc<str>, num: RowId },
    Task(Arc<Task>),
}

/// What the core is made of.
pub(crate) struct Parts {
    pub(crate) hub: HubId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) pump: mpsc::UnboundedSender<InFlight>,
    pub(crate) loader: mpsc::UnboundedSender<LoadRequest>,
}

impl Core {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            hub: parts.hub,
            store: parts.store,
            clock: parts.clock,
            ids: parts.ids,
            instances: HashMap::new(),
            tasks: HashMap::new(),
            timers: BTreeMap::new(),
            ready: ReadyQueue::default(),
            activities: ReadyQueue::default(),
            streams: Streams::default(),
            leases: HashMap::new(),
            deadlines: BTreeSet::new(),
            delayed: BTreeSet::new(),
            done_tokens: (HashSet::new(), VecDeque::new()),
            loading: HashSet::new(),
            absent_children: HashSet::new(),
            cached_bytes: 0,
            paused_until: None,
            failures: 0,
            draining: false,
            pump: parts.pump,
            loader: parts.loader,
            timer_changed: Arc::new(Notify::new()),
            settled: Arc::new(Notify::new()),
        }
    }

    /// Instance that takes part in the world: it is there and not on its way out.
    pub(crate) fn present(&self, id: &str) -> Option<&Instance> {
        self.instances.get(id).filter(|instance| !instance.gone)
    }

    /// Work that waits for a worker: turns and activities.
    pub(crate) fn backlog(&self) -> (usize, usize) {
        (self.ready.len(), self.activities.len())
    }

    /// Deliveries that are with a worker.
    pub(crate) fn outstanding(&self) -> usize {
        self.leases.values().filter(|lease| lease.stream.is_some()).count()
    }
}
