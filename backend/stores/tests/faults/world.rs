//! A life of several processes over one file: clients that try again, a worker, a clock that is moved.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
use futures::StreamExt;
use taskhub_hub::{
    Hub, HubError, HubOptions,
    clock::{ManualClock, SeededIds},
    engine::{
        entity::EntityResponse,
        worker::{Work, WorkItem, WorkerProfile},
    },
    operation::{
        control,
        start_instance::{self, Reuse},
        work::WorkItems,
    },
    store::{
        Store,
        model::{Filter, InstanceRecord, Outstanding},
    },
};
use taskhub_shared::{failure::FailureDetails, id::TaskHubName, status::RuntimeStatus};
use taskhub_stores::SqliteStore;

use super::{
    program::{self, text},
    store::{Broken, Plan},
};

/// How long a worker waits for work before it takes it that there is none; longer when it has found none so often, as
/// the machine may be slow.
const PATIENCE: Duration = Duration::from_millis(2);
const LONG_PATIENCE: Duration = Duration::from_millis(200);
const OFTEN: usize = 20;
/// Most times that something is tried, or that the clock is moved.
const TRIES: usize = 60;

pub(crate) struct World {
    path: PathBuf,
    clock: Arc<ManualClock>,
    plan: Arc<Plan>,
    process: Option<Process>,
    started: u64,
    patience: Duration,
    /// Whether the process ends after each piece of work.
    pub(crate) restless: bool,
    /// Whether the flaky activity works.
    pub(crate) mended: bool,
}

struct Process {
    inner: Arc<SqliteStore>,
    store: Arc<Broken>,
    hub: Hub,
    worker: WorkItems,
}

