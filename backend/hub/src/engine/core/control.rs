//! What the engine does to an instance by itself, without a worker: suspend, resume, terminate, fail, purge.
//!
//! Workers replay these events like any others. Because no worker is needed, they take effect at once and also when
//! nobody serves the orchestration.

use std::sync::Arc;

use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{Core, complete::note_consumed, rewind::is_child, settle::open_children};
use crate::{
    engine::{
        batch::{Ack, Batch, Change},
        history_event::{EventKind, HistoryEvent, Payload},
        instance::{Instance, Pending},
        turn::End,
        worker::Token,
    },
    store::model::InstanceRecord,
};

impl Core {
    /// Puts an external event into the inbox; `None` when the instance takes no events.
    pub(crate) fn raise(&mut self, id: &Arc<str>, kind: EventKind) -> Option<Ack> {
        let mut batch = Batch::default();
        let now = self.clock.now();
        if !self.post(&mut batch, id, kind, now, &mut Vec::new()) {
            return None;
        }
        let ack = self.submit(batch);
        self.settle(id);
        self.dispatch();
        Some(ack)
    }

    /// Ends an instance as terminated, whatever its worker does; `None` when it has ended. Its relatives have been
    /// loaded.
    pub(crate) fn terminate(
        &mut self,
        id: &Arc<str>,
        output: Option<Payload>,
        recurse: bool,
    ) -> Option<Ack> {
        self.instances.get(id).filter(|instance| instance.is_active())?;
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        self.terminate_into(&mut batch, id, output, recurse, &mut awake);
        let ack = self.submit(batch);
        self.settle_all(awake);
        self.dispatch();
        Some(ack)
    }

    pub(super) fn terminate_into(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        output: Option<Payload>,
        recurse: bool,
        awake: &mut Vec<Arc<str>>,
    ) {
        let now = self.clock.now();
        if recurse && let Some(instance) = self.instances.get(id) {
            let me = Arc::clone(&instance.record);
            let children: Vec<Arc<str>> = open_children(instance).map(Arc::from).collect();
            for child in children {
                // One that could not be started has left its id to somebody else.
                if self.present(&child).is_some_and(|child| is_child(child, &me)) {
                    let kind = EventKind::ExecutionTerminated { input: output.clone(), recurse };
                    self.post(batch, &child, kind, now, awake);
                } else {
                    self.rely_on(batch, &child);
                }
            }
        }
        let event = EventKind::ExecutionTerminated { input: output.clone(), recurse };
        let end = End { status: RuntimeStatus::Terminated, output, failure: None };
        self.end_by_engine(batch, id, Some(event), &end, awake);
    }

    /// Fails an instance whose turn cannot be handed to its worker. Its parent has been loaded.
    pub(crate) fn fail_turn(&mut self, token: Token, failure: FailureDetails) -> Option<Ack> {
        let id = Arc::clone(self.turn_of(token)?);
        let held = |instance: &&Instance| {
            instance.is_active()
                && !instance.poisoned
                && instance.has_turn(token)
                && !instance.is_entity()
        };
        self.instances.get(&id).filter(held)?;
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        let end =
            End { status: RuntimeStatus::Failed, output: None, failure: Some(Box::new(failure)) };
        self.end_by_engine(&mut batch, &id, None, &end, &mut awake);
        let ack = self.submit(batch);
        self.settle_all(awake);
        self.dispatch();
        Some(ack)
    }

    /// Appends the end of an instance and drops what it no longer needs.
    pub(super) fn end_by_engine(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        event: Option<EventKind>,
        end: &End,
        awake: &mut Vec<Arc<str>>,
    ) {
        let now = self.clock.now();
        if !planted!(self, TurnOutlivesEnd) {
            self.recall_turn(id);
        }
        let Some(instance) = self.instances.get_mut(id) else { return };
        let now = instance.time(now);
        let mut events = take_start(batch, instance, now);
        let completed = EventKind::ExecutionCompleted {
            status: end.status,
            result: end.output.clone(),
            failure: end.failure.clone(),
        };
        events.extend(
            event.into_iter().chain([completed]).map(|kind| Arc::new(HistoryEvent::new(now, kind))),
        );
        let mut record = InstanceRecord::clone(&instance.record);
        record.payloads.output.clone_from(&end.output);
        record.payloads.failure = end.failure.clone().map(|failure| Arc::new(*failure));
        let held = instance.state.held.clone();
        self.append(batch, id, record, events, true, now);
        self.clear_pending(batch, id, true);
        if let Some(held) = held {
            self.release_locks(batch, id, &held, now, awake);
        }
        self.tell_parent(batch, id, end, now, awake);
    }

