//! What is stored, as the invariants see it: each commit is looked at when it is stored, against all that came before.
//!
//! The invariants I1 to I14 are those of the project's reliability plan. I12 is about the audit, which is not there yet.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{Hash, Hasher},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use taskhub_hub::{
    engine::{
        entity_event::EntityEvent,
        history_event::{EventKind, HistoryEvent, Payload},
        runtime_state::RuntimeState,
    },
    store::model::{Commit, HistoryChange, HubId, InstanceRecord, RowId, Task, Timer, Update},
};
use taskhub_shared::status::RuntimeStatus;

use super::entities;

/// What is stored and was stored.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) rows: BTreeMap<RowId, Row>,
    ids: HashMap<(HubId, Arc<str>), RowId>,
    /// Row numbers that were ever used.
    pub(super) used: HashSet<RowId>,
    /// Inputs of the instances that were ever stored, and of the events; reasons of suspensions.
    pub(super) texts: HashSet<Payload>,
    /// Activities whose result was stored.
    pub(super) done: HashSet<RowId>,
    /// Results that a generation of a parent was told: number, generation, action.
    told: HashSet<(RowId, String, i32)>,
    /// Records that were ever stored: number and revision.
    pub(super) revisions: HashMap<RowId, Vec<u64>>,
    /// Changes that this process stored and was told so: news of them must come.
    pub(super) promised: Vec<(RowId, u64)>,
    /// Latest time that the clock has shown.
    pub(super) now: DateTime<Utc>,
    violations: Vec<String>,
    pub(super) trace: Trace,
    /// What happened, in words, when somebody wants to read it.
    pub(super) log: Option<Vec<String>>,
    pub(super) stored: u64,
    pub(super) refusals: u64,
    pub(super) ended: u64,
    pub(super) generations: u64,
    pub(super) rewound: u64,
}

/// An instance.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) hub: HubId,
    pub(super) record: Arc<InstanceRecord>,
    state: RuntimeState,
    inbox: BTreeMap<RowId, Arc<HistoryEvent>>,
    tasks: BTreeMap<RowId, Arc<Task>>,
    timers: BTreeMap<RowId, Arc<Timer>>,
    /// Actions that the generation has asked for.
    actions: HashSet<i32>,
}

/// Hash of all that happened, in its order.
#[derive(Debug, Default)]
pub(super) struct Trace(std::hash::DefaultHasher);

impl Trace {
    pub(super) fn note(&mut self, what: impl Hash) {
        what.hash(&mut self.0);
    }

    pub(super) fn hash(&self) -> u64 {
        self.0.finish()
    }
}

