//! The state itself: [`Core`].

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use taskhub_shared::id::TaskHubName;
use tokio::sync::{Notify, mpsc};

use super::{
    lease::{DoneTokens, Lease},
    load::LoadRequest,
    poison::Losses,
    timers::{Alarm, Timers},
};
use crate::{
    clock::{Clock, IdSource},
    engine::{
        batch::InFlight,
        instance::Instance,
        part::Bytes,
        queue::{ReadyQueue, Streams, Ticket},
        worker::{Token, WorkKind},
    },
    hub::CACHE_BYTES,
    store::{
        Store,
        batch_job::ItemDone,
        model::{HubId, RowId, Task},
    },
};

/// State of a hub.
#[derive(Debug)]
pub(crate) struct Core {
    pub(super) hub: HubId,
    /// Name of the hub, for figures.
    pub(super) name: TaskHubName,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(crate) instances: HashMap<Arc<str>, Instance>,
    /// Activities without a result, whether queued or with a worker.
    pub(super) tasks: HashMap<RowId, Activity>,
    pub(super) timers: Timers,
    pub(super) alarm: Alarm,
    /// Ids of the instances that want a turn.
    pub(super) ready: ReadyQueue<Arc<str>>,
    pub(super) activities: ReadyQueue<RowId>,
    /// Ids of the entities that have operations to run.
    pub(super) entities: ReadyQueue<Arc<str>>,
    pub(crate) streams: Streams,
    pub(super) leases: HashMap<Token, Lease>,
    /// Bytes of answers of which only parts have come.
    pub(super) part_bytes: Bytes,
    pub(super) deadlines: BTreeSet<(DateTime<Utc>, Token)>,
    /// Deliveries that were given back, by when those who did may have their work again.
    pub(super) resting: BTreeSet<(DateTime<Utc>, Token)>,
    pub(super) done_tokens: DoneTokens,
    pub(super) losses: Losses,
    /// Instances that somebody reads from the store now.
    pub(super) loading: HashSet<Arc<str>>,
    /// Instances that something happened to, to be looked at one after the other.
    pub(super) unsettled: VecDeque<Arc<str>>,
    pub(super) settling: bool,
    /// An instance and its relatives that have just been read: those that are not in memory do not exist.
    pub(super) relatives_read: Option<(Arc<str>, Vec<Arc<str>>)>,
    pub(super) cached_bytes: usize,
    pub(super) cache_bytes: usize,
    /// Bytes at which idle instances are looked for again.
    pub(super) trim_at: usize,
    /// No work is handed out before this time, because the store failed; and how often it has failed since.
    pub(super) paused_until: Option<DateTime<Utc>>,
    pub(super) failures: u32,
    /// Instances that were dropped because a commit of them failed.
    pub(super) dropped: u64,
    /// Those of them that nobody has been told of.
    pub(super) dropped_now: Vec<Arc<str>>,
    pub(crate) draining: bool,
    /// The hub is deleted: what it still hands out goes nowhere.
    pub(super) closed: bool,
    /// Item of a batch job that the next commit does.
    pub(super) doing: Option<ItemDone>,
    #[cfg(feature = "test-support")]
    pub(crate) bug: Option<crate::planted::Bug>,
    pub(super) pump: mpsc::UnboundedSender<InFlight>,
    pub(super) loader: mpsc::UnboundedSender<LoadRequest>,
    /// Told when an instance may be loaded that could not be before, and when a worker answers while the hub drains.
    pub(crate) settled: Arc<Notify>,
}

/// An activity without a result.
#[derive(Debug)]
pub(super) struct Activity {
    pub(super) task: Arc<Task>,
    /// Its place in the queue, if it is there.
    pub(super) queued: Option<Ticket>,
    /// Its last delivery.
    pub(super) token: Option<Token>,
}

impl Activity {
    pub(super) fn new(task: Arc<Task>) -> Self {
        Self { task, queued: None, token: None }
    }
}

