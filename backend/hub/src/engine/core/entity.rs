//! Entities: messages to them, and the batches that their workers answer.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskhub_shared::{failure::FailureDetails, id::EntityId, limits, status::RuntimeStatus};

use super::{Completion, Core, Leased, complete::note_consumed};
use crate::{
    engine::{
        batch::{Ack, Batch},
        entity::{self, EntityAction, EntityResponse},
        entity_event::EntityEvent,
        history_event::{EventKind, ExecutionStarted, HistoryEvent, Payload},
        instance::{Instance, Pending, Source},
        worker::Token,
    },
    store::model::{
        Create, EntityRecord, HistoryChange, InstanceRecord, Message, Payloads, Timer, Update,
    },
};

/// Why an entity is not deleted.
#[derive(Debug)]
pub(crate) enum NotPurged {
    NotFound,
    Locked { holder: String },
}

impl Core {
    /// Sends a signal that a client asked for. The entity has been loaded.
    pub(crate) fn signal(&mut self, id: &Arc<str>, event: EntityEvent) -> Ack {
        let mut batch = Batch::default();
        let now = self.clock.now();
        self.post_entity(&mut batch, id, event, now, &mut Vec::new());
        let ack = self.submit(batch);
        self.settle(id);
        self.dispatch();
        ack
    }

    /// Puts a message into an entity's inbox, or sets a timer that does so later. An entity that is not there is made.
    pub(super) fn post_entity(
        &mut self,
        batch: &mut Batch,
        target: &Arc<str>,
        event: EntityEvent,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        let Ok(id) = EntityId::parse(target) else {
            tracing::warn!(target = %target, "a message to something that is no entity was dropped");
            return;
        };
        let unlocks = matches!(event, EntityEvent::UnlockSent { .. });
        if self.present(target).is_none() {
            if unlocks {
                self.rely_on(batch, target);
                return;
            }
            self.create_entity(batch, target, &id, now);
        }
        if let EntityEvent::UnlockSent { critical_section, parent, .. } = &event
            && self.withdraw_lock(batch, target, critical_section, parent.as_deref())
        {
            awake.push(Arc::clone(target));
            return;
        }
        let Some(instance) = self.instances.get_mut(target) else { return };
        let num = instance.record.num;
        batch.touch(target, num);
        let due = due(&event).filter(|at| *at > now);
        let event = Arc::new(HistoryEvent::new(now, EventKind::Entity(Box::new(event))));
        let row = self.store.sequence().next();
        if let Some(fire_at) = due {
            let timer = Arc::new(Timer {
                id: row,
                instance_num: num,
                instance_id: Arc::clone(target),
                fire_at,
                action: None,
                event: Some(event),
            });
            instance.timers.insert(row, fire_at);
            self.timers.insert(Arc::clone(&timer));
            self.alarm.by(fire_at);
            batch.commit.timers.push(timer);
        } else {
            let message = Message { id: row, event: Arc::clone(&event) };
            instance.receive(Pending { source: Source::Message(row), event });
            batch.commit.messages.push((num, message));
            awake.push(Arc::clone(target));
        }
    }

    fn create_entity(
        &mut self,
        batch: &mut Batch,
        target: &Arc<str>,
        id: &EntityId,
        now: DateTime<Utc>,
    ) {
        let record = Arc::new(InstanceRecord {
            num: self.store.sequence().next(),
            instance_id: Arc::clone(target),
            execution_id: self.ids.hex(),
            name: id.name().to_owned(),
            version: None,
            status: RuntimeStatus::Running,
            created_at: now,
            updated_at: now,
            completed_at: None,
            scheduled_start_at: None,
            parent: None,
            tags: std::collections::BTreeMap::new(),
            orchestration_trace: None,
            history_len: 0,
            revision: 1,
            entity: Some(EntityRecord::default()),
            payloads: Payloads::default(),
        });
        self.rely_on(batch, target);
        let replaces = self.forget(target);
        self.admit(target, Instance::new(Arc::clone(&record)));
        batch.touch(target, record.num);
        batch.commit.creates.push(Create { record, replaces });
    }

