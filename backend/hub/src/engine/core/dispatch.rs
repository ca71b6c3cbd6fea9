//! Ready work goes to workers.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::{
    Activity, Core,
    lease::{Lease, Leased, Refusals, TURN_LEASE},
    poison::WorkId,
};
use crate::{
    engine::{
        entity,
        history_event::{EventKind, HistoryEvent},
        instance::{Instance, Pending, Turn},
        queue::{QueueKey, Stream, StreamId},
        worker::{EntityWork, OrchestrationWork, Token, Work, WorkItem, WorkKind, WorkerProfile},
    },
    store::model::RowId,
};

impl Core {
    /// Adds a worker's stream and gives it what it wants. While the hub drains, the stream ends at once.
    pub(crate) fn connect(
        &mut self,
        profile: WorkerProfile,
        sender: mpsc::UnboundedSender<WorkItem>,
    ) -> Option<StreamId> {
        if self.draining {
            return None;
        }
        let id = self.streams.add(profile, sender, self.clock.now());
        if let Some(Stream { profile, .. }) = self.streams.get(id) {
            self.ready.join(id, profile.names(WorkKind::Orchestration));
            self.activities.join(id, profile.names(WorkKind::Activity));
            self.entities.join(id, profile.names(WorkKind::Entity));
        }
        self.dispatch();
        Some(id)
    }

    /// Queues an instance that wants a turn, and takes one that does not out of the queue.
    pub(super) fn queue_turn(&mut self, id: &Arc<str>) {
        let now = self.clock.now();
        let early = TimeDelta::hours(if planted!(self, EarlyStart) { 1 } else { 0 });
        let Some(instance) = self.instances.get_mut(id) else { return };
        if instance.turn.is_some() {
            return;
        }
        match (&instance.queued, instance.wants_turn(now + early)) {
            (None, true) => {
                let kind = instance.kind();
                let Some(key) = self.turn_key(id) else { return };
                let ticket = self.turns(kind).push_back(key, Arc::clone(id));
                if let Some(instance) = self.instances.get_mut(id) {
                    instance.queued = Some(ticket);
                }
            }
            (Some(_), false) => self.unqueue(id),
            (None, false) | (Some(_), true) => {}
        }
    }