impl World {
    pub(crate) fn new(path: PathBuf, plan: &Arc<Plan>) -> Self {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Self {
            path,
            clock: Arc::new(ManualClock::new(start)),
            plan: Arc::clone(plan),
            process: None,
            started: 0,
            patience: PATIENCE,
            restless: false,
            mended: false,
        }
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Ends the process, with whatever it was doing.
    pub(crate) async fn end(&mut self) {
        let Some(Process { inner, store, hub, worker }) = self.process.take() else { return };
        drop((worker, hub, store));
        while Arc::strong_count(&inner) > 1 {
            tokio::task::yield_now().await;
        }
    }

    /// The hub of a process that lives.
    pub(crate) async fn hub(&mut self) -> Hub {
        for _ in 0..TRIES {
            if self.process.as_ref().is_some_and(|process| process.store.is_dead()) {
                self.end().await;
            }
            if let Some(process) = &self.process {
                return process.hub.clone();
            }
            self.started += 1;
            let inner = Arc::new(SqliteStore::open(&self.path).unwrap());
            let store = Broken::new(Arc::clone(&inner), &self.plan);
            let options = HubOptions {
                name: TaskHubName::default(),
                store: Arc::clone(&store) as _,
                clock: Arc::clone(&self.clock) as _,
                ids: Arc::new(SeededIds::new(self.started)),
            };
            if let Ok(hub) = Hub::open(options).await {
                let worker = hub.connect_worker(WorkerProfile::default());
                self.process = Some(Process { inner, store, hub, worker });
            }
        }
        panic!("no process can be started");
    }

    /// Does what a client does that is told that it failed: it asks again until it is told something else.
    pub(crate) async fn insist<T>(&mut self, call: impl AsyncFn(Hub) -> Result<T, HubError>) -> T {
        for _ in 0..TRIES {
            let hub = self.hub().await;
            if let Ok(answer) = call(hub).await {
                return answer;
            }
            self.advance(1);
        }
        panic!("a call fails for ever");
    }

    pub(crate) async fn start(&mut self, name: &str) {
        let started = self
            .insist(async |hub| {
                let request = start_instance::Request {
                    instance_id: Some("x".to_owned()),
                    name: name.to_owned(),
                    // What was started and not answered is not to be started again.
                    reuse: Reuse::Statuses(vec![]),
                    ..start_instance::Request::default()
                };
                hub.start_instance(request).await
            })
            .await;
        assert!(matches!(
            started,
            start_instance::Outcome::Started { .. } | start_instance::Outcome::Exists(_)
        ));
    }

    pub(crate) async fn suspend(&mut self) {
        let held = self.insist(async |hub| hub.suspend("x", None).await).await;
        assert!(matches!(held, control::Outcome::Accepted | control::Outcome::Unchanged(_)));
    }

    pub(crate) async fn resume(&mut self) {
        let goes_on = self.insist(async |hub| hub.resume("x", None).await).await;
        assert!(matches!(goes_on, control::Outcome::Accepted | control::Outcome::Unchanged(_)));
    }

    pub(crate) async fn record(&mut self, id: &str) -> Option<InstanceRecord> {
        self.insist(async |hub| hub.instance(id).await).await
    }

    /// Work of the process that lives, unless there is none.
    async fn next(&mut self) -> Option<WorkItem> {
        self.hub().await;
        let worker = &mut self.process.as_mut()?.worker;
        tokio::time::timeout(self.patience, worker.next()).await.ok().flatten()
    }

    async fn perform(&mut self, item: WorkItem) {
        let hub = self.hub().await;
        let token = item.token;
        // A worker that is told that its answer was not stored gets the work again.
        match item.work {
            Work::Activity(task) => {
                let result = if task.name == "Flaky" && !self.mended {
                    Err(Box::new(FailureDetails::new("Flaky", "not yet")))
                } else {
                    Ok(task.input.clone())
                };
                let id = &task.instance_id;
                hub.complete_activity(token, id, task.event_id, result).await.ok();
            }
            Work::Orchestration(work) => {
                let id = &work.record.instance_id;
                hub.complete_turn(token, id, program::run(&work)).await.ok();
            }
            Work::Entity(work) => {
                let before = work.record.payloads.output.as_deref().unwrap_or("0");
                let before: usize = before.parse().unwrap();
                let all = work.operations.len();
                let response = EntityResponse {
                    results: (1..=all).map(|n| Ok(text(&(before + n).to_string()))).collect(),
                    state: text(&(before + all).to_string()),
                    ..EntityResponse::default()
                };
                hub.complete_entity(token, response).await.ok();
            }
        }
    }

    /// Works until there is nothing left to do without the clock.
    pub(crate) async fn work(&mut self) {
        while let Some(item) = self.next().await {
            self.perform(item).await;
            if self.restless {
                self.end().await;
            }
        }
    }

    /// Works and lets the time pass until the instance is in this status.
    pub(crate) async fn until(&mut self, status: RuntimeStatus) -> InstanceRecord {
        for tries in 0..TRIES {
            self.patience = if tries > OFTEN { LONG_PATIENCE } else { PATIENCE };
            self.work().await;
            match self.record("x").await {
                Some(record) if record.status == status => return record,
                _ => self.advance(5),
            }
        }
        let left = self.record("x").await;
        panic!("it does not become {status}: {left:#?}");
    }

    /// What must hold once everything has ended, read by a process of its own.
    pub(crate) async fn check(&mut self, what: &str, output: Option<&str>) {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut tries = 0;
        let (store, hub, outstanding) = loop {
            // What is left of activities and entities comes to its end.
            self.advance(120);
            self.work().await;
            self.end().await;
            let store = SqliteStore::open(&self.path).unwrap();
            let hub = store.open_hub(&TaskHubName::default(), now).await.unwrap();
            let outstanding = store.outstanding(hub).await.unwrap();
            tries += 1;
            // On a slow machine the work may just not have come yet.
            if outstanding == Outstanding::default() || tries > OFTEN {
                break (store, hub, outstanding);
            }
            self.patience = LONG_PATIENCE;
        };
        let record = store.instance(hub, "x").await.unwrap();
        let found = record.as_ref().and_then(|record| record.payloads.output.as_deref());
        assert_eq!(found, output, "{what}");
        if let Some(record) = record {
            let history = store.history(hub, "x", 0, usize::MAX).await.unwrap().unwrap();
            assert_eq!(history.len() as u64, record.history_len, "{what}");
            let state = taskhub_hub::engine::runtime_state::RuntimeState::fold(&history);
            assert_eq!(state.status(), record.status, "{what}");
        }
        assert_eq!(outstanding, Outstanding::default(), "{what}");
        let counts = store.counts(hub, Filter::default()).await.unwrap();
        let listed = taskhub_hub::store::model::ListRequest {
            filter: Filter::default(),
            from: None,
            direction: taskhub_hub::store::model::Direction::Older,
            limit: 100,
            payloads: false,
        };
        let listed = store.list(hub, listed).await.unwrap();
        let counted: u64 = counts.iter().map(|group| group.count).sum();
        assert_eq!(counted, listed.len() as u64, "{what}");
        drop(store);
        let database = rusqlite::Connection::open(&self.path).unwrap();
        let integrity: String =
            database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(integrity, "ok", "{what}");
    }
}
