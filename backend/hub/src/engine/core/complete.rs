//! What workers answer: turns, activity results, work given back.

use std::sync::Arc;

use taskhub_shared::{failure::FailureDetails, limits, status::RuntimeStatus};

use super::{Core, Leased, REMEMBERED_TOKENS, dispatch::turn_events};
use crate::{
    engine::{
        action::TurnResponse,
        batch::{Ack, Batch, Change},
        history_event::{EventKind, ExecutionStarted, HistoryEvent, Payload},
        instance::{Instance, Pending, Source},
        runtime_state::RuntimeState,
        turn::{self, End, NextGeneration, Plan},
        worker::{Token, WorkKind},
    },
    store::model::{HistoryChange, InstanceRecord, Message, Task, Timer, Update},
};

/// How long abandoned work rests before another delivery.
const ABANDON_DELAY: chrono::TimeDelta = chrono::TimeDelta::seconds(1);

/// Answer to a worker's completion.
#[derive(Debug)]
pub(crate) enum Completion {
    /// It counts once the commit is durable.
    Committing(Ack),
    /// The same delivery was completed before.
    Repeated,
    /// The delivery is not known, or somebody else has the work by now.
    Stale,
    /// It is known but came to nothing: its instance ended or is gone.
    Dropped,
}

/// Result of an activity.
pub(crate) type ActivityResult = Result<Option<Payload>, Box<FailureDetails>>;

impl Core {
    /// Instances that completing this delivery with these actions will touch.
    pub(crate) fn touched_by(&self, token: Token, response: &TurnResponse) -> Vec<Arc<str>> {
        let Some(Leased::Turn { id, .. }) = self.leases.get(&token).map(|lease| &lease.work) else {
            return Vec::new();
        };
        let Some(instance) = self.instances.get(id) else { return Vec::new() };
        let plan = turn::plan(&instance.record, response.actions.clone(), self.clock.now());
        let parent = instance.record.parent.as_ref().filter(|_| plan.end.is_some());
        let children = plan.children.iter().map(|(id, _)| id.as_str());
        let targets = plan.outgoing.iter().map(|(id, _)| id.as_str());
        let parent = parent.map(|parent| parent.instance_id.as_str());
        children
            .chain(targets)
            .chain(parent)
            .filter(|other| *other != &**id)
            .map(Arc::from)
            .collect()
    }

    /// Commits a turn. The instances that it touches have been loaded.
    pub(crate) fn complete_turn(
        &mut self,
        token: Token,
        instance_id: &str,
        response: TurnResponse,
    ) -> Completion {
        let Some(Leased::Turn { id, num }) =
            self.leases.get(&token).map(|lease| lease.work.clone())
        else {
            return self.unknown(token);
        };
        let now = self.clock.now();
        let held = self.instances.get_mut(&id).filter(|instance| {
            let turn = instance.turn.as_ref().and_then(|turn| turn.token);
            instance.record.num == num
                && turn == Some(token)
                && !instance.poisoned
                && &*id == instance_id
        });
        let Some(instance) = held else { return Completion::Stale };
        let Some(turn) = instance.turn.take() else { return Completion::Stale };
        let now = instance.time(now).max(turn.started.timestamp);
        let taken = match response.events_processed {
            // The first of the new events is the turn's OrchestratorStarted.
            Some(count) => turn.taken.min(count.saturating_sub(1)),
            None => turn.taken,
        };
        let consumed: Vec<Pending> =
            instance.inbox.drain(..taken.min(instance.inbox.len())).collect();
        let mut plan = turn::plan(&instance.record, response.actions, now);
        let mut events = turn_events(&turn, &consumed);
        refuse_oversize(&mut plan, instance, &events, response.custom_status.as_ref(), now);
        events.extend(std::mem::take(&mut plan.events).into_iter().map(Arc::new));

        let mut record = InstanceRecord::clone(&instance.record);
        let mut payloads_changed = false;
        if let Some(status) = response.custom_status {
            payloads_changed = true;
            record.payloads.custom_status = Some(status).filter(|status| !status.is_empty());
        }
        record.orchestration_trace = response.trace.or(record.orchestration_trace);

        let mut batch = Batch::default();
        note_consumed(&mut batch, num, &consumed);
        self.end_lease(token);
        self.remember(token);
        let end = plan.end.clone();
        if let Some(next) = plan.next.take() {
            self.next_generation(&mut batch, &id, record, next, now);
        } else {
            self.schedule(&mut batch, &id, &plan, now);
            if let Some(end) = &end {
                record.payloads.output.clone_from(&end.output);
                record.payloads.failure = end.failure.clone().map(|failure| Arc::new(*failure));
                payloads_changed = true;
            }
            self.append(&mut batch, &id, record, events, payloads_changed, now);
            if end.is_some() {
                self.clear_pending(&mut batch, &id, false);
            }
        }
        let mut awake = vec![Arc::clone(&id)];
        self.start_children(&mut batch, &id, plan.children, now, &mut awake);
        for (target, kind) in plan.outgoing {
            self.post(&mut batch, &Arc::from(target), kind, now, &mut awake);
        }
        if let Some(end) = end {
            self.tell_parent(&mut batch, &id, &end, now, &mut awake);
        }
        let ack = self.submit(batch);
        for id in awake {
            self.settle(&id);
        }
        self.dispatch();
        Completion::Committing(ack)
    }

