//! How an instance's record, history and outstanding work change.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskhub_shared::status::RuntimeStatus;

use super::Core;
use crate::{
    engine::{
        batch::{Batch, Change},
        history_event::{EventKind, ExecutionStarted, HistoryEvent, TraceContext},
        inbox::Inbox,
        instance::{Pending, Source},
        runtime_state::RuntimeState,
        turn::{self, NextGeneration, Plan},
    },
    store::model::{HistoryChange, InstanceRecord, Message, Task, Timer, Update},
};

impl Core {
    /// Sets the activities and timers of a plan.
    pub(super) fn schedule(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        plan: &Plan,
        now: DateTime<Utc>,
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
            self.tasks.insert(task.id, super::Activity::new(Arc::clone(&task)));
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
                event: None,
            });
            batch.commit.timers.push(Arc::clone(&timer));
            if *fire_at <= now {
                instance.inbox.push_back(Pending::fired(&timer, now));
            } else {
                instance.timers.insert(timer.id, *fire_at);
                self.timers.insert(timer);
                self.alarm.by(*fire_at);
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
        now: DateTime<Utc>,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        for event in &events {
            instance.state.apply(event);
        }
        instance.history.extend(events.iter().cloned());
        let from_status = instance.record.status;
        record.revision += 1;
        record.updated_at = record.updated_at.max(now);
        // Before its first turn, a generation that is not the first has a status that its history does not show.
        if !events.is_empty() && !planted!(self, StatusBehind) {
            record.status = instance.state.status();
        }
        record.history_len = instance.history.len() as u64;
        if record.status.is_terminal() {
            record.completed_at = Some(now);
        }
        let record = Arc::new(record);
        instance.record = Arc::clone(&record);
        self.recount(id);
        batch.touch(id, record.num);
        batch.changes.push(Change::Updated(Arc::clone(&record)));
        let again = u64::from(planted!(self, PositionReused) && record.history_len > 4);
        let from = record.history_len + 1 - events.len() as u64 - again;
        let history = HistoryChange::Append { from, events };
        batch.commit.updates.push(Update { record, from_status, payloads_changed, history });
    }

    /// Begins a new generation with an empty history, after a last turn with these events.
    pub(super) fn next_generation(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        mut record: InstanceRecord,
        next: NextGeneration,
        turn: &[Arc<HistoryEvent>],
        now: DateTime<Utc>,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let trace = instance.history.iter().chain(turn).find_map(|event| trace_of(event));
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
            trace,
            tags: record.tags.clone(),
        };
        let started =
            Arc::new(HistoryEvent::new(now, EventKind::ExecutionStarted(Box::new(started))));
        let carried =
            next.carryover.into_iter().map(|event| Arc::new(HistoryEvent::new(now, event.kind)));
        // Messages that stay get new numbers, so that they are read back in the order of this inbox.
        let left = std::mem::take(&mut instance.inbox);
        let lost = planted!(self, LostInbox);
        let staying = left
            .iter()
            .filter(|_| !lost)
            .map(|pending| &pending.event)
            .filter(|e| turn::survives_continue_as_new(e));
        let events: Vec<_> =
            std::iter::once(started).chain(carried).chain(staying.cloned()).collect();
        drop_pending(batch, num, &left);
        for (timer, fire_at) in std::mem::take(&mut instance.timers) {
            self.timers.remove(fire_at, timer);
            batch.commit.timers_done.push((num, timer));
        }
        for event in events {
            let message = Message { id: self.store.sequence().next(), event: Arc::clone(&event) };
            instance.inbox.push_back(Pending { source: Source::Message(message.id), event });
            batch.commit.messages.push((num, message));
        }
        instance.history.clear();
        instance.state = RuntimeState { last_timestamp: Some(now), ..RuntimeState::default() };
        let record = Arc::new(record);
        instance.record = Arc::clone(&record);
        self.recount(id);
        batch.touch(id, num);
        batch.changes.push(Change::Updated(Arc::clone(&record)));
        batch.commit.updates.push(Update {
            record,
            from_status,
            payloads_changed: true,
            history: HistoryChange::Clear,
        });
    }

    /// Drops what an instance that has ended no longer needs: messages, timers, and its activities when asked to.
    pub(super) fn clear_pending(&mut self, batch: &mut Batch, id: &Arc<str>, activities: bool) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let num = instance.record.num;
        drop_pending(batch, num, &std::mem::take(&mut instance.inbox));
        for (timer, fire_at) in std::mem::take(&mut instance.timers) {
            self.timers.remove(fire_at, timer);
            batch.commit.timers_done.push((num, timer));
        }
        if activities {
            for task in std::mem::take(&mut instance.tasks) {
                self.drop_task(task);
                batch.commit.tasks_dropped.push((num, task));
            }
        }
    }
}

/// Trace that an instance was started in, if the event is its start.
fn trace_of(event: &HistoryEvent) -> Option<TraceContext> {
    if let EventKind::ExecutionStarted(started) = &event.kind {
        started.trace.clone()
    } else {
        None
    }
}

/// Notes that nobody wants these events any more.
fn drop_pending(batch: &mut Batch, num: u64, pending: &Inbox) {
    for pending in pending.iter() {
        match pending.source {
            Source::Message(row) => batch.commit.messages_dropped.push((num, row)),
            Source::Timer(row) => batch.commit.timers_done.push((num, row)),
        }
    }
}
