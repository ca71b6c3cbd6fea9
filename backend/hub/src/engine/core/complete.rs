//! What workers answer: turns and activity results.

use std::sync::Arc;

use taskhub_shared::failure::FailureDetails;

use super::{Core, Leased, dispatch::turn_events, poison::WorkId};
use crate::{
    engine::{
        action::TurnResponse,
        batch::{Ack, Batch},
        history_event::{EventKind, HistoryEvent, Payload},
        instance::{Instance, Pending, Source, Turn},
        part::{Collected, Part, Parts},
        runtime_state::{Held, RuntimeState},
        turn::{self, Size},
        worker::{Token, WorkKind},
    },
    store::model::{InstanceRecord, Task},
};

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
    /// Other instances that completing this delivery with this answer touches.
    pub(crate) fn touched_by(&self, token: Token, response: &TurnResponse) -> Vec<Arc<str>> {
        let Some(id) = self.turn_of(token) else { return Vec::new() };
        let Some(instance) = self.instances.get(id) else { return Vec::new() };
        let record = &instance.record;
        let mut touched: Vec<Arc<str>> = response
            .actions
            .iter()
            .filter_map(|action| turn::target(record, action))
            .map(Arc::from)
            .collect();
        let refused = refusal(instance, response).is_some();
        if let Some(parent) = &record.parent
            && (refused || turn::ends(&response.actions))
        {
            touched.push(Arc::from(parent.instance_id.as_str()));
        }
        if refused || turn::completes(&response.actions) {
            // What it still holds of entities is given free.
            let held = instance.state.held.iter().flat_map(|held| &held.entities);
            let asked = response.actions.iter().flat_map(turn::asked_locks);
            touched.extend(held.chain(asked).map(|entity| Arc::from(entity.as_str())));
        }
        touched.retain(|other| other != id);
        touched
    }

    /// Takes a worker's answer, or a part of it; absent when the delivery is not outstanding. Nothing is kept for a
    /// token that nobody was given.
    pub(crate) fn collect(&mut self, token: Token, id: &str, part: Part) -> Option<Collected> {
        if !self.part_bytes.has(part.bytes) {
            // What no worker has any more gives way first.
            for lease in self.leases.values_mut().filter(|lease| lease.stream.is_none()) {
                lease.parts = None;
            }
        }
        let lease = self.leases.get_mut(&token)?;
        match &lease.work {
            Leased::Turn { id: leased, kind: WorkKind::Orchestration, .. } if **leased == *id => {
                Some(Parts::collect(&mut lease.parts, part, &self.part_bytes))
            }
            Leased::Turn { .. } | Leased::Task(_) => None,
        }
    }

    /// Forgets what has come of an answer in parts.
    pub(crate) fn drop_parts(&mut self, token: Token) {
        if let Some(lease) = self.leases.get_mut(&token) {
            lease.parts = None;
        }
    }

    /// Commits a turn. The instances that it touches have been loaded.
    pub(crate) fn complete_turn(
        &mut self,
        token: Token,
        instance_id: &str,
        response: TurnResponse,
    ) -> Completion {
        let Some(Leased::Turn { id, num, .. }) =
            self.leases.get(&token).map(|lease| lease.work.clone())
        else {
            return self.unknown(token);
        };
        let now = self.clock.now();
        let stale = planted!(self, StaleTurn | TurnOutlivesEnd);
        let held = self.instances.get_mut(&id).filter(|instance| {
            instance.record.num == num
                && (stale || instance.has_turn(token))
                && !instance.poisoned
                && !instance.is_entity()
                && &*id == instance_id
        });
        let Some(instance) = held else { return Completion::Stale };
        let refusal = refusal(instance, &response);
        let Some(turn) = instance.turn.take() else { return Completion::Stale };
        let now = instance.time(now).max(turn.started.timestamp);
        let taken = taken_in(instance, &turn, response.events_processed);
        let consumed = instance.inbox.take_first(taken);
        self.losses.forget(WorkId::Turn(num));
        let TurnResponse { actions, custom_status, trace, .. } = response;
        let mut events = turn_events(&turn, &consumed);
        let mut record = InstanceRecord::clone(&instance.record);
        let mut payloads_changed = false;
        let mut plan = if let Some(failure) = refusal {
            turn::refused(failure, now)
        } else {
            if let Some(status) = custom_status {
                payloads_changed = true;
                record.payloads.custom_status = Some(status).filter(|status| !status.is_empty());
            }
            turn::plan(&instance.record, actions, now)
        };
        events.extend(std::mem::take(&mut plan.events).into_iter().map(Arc::new));
        record.orchestration_trace = trace.or(record.orchestration_trace);

        let mut batch = Batch { completes: Some(token), ..Batch::default() };
        if !planted!(self, ConsumedTwice) {
            note_consumed(&mut batch, num, &consumed);
        }
        self.unqueue(&id);
        self.end_lease(token);
        let end = plan.end.clone();
        let continues = plan.next.is_some();
        // Only what comes to its end is asked for what it still holds: most turns are not, and there are many.
        let held = if continues || end.is_some() { self.held_after(&id, &events) } else { None };
        if let Some(next) = plan.next.take() {
            self.next_generation(&mut batch, &id, record, next, &events, now);
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
        // The generation that asked for a child that cannot be is the only one that wants to know.
        let tell = !continues;
        self.start_children(&mut batch, &id, plan.children, tell, now, &mut awake);
        for (target, kind) in
            plan.outgoing.into_iter().skip(usize::from(planted!(self, LostMessage)))
        {
            self.post(&mut batch, &Arc::from(target), kind, now, &mut awake);
        }
        for (target, event) in plan.entity_messages {
            self.post_entity(&mut batch, &Arc::from(target), event, now, &mut awake);
        }
        if let Some(held) = held {
            self.release_locks(&mut batch, &id, &held, now, &mut awake);
        }
        if let Some(end) = end {
            self.tell_parent(&mut batch, &id, &end, now, &mut awake);
        }
        let ack = self.submit(batch);
        self.settle_all(awake);
        self.dispatch();
        Completion::Committing(ack)
    }

    /// What the instance holds of entities once these events are in its history.
    fn held_after(&self, id: &str, events: &[Arc<HistoryEvent>]) -> Option<Held> {
        let mut state = RuntimeState {
            held: self.instances.get(id)?.state.held.clone(),
            ..RuntimeState::default()
        };
        for event in events {
            state.apply(event);
        }
        state.held
    }

    /// Commits an activity's result. The instance has been loaded.
    pub(crate) fn complete_activity(&mut self, token: Token, result: ActivityResult) -> Completion {
        let Some(Leased::Task(task)) = self.leases.get(&token).map(|lease| lease.work.clone())
        else {
            return self.unknown(token);
        };
        if !planted!(self, StaleActivity) {
            self.end_lease(token);
        }
        let Some(ack) = self.finish_task(&task, result, Some(token)) else {
            self.remember(token);
            self.dispatch();
            return Completion::Dropped;
        };
        self.settle(&task.instance_id);
        self.dispatch();
        Completion::Committing(ack)
    }

    /// Hands the result of an activity to its instance, which has been loaded; `None` when nobody wants it any more.
    pub(super) fn finish_task(
        &mut self,
        task: &Task,
        result: ActivityResult,
        completes: Option<Token>,
    ) -> Option<Ack> {
        if !self.drop_task(task.id) && !planted!(self, StaleActivity) {
            return None;
        }
        let mut batch = Batch { completes, ..Batch::default() };
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
                if planted!(self, ResultTwice) {
                    self.post(&mut batch, &id, kind.clone(), now, &mut Vec::new());
                }
                self.post(&mut batch, &id, kind, now, &mut Vec::new());
            } else {
                self.rely_on(&mut batch, &id);
            }
        }
        Some(self.submit(batch))
    }
}