    /// Holds or releases an instance; `None` when it has ended.
    pub(crate) fn control(&mut self, id: &Arc<str>, kind: EventKind) -> Option<Ack> {
        let instance = self.instances.get(id).filter(|instance| instance.is_active())?;
        // What waits there came first. It does so while a turn rests that was given back.
        if instance.inbox.has_hold() || self.is_with_a_worker(id) {
            // The turn that is with a worker ends first; then the event is absorbed from the inbox.
            return self.raise(id, kind);
        }
        self.recall_turn(id);
        let mut batch = Batch::default();
        self.control_into(&mut batch, id, kind);
        let ack = self.submit(batch);
        self.settle(id);
        self.dispatch();
        Some(ack)
    }

    pub(super) fn control_into(&mut self, batch: &mut Batch, id: &Arc<str>, kind: EventKind) {
        let now = self.clock.now();
        let Some(instance) = self.instances.get_mut(id) else { return };
        let now = instance.time(now);
        let resumes = matches!(kind, EventKind::ExecutionResumed { .. });
        let suspended = instance.state.suspended_since.is_some();
        if resumes != suspended {
            return;
        }
        let mut events = take_start(batch, instance, now);
        if resumes && planted!(self, ResumeForgets) {
            instance.inbox.clear();
        }
        events.push(Arc::new(HistoryEvent::new(now, kind)));
        let record = InstanceRecord::clone(&instance.record);
        self.append(batch, id, record, events, false, now);
        if resumes {
            // The worker has to look at the instance again even if nothing else came meanwhile.
            self.post(batch, id, EventKind::OrchestratorStarted, now, &mut Vec::new());
        }
    }

    /// Deletes an instance that has ended; `None` when it has not.
    pub(crate) fn purge(&mut self, id: &Arc<str>) -> Option<Ack> {
        let instance = self.instances.get_mut(id)?;
        if instance.gone || !instance.record.status.is_terminal() {
            return None;
        }
        let tasks = std::mem::take(&mut instance.tasks);
        let mut batch = Batch::default();
        if planted!(self, PurgeForgets) {
            instance.gone = true;
            return Some(self.submit(batch));
        }
        self.remove_into(&mut batch, id);
        for task in tasks {
            self.drop_task(task);
        }
        batch.changes.push(Change::Purged(Arc::clone(id)));
        Some(self.submit(batch))
    }

    /// Adds the purge of an instance to the batch, as it is now: one that the store knows otherwise stays.
    pub(super) fn remove_into(&mut self, batch: &mut Batch, id: &Arc<str>) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        instance.gone = true;
        let (num, revision) = (instance.record.num, instance.record.revision);
        batch.commit.expected.push((num, Some(revision)));
        batch.commit.purges.push(num);
        batch.touch(id, num);
    }
}

/// Events that begin a history, when the instance has not begun: its `ExecutionStarted` is taken from the inbox.
fn take_start(
    batch: &mut Batch,
    instance: &mut Instance,
    now: chrono::DateTime<chrono::Utc>,
) -> Vec<Arc<HistoryEvent>> {
    let is_start = |pending: &Pending| matches!(pending.event.kind, EventKind::ExecutionStarted(_));
    let Some(position) = instance.inbox.iter().position(is_start) else { return Vec::new() };
    let Some(start) = instance.inbox.remove(position) else { return Vec::new() };
    note_consumed(batch, instance.record.num, std::slice::from_ref(&start));
    vec![Arc::new(HistoryEvent::new(now, EventKind::OrchestratorStarted)), start.event]
}
