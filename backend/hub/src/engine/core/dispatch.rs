//! Ready work goes to workers; work of vanished or silent workers comes back.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::{Core, Lease, Leased, LoadRequest, QueuedTask, Ready, TURN_LEASE, commit::task_key};
use crate::engine::{
    history_event::{EventKind, HistoryEvent},
    instance::{Instance, Pending, Turn},
    queue::{QueueKey, StreamId},
    worker::{OrchestrationWork, Token, Work, WorkItem, WorkKind, WorkerProfile},
};

impl Core {
    /// Adds a worker's stream and gives it what it wants.
    pub(crate) fn connect(
        &mut self,
        profile: WorkerProfile,
        sender: mpsc::UnboundedSender<WorkItem>,
    ) -> StreamId {
        let id = self.streams.add(profile, sender);
        self.dispatch();
        id
    }

    /// Takes back everything that a vanished stream had. Its answers still count until another worker has the work.
    pub(crate) fn disconnect(&mut self, stream: StreamId) {
        if self.streams.remove(stream).is_none() {
            return;
        }
        let mut lost: Vec<Token> = self
            .leases
            .iter()
            .filter(|(_, lease)| lease.stream == Some(stream))
            .map(|(token, _)| *token)
            .collect();
        lost.sort_unstable_by_key(|token| token.0);
        for token in lost {
            self.requeue(token);
        }
        self.dispatch();
    }

    /// Takes delivered work from its stream.
    pub(super) fn take_back(&mut self, token: Token) {
        let Some(lease) = self.leases.get_mut(&token) else { return };
        let kind = match lease.work {
            Leased::Turn { .. } => WorkKind::Orchestration,
            Leased::Task(_) => WorkKind::Activity,
        };
        if let Some(deadline) = lease.deadline.take() {
            self.deadlines.remove(&(deadline, token));
        }
        if let Some(stream) = lease.stream.take() {
            self.streams.give_back(stream, kind);
        }
    }

    /// Puts delivered work back to the front of its queue.
    pub(super) fn requeue(&mut self, token: Token) {
        self.take_back(token);
        match self.leases.get(&token).map(|lease| lease.work.clone()) {
            None => {}
            Some(Leased::Turn { id, num }) => {
                let held = |instance: &&mut Instance| {
                    let turn = instance.turn.as_ref().and_then(|turn| turn.token);
                    instance.record.num == num && turn == Some(token) && !instance.queued
                };
                if let Some(instance) = self.instances.get_mut(&id).filter(held) {
                    instance.queued = true;
                    let key = orchestration_key(instance);
                    self.ready.push_front(key, Ready { id, num });
                } else {
                    self.leases.remove(&token);
                }
            }
            Some(Leased::Task(task)) => {
                if self.tasks.contains_key(&task.id) {
                    self.activities
                        .push_front(task_key(&task), QueuedTask { task, last: Some(token) });
                } else {
                    self.leases.remove(&token);
                }
            }
        }
    }

    /// Looks at an instance after any change: lets controls take effect and queues it when it wants a turn.
    pub(crate) fn settle(&mut self, id: &Arc<str>) {
        self.absorb_controls(id);
        let now = self.clock.now();
        let Some(instance) = self.instances.get_mut(id) else { return };
        if instance.turn.is_none() && !instance.queued && instance.wants_turn(now) {
            instance.queued = true;
            let ready = Ready { id: Arc::clone(id), num: instance.record.num };
            let key = orchestration_key(instance);
            self.ready.push_back(key, ready);
        }
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
    }

    fn dispatch_kind(&mut self, kind: WorkKind, now: DateTime<Utc>) {
        loop {
            let empty = match kind {
                WorkKind::Orchestration => self.ready.is_empty(),
                WorkKind::Activity => self.activities.is_empty(),
            };
            if empty {
                return;
            }
            let mut served = false;
            for stream in self.streams.with_room(kind) {
                served |= match kind {
                    WorkKind::Orchestration => self.serve_turn(stream, now),
                    WorkKind::Activity => self.serve_activity(stream),
                };
            }
            if !served {
                return;
            }
        }
    }

    /// Gives the stream one turn; whether there was one for it.
    fn serve_turn(&mut self, stream: StreamId, now: DateTime<Utc>) -> bool {
        loop {
            let Some(profile) = self.streams.get(stream).map(|stream| &stream.profile) else {
                return false;
            };
            let Some(Ready { id, num }) = self.ready.pop(WorkKind::Orchestration, profile) else {
                return false;
            };
            let Some(instance) =
                self.instances.get_mut(&id).filter(|instance| instance.record.num == num)
            else {
                continue;
            };
            instance.queued = false;
            if instance.turn.is_none() && !instance.wants_turn(now)
                || instance.poisoned
                || !instance.is_active()
            {
                continue;
            }
            let token = Token(self.ids.bits());
            let (work, last) = take_turn(instance, token, now);
            if let Some(last) = last {
                self.leases.remove(&last);
            }
            let deadline = now + TURN_LEASE;
            self.deadlines.insert((deadline, token));
            self.deliver(
                stream,
                WorkKind::Orchestration,
                WorkItem { token, work: Work::Orchestration(work) },
                Lease {
                    stream: Some(stream),
                    work: Leased::Turn { id, num },
                    deadline: Some(deadline),
                },
            );
            return true;
        }
    }

