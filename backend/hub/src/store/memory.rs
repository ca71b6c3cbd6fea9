//! The reference store: everything in memory, nothing durable. For tests, and the model of what a store does.

mod selection;
mod views;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use taskhub_shared::{failure::FailureDetails, id::TaskHubName, status::RuntimeStatus, view::View};

use super::settings::SettingStore;
use super::statistics::StatisticsStore;
use super::{
    Answer, Sequence, Store, StoreError,
    batch_job::BatchStore,
    memory_batches::Batches,
    memory_settings, memory_statistics,
    model::{
        Commit, Direction, Ended, EndedRequest, Filter, HistoryChange, HubId, InstanceRecord,
        ListRequest, Loaded, Message, NameCount, Outstanding, Payloads, RowId, Task, Timer,
    },
    select::{SelectRequest, Selected, Tallied, TallyRequest},
    views::ViewStore,
};
use crate::engine::history_event::HistoryEvent;

/// Store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    sequence: Sequence,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// By key, with the names as they were given.
    hubs: BTreeMap<String, (HubId, TaskHubName)>,
    last_hub: i64,
    ids: HashMap<(HubId, Arc<str>), RowId>,
    rows: BTreeMap<RowId, Row>,
    views: BTreeMap<(HubId, String), View>,
    /// Errors that the next commits get instead of being applied.
    faults: Vec<StoreError>,
    /// Commits that are still applied before.
    spared: usize,
    /// Errors that the next loads get.
    load_faults: Vec<StoreError>,
    batches: Batches,
    settings: memory_settings::Rows,
    statistics: memory_statistics::Rows,
}

#[derive(Debug, Clone)]
struct Row {
    hub: HubId,
    record: InstanceRecord,
    history: Vec<Arc<HistoryEvent>>,
    inbox: BTreeMap<RowId, Arc<HistoryEvent>>,
    tasks: BTreeMap<RowId, Arc<Task>>,
    timers: BTreeMap<RowId, Arc<Timer>>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { sequence: Sequence::after(0), state: Mutex::default() }
    }
}

impl MemoryStore {
    /// Makes the next commit fail with this error.
    pub fn fail_next(&self, error: StoreError) {
        self.state().faults.push(error);
    }

    /// Makes the next commit but so many fail with this error.
    pub fn fail_after(&self, commits: usize, error: StoreError) {
        let mut state = self.state();
        state.faults.push(error);
        state.spared = commits;
    }

    /// Makes the next load fail with this error.
    pub fn fail_next_load(&self, error: StoreError) {
        self.state().load_faults.push(error);
    }

    /// Looks at the batch jobs, or changes them.
    pub(super) fn with_batches<T>(&self, act: impl FnOnce(&mut Batches) -> T) -> T {
        act(&mut self.state().batches)
    }

    /// Looks at the figures, or changes them.
    pub(super) fn with_settings<T>(&self, act: impl FnOnce(&mut memory_settings::Rows) -> T) -> T {
        act(&mut self.state().settings)
    }

    pub(super) fn with_statistics<T>(
        &self,
        act: impl FnOnce(&mut memory_statistics::Rows) -> T,
    ) -> T {
        act(&mut self.state().statistics)
    }

    /// Number and status of an orchestration.
    pub(super) fn status(&self, hub: HubId, id: &str) -> Option<(RowId, RuntimeStatus)> {
        let state = self.state();
        let row = state.row(hub, id).filter(|row| row.record.entity.is_none())?;
        Some((row.record.num, row.record.status))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record as a list shows it: with the beginning of a failure's message for payload.
fn without_payloads(record: &InstanceRecord) -> InstanceRecord {
    let short = |failure: &Arc<FailureDetails>| {
        let message: String = failure.error_message.chars().take(200).collect();
        Arc::new(FailureDetails::new("", message))
    };
    let failure = record.payloads.failure.as_ref().map(short);
    InstanceRecord { payloads: Payloads { failure, ..Payloads::default() }, ..record.clone() }
}

pub(super) fn ready<T: Send + 'static>(value: Result<T, StoreError>) -> Answer<T> {
    Box::pin(std::future::ready(value))
}

impl Store for MemoryStore {
    fn kind(&self) -> &'static str {
        "memory"
    }

    fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    fn open_hub(&self, name: &TaskHubName, _now: DateTime<Utc>) -> Answer<HubId> {
        let mut state = self.state();
        let next = state.last_hub + 1;
        let (id, _) = state.hubs.entry(name.key()).or_insert((HubId(next), name.clone()));
        let id = *id;
        state.last_hub = state.last_hub.max(id.0);
        ready(Ok(id))
    }

    fn hubs(&self) -> Answer<Vec<TaskHubName>> {
        let mut hubs: Vec<_> = self.state().hubs.values().cloned().collect();
        hubs.sort_by_key(|(id, _)| *id);
        ready(Ok(hubs.into_iter().map(|(_, name)| name).collect()))
    }

    fn delete_hub(&self, hub: HubId) -> Answer<()> {
        let mut state = self.state();
        state.hubs.retain(|_, (id, _)| *id != hub);
        state.rows.retain(|_, row| row.hub != hub);
        state.views.retain(|(of, _), _| *of != hub);
        state.ids.retain(|(of, _), _| *of != hub);
        state.batches.delete_hub(hub);
        state.settings.retain(|(of, _), _| *of != hub);
        state.statistics.retain(|(of, ..), _| *of != hub);
        ready(Ok(()))
    }

    fn commit(&self, hub: HubId, commit: Commit) -> Answer<()> {
        let mut state = self.state();
        if !state.faults.is_empty() {
            match state.spared.checked_sub(1) {
                Some(left) => state.spared = left,
                None => return ready(Err(state.faults.remove(0))),
            }
        }
        // What the commit names is put back when it is refused, so that it leaves nothing behind.
        let before = state.snapshot(&commit);
        let result = state.apply(hub, commit);
        if result.is_err() {
            state.restore(before);
        }
        ready(result)
    }

    fn outstanding(&self, hub: HubId) -> Answer<Outstanding> {
        let state = self.state();
        let mut outstanding = Outstanding::default();
        for row in state.rows.values().filter(|row| row.hub == hub) {
            if !row.inbox.is_empty() {
                outstanding.with_messages.push(Arc::clone(&row.record.instance_id));
            }
            outstanding.tasks.extend(row.tasks.values().cloned());
            outstanding.timers.extend(row.timers.values().cloned());
        }
        outstanding.tasks.sort_by_key(|task| task.id);
        outstanding.timers.sort_by_key(|timer| timer.id);
        let state = &state;
        outstanding
            .with_messages
            .sort_by_key(|id| state.row(hub, id).and_then(|row| row.inbox.keys().next().copied()));
        ready(Ok(outstanding))
    }

    fn load(&self, hub: HubId, ids: Vec<Arc<str>>) -> Answer<Vec<Option<Loaded>>> {
        let mut state = self.state();
        if !state.load_faults.is_empty() {
            return ready(Err(state.load_faults.remove(0)));
        }
        ready(Ok(ids.iter().map(|id| state.row(hub, id).map(Row::loaded)).collect()))
    }

    fn instance(&self, hub: HubId, id: &str) -> Answer<Option<InstanceRecord>> {
        ready(Ok(self.state().row(hub, id).map(|row| row.record.clone())))
    }

