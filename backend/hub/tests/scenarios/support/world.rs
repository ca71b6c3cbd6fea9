//! The world of a scenario: store, clock, hub, and what was acknowledged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use taskhub_hub::{
    Hub, HubOptions,
    clock::{ManualClock, SeededIds},
    engine::{
        action::{Action, ActionKind, TurnResponse},
        history_event::{EventKind, HistoryEvent, Payload},
        worker::{EntityWork, OrchestrationWork, Token, Work, WorkItem, WorkerProfile},
    },
    operation::{raise_event, start_instance, wait, work},
    store::{
        Store,
        memory::MemoryStore,
        model::{InstanceRecord, Task},
    },
};
use taskhub_shared::{failure::FailureDetails, id::TaskHubName, status::RuntimeStatus};

/// Text as a payload.
pub(crate) fn payload(text: &str) -> Payload {
    Arc::from(text)
}

/// The time at which every scenario begins.
pub(crate) fn epoch() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A hub and everything around it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    ids: Arc<SeededIds>,
    pub(crate) hub: Hub,
    pub(crate) name: TaskHubName,
    /// Events that were acknowledged, by instance.
    pub(crate) acked_events: Vec<(String, Payload)>,
    /// Starts that were acknowledged.
    pub(crate) acked_starts: Vec<String>,
    /// Instances that use events up by continuing as new.
    pub(crate) continues: BTreeSet<String>,
}

/// A work item, told apart.
#[derive(Debug)]
pub(crate) enum Item {
    Turn(Token, OrchestrationWork),
    Activity(Token, Arc<Task>),
    Entity(Token, EntityWork),
}

impl From<WorkItem> for Item {
    fn from(item: WorkItem) -> Self {
        match item.work {
            Work::Orchestration(work) => Self::Turn(item.token, work),
            Work::Activity(task) => Self::Activity(item.token, task),
            Work::Entity(work) => Self::Entity(item.token, work),
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let memory = Arc::new(MemoryStore::default());
        Self::on(memory).await
    }

    /// A world on this store.
    pub(crate) async fn on(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::new(epoch()));
        let ids = Arc::new(SeededIds::new(7));
        let name = TaskHubName::default();
        let hub = open(&name, &store, &clock, &ids).await;
        Self {
            store,
            clock,
            ids,
            hub,
            name,
            acked_events: vec![],
            acked_starts: vec![],
            continues: BTreeSet::new(),
        }
    }

    /// Ends the process and begins another: nothing is left but the store.
    pub(crate) async fn reopen(&mut self) {
        self.hub = open(&self.name, &self.store, &self.clock, &self.ids).await;
    }

    /// Another hub of the same server.
    pub(crate) async fn other_hub(&self, name: &str) -> Hub {
        open(&TaskHubName::new(name).unwrap(), &self.store, &self.clock, &self.ids).await
    }

    pub(crate) fn worker(&self) -> work::WorkItems {
        self.hub.connect_worker(WorkerProfile::default())
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Lets everything happen that can happen without the clock.
    pub(crate) async fn quiet(&self) {
        // The runtime's own clock stands still while there is something to do, so this ends when there is nothing.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    pub(crate) async fn start(&mut self, name: &str, id: &str, input: &str) {
        let request = start_instance::Request {
            instance_id: Some(id.to_owned()),
            name: name.to_owned(),
            input: Some(payload(input)),
            ..start_instance::Request::default()
        };
        let outcome = self.hub.start_instance(request).await.unwrap();
        assert_eq!(outcome, start_instance::Outcome::Started { instance_id: Arc::from(id) });
        self.acked_starts.push(id.to_owned());
    }

    pub(crate) async fn raise(&mut self, id: &str, name: &str, text: &str) {
        let outcome = self.hub.raise_event(id, name, Some(payload(text))).await.unwrap();
        assert_eq!(outcome, raise_event::Outcome::Accepted);
        self.acked_events.push((id.to_owned(), payload(text)));
    }

    pub(crate) async fn record(&self, id: &str) -> InstanceRecord {
        self.hub.instance(id).await.unwrap().unwrap_or_else(|| panic!("no instance {id}"))
    }

    pub(crate) async fn status(&self, id: &str) -> RuntimeStatus {
        self.record(id).await.status
    }

    pub(crate) async fn history(&self, id: &str) -> Vec<HistoryEvent> {
        self.hub.history(id, 0, usize::MAX).await.unwrap().unwrap_or_default()
    }

    /// Names of the history's events.
    pub(crate) async fn kinds(&self, id: &str) -> Vec<&'static str> {
        self.history(id).await.iter().map(|event| kind_name(&event.kind)).collect()
    }

    /// Memory holds nothing that no longer matters.
    pub(crate) async fn nothing_left(&self, what: &str) {
        self.quiet().await;
        let census = self.hub.census();
        assert_eq!(census, taskhub_hub::census::Census::default(), "{what}");
    }

    pub(crate) async fn ended(&self, id: &str) -> InstanceRecord {
        let patience = Duration::from_secs(60);
        match self.hub.wait(id, wait::Until::Ended, patience).await.unwrap() {
            wait::Outcome::Reached(record) => InstanceRecord::clone(&record),
            other => panic!("{id} did not end: {other:?}"),
        }
    }

    pub(crate) async fn complete(
        &self,
        token: Token,
        id: &str,
        actions: Vec<Action>,
    ) -> work::Outcome {
        let response = TurnResponse { actions, ..TurnResponse::default() };
        self.hub.complete_turn(token, id, response).await.unwrap()
    }