    pub(super) fn update_entity(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        mut record: InstanceRecord,
        payloads_changed: bool,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        record.revision += 1;
        let record = Arc::new(record);
        instance.record = Arc::clone(&record);
        self.recount(id);
        batch.touch(id, record.num);
        batch.commit.updates.push(Update {
            from_status: record.status,
            record,
            payloads_changed,
            history: HistoryChange::Append { from: 1, events: Vec::new() },
        });
    }

    /// Other instances that completing this batch of operations touches.
    pub(crate) fn touched_by_entity(
        &self,
        token: Token,
        response: &EntityResponse,
    ) -> Vec<Arc<str>> {
        let Some(instance) = self.turn_of(token).and_then(|id| self.instances.get(id)) else {
            return Vec::new();
        };
        let callers = callers(instance, response.results.len());
        let targets = response.actions.iter().filter_map(|action| match action {
            EntityAction::Signal { instance_id, .. } => Some(instance_id),
            EntityAction::Start { instance_id, .. } => {
                Some(instance_id).filter(|id| !id.is_empty())
            }
        });
        let mut touched: Vec<Arc<str>> =
            callers.into_iter().chain(targets.map(|id| Arc::from(id.as_str()))).collect();
        touched.retain(|other| *other != instance.record.instance_id);
        touched
    }

    /// Commits a batch of operations. The instances that it touches have been loaded.
    pub(crate) fn complete_entity(&mut self, token: Token, response: EntityResponse) -> Completion {
        let Some(Leased::Turn { id, num, .. }) =
            self.leases.get(&token).map(|lease| lease.work.clone())
        else {
            return self.unknown(token);
        };
        let held = self.instances.get_mut(&id).filter(|instance| {
            instance.record.num == num
                && instance.is_entity()
                && instance.has_turn(token)
                && !instance.poisoned
        });
        let Some(instance) = held else { return Completion::Stale };
        let taken = instance.turn.as_ref().map_or(0, |turn| turn.taken).min(instance.inbox.len());
        if response.results.len() > taken {
            // It answers what nobody asked.
            self.abandon(token);
            return Completion::Stale;
        }
        if response.failure.is_some() || response.results.is_empty() {
            if let Some(failure) = &response.failure {
                tracing::warn!(entity = %id, reason = %failure.error_message,
                    "a worker could not run an entity's operations; they are tried again");
            }
            self.abandon(token);
            return Completion::Dropped;
        }
        instance.turn = None;
        self.losses.forget(super::poison::WorkId::Turn(num));
        self.unqueue(&id);
        self.end_lease(token);
        let ack = self.finish_operations(&id, response, Some(token));
        self.dispatch();
        ack.map_or(Completion::Stale, Completion::Committing)
    }

    /// Commits the results of the first operations of an entity. What they touch has been loaded.
    pub(super) fn finish_operations(
        &mut self,
        id: &Arc<str>,
        mut response: EntityResponse,
        completes: Option<Token>,
    ) -> Option<Ack> {
        let instance = self.instances.get_mut(id)?;
        let num = instance.record.num;
        bound(&instance.record, &mut response);
        let now = self.clock.now();
        let consumed = instance.inbox.take_first(response.results.len());
        let mut record = InstanceRecord::clone(&instance.record);
        let changed = record.payloads.output != response.state;
        record.payloads.output = response.state;
        record.updated_at = record.updated_at.max(now);
        let mut batch = Batch { completes, ..Batch::default() };
        note_consumed(&mut batch, num, &consumed);
        self.update_entity(&mut batch, id, record, changed);
        let mut awake = vec![Arc::clone(id)];
        for (pending, result) in consumed.iter().zip(response.results) {
            self.answer_caller(&mut batch, &pending.event, result, now, &mut awake);
        }
        for action in response.actions {
            self.perform(&mut batch, action, now, &mut awake);
        }
        let ack = self.submit(batch);
        self.settle_all(awake);
        Some(ack)
    }

