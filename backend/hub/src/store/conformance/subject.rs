//! A store under test, and the rows that the rules write.

use std::{any::Any, fmt, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::{id::TaskHubName, status::RuntimeStatus};

use crate::{
    engine::history_event::{EventKind, ExecutionStarted, HistoryEvent, Payload},
    store::{
        Store, StoreError,
        model::{
            Commit, Create, Direction, Filter, HistoryChange, HubId, InstanceRecord, ListRequest,
            Loaded, Message, NameCount, Payloads, RowId, Task, Timer, Update,
        },
    },
};

/// A store under test.
pub struct Subject {
    store: Option<Arc<dyn Store>>,
    open: Option<Box<dyn FnMut() -> Arc<dyn Store> + Send>>,
    /// What must live as long as the store: a folder of files.
    _keep: Box<dyn Any + Send>,
    hub: Option<HubId>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Subject {
    /// A store that cannot be opened again.
    #[must_use]
    pub fn once(store: Arc<dyn Store>) -> Self {
        Self { store: Some(store), open: None, _keep: Box::new(()), hub: None }
    }

    /// A store that can be opened again, with what must be kept meanwhile.
    pub fn reopening(
        mut open: impl FnMut() -> Arc<dyn Store> + Send + 'static,
        keep: impl Any + Send,
    ) -> Self {
        let store = Some(open());
        Self { store, open: Some(Box::new(open)), _keep: Box::new(keep), hub: None }
    }

    /// Closes the store and opens it again; whether it can.
    pub(super) async fn reopen(&mut self) -> bool {
        let Some(open) = &mut self.open else { return false };
        self.store = None;
        self.store = Some(open());
        self.hub = None;
        self.hub().await;
        true
    }

    pub(super) fn store(&self) -> &dyn Store {
        &**self.store.as_ref().unwrap()
    }

    pub(super) fn shared(&self) -> Arc<dyn Store> {
        Arc::clone(self.store.as_ref().unwrap())
    }

    /// The hub that the rules write to.
    pub(super) async fn hub(&mut self) -> HubId {
        if let Some(hub) = self.hub {
            return hub;
        }
        let hub = self.other_hub("Rules").await;
        self.hub = Some(hub);
        hub
    }

    pub(super) async fn other_hub(&self, name: &str) -> HubId {
        self.store().open_hub(&TaskHubName::new(name).unwrap(), at(0)).await.unwrap()
    }

    pub(super) fn number(&self) -> RowId {
        self.store().sequence().next()
    }

    /// A record that is not stored yet.
    pub(super) fn record(&self, id: &str) -> InstanceRecord {
        let num = self.number();
        InstanceRecord {
            num,
            instance_id: Arc::from(id),
            execution_id: format!("{num:032x}"),
            name: "Name".to_owned(),
            version: None,
            status: RuntimeStatus::Pending,
            created_at: at(0),
            updated_at: at(0),
            completed_at: None,
            scheduled_start_at: None,
            parent: None,
            tags: std::collections::BTreeMap::new(),
            orchestration_trace: None,
            history_len: 0,
            revision: 1,
            entity: None,
            payloads: Payloads { input: Some(text("\"in\"")), ..Payloads::default() },
        }
    }

    pub(super) async fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let hub = self.hub().await;
        self.store().commit(hub, commit).await
    }

    /// Commits what must be accepted.
    pub(super) async fn accept(&mut self, commit: Commit) {
        self.commit(commit).await.unwrap();
    }

    /// Commits what must be a conflict, and nothing else.
    pub(super) async fn refuse(&mut self, commit: Commit) {
        match self.commit(commit).await {
            Err(StoreError::Conflict { .. }) => {}
            other => panic!("a conflict was to come, not {other:?}"),
        }
    }

    /// Stores a new instance.
    pub(super) async fn create(&mut self, record: &InstanceRecord) {
        self.accept(creating(record)).await;
    }

    pub(super) async fn created(&mut self, id: &str) -> InstanceRecord {
        let record = self.record(id);
        self.create(&record).await;
        record
    }

    /// Stores a new instance that has ended.
    pub(super) async fn ended(&mut self, id: &str) -> InstanceRecord {
        let record = self.created(id).await;
        let ended = next(&record, RuntimeStatus::Completed, 2);
        self.accept(updating(&record, &ended, events(1, 2))).await;
        ended
    }

    pub(super) fn message(&self) -> Message {
        Message { id: self.number(), event: Arc::new(event(1)) }
    }

    pub(super) fn task(&self, record: &InstanceRecord) -> Arc<Task> {
        Arc::new(Task {
            id: self.number(),
            instance_num: record.num,
            instance_id: Arc::clone(&record.instance_id),
            execution_id: record.execution_id.clone(),
            event_id: 1,
            name: "Activity".to_owned(),
            version: None,
            parent_version: None,
            input: Some(text("1")),
            trace: None,
            tags: std::collections::BTreeMap::new(),
            scheduled_at: at(1),
        })
    }

    pub(super) fn timer(&self, record: &InstanceRecord) -> Arc<Timer> {
        Arc::new(Timer {
            id: self.number(),
            instance_num: record.num,
            instance_id: Arc::clone(&record.instance_id),
            fire_at: at(60),
            action: Some(2),
            event: None,
        })
    }

    pub(super) async fn stored(&mut self, id: &str) -> Option<InstanceRecord> {
        let hub = self.hub().await;
        self.store().instance(hub, id).await.unwrap()
    }

    pub(super) async fn loaded(&mut self, id: &str) -> Option<Loaded> {
        let hub = self.hub().await;
        let loaded = self.store().load(hub, vec![Arc::from(id)]).await.unwrap();
        assert_eq!(loaded.len(), 1);
        loaded.into_iter().next().flatten()
    }

    pub(super) async fn events(&mut self, id: &str) -> Option<Vec<HistoryEvent>> {
        let hub = self.hub().await;
        self.store().history(hub, id, 0, usize::MAX).await.unwrap()
    }

    pub(super) async fn list(&mut self, request: ListRequest) -> Vec<InstanceRecord> {
        let hub = self.hub().await;
        self.store().list(hub, request).await.unwrap()
    }

    /// Ids of the instances that match, newest first.
    pub(super) async fn matching(&mut self, filter: Filter) -> Vec<String> {
        ids(&self.list(page(filter)).await)
    }

    pub(super) async fn counts(&mut self, filter: Filter) -> Vec<NameCount> {
        let hub = self.hub().await;
        let mut counts = self.store().counts(hub, filter).await.unwrap();
        counts.sort_by(|a, b| (&a.name, a.status).cmp(&(&b.name, b.status)));
        counts
    }
}

/// Seconds after the beginning of the rules' time.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub(super) fn text(text: &str) -> Payload {
    Arc::from(text)
}