    pub(crate) async fn succeed(&self, token: Token, task: &Task, result: &str) -> work::Outcome {
        let result = Ok(Some(payload(result)));
        self.hub.complete_activity(token, &task.instance_id, task.event_id, result).await.unwrap()
    }
}

async fn open(
    name: &TaskHubName,
    store: &Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    ids: &Arc<SeededIds>,
) -> Hub {
    let options = HubOptions {
        name: name.clone(),
        store: Arc::clone(store),
        clock: Arc::clone(clock) as _,
        ids: Arc::clone(ids) as _,
    };
    Hub::open(options).await.unwrap()
}

/// The next work item; a scenario in which none comes has failed.
pub(crate) async fn next(items: &mut work::WorkItems) -> Item {
    let next = tokio::time::timeout(Duration::from_secs(5), items.next()).await;
    next.expect("no work came").expect("the stream ended").into()
}

pub(crate) async fn next_turn(items: &mut work::WorkItems) -> (Token, OrchestrationWork) {
    match next(items).await {
        Item::Turn(token, work) => (token, work),
        other => panic!("a turn was to come, not {other:?}"),
    }
}

pub(crate) async fn next_activity(items: &mut work::WorkItems) -> (Token, Arc<Task>) {
    match next(items).await {
        Item::Activity(token, task) => (token, task),
        other => panic!("an activity was to come, not {other:?}"),
    }
}

pub(crate) async fn next_entity(items: &mut work::WorkItems) -> (Token, EntityWork) {
    match next(items).await {
        Item::Entity(token, work) => (token, work),
        other => panic!("a batch of an entity was to come, not {other:?}"),
    }
}

/// Nothing more comes by itself.
pub(crate) async fn nothing(items: &mut work::WorkItems) {
    let next = tokio::time::timeout(Duration::from_millis(50), items.next()).await;
    if let Ok(item) = next {
        panic!("nothing was to come, not {item:?}");
    }
}

pub(crate) fn act(id: i32, kind: ActionKind) -> Action {
    Action { id, kind }
}

pub(crate) fn task(id: i32, name: &str, input: &str) -> Action {
    act(
        id,
        ActionKind::ScheduleTask {
            name: name.to_owned(),
            version: None,
            input: Some(payload(input)),
            trace: None,
            tags: BTreeMap::new(),
        },
    )
}

pub(crate) fn child(id: i32, instance_id: &str, name: &str) -> Action {
    act(
        id,
        ActionKind::CreateSubOrchestration {
            instance_id: instance_id.to_owned(),
            name: name.to_owned(),
            version: None,
            input: None,
            trace: None,
            tags: BTreeMap::new(),
        },
    )
}

pub(crate) fn timer(id: i32, fire_at: DateTime<Utc>) -> Action {
    act(id, ActionKind::CreateTimer { fire_at })
}

pub(crate) fn send(id: i32, instance_id: &str, name: &str, input: &str) -> Action {
    let (instance_id, name) = (instance_id.to_owned(), name.to_owned());
    act(id, ActionKind::SendEvent { instance_id, name, input: Some(payload(input)) })
}

pub(crate) fn complete(id: i32, status: RuntimeStatus, result: Option<&str>) -> Action {
    let failure = (status == RuntimeStatus::Failed)
        .then(|| Box::new(FailureDetails::new("TestFailure", result.unwrap_or_default())));
    act(
        id,
        ActionKind::Complete {
            status,
            result: result.map(payload),
            failure,
            new_version: None,
            carryover: vec![],
        },
    )
}

pub(crate) fn done(id: i32, result: &str) -> Action {
    complete(id, RuntimeStatus::Completed, Some(result))
}

pub(crate) fn again(id: i32, input: &str, carryover: Vec<HistoryEvent>) -> Action {
    act(
        id,
        ActionKind::Complete {
            status: RuntimeStatus::ContinuedAsNew,
            result: Some(payload(input)),
            failure: None,
            new_version: None,
            carryover,
        },
    )
}

/// Name of an event's kind.
pub(crate) fn kind_name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::OrchestratorStarted => "OrchestratorStarted",
        EventKind::ExecutionStarted(_) => "ExecutionStarted",
        EventKind::ExecutionCompleted { .. } => "ExecutionCompleted",
        EventKind::ExecutionTerminated { .. } => "ExecutionTerminated",
        EventKind::ExecutionSuspended { .. } => "ExecutionSuspended",
        EventKind::ExecutionResumed { .. } => "ExecutionResumed",
        EventKind::TaskScheduled { .. } => "TaskScheduled",
        EventKind::TaskCompleted { .. } => "TaskCompleted",
        EventKind::TaskFailed { .. } => "TaskFailed",
        EventKind::SubOrchestrationCreated { .. } => "SubOrchestrationCreated",
        EventKind::SubOrchestrationCompleted { .. } => "SubOrchestrationCompleted",
        EventKind::SubOrchestrationFailed { .. } => "SubOrchestrationFailed",
        EventKind::TimerCreated { .. } => "TimerCreated",
        EventKind::TimerFired { .. } => "TimerFired",
        EventKind::EventSent { .. } => "EventSent",
        EventKind::EventRaised { .. } => "EventRaised",
        EventKind::ExecutionRewound { .. } => "ExecutionRewound",
        EventKind::Entity(_) => "Entity",
    }
}

/// Names of the events that a worker is to take in.
pub(crate) fn new_kinds(work: &OrchestrationWork) -> Vec<&'static str> {
    work.new.iter().map(|event| kind_name(&event.kind)).collect()
}