    /// Tells the result of an operation to the orchestration that called it, if it did and still waits. It has been
    /// loaded.
    fn answer_caller(
        &mut self,
        batch: &mut Batch,
        call: &HistoryEvent,
        result: Result<Option<Payload>, Box<FailureDetails>>,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        let Some((parent, execution, request_id)) = caller(call) else { return };
        let parent: Arc<str> = Arc::from(parent.as_str());
        let waits = |instance: &Instance| {
            execution.is_none_or(|execution| instance.record.execution_id == *execution)
        };
        if self.present(&parent).is_some_and(waits) {
            let request_id = request_id.clone();
            let answer = match result {
                Ok(output) => EntityEvent::OperationCompleted { request_id, output },
                Err(failure) => EntityEvent::OperationFailed { request_id, failure },
            };
            self.post(batch, &parent, EventKind::Entity(Box::new(answer)), now, awake);
        } else {
            self.rely_on(batch, &parent);
        }
    }

    /// An answer to a batch that fails all its operations.
    pub(crate) fn failed_batch(
        &self,
        token: Token,
        failure: &FailureDetails,
    ) -> Option<EntityResponse> {
        let instance = self.turn_of(token).and_then(|id| self.instances.get(id))?;
        let taken = instance.turn.as_ref().filter(|_| instance.has_turn(token))?.taken;
        Some(failing(instance, taken, failure))
    }

    /// What an operation did beside changing the state.
    fn perform(
        &mut self,
        batch: &mut Batch,
        action: EntityAction,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        match action {
            EntityAction::Signal { instance_id, operation, input, scheduled_at } => {
                let event = EntityEvent::OperationSignaled {
                    request_id: self.ids.hex(),
                    operation,
                    input,
                    scheduled_at,
                    target: None,
                };
                self.post_entity(batch, &Arc::from(instance_id), event, now, awake);
            }
            EntityAction::Start { instance_id, name, version, input, scheduled_at, trace } => {
                let id: Arc<str> =
                    if instance_id.is_empty() { self.ids.hex() } else { instance_id }.into();
                let taken = self.present(&id).is_some_and(Instance::is_active);
                if taken {
                    self.rely_on(batch, &id);
                }
                if taken || taskhub_shared::id::InstanceId::new(&*id).is_err() {
                    tracing::warn!(instance = %id, "an entity could not start an orchestration: its id is in use or not allowed");
                    return;
                }
                let started = ExecutionStarted {
                    name,
                    version,
                    input,
                    execution_id: String::new(),
                    parent: None,
                    scheduled_start: scheduled_at,
                    trace,
                    tags: std::collections::BTreeMap::new(),
                };
                self.create(batch, &id, started, now);
                awake.push(id);
            }
        }
    }

    /// Orchestrations that wait for an operation of the entity, whether or not its time has come.
    pub(crate) fn all_callers(&self, id: &str) -> Vec<Arc<str>> {
        let Some(instance) = self.present(id) else { return Vec::new() };
        let events = self.entity_calls(instance);
        events.iter().filter_map(|event| Some(Arc::from(caller(event)?.0.as_str()))).collect()
    }

    fn entity_calls(&self, instance: &Instance) -> Vec<Arc<HistoryEvent>> {
        let delayed = instance.timers.iter().filter_map(|(timer, at)| {
            self.timers.get(*at, *timer).and_then(|timer| timer.event.clone())
        });
        let waiting = instance.inbox.iter().map(|pending| Arc::clone(&pending.event));
        waiting.chain(delayed).filter(|event| caller(event).is_some()).collect()
    }

