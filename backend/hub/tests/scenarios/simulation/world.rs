//! The world of one seed: the process with its hub, clients and workers, and what each of them may do next.

use std::{collections::HashSet, pin::Pin, sync::Arc};

use chrono::TimeDelta;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use rand::{Rng, seq::IndexedRandom};
use taskhub_hub::{
    Hub, HubOptions,
    clock::{Clock, ManualClock, SeededIds},
    engine::worker::Token,
    notice::{Change, SharedNotice},
    operation::{
        control, entity, purge, raise_event, restart, rewind, start_instance, terminate, work,
        work::WorkItems,
    },
    planted::Bug,
    store::model::{HubId, RowId},
};
use taskhub_shared::id::TaskHubName;
use tokio::sync::broadcast;

use super::{dice::Dice, figures::Figures, script::IDS, store::SimStore};
use crate::support::{Item, faulty::Fault, world::epoch};

/// What came of a call.
#[derive(Debug)]
pub(super) enum Reply {
    Started(Arc<str>, Result<start_instance::Outcome, ()>),
    Raised(Arc<str>, Result<raise_event::Outcome, ()>),
    Controlled(Arc<str>, bool, Result<control::Outcome, ()>),
    Terminated(String, Option<RowId>, Result<terminate::Outcome, ()>),
    Purged(String, Option<RowId>, Result<purge::Outcome, ()>),
    Rewound(Arc<str>, Result<rewind::Outcome, ()>),
    Restarted(Result<restart::Outcome, ()>),
    Turn(Delivery, Option<Arc<str>>, Result<work::Outcome, ()>),
    Activity(Delivery, RowId, Result<work::Outcome, ()>),
    Signaled(Arc<str>, Result<(), ()>),
    Cleaned(Result<entity::Cleaned, ()>),
    Batch(Delivery, Result<work::Outcome, ()>),
    /// A worker said what is not so.
    Lie(Result<work::Outcome, ()>),
    Looked,
}

/// A delivery, and the process that made it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delivery {
    pub(super) token: Token,
    pub(super) process: u32,
}

/// Work that a worker has, or had.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) item: Item,
    pub(super) delivery: Delivery,
}

pub(super) type Call = Pin<Box<dyn Future<Output = Reply>>>;

pub(super) struct Sim {
    pub(super) random: Dice,
    pub(super) store: Arc<SimStore>,
    pub(super) clock: Arc<ManualClock>,
    ids: Arc<SeededIds>,
    bug: Option<Bug>,
    /// Absent between two processes.
    hub: Option<Hub>,
    pub(super) hub_id: HubId,
    notices: broadcast::Receiver<SharedNotice>,
    last_notice: u64,
    /// Changes that were told since the process began: number and revision.
    told: HashSet<(RowId, u64)>,
    pub(super) workers: Vec<WorkItems>,
    pub(super) held: Vec<Held>,
    /// Work of earlier deliveries, kept to be answered when nobody wants to hear it.
    pub(super) old: Vec<Held>,
    pub(super) calls: FuturesUnordered<Call>,
    pub(super) tokens: HashSet<Token>,
    pub(super) committed: HashSet<Token>,
    pub(super) process: u32,
    pub(super) number: u64,
    pub(super) figures: Figures,
}

impl Sim {
    pub(super) async fn new(seed: u64, bug: Option<Bug>, log: bool) -> Self {
        let store = Arc::new(SimStore::default());
        let clock = Arc::new(ManualClock::new(epoch()));
        store.model(|model| {
            model.now = epoch();
            model.log = log.then(Vec::new);
        });
        let ids = Arc::new(SeededIds::new(seed));
        let hub = open("Simulated", &store, &clock, &ids, bug).await;
        let hub_id = hub_id(&store, "Simulated").await;
        Self {
            random: Dice::new(seed),
            notices: hub.subscribe(),
            last_notice: hub.seq(),
            store,
            clock,
            ids,
            bug,
            hub: Some(hub),
            hub_id,
            told: HashSet::new(),
            workers: vec![],
            held: vec![],
            old: vec![],
            calls: FuturesUnordered::new(),
            tokens: HashSet::new(),
            committed: HashSet::new(),
            process: 0,
            number: 0,
            figures: Figures::default(),
        }
    }

