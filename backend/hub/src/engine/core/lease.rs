//! Deliveries: who has which work, for how long, and what becomes of it when the worker does not answer.

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Core, complete::Completion};
use crate::{
    engine::{
        instance::Instance,
        part::Parts,
        queue::StreamId,
        worker::{Token, WorkKind},
    },
    store::model::{RowId, Task},
};

/// How long a worker may keep a turn while its stream lives.
pub(super) const TURN_LEASE: TimeDelta = TimeDelta::minutes(5);
/// How many completed deliveries are remembered, to answer a repeated completion kindly.
const REMEMBERED_TOKENS: usize = 16_384;
/// Seconds for which those who gave work back do not get it again; doubled each time until somebody keeps it.
const REST_SECONDS: u32 = 1;
/// Most seconds of it, and those for which it waits for a worker that has not seen it.
const LONGEST_REST_SECONDS: u32 = 60;

/// A delivery that may still be answered.
#[derive(Debug)]
pub(super) struct Lease {
    /// Stream that has it; absent once the work waits for another.
    pub(super) stream: Option<StreamId>,
    pub(super) work: Leased,
    pub(super) deadline: Option<DateTime<Utc>>,
    pub(super) refusals: Refusals,
    /// Until when the work is not for those who gave it back.
    pub(super) rest: Option<DateTime<Utc>>,
    /// What has come of an answer in parts.
    pub(super) parts: Option<Box<Parts>>,
}

/// Who gave the work back.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// How often somebody did.
    pub(super) times: u32,
    /// How often the work was offered to all.
    rounds: u32,
    /// Streams that did since it was offered to all.
    by: BTreeSet<StreamId>,
}

impl Refusals {
    fn note(&mut self, stream: StreamId) {
        self.times = self.times.saturating_add(1);
        if self.by.is_empty() {
            self.rounds = self.rounds.saturating_add(1);
        }
        self.by.insert(stream);
    }

    /// For how long those who gave the work back do not get it. Somebody else who wants it may be busy for long, or be no
    /// better: they get it again even then.
    fn rest(&self, others: bool) -> TimeDelta {
        let doubled = REST_SECONDS.checked_shl(self.rounds.saturating_sub(1));
        let seconds = if others { LONGEST_REST_SECONDS } else { doubled.unwrap_or(u32::MAX) };
        TimeDelta::seconds(seconds.min(LONGEST_REST_SECONDS).into())
    }
}

/// Work that was delivered.
#[derive(Debug, Clone)]
pub(super) enum Leased {
    Turn { id: Arc<str>, num: RowId, kind: WorkKind },
    Task(Arc<Task>),
}

impl Leased {
    fn kind(&self) -> WorkKind {
        match self {
            Self::Turn { kind, .. } => *kind,
            Self::Task(_) => WorkKind::Activity,
        }
    }
}

/// The newest completed deliveries.
#[derive(Debug, Default)]
pub(super) struct DoneTokens {
    set: HashSet<Token>,
    order: VecDeque<Token>,
}

impl Core {
    /// Takes back everything that a vanished stream had. Its answers still count until another worker has the work.
    ///
    /// What is in `unread` never reached the worker, so it was not lost by it.
    pub(crate) fn disconnect(&mut self, stream: StreamId, unread: &HashSet<Token>) {
        if self.streams.remove(stream).is_none() {
            return;
        }
        let turns = self.ready.leave(stream).into_iter().chain(self.entities.leave(stream));
        let turns = turns.filter_map(|id| self.instances.get(&id)?.turn.as_ref()?.token);
        let tasks = self.activities.leave(stream).into_iter();
        let tasks = tasks.filter_map(|id| self.tasks.get(&id)?.token);
        // Others gave it back, and nobody else is left for it.
        for token in turns.chain(tasks).collect::<Vec<Token>>() {
            self.let_rest(token, false);
        }
        let mut lost: Vec<Token> = self
            .leases
            .iter()
            .filter(|(_, lease)| lease.stream == Some(stream))
            .map(|(token, _)| *token)
            .collect();
        lost.sort_unstable_by_key(|token| token.0);
        for token in lost {
            if !unread.contains(&token) {
                self.count_loss(token);
            }
            self.offer_to_all(token);
            self.requeue(token);
        }
        self.dispatch();
    }