impl Model {
    pub(super) fn violate(&mut self, text: String) {
        self.violations.push(text);
    }

    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(line());
        }
    }

    pub(super) fn violation(&self) -> Option<&String> {
        self.violations.first()
    }

    pub(super) fn refused(&mut self) {
        self.refusals += 1;
        self.trace.note("refused");
    }

    fn row_of(&self, hub: HubId, id: &str) -> Option<&Row> {
        self.rows.get(self.ids.get(&(hub, Arc::from(id)))?)
    }

    /// Record that is stored under this id.
    pub(super) fn record(&self, hub: HubId, id: &str) -> Option<Arc<InstanceRecord>> {
        self.row_of(hub, id).map(|row| Arc::clone(&row.record))
    }

    /// Takes a commit in that was stored.
    pub(super) fn applied(&mut self, hub: HubId, commit: &Commit) {
        self.stored += 1;
        self.look_at_results(hub, commit);
        for num in &commit.purges {
            self.look_at_purge(*num);
            self.remove(*num);
            self.trace.note(("purged", num));
        }
        for create in &commit.creates {
            if let Some(old) = create.replaces {
                self.look_at_end(hub, commit, old, "it was replaced");
                self.remove(old);
            }
            self.create(hub, &create.record);
        }
        self.add(hub, commit);
        for update in &commit.updates {
            self.update(hub, commit, update);
        }
        self.use_up(commit);
        self.look_at_what_is_left(commit);
    }

    /// I4: an entity that is tidied up had nothing to do, and nobody held it.
    fn look_at_purge(&mut self, num: RowId) {
        let Some(row) = self.rows.get(&num).filter(|row| row.record.entity.is_some()) else {
            return;
        };
        if row.waits() || !row.timers.is_empty() || row.record.lock().is_some() {
            let text = format!("I4: an entity goes with what waits for it: {row:?}");
            self.violate(text);
        }
    }

    /// An entity is given free by its holder, or when that has ended.
    fn look_at_lock(&self, hub: HubId, before: &InstanceRecord, update: &Update) -> Option<String> {
        let lock = before.lock()?;
        let after = update.record.lock();
        let holder = self.row_of(hub, &lock.holder)?;
        let holds = holder.state.held.as_ref().is_some_and(|held| {
            held.critical_section == lock.critical_section
                && held.entities.contains(&*before.instance_id)
        });
        let free = after != Some(lock) && holds && !holder.record.status.is_terminal();
        free.then(|| format!("it was taken from {lock:?}, who is inside"))
    }

    /// I11: news of this commit are owed. Entities make none.
    pub(super) fn promise(&mut self, commit: &Commit) {
        let records = commit.updates.iter().map(|update| &update.record);
        let records = records.chain(commit.creates.iter().map(|create| &create.record));
        let news = records.filter(|record| record.entity.is_none());
        self.promised.extend(news.map(|record| (record.num, record.revision)));
    }

    fn remove(&mut self, num: RowId) {
        if let Some(row) = self.rows.remove(&num) {
            self.ids.remove(&(row.hub, Arc::clone(&row.record.instance_id)));
        }
    }

    fn create(&mut self, hub: HubId, record: &Arc<InstanceRecord>) {
        self.use_number(record.num);
        if let Some(input) = &record.payloads.input {
            self.texts.insert(Arc::clone(input));
        }
        self.trace.note(("created", record.num, &*record.instance_id));
        self.revisions.entry(record.num).or_default().push(record.revision);
        self.ids.insert((hub, Arc::clone(&record.instance_id)), record.num);
        let row = Row {
            hub,
            record: Arc::clone(record),
            state: RuntimeState::default(),
            inbox: BTreeMap::new(),
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            actions: HashSet::new(),
        };
        self.rows.insert(record.num, row);
    }

    /// I9: a number is used once.
    fn use_number(&mut self, number: RowId) {
        if !self.used.insert(number) {
            self.violate(format!("I9: number {number} was used before"));
        }
    }

    fn add(&mut self, hub: HubId, commit: &Commit) {
        for (num, message) in &commit.messages {
            self.use_number(message.id);
            if let EventKind::EventRaised { input: Some(text), .. } = &message.event.kind {
                self.texts.insert(Arc::clone(text));
            }
            if let EventKind::Entity(event) = &message.event.kind
                && let EntityEvent::OperationSignaled { input: Some(text), .. } = &**event
            {
                self.texts.insert(Arc::clone(text));
            }
            if let EventKind::ExecutionSuspended { reason }
            | EventKind::ExecutionResumed { reason }
            | EventKind::ExecutionRewound { reason } = &message.event.kind
            {
                self.texts.extend(reason.as_deref().map(Arc::from));
            }
            match self.rows.get_mut(num) {
                // I13: what is in one hub stays there.
                Some(row) if row.hub == hub => {
                    row.inbox.insert(message.id, Arc::clone(&message.event));
                }
                _ => self.violate(format!("I13: a message for {num}, which is not in its hub")),
            }
        }
        for task in &commit.tasks {
            self.use_number(task.id);
            if let Some(row) = self.rows.get_mut(&task.instance_num) {
                row.tasks.insert(task.id, Arc::clone(task));
            }
        }
        for timer in &commit.timers {
            self.use_number(timer.id);
            if let Some(row) = self.rows.get_mut(&timer.instance_num) {
                row.timers.insert(timer.id, Arc::clone(timer));
            }
        }
    }

    fn use_up(&mut self, commit: &Commit) {
        for (num, id) in commit.consumed.iter().chain(&commit.messages_dropped) {
            if let Some(row) = self.rows.get_mut(num) {
                row.inbox.remove(id);
            }
        }
        for (num, id) in commit.tasks_done.iter().chain(&commit.tasks_dropped) {
            if let Some(row) = self.rows.get_mut(num) {
                row.tasks.remove(id);
            }
        }
        for (num, id) in &commit.timers_done {
            if let Some(row) = self.rows.get_mut(num) {
                row.timers.remove(id);
            }
        }
    }

    /// Results of activities and children, before the commit takes effect.
    fn look_at_results(&mut self, hub: HubId, commit: &Commit) {
        let mut wrong = vec![];
        for (num, id) in &commit.tasks_done {
            self.done.insert(*id);
            let Some(row) = self.rows.get(num) else { continue };
            let Some(task) = row.tasks.get(id) else { continue };
            let waits = !row.record.status.is_terminal()
                && row.record.execution_id == task.execution_id
                && row.state.open_tasks.contains_key(&task.event_id);
            let told = commit.messages.iter().any(|(to, message)| {
                to == num && result_of_task(&message.event.kind) == Some(task.event_id)
            });
            if waits && !told {
                wrong.push(format!(
                    "I3: {}: the result of {task:?} is lost",
                    row.record.instance_id
                ));
            }
        }
        for (num, message) in &commit.messages {
            if let Some(action) = result_of_task(&message.event.kind) {
                let done = self.rows.get(num).is_some_and(|row| {
                    commit.tasks_done.iter().any(|(of, id)| {
                        of == num && row.tasks.get(id).is_some_and(|t| t.event_id == action)
                    })
                });
                if !done {
                    wrong.push(format!(
                        "I3: {num}: a result of activity {action}, which was not done"
                    ));
                }
            }
            if let Some(action) = result_of_child(&message.event.kind) {
                // A generation that begins with this commit is the one that is told.
                let begun = commit.updates.iter().find(|update| update.record.num == *num);
                let record = begun.map(|update| &update.record);
                let record = record.or(self.rows.get(num).map(|row| &row.record));
                let execution = record.map(|record| record.execution_id.clone());
                let key = (*num, execution.unwrap_or_default(), action);
                if !self.told.insert(key) {
                    wrong.push(format!("I8: {num}: child {action} has two results"));
                }
            }
        }
        for update in &commit.updates {
            if update.record.status.is_terminal() {
                self.look_at_end(hub, commit, update.record.num, "it ended");
            }
        }
        self.violations.extend(wrong);
    }

    /// I8: a parent that waits hears of the end of its child.
    fn look_at_end(&mut self, hub: HubId, commit: &Commit, num: RowId, what: &str) {
        let Some(row) = self.rows.get(&num) else { return };
        let Some(parent) = &row.record.parent else { return };
        let Some(waiting) = self.row_of(hub, &parent.instance_id) else { return };
        let waits = !row.record.status.is_terminal()
            && !waiting.record.status.is_terminal()
            && waiting.record.execution_id == parent.execution_id
            && commit.creates.iter().all(|create| create.replaces != Some(waiting.record.num));
        let to = waiting.record.num;
        let told = commit.messages.iter().any(|(target, message)| {
            *target == to && result_of_child(&message.event.kind) == Some(parent.task_scheduled_id)
        });
        if waits && !told {
            let text =
                format!("I8: {}: {what}, and its parent was not told", row.record.instance_id);
            self.violate(text);
        }
    }

    fn update(&mut self, hub: HubId, commit: &Commit, update: &Update) {
        let num = update.record.num;
        let Some(mut row) = self.rows.remove(&num) else { return };
        let id = Arc::clone(&row.record.instance_id);
        let mut wrong = vec![];
        // I9: the fence rises by one.
        if update.record.revision != row.record.revision + 1 {
            wrong.push(format!(
                "I9: revision {} after {}",
                update.record.revision, row.record.revision
            ));
        }
        // I2: after the end there is nothing, but what was rewound has another history.
        let rewound = matches!(update.history, HistoryChange::Replace { .. });
        if row.record.status.is_terminal() && !rewound {
            wrong.push("I2: it goes on after its end".to_owned());
        }
        match &update.history {
            HistoryChange::Append { from, events } => {
                self.append(hub, commit, &mut row, *from, events, update, &mut wrong);
            }
            HistoryChange::Clear => clear(commit, &mut row, num, &mut wrong),
            HistoryChange::Replace { events } => {
                row.state = RuntimeState::fold(events.iter().map(AsRef::as_ref));
                row.actions = events.iter().map(|event| event.event_id).collect();
                if update.record.status != row.state.status() || row.state.ended.is_some() {
                    wrong.push(format!("I5: rewound to {}", update.record.status));
                }
                self.rewound += 1;
            }
        }
        if update.record.entity.is_some() {
            let consumed = consumed(commit, &row, num);
            wrong.extend(entities::look_at(commit, num, &row.record, &update.record, &consumed));
            wrong.extend(self.look_at_lock(hub, &row.record, update));
        }
        if update.record.status.is_terminal() {
            self.ended += 1;
        }
        self.generations += u64::from(update.history == HistoryChange::Clear);
        row.record = Arc::clone(&update.record);
        if let Some(status) = &row.record.payloads.custom_status {
            self.texts.insert(Arc::clone(status));
        }
        self.trace.note(("updated", num, row.record.revision, row.record.status.as_str()));
        self.revisions.entry(num).or_default().push(row.record.revision);
        self.violations.extend(wrong.into_iter().map(|text| format!("{id}: {text}")));
        self.rows.insert(num, row);
    }

    #[expect(clippy::too_many_arguments, reason = "one commit's parts, looked at together")]
    fn append(
        &mut self,
        hub: HubId,
        commit: &Commit,
        row: &mut Row,
        from: u64,
        events: &[Arc<HistoryEvent>],
        update: &Update,
        wrong: &mut Vec<String>,
    ) {
        let num = row.record.num;
        let ends = update.record.status.is_terminal();
        // I2: numbered from 1 without a gap.
        if from != row.record.history_len + 1
            || update.record.history_len + 1 != from + events.len() as u64
        {
            wrong.push(format!("I2: {} events from {from}", events.len()));
        }
        for event in events {
            let open = &row.state;
            match &event.kind {
                _ if open.ended.is_some() => wrong.push(format!("I2: {event:?} after the end")),
                EventKind::OrchestratorStarted => {
                    if open.last_timestamp.is_some_and(|last| last > event.timestamp) {
                        wrong.push("I6: time went back".to_owned());
                    }
                }
                EventKind::ExecutionStarted(_) => {
                    if open.started || open.turns != 1 {
                        wrong.push("I2: the start is not the first event".to_owned());
                    }
                }
                EventKind::TaskScheduled { .. } => {
                    let tasks = commit
                        .tasks
                        .iter()
                        .filter(|task| task.instance_num == num && task.event_id == event.event_id);
                    if tasks.count() != 1 || !row.actions.insert(event.event_id) {
                        wrong.push(format!("I3: {event:?} has not one task"));
                    }
                }
                EventKind::TaskCompleted { scheduled_id, .. }
                | EventKind::TaskFailed { scheduled_id, .. } => {
                    if !open.open_tasks.contains_key(scheduled_id) {
                        wrong.push(format!("I3: {event:?} has no schedule"));
                    }
                }
                EventKind::TimerCreated { .. } => {
                    let timers = commit.timers.iter().filter(|timer| {
                        timer.instance_num == num && timer.action == Some(event.event_id)
                    });
                    if timers.count() != usize::from(!ends) || !row.actions.insert(event.event_id) {
                        wrong.push(format!("I7: {event:?} has not one timer"));
                    }
                }
                EventKind::TimerFired { timer_id, fire_at } => {
                    // I6: never early, by the event's own time and by the clock.
                    if event.timestamp < *fire_at || self.now < *fire_at {
                        wrong.push(format!("I6: {event:?} fired early"));
                    }
                    if open.open_timers.get(timer_id) != Some(fire_at) {
                        wrong.push(format!("I3: {event:?} has no timer"));
                    }
                }
                EventKind::SubOrchestrationCreated { instance_id, .. } => {
                    let made = commit.creates.iter().any(|create| {
                        let parent = create.record.parent.as_ref();
                        *create.record.instance_id == **instance_id
                            && parent.is_some_and(|parent| {
                                parent.task_scheduled_id == event.event_id
                                    && parent.execution_id == row.record.execution_id
                            })
                    });
                    let refused = commit.messages.iter().any(|(to, message)| {
                        *to == num && result_of_child(&message.event.kind) == Some(event.event_id)
                    });
                    if !(made || refused || ends) || !row.actions.insert(event.event_id) {
                        wrong.push(format!("I7: {event:?} has not one child"));
                    }
                }
                EventKind::SubOrchestrationCompleted { scheduled_id, .. }
                | EventKind::SubOrchestrationFailed { scheduled_id, .. } => {
                    if !open.open_children.contains_key(scheduled_id) {
                        wrong.push(format!("I8: {event:?} has no child"));
                    }
                }
                EventKind::EventSent { instance_id, name, input } => {
                    let to = self.ids.get(&(hub, Arc::from(instance_id.as_str())));
                    let to = to.filter(|to| {
                        self.rows.get(to).is_some_and(|row| !row.record.status.is_terminal())
                    });
                    let raised =
                        EventKind::EventRaised { name: name.clone(), input: input.clone() };
                    let sent = |to: &RowId| {
                        commit.messages.iter().any(|(of, m)| of == to && m.event.kind == raised)
                    };
                    if to.is_some_and(|to| !sent(to)) || !row.actions.insert(event.event_id) {
                        wrong.push(format!("I7: {event:?} was not sent"));
                    }
                }
                EventKind::ExecutionCompleted { .. }
                | EventKind::ExecutionTerminated { .. }
                | EventKind::ExecutionSuspended { .. }
                | EventKind::ExecutionResumed { .. }
                | EventKind::EventRaised { .. }
                | EventKind::ExecutionRewound { .. }
                | EventKind::Entity(_) => {}
            }
            if let EventKind::ExecutionSuspended { reason }
            | EventKind::ExecutionResumed { reason } = &event.kind
            {
                self.texts.extend(reason.as_deref().map(Arc::from));
            }
            row.state.apply(event);
            self.trace.note((event.event_id, event.timestamp));
        }
        // I5: the status is what the history amounts to.
        if !events.is_empty() && update.record.status != row.state.status() {
            wrong.push(format!("I5: {}, not {}", update.record.status, row.state.status()));
        }
        look_at_consumed(commit, row, num, events, ends, wrong);
    }

    /// What must be gone once a commit has taken effect.
    fn look_at_what_is_left(&mut self, commit: &Commit) {
        let mut wrong = vec![];
        for update in commit.updates.iter().filter(|update| update.record.status.is_terminal()) {
            let Some(row) = self.rows.get(&update.record.num) else { continue };
            if !row.inbox.is_empty() || !row.timers.is_empty() {
                wrong
                    .push(format!("I7: {}: something waits after the end", row.record.instance_id));
            }
        }
        self.violations.extend(wrong);
    }
}