    /// Takes an instance out of the ready queue.
    pub(super) fn unqueue(&mut self, id: &Arc<str>) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        if let Some(ticket) = instance.queued.take() {
            let kind = instance.kind();
            self.turns(kind).remove(&ticket);
        }
    }

    /// Puts a turn that was delivered back into its queue; whether it is still wanted.
    pub(super) fn requeue_turn(&mut self, id: &Arc<str>, num: RowId, token: Token) -> bool {
        let held = |instance: &&mut Instance| {
            instance.record.num == num && instance.has_turn(token) && instance.queued.is_none()
        };
        let Some(instance) = self.instances.get_mut(id).filter(held) else { return false };
        let kind = instance.kind();
        let Some(key) = self.turn_key(id) else { return false };
        let ticket = self.turns(kind).push_front(key, Arc::clone(id));
        if let Some(instance) = self.instances.get_mut(id) {
            instance.queued = Some(ticket);
        }
        // A suspension may have waited for the worker.
        self.settle(id);
        self.instances.get(id).is_some_and(|instance| instance.has_turn(token))
    }

    /// Gives up a turn that no worker has; its events are pending as before.
    pub(super) fn recall_turn(&mut self, id: &Arc<str>) {
        self.unqueue(id);
        let turn = self.instances.get_mut(id).and_then(|instance| instance.turn.take());
        if let Some(token) = turn.and_then(|turn| turn.token) {
            self.end_lease(token);
        }
    }

    /// Makes an activity available to workers.
    pub(super) fn queue_task(&mut self, id: RowId) {
        // It may have been dropped while its commit was under way.
        let Some(key) = self.task_key(id) else { return };
        if let Some(activity) = self.tasks.get_mut(&id)
            && activity.queued.is_none()
        {
            activity.queued = Some(self.activities.push_back(key, id));
        }
    }

    /// Puts an activity that was delivered back into its queue; whether it is still wanted.
    pub(super) fn requeue_task(&mut self, id: RowId, token: Token) -> bool {
        let Some(task) = self.tasks.get(&id).filter(|activity| activity.token == Some(token))
        else {
            return false;
        };
        let task = Arc::clone(&task.task);
        if self.is_poison_task(&task) {
            return self.tasks.contains_key(&id);
        }
        let Some(key) = self.task_key(id) else { return false };
        let Some(activity) = self.tasks.get_mut(&id) else { return false };
        if activity.queued.is_none() {
            activity.queued = Some(self.activities.push_front(key, id));
        }
        true
    }

    /// Forgets an activity; whether it was there.
    pub(super) fn drop_task(&mut self, id: RowId) -> bool {
        let Some(activity) = self.tasks.remove(&id) else { return false };
        self.losses.forget(WorkId::Task(id));
        if let Some(ticket) = activity.queued {
            self.activities.remove(&ticket);
        }
        if let Some(token) = activity.token {
            self.end_idle_lease(token);
        }
        true
    }

    /// Queue that an instance's turns wait in now.
    pub(super) fn turn_key(&self, id: &str) -> Option<QueueKey> {
        let instance = self.instances.get(id)?;
        let record = &instance.record;
        Some(QueueKey {
            name: record.name.clone(),
            versions: vec![record.version.clone().unwrap_or_default()],
            refused: self.refused_by(instance.turn.as_ref().and_then(|turn| turn.token)),
            suspect: self.losses.is_suspect(WorkId::Turn(record.num)),
        })
    }

    /// Queue that an activity waits in now. One without a version answers to its orchestration's version too.
    pub(super) fn task_key(&self, id: RowId) -> Option<QueueKey> {
        let Activity { task, token, .. } = self.tasks.get(&id)?;
        let mut versions = vec![task.version.clone().unwrap_or_default()];
        if task.version.as_deref().unwrap_or_default().is_empty() {
            versions.extend(task.parent_version.clone());
        }
        Some(QueueKey {
            name: task.name.clone(),
            versions,
            refused: self.refused_by(*token),
            suspect: self.losses.is_suspect(WorkId::Task(id)),
        })
    }

    /// Hands out ready work for as long as a worker has room for it.
    pub(crate) fn dispatch(&mut self) {
        let now = self.clock.now();
        if self.draining || self.paused_until.is_some_and(|until| until > now) {
            return;
        }
        self.paused_until = None;
        self.dispatch_kind(WorkKind::Orchestration, now);
        self.dispatch_kind(WorkKind::Activity, now);
        self.dispatch_kind(WorkKind::Entity, now);
    }

    fn dispatch_kind(&mut self, kind: WorkKind, now: DateTime<Utc>) {
        loop {
            if self.backlog(kind) == 0 {
                return;
            }
            let mut served = false;
            for stream in self.streams.with_room(kind) {
                served |= match kind {
                    WorkKind::Orchestration | WorkKind::Entity => {
                        self.serve_turn(kind, stream, now)
                    }
                    WorkKind::Activity => self.serve_activity(stream, now),
                };
            }
            if !served {
                return;
            }
        }
    }

    /// Gives the stream one turn of an orchestration, or one batch of an entity; whether there was one for it.
    fn serve_turn(&mut self, kind: WorkKind, stream: StreamId, now: DateTime<Utc>) -> bool {
        loop {
            let suspects = self.losses.may_try(stream);
            let Some(id) = self.turns(kind).pop(stream, suspects) else { return false };
            let Some(instance) = self.instances.get_mut(&id) else { continue };
            instance.queued = None;
            if instance.poisoned || !instance.is_active() {
                continue;
            }
            let num = instance.record.num;
            let token = Token(self.ids.bits());
            let (work, last) = take_turn(instance, token, now);
            let refusals = self.refusals_of(last);
            let deadline = now + TURN_LEASE;
            self.deadlines.insert((deadline, token));
            self.alarm.by(deadline);
            let work = WorkItem { token, work };
            let leased = Leased::Turn { id, num, kind };
            let deadline = Some(deadline);
            self.deliver(
                kind,
                work,
                Lease {
                    stream: Some(stream),
                    work: leased,
                    deadline,
                    refusals,
                    rest: None,
                    parts: None,
                },
                now,
            );
            return true;
        }
    }

    /// Gives the stream one activity; whether there was one for it.
    fn serve_activity(&mut self, stream: StreamId, now: DateTime<Utc>) -> bool {
        loop {
            let suspects = self.losses.may_try(stream);
            let Some(id) = self.activities.pop(stream, suspects) else { return false };
            let Some(activity) = self.tasks.get_mut(&id) else { continue };
            activity.queued = None;
            let token = Token(self.ids.bits());
            let Activity { task, token: delivered, .. } = activity;
            let last = delivered.replace(token);
            let task = Arc::clone(task);
            let refusals = self.refusals_of(last);
            let work = WorkItem { token, work: Work::Activity(Arc::clone(&task)) };
            let work_of = Leased::Task(task);
            self.deliver(
                WorkKind::Activity,
                work,
                Lease {
                    stream: Some(stream),
                    work: work_of,
                    deadline: None,
                    refusals,
                    rest: None,
                    parts: None,
                },
                now,
            );
            return true;
        }
    }

    /// Ends the delivery before this one; who gave the work back until then.
    fn refusals_of(&mut self, last: Option<Token>) -> Refusals {
        let last = last.filter(|_| !planted!(self, StaleTurn));
        let last = last.and_then(|last| self.drop_lease(last));
        last.map(|lease| lease.refusals).unwrap_or_default()
    }

    fn deliver(&mut self, kind: WorkKind, item: WorkItem, lease: Lease, now: DateTime<Utc>) {
        let Some(stream) = lease.stream else { return };
        if let Some(until) = self.losses.delivered(WorkId::of(&lease.work), stream, item.token, now)
        {
            self.alarm.by(until);
        }
        self.leases.insert(item.token, lease);
        self.streams.take(stream, kind, now);
        if let Some(stream) = self.streams.get(stream) {
            // A stream whose reader is gone is about to be disconnected, which brings the work back.
            stream.sender.send(item).ok();
        }
    }

    /// Lets due timers, scheduled starts and forgotten leases take effect; when to look again.
    pub(crate) fn tick(&mut self) -> Option<DateTime<Utc>> {
        let now = self.clock.now();
        let mut awake = Vec::new();
        let early = TimeDelta::seconds(if planted!(self, EarlyTimer) { 10 } else { 0 });
        while let Some(timer) = self.timers.pop_due(now + early) {
            let id = &timer.instance_id;
            match self.instances.get_mut(id) {
                Some(instance) if instance.record.num == timer.instance_num => {
                    instance.timers.remove(&timer.id);
                    instance.receive(Pending::fired(&timer, now));
                    awake.push(Arc::clone(id));
                }
                Some(_) => {}
                None => self.request_load(Arc::clone(id), Vec::new()),
            }
        }
        self.settle_all(awake);
        self.end_overdue(now);
        self.losses.end_trials(now);
        self.dispatch();
        let lease = self.deadlines.first().map(|(at, _)| *at);
        let resting = self.resting.first().map(|(at, _)| *at);
        let trial = self.losses.next_end();
        let next = [self.timers.next(), lease, resting, trial, self.paused_until];
        let next = next.into_iter().flatten().min();
        self.alarm.set(next);
        next
    }
}