/// What the core is made of.
pub(crate) struct Parts {
    pub(crate) hub: HubId,
    pub(crate) name: TaskHubName,
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
            name: parts.name,
            store: parts.store,
            clock: parts.clock,
            ids: parts.ids,
            instances: HashMap::new(),
            tasks: HashMap::new(),
            timers: Timers::default(),
            alarm: Alarm::default(),
            ready: ReadyQueue::default(),
            activities: ReadyQueue::default(),
            entities: ReadyQueue::default(),
            streams: Streams::default(),
            leases: HashMap::new(),
            part_bytes: Bytes::default(),
            deadlines: BTreeSet::new(),
            resting: BTreeSet::new(),
            done_tokens: DoneTokens::default(),
            losses: Losses::default(),
            loading: HashSet::new(),
            unsettled: VecDeque::new(),
            settling: false,
            relatives_read: None,
            cached_bytes: 0,
            cache_bytes: CACHE_BYTES,
            trim_at: CACHE_BYTES,
            doing: None,
            paused_until: None,
            failures: 0,
            dropped: 0,
            dropped_now: Vec::new(),
            draining: false,
            closed: false,
            #[cfg(feature = "test-support")]
            bug: None,
            pump: parts.pump,
            loader: parts.loader,
            settled: Arc::new(Notify::new()),
        }
    }

    /// Instance that takes part in the world: it is there and not on its way out.
    pub(crate) fn present(&self, id: &str) -> Option<&Instance> {
        self.instances.get(id).filter(|instance| !instance.gone)
    }

    /// Orchestration instance that takes part in the world.
    pub(crate) fn orchestration(&self, id: &str) -> Option<&Instance> {
        self.present(id).filter(|instance| !instance.is_entity())
    }

    /// How much work of this kind waits for a worker.
    pub(crate) fn backlog(&self, kind: WorkKind) -> usize {
        match kind {
            WorkKind::Orchestration => self.ready.len(),
            WorkKind::Activity => self.activities.len(),
            WorkKind::Entity => self.entities.len(),
        }
    }

    /// Queue of the turns of orchestrations, or of the batches of entities.
    pub(super) fn turns(&mut self, kind: WorkKind) -> &mut ReadyQueue<Arc<str>> {
        match kind {
            WorkKind::Entity => &mut self.entities,
            WorkKind::Orchestration | WorkKind::Activity => &mut self.ready,
        }
    }

    /// Told when the timers are to be looked at earlier than [`Core::tick`] said.
    pub(crate) fn alarm(&self) -> Arc<Notify> {
        self.alarm.earlier()
    }

    /// Deliveries that are with a worker.
    pub(crate) fn outstanding(&self) -> usize {
        self.leases.values().filter(|lease| lease.stream.is_some()).count()
    }

    /// What is here, counted.
    #[cfg(feature = "test-support")]
    pub(crate) fn census(&self) -> crate::census::Census {
        crate::census::Census {
            instances: self.instances.len(),
            turns: self.ready.len() + self.entities.len(),
            activities: self.activities.len(),
            tasks: self.tasks.len(),
            timers: self.timers.len(),
            leases: self.leases.len(),
            deadlines: self.deadlines.len(),
            resting: self.resting.len(),
            lost: self.losses.len(),
            with_streams: self.streams.iter().map(crate::engine::queue::Stream::with_it).sum(),
            loading: self.loading.len(),
            waiters: 0,
            bytes: self.cached_bytes,
        }
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Ends it: nothing is changed any more, and nothing is left in memory.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.draining = true;
        self.instances.clear();
        self.tasks.clear();
        self.timers = Timers::default();
        self.ready = ReadyQueue::default();
        self.activities = ReadyQueue::default();
        self.entities = ReadyQueue::default();
        self.leases.clear();
        self.losses = Losses::default();
        self.deadlines.clear();
        self.resting.clear();
        self.cached_bytes = 0;
        self.settled.notify_waiters();
    }

    /// Changes how much history idle instances may hold in memory.
    pub(crate) fn set_cache_bytes(&mut self, bytes: usize) {
        self.cache_bytes = bytes;
        self.trim_at = bytes;
        self.trim();
    }
}