    /// Gives the stream one activity; whether there was one for it.
    fn serve_activity(&mut self, stream: StreamId) -> bool {
        loop {
            let Some(profile) = self.streams.get(stream).map(|stream| &stream.profile) else {
                return false;
            };
            let Some(QueuedTask { task, last }) = self.activities.pop(WorkKind::Activity, profile)
            else {
                return false;
            };
            if let Some(last) = last {
                self.leases.remove(&last);
            }
            if !self.tasks.contains_key(&task.id) {
                continue;
            }
            let token = Token(self.ids.bits());
            self.deliver(
                stream,
                WorkKind::Activity,
                WorkItem { token, work: Work::Activity(Arc::clone(&task)) },
                Lease { stream: Some(stream), work: Leased::Task(task), deadline: None },
            );
            return true;
        }
    }

    fn deliver(&mut self, stream: StreamId, kind: WorkKind, item: WorkItem, lease: Lease) {
        self.leases.insert(item.token, lease);
        self.streams.take(stream, kind);
        if let Some(stream) = self.streams.get(stream) {
            // A stream whose reader is gone is about to be disconnected, which brings the work back.
            stream.sender.send(item).ok();
        }
    }

    /// Lets due timers, scheduled starts and forgotten leases take effect; when to look again.
    pub(crate) fn tick(&mut self) -> Option<DateTime<Utc>> {
        let now = self.clock.now();
        let mut awake = Vec::new();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let timer = entry.remove();
            match self.instances.get_mut(&timer.instance_id) {
                Some(instance) if instance.record.num == timer.instance_num => {
                    instance.timers.remove(&timer.id);
                    instance.inbox.push_back(Pending::fired(
                        timer.id,
                        timer.action,
                        timer.fire_at,
                        now,
                    ));
                    awake.push(Arc::clone(&timer.instance_id));
                }
                Some(_) => {}
                None => {
                    let id = Arc::clone(&timer.instance_id);
                    self.request_load(LoadRequest { id, with: Vec::new() });
                }
            }
        }
        for id in awake {
            self.settle(&id);
        }
        while let Some((deadline, token)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            self.deadlines.remove(&(deadline, token));
            tracing::warn!("a worker kept a turn past its lease; another gets it");
            metrics::counter!("taskhub_leases_expired_total").increment(1);
            self.requeue(token);
            // Unlike that of a lost stream, the answer of a worker that is merely slow no longer counts.
            self.leases.remove(&token);
        }
        while let Some((at, token)) = self.delayed.first().copied() {
            if at > now {
                break;
            }
            self.delayed.remove(&(at, token));
            self.requeue(token);
        }
        self.dispatch();
        let timer = self.timers.keys().next().map(|(at, _)| *at);
        let lease = self.deadlines.first().map(|(at, _)| *at);
        let delayed = self.delayed.first().map(|(at, _)| *at);
        [timer, lease, delayed, self.paused_until].into_iter().flatten().min()
    }

    /// Forgets the delivery of a turn that can no longer be completed.
    pub(super) fn drop_turn(&mut self, instance: &Instance) {
        let Some(token) = instance.turn.as_ref().and_then(|turn| turn.token) else { return };
        self.end_lease(token);
    }

    /// Ends a delivery; the stream has room for another.
    pub(super) fn end_lease(&mut self, token: Token) {
        self.take_back(token);
        self.leases.remove(&token);
    }
}

/// Queue that an instance's turns wait in.
fn orchestration_key(instance: &Instance) -> QueueKey {
    let record = &instance.record;
    QueueKey {
        name: record.name.clone(),
        versions: vec![record.version.clone().unwrap_or_default()],
    }
}

/// The instance's next turn, or the one that was delivered before, under a new token; and the token before.
fn take_turn(
    instance: &mut Instance,
    token: Token,
    now: DateTime<Utc>,
) -> (OrchestrationWork, Option<Token>) {
    let time = instance.time(now);
    let taken = instance.inbox.len();
    let turn = instance.turn.get_or_insert_with(|| {
        let started = Arc::new(HistoryEvent::new(time, EventKind::OrchestratorStarted));
        Turn { token: None, started, taken }
    });
    let last = turn.token.replace(token);
    let new = turn_events(turn, &instance.inbox.make_contiguous()[..turn.taken.min(taken)]);
    let work = OrchestrationWork {
        record: Arc::clone(&instance.record),
        past: instance.history.clone(),
        new,
    };
    (work, last)
}

/// New events of a turn, as the worker sees them and as they go into the history.
pub(super) fn turn_events(turn: &Turn, taken: &[Pending]) -> Vec<Arc<HistoryEvent>> {
    let events =
        taken.iter().filter(|pending| !pending.is_wake()).map(|pending| Arc::clone(&pending.event));
    std::iter::once(Arc::clone(&turn.started)).chain(events).collect()
}