/// Why the answer to the turn that is out cannot be taken, if it cannot; then the instance fails.
fn refusal(instance: &Instance, response: &TurnResponse) -> Option<Box<FailureDetails>> {
    let turn = instance.turn.as_ref()?;
    let consumed = instance.inbox.iter().take(taken_in(instance, turn, response.events_processed));
    let events = consumed.clone().map(|pending| &*pending.event);
    turn::oversize(size_after(instance, consumed), response)
        .or_else(|| turn::conflict(&instance.state, &events, &response.actions))
        .or_else(|| turn::nested_locks(&instance.state, &response.actions))
}

/// How many pending events a turn used up, when its worker says that it processed `processed` of the new events.
fn taken_in(instance: &Instance, turn: &Turn, processed: Option<usize>) -> usize {
    let taken = turn.taken.min(instance.inbox.len());
    let Some(processed) = processed else { return taken };
    // The first of the new events is the turn's OrchestratorStarted, and the worker never saw what only woke it.
    let mut left = processed.saturating_sub(1);
    let mut count = 0;
    for pending in instance.inbox.iter().take(taken) {
        if !pending.is_wake() {
            if left == 0 {
                break;
            }
            left -= 1;
        }
        count += 1;
    }
    count
}

/// Size of the history once these events are in it, with the turn's own `OrchestratorStarted`.
fn size_after<'a>(instance: &Instance, taken: impl Iterator<Item = &'a Pending>) -> Size {
    let mut size = Size { events: instance.history.len() + 1, bytes: instance.state.bytes };
    for pending in taken.filter(|pending| !pending.is_wake()) {
        size.events += 1;
        size.bytes += HistoryEvent::weight(&pending.event);
    }
    size
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