    /// Takes work back from a worker that does not want it; whether the delivery was known.
    ///
    /// It goes to others at once. A worker that turns work away would get it again at once, and for ever: for those who
    /// did, it rests.
    pub(crate) fn abandon(&mut self, token: Token) -> bool {
        let Some(lease) = self.leases.get_mut(&token) else { return false };
        // Work that its stream has lost waits for another already.
        if let Some(stream) = lease.stream {
            lease.refusals.note(stream);
            metrics::counter!("taskhub_deliveries_abandoned_total", "hub" => self.label())
                .increment(1);
            self.requeue(token);
            let others = self.is_wanted(token);
            self.let_rest(token, others);
            self.dispatch();
        }
        true
    }

    /// Keeps work for a while from those who gave it back.
    fn let_rest(&mut self, token: Token, others: bool) {
        let Some(lease) = self.leases.get_mut(&token) else { return };
        let until = self.clock.now() + lease.refusals.rest(others);
        if let Some(before) = lease.rest.replace(until) {
            self.resting.remove(&(before, token));
        }
        self.resting.insert((until, token));
        self.alarm.by(until);
    }

    /// Whether somebody who has not given this work back would take it.
    fn is_wanted(&self, token: Token) -> bool {
        match self.leases.get(&token).map(|lease| &lease.work) {
            None => false,
            Some(Leased::Turn { id, kind: WorkKind::Entity, .. }) => {
                self.turn_key(id).is_some_and(|key| self.entities.is_wanted(&key))
            }
            Some(Leased::Turn { id, .. }) => {
                self.turn_key(id).is_some_and(|key| self.ready.is_wanted(&key))
            }
            Some(Leased::Task(task)) => {
                self.task_key(task.id).is_some_and(|key| self.activities.is_wanted(&key))
            }
        }
    }

    /// Numbers of the instances that have work which waits, and which all who would take it have given back.
    pub(super) fn refused_by_all(&self) -> impl Iterator<Item = RowId> {
        let refused = self
            .leases
            .iter()
            .filter(|(_, lease)| lease.stream.is_none() && !lease.refusals.by.is_empty());
        refused.filter(|(token, _)| !self.is_wanted(**token)).map(|(_, lease)| match &lease.work {
            Leased::Turn { num, .. } => *num,
            Leased::Task(task) => task.instance_num,
        })
    }

    /// Who gave back the work of this delivery.
    pub(super) fn refused_by(&self, token: Option<Token>) -> BTreeSet<StreamId> {
        let lease = token.and_then(|token| self.leases.get(&token));
        lease.map(|lease| lease.refusals.by.clone()).unwrap_or_default()
    }

    /// Forgets who gave the work back, but not how often.
    fn offer_to_all(&mut self, token: Token) {
        if let Some(lease) = self.leases.get_mut(&token) {
            lease.refusals.by.clear();
            if let Some(rest) = lease.rest.take() {
                self.resting.remove(&(rest, token));
            }
        }
    }

    /// Lets those who gave work back have it again.
    fn end_rest(&mut self, token: Token) {
        self.offer_to_all(token);
        // It may wait for something else than a worker.
        let queued = match self.leases.get(&token).map(|lease| lease.work.clone()) {
            None => false,
            Some(Leased::Turn { id, num, .. }) => {
                let held = |i: &&Instance| i.record.num == num && i.has_turn(token);
                let instance = self.instances.get(&id).filter(held);
                let queued = instance.is_some_and(|instance| instance.queued.is_some());
                if queued {
                    self.unqueue(&id);
                }
                queued
            }
            Some(Leased::Task(task)) => {
                let activity = self.tasks.get_mut(&task.id).filter(|a| a.token == Some(token));
                let ticket = activity.and_then(|activity| activity.queued.take());
                ticket.is_some_and(|ticket| self.activities.remove(&ticket).is_some())
            }
        };
        if queued {
            self.requeue(token);
        }
    }