    /// Commits an activity's result. The instance has been loaded.
    pub(crate) fn complete_activity(&mut self, token: Token, result: ActivityResult) -> Completion {
        let Some(Leased::Task(task)) = self.leases.get(&token).map(|lease| lease.work.clone())
        else {
            return self.unknown(token);
        };
        self.end_lease(token);
        self.remember(token);
        if self.tasks.remove(&task.id).is_none() {
            self.dispatch();
            return Completion::Dropped;
        }
        let mut batch = Batch::default();
        batch.commit.tasks_done.push((task.instance_num, task.id));
        let now = self.clock.now();
        let id = Arc::clone(&task.instance_id);
        if let Some(instance) =
            self.instances.get_mut(&id).filter(|i| i.record.num == task.instance_num)
        {
            instance.tasks.remove(&task.id);
            batch.touch(&id, task.instance_num);
            if instance.is_active() && instance.record.execution_id == task.execution_id {
                let scheduled_id = task.event_id;
                let kind = match result {
                    Ok(result) => EventKind::TaskCompleted { scheduled_id, result },
                    Err(failure) => EventKind::TaskFailed { scheduled_id, failure },
                };
                self.post(&mut batch, &id, kind, now, &mut Vec::new());
            }
        }
        let ack = self.submit(batch);
        self.settle(&id);
        self.dispatch();
        Completion::Committing(ack)
    }

    /// Instance that a delivered activity belongs to.
    pub(crate) fn activity_of(&self, token: Token) -> Option<&Arc<Task>> {
        match &self.leases.get(&token)?.work {
            Leased::Task(task) => Some(task),
            Leased::Turn { .. } => None,
        }
    }

    /// The only delivery of this work that is outstanding; for workers that send no token.
    pub(crate) fn token_of(
        &self,
        kind: WorkKind,
        instance_id: &str,
        task_id: i32,
    ) -> Option<Token> {
        let mut found = self.leases.iter().filter(|(_, lease)| match &lease.work {
            Leased::Turn { id, .. } => kind == WorkKind::Orchestration && &**id == instance_id,
            Leased::Task(task) => {
                kind == WorkKind::Activity
                    && &*task.instance_id == instance_id
                    && task.event_id == task_id
            }
        });
        let (token, _) = found.next()?;
        found.next().is_none().then_some(*token)
    }