impl Row {
    /// Whether a timer is due that has not fired.
    pub(super) fn is_late(&self, now: DateTime<Utc>) -> bool {
        self.timers.values().any(|timer| timer.fire_at <= now)
    }

    /// Whether something waits for it.
    pub(super) fn waits(&self) -> bool {
        !self.inbox.is_empty() || !self.timers.is_empty()
    }
}

/// Events of an instance that a commit uses up.
fn consumed(commit: &Commit, row: &Row, num: RowId) -> Vec<Arc<HistoryEvent>> {
    let ids = commit.consumed.iter().filter(|(of, _)| *of == num);
    ids.filter_map(|(_, id)| row.inbox.get(id).cloned()).collect()
}

/// I4: what was in the inbox is in the history once it is consumed, and nothing else is.
fn look_at_consumed(
    commit: &Commit,
    row: &Row,
    num: RowId,
    events: &[Arc<HistoryEvent>],
    ends: bool,
    wrong: &mut Vec<String>,
) {
    let mut consumed = consumed(commit, row, num);
    consumed.retain(|event| is_news(&event.kind));
    let appended = events.iter().filter(|event| is_news(&event.kind)).count();
    if let Some(lost) = consumed.iter().find(|event| !events.contains(event)) {
        wrong.push(format!("I4: {lost:?} is consumed and not in the history"));
    }
    if appended != consumed.len() {
        wrong.push(format!("I4: {appended} events came of {} messages", consumed.len()));
    }
    let dropped = commit.messages_dropped.iter().any(|(of, _)| *of == num);
    if dropped && !ends {
        wrong.push("I4: messages were dropped of an instance that goes on".to_owned());
    }
}