    fn history(
        &self,
        hub: HubId,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Answer<Option<Vec<HistoryEvent>>> {
        let skip = usize::try_from(after).unwrap_or(usize::MAX);
        let page = |row: &Row| {
            row.history
                .iter()
                .skip(skip)
                .take(limit)
                .map(|event| HistoryEvent::clone(event))
                .collect()
        };
        ready(Ok(self.state().row(hub, id).map(page)))
    }

    fn list(&self, hub: HubId, request: ListRequest) -> Answer<Vec<InstanceRecord>> {
        let state = self.state();
        let key = |record: &InstanceRecord| (record.created_at, record.num);
        let mut rows: Vec<&InstanceRecord> = state
            .rows
            .values()
            .filter(|row| row.hub == hub && request.filter.matches(&row.record))
            .map(|row| &row.record)
            .filter(|record| {
                request.from.is_none_or(|from| match request.direction {
                    Direction::Older => key(record) < (from.created_at, from.num),
                    Direction::Newer => key(record) > (from.created_at, from.num),
                })
            })
            .collect();
        rows.sort_by_key(|record| key(record));
        if request.direction == Direction::Older {
            rows.reverse();
        }
        let strip = |record: &InstanceRecord| {
            if request.payloads { record.clone() } else { without_payloads(record) }
        };
        ready(Ok(rows.into_iter().take(request.limit).map(strip).collect()))
    }

    fn counts(&self, hub: HubId, filter: Filter) -> Answer<Vec<NameCount>> {
        let state = self.state();
        let mut groups: BTreeMap<(String, _), u64> = BTreeMap::new();
        for row in state.rows.values().filter(|row| row.hub == hub && filter.matches(&row.record)) {
            *groups.entry((row.record.name.clone(), row.record.status)).or_default() += 1;
        }
        ready(Ok(groups
            .into_iter()
            .map(|((name, status), count)| NameCount { name, status, count })
            .collect()))
    }

    fn select(&self, hub: HubId, request: SelectRequest) -> Answer<Selected> {
        ready(Ok(selection::select(&self.state(), hub, &request)))
    }

    fn tally(&self, hub: HubId, request: TallyRequest) -> Answer<Tallied> {
        ready(Ok(selection::tally(&self.state(), hub, &request)))
    }

    fn ended(&self, hub: HubId, request: EndedRequest) -> Answer<Vec<Ended>> {
        let EndedRequest { statuses, from, to, after, limit } = request;
        let state = self.state();
        let rows = state.rows.values().filter(|row| row.hub == hub).map(|row| &row.record);
        let mut ended: Vec<Ended> = rows
            .filter(|record| statuses.is_empty() || statuses.contains(&record.status))
            .filter_map(|record| {
                let instance_id = Arc::clone(&record.instance_id);
                Some(Ended { completed_at: record.completed_at?, instance_id })
            })
            .filter(|ended| {
                from.is_none_or(|from| ended.completed_at >= from)
                    && to.is_none_or(|to| ended.completed_at < to)
                    && after.as_ref().is_none_or(|after| ended > after)
            })
            .collect();
        ended.sort();
        ended.truncate(limit);
        ready(Ok(ended))
    }

    fn views(&self) -> &dyn ViewStore {
        self
    }

    fn batch_jobs(&self) -> &dyn BatchStore {
        self
    }

    fn settings(&self) -> &dyn SettingStore {
        self
    }

    fn statistics_store(&self) -> &dyn StatisticsStore {
        self
    }

    fn ping(&self) -> Answer<()> {
        ready(Ok(()))
    }
}

impl State {
    fn row(&self, hub: HubId, id: &str) -> Option<&Row> {
        self.rows.get(self.ids.get(&(hub, Arc::from(id)))?)
    }

    fn expect(
        &mut self,
        hub: HubId,
        num: RowId,
        what: &'static str,
    ) -> Result<&mut Row, StoreError> {
        self.own(hub, num).ok_or(StoreError::Conflict { what, num })
    }

    /// The row, unless it is another hub's.
    fn own(&mut self, hub: HubId, num: RowId) -> Option<&mut Row> {
        self.rows.get_mut(&num).filter(|row| row.hub == hub)
    }

    /// The rows that a commit names, as they are; absent where there is none.
    fn snapshot(&self, commit: &Commit) -> BTreeMap<RowId, Option<Row>> {
        let creates =
            commit.creates.iter().flat_map(|c| c.replaces.into_iter().chain([c.record.num]));
        let lists = [
            &commit.consumed,
            &commit.tasks_done,
            &commit.tasks_dropped,
            &commit.timers_done,
            &commit.messages_dropped,
        ];
        creates
            .chain(commit.purges.iter().copied())
            .chain(commit.updates.iter().map(|update| update.record.num))
            .chain(commit.messages.iter().map(|(num, _)| *num))
            .chain(commit.tasks.iter().map(|task| task.instance_num))
            .chain(commit.timers.iter().map(|timer| timer.instance_num))
            .chain(lists.into_iter().flatten().map(|(num, _)| *num))
            .map(|num| (num, self.rows.get(&num).cloned()))
            .collect()
    }

    fn restore(&mut self, before: BTreeMap<RowId, Option<Row>>) {
        for num in before.keys() {
            self.remove(*num);
        }
        for (num, row) in before {
            if let Some(row) = row {
                self.ids.insert((row.hub, Arc::clone(&row.record.instance_id)), num);
                self.rows.insert(num, row);
            }
        }
    }

    fn remove(&mut self, num: RowId) {
        if let Some(row) = self.rows.remove(&num) {
            let key = (row.hub, row.record.instance_id);
            if self.ids.get(&key) == Some(&num) {
                self.ids.remove(&key);
            }
        }
    }