    /// Takes work back from a worker that does not want it; whether the delivery was known.
    pub(crate) fn abandon(&mut self, token: Token) -> bool {
        let known = self.leases.contains_key(&token);
        if known {
            // A worker that turns work away would get it again at once, and for ever.
            self.take_back(token);
            self.delayed.insert((self.clock.now() + ABANDON_DELAY, token));
            self.timer_changed.notify_one();
            self.dispatch();
        }
        known
    }

    fn unknown(&self, token: Token) -> Completion {
        if self.done_tokens.0.contains(&token) { Completion::Repeated } else { Completion::Stale }
    }

    fn remember(&mut self, token: Token) {
        let (set, order) = &mut self.done_tokens;
        set.insert(token);
        order.push_back(token);
        if order.len() > REMEMBERED_TOKENS
            && let Some(oldest) = order.pop_front()
        {
            set.remove(&oldest);
        }
    }

    /// Sets the activities and timers of a plan.
    fn schedule(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        plan: &Plan,
        now: chrono::DateTime<chrono::Utc>,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let record = Arc::clone(&instance.record);
        for new in &plan.tasks {
            let task = Arc::new(Task {
                id: self.store.sequence().next(),
                instance_num: record.num,
                instance_id: Arc::clone(id),
                execution_id: record.execution_id.clone(),
                event_id: new.event_id,
                name: new.name.clone(),
                version: new.version.clone(),
                parent_version: record.version.clone(),
                input: new.input.clone(),
                trace: new.trace.clone(),
                tags: new.tags.clone(),
                scheduled_at: now,
            });
            instance.tasks.insert(task.id);
            self.tasks.insert(task.id, Arc::clone(&task));
            batch.commit.tasks.push(Arc::clone(&task));
            batch.release.push(task);
        }
        if plan.end.is_some() {
            return;
        }
        for (action, fire_at) in &plan.timers {
            let timer = Arc::new(Timer {
                id: self.store.sequence().next(),
                instance_num: record.num,
                instance_id: Arc::clone(id),
                fire_at: *fire_at,
                action: Some(*action),
            });
            batch.commit.timers.push(Arc::clone(&timer));
            if *fire_at <= now {
                instance.inbox.push_back(Pending::fired(timer.id, timer.action, *fire_at, now));
            } else {
                instance.timers.insert(timer.id, *fire_at);
                self.timers.insert((*fire_at, timer.id), timer);
                self.timer_changed.notify_one();
            }
        }
    }

    /// Appends events to an instance's history and puts its new record in place.
    pub(super) fn append(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        mut record: InstanceRecord,
        events: Vec<Arc<HistoryEvent>>,
        payloads_changed: bool,
        now: chrono::DateTime<chrono::Utc>,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let before = instance.state.bytes;
        for event in &events {
            instance.state.apply(event);
        }
        self.cached_bytes += instance.state.bytes - before;
        instance.history.extend(events.iter().cloned());
        let from_status = instance.record.status;
        record.revision += 1;
        record.updated_at = record.updated_at.max(now);
        record.status = instance.state.status();
        record.history_len = instance.history.len() as u64;
        if record.status.is_terminal() {
            record.completed_at = Some(now);
        }
        let record = Arc::new(record);
        instance.record = Arc::clone(&record);
        batch.touch(id, record.num);
        batch.changes.push(Change::Updated(Arc::clone(&record)));
        let from = record.history_len + 1 - events.len() as u64;
        let history = HistoryChange::Append { from, events };
        batch.commit.updates.push(Update { record, from_status, payloads_changed, history });
    }