    /// Deletes an entity with what waits for it; who waits for an operation is told that it failed. The callers have been
    /// loaded. `Err` when it is locked, or somebody is about to lock it: who is inside would find another entity there,
    /// and who waits for the lock would do so for ever.
    pub(crate) fn purge_entity(&mut self, id: &Arc<str>) -> Result<Ack, NotPurged> {
        let instance =
            self.present(id).filter(|instance| instance.is_entity()).ok_or(NotPurged::NotFound)?;
        if let Some(holder) = entity::locker(instance) {
            return Err(NotPurged::Locked { holder });
        }
        let calls = self.entity_calls(instance);
        let now = self.clock.now();
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        self.recall_turn(id);
        for call in calls {
            // A call that is not stored yet is none when its sender's turn comes to nothing.
            if let Some((parent, ..)) = caller(&call) {
                self.rely_on(&mut batch, parent);
            }
            let text = format!("the entity {id:?} was deleted before it ran the operation");
            let failure = Box::new(FailureDetails::new("EntityDeleted", text));
            self.answer_caller(&mut batch, &call, Err(failure), now, &mut awake);
        }
        self.remove_into(&mut batch, id);
        if let Some(instance) = self.instances.get_mut(id) {
            instance.inbox.clear();
            for (timer, fire_at) in std::mem::take(&mut instance.timers) {
                self.timers.remove(fire_at, timer);
            }
        }
        let ack = self.submit(batch);
        self.settle_all(awake);
        self.dispatch();
        Ok(ack)
    }

    /// Deletes an entity that has no state, no lock, nothing to do and nothing to come; `None` when it is not so, or not
    /// so in the store yet: what is taken from its inbox may come back.
    pub(crate) fn clean_entity(&mut self, id: &Arc<str>) -> Option<Ack> {
        let instance = self.present(id).filter(|instance| instance.is_entity())?;
        let empty = (instance.uncommitted == 0 || planted!(self, Carefree))
            && instance.record.payloads.output.is_none()
            && instance.record.lock().is_none()
            && instance.inbox.is_empty()
            && instance.timers.is_empty();
        if empty { self.purge_entity(id).ok() } else { None }
    }

    /// Messages that wait for an entity, as far as it is in memory; every entity with messages is.
    pub(crate) fn entity_backlog(&self, id: &str) -> usize {
        self.present(id).map_or(0, |instance| instance.inbox.len())
    }
}

/// An answer that fails the first operations and leaves the state as it is.
pub(super) fn failing(
    instance: &Instance,
    operations: usize,
    failure: &FailureDetails,
) -> EntityResponse {
    let results = std::iter::repeat_with(|| Err(Box::new(failure.clone())));
    EntityResponse {
        results: results.take(operations).collect(),
        state: instance.record.payloads.output.clone(),
        ..EntityResponse::default()
    }
}

/// Instances that wait for the results of the first operations.
pub(super) fn callers(instance: &Instance, operations: usize) -> Vec<Arc<str>> {
    let first = instance.inbox.iter().take(operations);
    first
        .filter_map(|pending| caller(&pending.event).map(|(id, ..)| Arc::from(id.as_str())))
        .collect()
}

/// When a message wants to be delivered, if not at once.
fn due(event: &EntityEvent) -> Option<DateTime<Utc>> {
    match event {
        EntityEvent::OperationSignaled { scheduled_at, .. }
        | EntityEvent::OperationCalled { scheduled_at, .. } => *scheduled_at,
        EntityEvent::LockRequested { .. }
        | EntityEvent::UnlockSent { .. }
        | EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => None,
    }
}

/// Who waits for the result of an operation: instance, execution, request.
fn caller(event: &HistoryEvent) -> Option<(&String, Option<&String>, &String)> {
    match entity::event(event)? {
        EntityEvent::OperationCalled { parent, parent_execution, request_id, .. } => {
            let execution = parent_execution.as_ref().filter(|execution| !execution.is_empty());
            Some((parent.as_ref()?, execution, request_id))
        }
        EntityEvent::OperationSignaled { .. }
        | EntityEvent::LockRequested { .. }
        | EntityEvent::UnlockSent { .. }
        | EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => None,
    }
}

/// A state that no work item could carry is not taken: the operations fail and change nothing.
fn bound(record: &InstanceRecord, response: &mut EntityResponse) {
    let bytes = response.state.as_ref().map_or(0, |state| state.len());
    if bytes <= limits::ENTITY_STATE_BYTES {
        return;
    }
    let most = limits::ENTITY_STATE_BYTES;
    let text = format!("the entity's state would have {bytes} bytes; at most {most} are allowed");
    let failure = FailureDetails::permanent("LimitExceeded", text);
    for result in &mut response.results {
        *result = Err(Box::new(failure.clone()));
    }
    response.actions.clear();
    response.state.clone_from(&record.payloads.output);
}