    fn apply(&mut self, hub: HubId, commit: Commit) -> Result<(), StoreError> {
        self.batches.check(&commit.batch_items)?;
        for (num, revision) in commit.expected {
            if self.own(hub, num).map(|row| row.record.revision) != revision {
                return Err(StoreError::Conflict { what: "expected revision", num });
            }
        }
        for num in commit.purges {
            let row = self.expect(hub, num, "instance to purge")?;
            if !row.record.status.is_terminal() && row.record.entity.is_none() {
                return Err(StoreError::Conflict { what: "status", num });
            }
            self.remove(num);
        }
        for create in commit.creates {
            if let Some(old) = create.replaces
                && self.own(hub, old).is_some()
            {
                self.remove(old);
            }
            let record = InstanceRecord::clone(&create.record);
            let num = record.num;
            let key = (hub, Arc::clone(&record.instance_id));
            if self.ids.contains_key(&key) || self.rows.contains_key(&num) {
                return Err(StoreError::Conflict { what: "instance id", num });
            }
            self.ids.insert(key, num);
            let row = Row {
                hub,
                record,
                history: Vec::new(),
                inbox: BTreeMap::new(),
                tasks: BTreeMap::new(),
                timers: BTreeMap::new(),
            };
            self.rows.insert(num, row);
        }
        for (num, message) in commit.messages {
            let Message { id, event } = message;
            let inbox = &mut self.expect(hub, num, "instance of a message")?.inbox;
            unused(inbox.insert(id, event).is_none(), num)?;
        }
        for task in commit.tasks {
            let num = task.instance_num;
            let tasks = &mut self.expect(hub, num, "instance of a task")?.tasks;
            unused(tasks.insert(task.id, task).is_none(), num)?;
        }
        for timer in commit.timers {
            let num = timer.instance_num;
            let timers = &mut self.expect(hub, num, "instance of a timer")?.timers;
            unused(timers.insert(timer.id, timer).is_none(), num)?;
        }
        for update in commit.updates {
            let num = update.record.num;
            let row = self.expect(hub, num, "instance")?;
            if update.record.revision != row.record.revision + 1 {
                return Err(StoreError::Conflict { what: "revision", num });
            }
            if update.from_status != row.record.status {
                return Err(StoreError::Conflict { what: "status", num });
            }
            let payloads = row.record.payloads.clone();
            row.record = InstanceRecord::clone(&update.record);
            if !update.payloads_changed {
                row.record.payloads = payloads;
            }
            match update.history {
                HistoryChange::Clear => row.history.clear(),
                HistoryChange::Replace { events } => row.history = events,
                HistoryChange::Append { from, events } => {
                    if from != row.history.len() as u64 + 1 {
                        return Err(StoreError::Conflict { what: "history", num });
                    }
                    row.history.extend(events);
                }
            }
        }
        for (num, id) in commit.consumed {
            if self.expect(hub, num, "message")?.inbox.remove(&id).is_none() {
                return Err(StoreError::Conflict { what: "message", num });
            }
        }
        for (num, id) in commit.tasks_done {
            if self.expect(hub, num, "task")?.tasks.remove(&id).is_none() {
                return Err(StoreError::Conflict { what: "task", num });
            }
        }
        for (num, id) in commit.messages_dropped {
            self.own(hub, num).and_then(|row| row.inbox.remove(&id));
        }
        for (num, id) in commit.tasks_dropped {
            self.own(hub, num).and_then(|row| row.tasks.remove(&id));
        }
        for (num, id) in commit.timers_done {
            self.own(hub, num).and_then(|row| row.timers.remove(&id));
        }
        self.batches.done(commit.batch_items);
        Ok(())
    }
}

/// A number is used once.
fn unused(unused: bool, num: RowId) -> Result<(), StoreError> {
    if unused { Ok(()) } else { Err(StoreError::Conflict { what: "row number", num }) }
}

impl Row {
    fn loaded(&self) -> Loaded {
        let history =
            if self.record.status.is_terminal() { Vec::new() } else { self.history.clone() };
        let message = |(id, event): (&RowId, &Arc<HistoryEvent>)| Message {
            id: *id,
            event: Arc::clone(event),
        };
        Loaded {
            record: Arc::new(self.record.clone()),
            history,
            inbox: self.inbox.iter().map(message).collect(),
            tasks: self.tasks.values().cloned().collect(),
            timers: self.timers.values().cloned().collect(),
        }
    }
}