    /// Gives up the deliveries whose time is over, and queues again what has rested.
    pub(super) fn end_overdue(&mut self, now: DateTime<Utc>) {
        while let Some((deadline, token)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            tracing::warn!("a worker kept a turn past its lease; another gets it");
            metrics::counter!("taskhub_leases_expired_total").increment(1);
            self.count_loss(token);
            self.offer_to_all(token);
            self.requeue(token);
            // Unlike that of a lost stream, the answer of a worker that is merely slow no longer counts.
            self.drop_lease(token);
        }
        while let Some((at, token)) = self.resting.first().copied() {
            if at > now {
                break;
            }
            self.resting.pop_first();
            self.end_rest(token);
        }
    }

    /// Takes delivered work from its stream.
    fn take_back(&mut self, token: Token) {
        let Some(lease) = self.leases.get_mut(&token) else { return };
        let kind = lease.work.kind();
        if let Some(deadline) = lease.deadline.take() {
            self.deadlines.remove(&(deadline, token));
        }
        if let Some(stream) = lease.stream.take() {
            self.streams.give_back(stream, kind);
            self.losses.back(stream, token);
        }
        if self.draining {
            self.settled.notify_waiters();
        }
    }

    /// Puts delivered work back to the front of its queue.
    fn requeue(&mut self, token: Token) {
        self.take_back(token);
        let wanted = match self.leases.get(&token).map(|lease| lease.work.clone()) {
            None => false,
            Some(Leased::Turn { id, num, .. }) => self.requeue_turn(&id, num, token),
            Some(Leased::Task(task)) => self.requeue_task(task.id, token),
        };
        if !wanted {
            self.drop_lease(token);
        }
    }

    /// Whether some worker has the turn of this instance now.
    pub(super) fn is_with_a_worker(&self, id: &str) -> bool {
        let turn = self.instances.get(id).and_then(|instance| instance.turn.as_ref());
        let lease = turn.and_then(|turn| turn.token).and_then(|token| self.leases.get(&token));
        lease.is_some_and(|lease| lease.stream.is_some())
    }

    /// Ends a delivery; the stream has room for another.
    pub(super) fn end_lease(&mut self, token: Token) {
        self.take_back(token);
        self.drop_lease(token);
    }

    /// Forgets a delivery that no worker has.
    pub(super) fn drop_lease(&mut self, token: Token) -> Option<Lease> {
        let lease = self.leases.remove(&token)?;
        if let Some(rest) = lease.rest {
            self.resting.remove(&(rest, token));
        }
        Some(lease)
    }

    /// Ends a delivery that nobody has, so that nobody can answer it; one that is with a worker goes on.
    pub(super) fn end_idle_lease(&mut self, token: Token) {
        if self.leases.get(&token).is_some_and(|lease| lease.stream.is_none()) {
            self.drop_lease(token);
        }
    }

    /// Activity of a delivery.
    pub(crate) fn activity_of(&self, token: Token) -> Option<&Arc<Task>> {
        match &self.leases.get(&token)?.work {
            Leased::Task(task) => Some(task),
            Leased::Turn { .. } => None,
        }
    }

    /// Instance whose turn, or entity whose batch, was delivered.
    pub(crate) fn turn_of(&self, token: Token) -> Option<&Arc<str>> {
        match &self.leases.get(&token)?.work {
            Leased::Turn { id, .. } => Some(id),
            Leased::Task(_) => None,
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
            Leased::Turn { id, kind: leased, .. } => kind == *leased && &**id == instance_id,
            Leased::Task(task) => {
                kind == WorkKind::Activity
                    && &*task.instance_id == instance_id
                    && task.event_id == task_id
            }
        });
        let (token, _) = found.next()?;
        found.next().is_none().then_some(*token)
    }

    /// Answer to a completion whose delivery is not outstanding.
    pub(crate) fn unknown(&self, token: Token) -> Completion {
        if self.done_tokens.set.contains(&token) { Completion::Repeated } else { Completion::Stale }
    }

    pub(super) fn remember(&mut self, token: Token) {
        let DoneTokens { set, order } = &mut self.done_tokens;
        set.insert(token);
        order.push_back(token);
        if order.len() > REMEMBERED_TOKENS
            && let Some(oldest) = order.pop_front()
        {
            set.remove(&oldest);
        }
    }
}
