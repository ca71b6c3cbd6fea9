//! The engine on SQLite: the process ends again and again, and the work goes on from where it was.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect should stop"
)]

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
use futures::StreamExt;
use taskhub_hub::{
    Hub, HubOptions,
    clock::{ManualClock, SeededIds},
    engine::{
        action::{Action, ActionKind, TurnResponse},
        history_event::{EventKind, HistoryEvent, Payload},
        worker::{Work, WorkItem, WorkerProfile},
    },
    operation::{start_instance, wait, work::WorkItems},
    store::{Store, model::Filter},
};
use taskhub_shared::{id::TaskHubName, query::InstanceQuery, status::RuntimeStatus};
use taskhub_stores::SqliteStore;

/// A process: the database, its hub, one worker.
struct Process {
    store: Arc<SqliteStore>,
    hub: Hub,
    worker: WorkItems,
}

impl Process {
    async fn begin(path: &Path, clock: &Arc<ManualClock>, seed: u64) -> Self {
        let store = Arc::new(SqliteStore::open(path).unwrap());
        let options = HubOptions {
            name: TaskHubName::default(),
            store: Arc::clone(&store) as _,
            clock: Arc::clone(clock) as _,
            ids: Arc::new(SeededIds::new(seed)),
        };
        let hub = Hub::open(options).await.unwrap();
        let worker = hub.connect_worker(WorkerProfile::default());
        Self { store, hub, worker }
    }

    /// Ends it with whatever it was doing.
    async fn end(self) {
        drop((self.worker, self.hub));
        while Arc::strong_count(&self.store) > 1 {
            tokio::task::yield_now().await;
        }
    }

    /// The next work, unless there is none.
    async fn next(&mut self) -> Option<WorkItem> {
        let next = tokio::time::timeout(Duration::from_millis(200), self.worker.next());
        next.await.ok().flatten()
    }

    async fn perform(&self, item: WorkItem) {
        match item.work {
            Work::Activity(task) => {
                let result = Ok(task.input.clone());
                let done = self.hub.complete_activity(
                    item.token,
                    &task.instance_id,
                    task.event_id,
                    result,
                );
                done.await.unwrap();
            }
            // No entity takes part.
            Work::Entity(_) => {}
            Work::Orchestration(work) => {
                let events: Vec<&HistoryEvent> =
                    work.past.iter().chain(&work.new).map(AsRef::as_ref).collect();
                let response = TurnResponse { actions: decide(&events), ..TurnResponse::default() };
                let id = &work.record.instance_id;
                self.hub.complete_turn(item.token, id, response).await.unwrap();
            }
        }
    }
}

fn text(text: &str) -> Option<Payload> {
    Some(Arc::from(text))
}

/// Two activities at once, then a timer of an hour, then the end with both results.
fn decide(events: &[&HistoryEvent]) -> Vec<Action> {
    let known = |id| events.iter().any(|event| event.event_id == id);
    let results: BTreeMap<i32, String> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::TaskCompleted { scheduled_id, result } => {
                Some((*scheduled_id, result.as_deref().unwrap_or_default().to_owned()))
            }
            _ => None,
        })
        .collect();
    let fired = events.iter().any(|event| matches!(event.kind, EventKind::TimerFired { .. }));
    if !known(1) {
        let task = |id: i32| {
            let kind = ActionKind::ScheduleTask {
                name: "Echo".to_owned(),
                version: None,
                input: text(&id.to_string()),
                trace: None,
                tags: BTreeMap::new(),
            };
            Action { id, kind }
        };
        return vec![task(1), task(2)];
    }
    if results.len() == 2 && !known(3) {
        let fire_at = beginning() + TimeDelta::hours(1);
        return vec![Action { id: 3, kind: ActionKind::CreateTimer { fire_at } }];
    }
    if fired {
        let output = results.into_values().collect::<Vec<_>>().join(",");
        let kind = ActionKind::Complete {
            status: RuntimeStatus::Completed,
            result: text(&output),
            failure: None,
            new_version: None,
            carryover: vec![],
        };
        return vec![Action { id: 4, kind }];
    }
    vec![]
}

fn beginning() -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

#[tokio::test]
async fn work_goes_on_after_every_end_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let clock = Arc::new(ManualClock::new(beginning()));
    let mut process = Process::begin(&path, &clock, 0).await;
    let instances = 8;
    for number in 0..instances {
        let request = start_instance::Request {
            instance_id: Some(format!("i{number}")),
            name: "X".to_owned(),
            ..start_instance::Request::default()
        };
        process.hub.start_instance(request).await.unwrap();
    }
    for seed in 1.. {
        // Each process does a little, takes one thing more that it never answers, and ends.
        for _ in 0..seed % 4 {
            let Some(item) = process.next().await else { break };
            process.perform(item).await;
        }
        let idle = process.next().await.is_none();
        if idle {
            clock.advance(TimeDelta::minutes(20));
        }
        process.end().await;
        process = Process::begin(&path, &clock, seed).await;
        let done = InstanceQuery { statuses: vec![RuntimeStatus::Completed], ..Default::default() };
        let done = process.hub.query_instances(&done, false).await.unwrap().records.len();
        if done == instances {
            break;
        }
        assert!(seed < 200, "{done} of {instances} have ended");
    }
    for number in 0..instances {
        let id = format!("i{number}");
        let ended = process.hub.wait(&id, wait::Until::Ended, Duration::ZERO).await.unwrap();
        let wait::Outcome::Reached(record) = ended else { panic!("{id}: {ended:?}") };
        assert_eq!(record.payloads.output.as_deref(), Some("1,2"));
        let history = process.hub.history(&id, 0, usize::MAX).await.unwrap().unwrap();
        assert_eq!(history.len() as u64, record.history_len);
        let results = |event: &&HistoryEvent| matches!(event.kind, EventKind::TaskCompleted { .. });
        assert_eq!(history.iter().filter(results).count(), 2, "each activity has one result");
    }
    let id = process.store.open_hub(&TaskHubName::default(), beginning()).await.unwrap();
    let outstanding = process.store.outstanding(id).await.unwrap();
    assert_eq!(outstanding, taskhub_hub::store::model::Outstanding::default());
    let counts = process.store.counts(id, Filter::default()).await.unwrap();
    assert_eq!(counts.iter().map(|group| group.count).sum::<u64>(), instances as u64);
    process.end().await;
}