/// An event that tells its number.
pub(super) fn event(number: i64) -> HistoryEvent {
    let input = Some(text(&number.to_string()));
    HistoryEvent::new(at(number), EventKind::EventRaised { name: "e".to_owned(), input })
}

/// The first event of an instance.
pub(super) fn started(record: &InstanceRecord) -> HistoryEvent {
    let started = ExecutionStarted {
        name: record.name.clone(),
        version: record.version.clone(),
        input: record.payloads.input.clone(),
        execution_id: record.execution_id.clone(),
        parent: record.parent.clone(),
        scheduled_start: None,
        trace: None,
        tags: record.tags.clone(),
    };
    HistoryEvent::new(record.created_at, EventKind::ExecutionStarted(Box::new(started)))
}

/// Events that follow position `from - 1`.
pub(super) fn events(from: u64, count: i64) -> HistoryChange {
    let events = (0..count).map(|n| Arc::new(event(i64::try_from(from).unwrap() + n))).collect();
    HistoryChange::Append { from, events }
}

/// The record as it follows from this one, with so many events more.
pub(super) fn next(before: &InstanceRecord, status: RuntimeStatus, more: u64) -> InstanceRecord {
    let updated_at = before.updated_at + TimeDelta::seconds(1);
    InstanceRecord {
        status,
        updated_at,
        completed_at: status.is_terminal().then_some(updated_at),
        history_len: before.history_len + more,
        revision: before.revision + 1,
        ..before.clone()
    }
}

pub(super) fn creating(record: &InstanceRecord) -> Commit {
    let create = Create { record: Arc::new(record.clone()), replaces: None };
    Commit { creates: vec![create], ..Commit::default() }
}

pub(super) fn update(
    before: &InstanceRecord,
    after: &InstanceRecord,
    history: HistoryChange,
) -> Update {
    Update {
        record: Arc::new(after.clone()),
        from_status: before.status,
        payloads_changed: before.payloads != after.payloads,
        history,
    }
}

pub(super) fn updating(
    before: &InstanceRecord,
    after: &InstanceRecord,
    history: HistoryChange,
) -> Commit {
    Commit { updates: vec![update(before, after, history)], ..Commit::default() }
}

/// All instances that match, newest first.
pub(super) fn page(filter: Filter) -> ListRequest {
    ListRequest { filter, from: None, direction: Direction::Older, limit: 10_000, payloads: false }
}

pub(super) fn ids(records: &[InstanceRecord]) -> Vec<String> {
    records.iter().map(|record| record.instance_id.to_string()).collect()
}

pub(super) fn count(name: &str, status: RuntimeStatus, count: u64) -> NameCount {
    NameCount { name: name.to_owned(), status, count }
}