    pub(super) fn hub(&self) -> &Hub {
        self.hub.as_ref().unwrap()
    }

    pub(super) fn log(&self, line: impl FnOnce() -> String) {
        self.store.model(|model| model.tell(line));
    }

    pub(super) fn violate(&self, text: String) {
        self.store.model(|model| model.violate(text));
    }

    /// One thing happens, whatever it is.
    pub(super) async fn step(&mut self) {
        let kind = self.random.random_range(0..100);
        self.store.model(|model| model.trace.note(kind));
        self.log(|| format!("-- {kind}"));
        match kind {
            0..7 => self.start(),
            7..14 => self.raise(),
            14..20 => self.connect(),
            20..23 => self.vanish(),
            23..43 => self.take(),
            43..69 => self.answer(),
            69..71 => self.abandon(),
            71..73 => self.answer_late(),
            73..74 => self.lie(),
            74..79 => self.advance(TimeDelta::seconds(1)),
            79..81 => self.jump(),
            81..84 => self.control(),
            84..86 => self.terminate(),
            86..87 => {
                self.purge();
                self.clean();
            }
            87..88 => {
                self.look();
                self.signal();
            }
            88..91 => self.fail(),
            91..92 => self.rewind(),
            92..94 => {
                let slow = self.random.random();
                self.store.set_slow(slow);
            }
            94..98 => self.store.let_go(self.random.random_range(1..5)),
            98..99 => self.crash().await,
            _ => {
                if self.random.random_bool(0.3) {
                    self.drain().await;
                }
            }
        }
        let rests = self.random.random_range(0..5);
        self.progress(rests).await;
        self.hear();
    }

    /// Lets calls and loops go on for a while, and takes the answers of calls.
    pub(super) async fn progress(&mut self, rests: usize) {
        for _ in 0..=rests {
            tokio::task::yield_now().await;
            while let Some(Some(reply)) = self.calls.next().now_or_never() {
                self.replied(reply);
            }
        }
    }

    /// Lets everything happen that can happen without the clock.
    pub(super) async fn quiet(&mut self) {
        let mut before = None;
        loop {
            self.progress(12).await;
            self.hear();
            let now = (self.calls.len(), self.store.model(|model| model.trace.hash()));
            if before == Some(now) {
                return;
            }
            before = Some(now);
        }
    }

    fn connect(&mut self) {
        if self.workers.len() < 3 {
            let profile = super::workers::profile(&mut self.random);
            self.workers.push(self.hub().connect_worker(profile));
        }
    }

    /// A worker's stream ends; its work may still be answered.
    fn vanish(&mut self) {
        if !self.workers.is_empty() {
            let worker = self.random.random_range(0..self.workers.len());
            self.workers.remove(worker);
            self.figures.vanished += 1;
        }
    }

    pub(super) fn advance(&mut self, by: TimeDelta) {
        self.clock.advance(by);
        let now = self.clock.now();
        self.store.model(|model| model.now = model.now.max(now));
    }

    /// The clock jumps: over a timer, over a lease, or a little back.
    fn jump(&mut self) {
        let seconds = match self.random.random_range(0..10) {
            0 => -self.random.random_range(1..30),
            1..3 => 301,
            3 => 3600,
            _ => self.random.random_range(2..60),
        };
        if seconds > 300 && !self.held.is_empty() {
            self.figures.overdue += 1;
        }
        self.advance(TimeDelta::seconds(seconds));
    }

    fn fail(&mut self) {
        let after = self.random.random_range(0..4);
        match self.random.random_range(0..5) {
            0..2 => self.store.fail_commit(after, Fault::Before),
            2..4 => self.store.fail_commit(after, Fault::After),
            _ => self.store.fail_read(after),
        }
    }