/// I4: a new generation has what was raised and not consumed.
fn clear(commit: &Commit, row: &mut Row, num: RowId, wrong: &mut Vec<String>) {
    let consumed: HashSet<RowId> =
        commit.consumed.iter().filter(|(of, _)| *of == num).map(|(_, id)| *id).collect();
    let has = |kind: &EventKind| {
        commit.messages.iter().any(|(of, message)| *of == num && message.event.kind == *kind)
    };
    // What this very commit adds is in the inbox already.
    let fresh: HashSet<RowId> = commit.messages.iter().map(|(_, message)| message.id).collect();
    for (id, event) in &row.inbox {
        let stays = matches!(
            event.kind,
            EventKind::EventRaised { .. }
                | EventKind::ExecutionSuspended { .. }
                | EventKind::ExecutionResumed { .. }
                | EventKind::ExecutionTerminated { .. }
        );
        if stays && !consumed.contains(id) && !fresh.contains(id) && !has(&event.kind) {
            wrong.push(format!("I4: {event:?} is lost with its generation"));
        }
    }
    let starts = commit.messages.iter().filter(|(of, message)| {
        *of == num && matches!(message.event.kind, EventKind::ExecutionStarted(_))
    });
    if starts.count() != 1 {
        wrong.push("I2: a generation without its start".to_owned());
    }
    row.state = RuntimeState::default();
    row.actions.clear();
}

/// Whether an event comes from an inbox and from nowhere else.
fn is_news(kind: &EventKind) -> bool {
    matches!(kind, EventKind::EventRaised { .. } | EventKind::ExecutionStarted(_))
        || matches!(kind, EventKind::Entity(event) if entities::is_answer(event))
        || result_of_task(kind).is_some()
        || result_of_child(kind).is_some()
}

fn result_of_task(kind: &EventKind) -> Option<i32> {
    match kind {
        EventKind::TaskCompleted { scheduled_id, .. }
        | EventKind::TaskFailed { scheduled_id, .. } => Some(*scheduled_id),
        _ => None,
    }
}

fn result_of_child(kind: &EventKind) -> Option<i32> {
    match kind {
        EventKind::SubOrchestrationCompleted { scheduled_id, .. }
        | EventKind::SubOrchestrationFailed { scheduled_id, .. } => Some(*scheduled_id),
        _ => None,
    }
}

/// Whether an instance in this status may still change.
pub(super) fn goes_on(status: RuntimeStatus) -> bool {
    !status.is_terminal()
}