/// The instance's next turn, or the one that was delivered before, under a new token; and the token before.
fn take_turn(instance: &mut Instance, token: Token, now: DateTime<Utc>) -> (Work, Option<Token>) {
    let time = instance.time(now);
    let entity = instance.is_entity();
    let taken = if entity { entity::ready_operations(instance) } else { instance.ready_events() };
    let turn = instance.turn.get_or_insert_with(|| {
        let started = Arc::new(HistoryEvent::new(time, EventKind::OrchestratorStarted));
        Turn { token: None, started, taken }
    });
    let last = turn.token.replace(token);
    if entity {
        let operations = instance.inbox.iter().take(turn.taken);
        let operations = operations.map(|pending| Arc::clone(&pending.event)).collect();
        let record = Arc::clone(&instance.record);
        return (Work::Entity(EntityWork { record, operations }), last);
    }
    let new = turn_events(turn, instance.inbox.iter().take(turn.taken));
    let work = OrchestrationWork {
        record: Arc::clone(&instance.record),
        past: instance.history.clone(),
        new,
    };
    (Work::Orchestration(work), last)
}

/// New events of a turn, as the worker sees them and as they go into the history.
pub(super) fn turn_events<'a>(
    turn: &Turn,
    taken: impl IntoIterator<Item = &'a Pending>,
) -> Vec<Arc<HistoryEvent>> {
    let events = taken
        .into_iter()
        .filter(|pending| !pending.is_wake())
        .map(|pending| Arc::clone(&pending.event));
    std::iter::once(Arc::clone(&turn.started)).chain(events).collect()
}