    /// Begins a new generation with an empty history.
    fn next_generation(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        mut record: InstanceRecord,
        next: NextGeneration,
        now: chrono::DateTime<chrono::Utc>,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let num = record.num;
        let from_status = instance.record.status;
        record.revision += 1;
        record.updated_at = record.updated_at.max(now);
        record.execution_id = self.ids.hex();
        record.status = RuntimeStatus::Running;
        record.version = next.version;
        record.history_len = 0;
        record.orchestration_trace = None;
        record.payloads.input = next.input;
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
        let started =
            Arc::new(HistoryEvent::new(now, EventKind::ExecutionStarted(Box::new(started))));
        let carried =
            next.carryover.into_iter().map(|event| Arc::new(HistoryEvent::new(now, event.kind)));
        // Messages that stay get new numbers, so that they are read back in the order of this inbox.
        let left = std::mem::take(&mut instance.inbox);
        let staying =
            left.iter().map(|pending| &pending.event).filter(|e| turn::survives_continue_as_new(e));
        let events: Vec<_> =
            std::iter::once(started).chain(carried).chain(staying.cloned()).collect();
        for pending in &left {
            match pending.source {
                Source::Message(row) => batch.commit.messages_dropped.push((num, row)),
                Source::Timer(row) => batch.commit.timers_done.push((num, row)),
            }
        }
        for (timer, fire_at) in std::mem::take(&mut instance.timers) {
            self.timers.remove(&(fire_at, timer));
            batch.commit.timers_done.push((num, timer));
        }
        for event in events {
            let message = Message { id: self.store.sequence().next(), event: Arc::clone(&event) };
            instance.inbox.push_back(Pending { source: Source::Message(message.id), event });
            batch.commit.messages.push((num, message));
        }
        self.cached_bytes = self.cached_bytes.saturating_sub(instance.state.bytes);
        instance.history.clear();
        instance.state = RuntimeState { last_timestamp: Some(now), ..RuntimeState::default() };
        let record = Arc::new(record);
        instance.record = Arc::clone(&record);
        batch.touch(id, num);
        batch.changes.push(Change::Updated(Arc::clone(&record)));
        batch.commit.updates.push(Update {
            record,
            from_status,
            payloads_changed: true,
            history: HistoryChange::Clear,
        });
    }

    fn start_children(
        &mut self,
        batch: &mut Batch,
        parent: &Arc<str>,
        children: Vec<(String, ExecutionStarted)>,
        now: chrono::DateTime<chrono::Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        for (child, started) in children {
            let child: Arc<str> = Arc::from(child);
            let scheduled_id = started.parent.as_ref().map_or(0, |parent| parent.task_scheduled_id);
            let refusal = match self.present(&child) {
                _ if child.starts_with('@') => {
                    Some("ids that begin with @ belong to entities".to_owned())
                }
                Some(existing) if existing.is_active() => {
                    Some(format!("an instance with the id {child:?} is {}", existing.record.status))
                }
                _ => taskhub_shared::id::check_name("instanceId", &child)
                    .err()
                    .map(|refused| refused.to_string()),
            };
            if let Some(text) = refusal {
                let failure = Box::new(FailureDetails::new("SubOrchestrationNotStarted", text));
                self.post(
                    batch,
                    parent,
                    EventKind::SubOrchestrationFailed { scheduled_id, failure },
                    now,
                    awake,
                );
            } else {
                self.create(batch, &child, started, now);
                awake.push(child);
            }
        }
    }

    /// Puts an event into an instance's inbox. One that has ended, or is not there, gets nothing.
    pub(super) fn post(
        &mut self,
        batch: &mut Batch,
        target: &Arc<str>,
        kind: EventKind,
        now: chrono::DateTime<chrono::Utc>,
        awake: &mut Vec<Arc<str>>,
    ) -> bool {
        let Some(instance) = self.instances.get_mut(target).filter(|instance| instance.is_active())
        else {
            return false;
        };
        let event = Arc::new(HistoryEvent::new(instance.time(now), kind));
        let message = Message { id: self.store.sequence().next(), event: Arc::clone(&event) };
        instance.inbox.push_back(Pending { source: Source::Message(message.id), event });
        batch.touch(target, instance.record.num);
        batch.commit.messages.push((instance.record.num, message));
        awake.push(Arc::clone(target));
        true
    }