    /// The process ends in the middle of everything, and another begins.
    async fn crash(&mut self) {
        let stored = self.random.random_range(0..=self.store.waiting());
        self.figures.crashes += 1;
        self.end_process();
        self.store.crash(stored);
        self.begin_process().await;
    }

    /// The process ends in order.
    async fn drain(&mut self) {
        self.store.set_slow(false);
        self.hub().drain(std::time::Duration::ZERO).await;
        self.figures.drains += 1;
        self.progress(12).await;
        self.hear();
        self.end_process();
        self.store.crash(usize::MAX);
        self.begin_process().await;
    }

    fn end_process(&mut self) {
        self.calls = FuturesUnordered::new();
        self.workers.clear();
        self.hub = None;
        self.old.append(&mut self.held);
        let spare = self.old.len().saturating_sub(40);
        self.old.drain(..spare);
        self.told.clear();
    }

    async fn begin_process(&mut self) {
        let hub = open("Simulated", &self.store, &self.clock, &self.ids, self.bug).await;
        self.notices = hub.subscribe();
        self.last_notice = hub.seq();
        self.hub = Some(hub);
        self.process += 1;
    }

    /// I11: news come in order, once, and never before what they tell is stored.
    pub(super) fn hear(&mut self) {
        while let Ok(notice) = self.notices.try_recv() {
            self.figures.notices += 1;
            if notice.seq <= self.last_notice {
                self.violate(format!("I11: notice {} after {}", notice.seq, self.last_notice));
            }
            self.last_notice = notice.seq;
            if let Change::Updated(record) = &notice.change {
                let key = (record.num, record.revision);
                let stored = self.store.model(|model| {
                    model.revisions.get(&key.0).is_some_and(|known| known.contains(&key.1))
                });
                if !stored {
                    self.violate(format!("I11: {key:?} is told and not stored"));
                }
                if !self.told.insert(key) {
                    self.violate(format!("I11: {key:?} is told twice"));
                }
            }
        }
    }

    /// I11: what the process stored was told, all of it.
    pub(super) fn must_have_heard_all(&self) {
        self.store.model(|model| {
            let silent = model.promised.iter().find(|change| !self.told.contains(change));
            if let Some(text) = silent.map(|change| format!("I11: nobody heard of {change:?}")) {
                model.violate(text);
            }
        });
    }

    pub(super) fn id(&mut self) -> &'static str {
        IDS.choose(&mut self.random).unwrap()
    }

    /// An id of an instance or of one of its sub-orchestrations.
    pub(super) fn any_id(&mut self) -> String {
        let part = ["", "", "", "-s", "-t", "-s-s"].choose(&mut self.random).unwrap();
        format!("{}{part}", self.id())
    }

    /// Another hub of the same store.
    pub(super) async fn other_hub(&self) -> (Hub, HubId) {
        let hub = open("Other", &self.store, &self.clock, &self.ids, self.bug).await;
        (hub, hub_id(&self.store, "Other").await)
    }
}

async fn hub_id(store: &Arc<SimStore>, name: &str) -> HubId {
    use taskhub_hub::store::Store;
    store.open_hub(&TaskHubName::new(name).unwrap(), epoch()).await.unwrap()
}

/// A process begins; one that cannot read is started again.
async fn open(
    name: &str,
    store: &Arc<SimStore>,
    clock: &Arc<ManualClock>,
    ids: &Arc<SeededIds>,
    bug: Option<Bug>,
) -> Hub {
    loop {
        let options = HubOptions {
            name: TaskHubName::new(name).unwrap(),
            store: Arc::clone(store) as _,
            clock: Arc::clone(clock) as _,
            ids: Arc::clone(ids) as _,
        };
        if let Ok(hub) = Hub::open(options).await {
            hub.plant(bug);
            return hub;
        }
    }
}