    /// Tells the parent how its child ended, if that generation of the parent still waits for it.
    pub(super) fn tell_parent(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        end: &End,
        now: chrono::DateTime<chrono::Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        let Some(parent) =
            self.instances.get(id).and_then(|instance| instance.record.parent.clone())
        else {
            return;
        };
        let target: Arc<str> = Arc::from(parent.instance_id.as_str());
        let waits = |instance: &Instance| instance.record.execution_id == parent.execution_id;
        if self.present(&target).is_some_and(waits) {
            self.post(batch, &target, turn::parent_message(&parent, id, end), now, awake);
        }
    }

    /// Drops what an instance that has ended no longer needs: messages, timers, and its activities when asked to.
    pub(super) fn clear_pending(&mut self, batch: &mut Batch, id: &Arc<str>, activities: bool) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let num = instance.record.num;
        for pending in std::mem::take(&mut instance.inbox) {
            match pending.source {
                Source::Message(row) => batch.commit.messages_dropped.push((num, row)),
                Source::Timer(row) => batch.commit.timers_done.push((num, row)),
            }
        }
        for (timer, fire_at) in std::mem::take(&mut instance.timers) {
            self.timers.remove(&(fire_at, timer));
            batch.commit.timers_done.push((num, timer));
        }
        if activities {
            for task in std::mem::take(&mut instance.tasks) {
                self.tasks.remove(&task);
                batch.commit.tasks_dropped.push((num, task));
            }
        }
    }
}

/// Notes that a turn used these events up.
pub(super) fn note_consumed(batch: &mut Batch, num: u64, consumed: &[Pending]) {
    for pending in consumed {
        match pending.source {
            Source::Message(row) => batch.commit.consumed.push((num, row)),
            Source::Timer(row) => batch.commit.timers_done.push((num, row)),
        }
    }
}

/// Makes a turn that breaks a limit end the instance with a failure that says which.
fn refuse_oversize(
    plan: &mut Plan,
    instance: &Instance,
    new: &[Arc<HistoryEvent>],
    custom_status: Option<&Payload>,
    now: chrono::DateTime<chrono::Utc>,
) {
    let count = instance.history.len() + new.len() + plan.events.len();
    let weigh = |events: &mut dyn Iterator<Item = &HistoryEvent>| {
        events.map(HistoryEvent::weight).sum::<usize>()
    };
    let bytes = instance.state.bytes
        + weigh(&mut new.iter().map(AsRef::as_ref))
        + weigh(&mut plan.events.iter());
    let status = custom_status.map_or(0, |status| status.len());
    let text = if status > limits::CUSTOM_STATUS_BYTES {
        format!(
            "the custom status has {status} bytes; at most {} are allowed",
            limits::CUSTOM_STATUS_BYTES
        )
    } else if plan.end.is_some() || plan.next.is_some() {
        return;
    } else if count > limits::HISTORY_EVENTS {
        format!(
            "the history would have {count} events; at most {} are allowed, so continue as new earlier",
            limits::HISTORY_EVENTS
        )
    } else if bytes > limits::HISTORY_BYTES {
        format!(
            "the history would take {bytes} bytes; at most {} are allowed",
            limits::HISTORY_BYTES
        )
    } else {
        return;
    };
    let failure = Box::new(FailureDetails {
        is_non_retriable: true,
        properties: serde_json::Map::new(),
        ..FailureDetails::new("LimitExceeded", text)
    });
    let status = RuntimeStatus::Failed;
    let kind =
        EventKind::ExecutionCompleted { status, result: None, failure: Some(failure.clone()) };
    *plan = Plan {
        events: vec![HistoryEvent::new(now, kind)],
        end: Some(End { status, output: None, failure: Some(failure) }),
        ..Plan::default()
    };
}
