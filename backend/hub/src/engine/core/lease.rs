//! Deliveries: who has which work, for how long, and what becomes of it when the worker does not answer.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Core, complete::Completion};
use crate::{
    engine::{
        queue::StreamId,
        worker::{Token, WorkKind},
    },
    store::model::{RowId, Task},
};

/// How long a worker may keep a turn while its stream lives.
pub(super) const TURN_LEASE: TimeDelta = TimeDelta::minutes(5);
/// How many completed deliveries are remembered, to answer a repeated completion kindly.
const REMEMBERED_TOKENS: usize = 16_384;
/// Seconds that work rests which a worker gave back; doubled each time until somebody keeps it.
const REST_SECONDS: u32 = 1;
/// Most seconds that such work rests.
const LONGEST_REST_SECONDS: u32 = 60;

/// A delivery that may still be answered.
#[derive(Debug)]
pub(super) struct Lease {
    /// Stream that has it; absent once the work waits for another.
    pub(super) stream: Option<StreamId>,
    pub(super) work: Leased,
    pub(super) deadline: Option<DateTime<Utc>>,
    /// How often the work was given back.
    pub(super) refusals: u32,
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
            self.requeue(token);
        }
        self.dispatch();
    }

    /// Takes work back from a worker that does not want it; whether the delivery was known.
    pub(crate) fn abandon(&mut self, token: Token) -> bool {
        let Some(lease) = self.leases.get_mut(&token) else { return false };
        // Work that its stream has lost waits for another already.
        if lease.stream.is_some() {
            // A worker that turns work away would get it again at once, and for ever.
            let doubled = REST_SECONDS.checked_shl(lease.refusals).unwrap_or(u32::MAX);
            let rest = TimeDelta::seconds(doubled.min(LONGEST_REST_SECONDS).into());
            lease.refusals = (lease.refusals + 1).min(16);
            self.take_back(token);
            metrics::counter!("taskhub_deliveries_abandoned_total", "hub" => self.label())
                .increment(1);
            let until = self.clock.now() + rest;
            self.resting.insert((until, token));
            self.alarm.by(until);
            self.dispatch();
        }
        true
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
            self.requeue(token);
            // Unlike that of a lost stream, the answer of a worker that is merely slow no longer counts.
            self.leases.remove(&token);
        }
        while let Some((at, token)) = self.resting.first().copied() {
            if at > now {
                break;
            }
            self.resting.pop_first();
            self.requeue(token);
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
        }
        self.release_suspects(token);
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
            self.leases.remove(&token);
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
        self.leases.remove(&token);
    }

    /// Ends a delivery that nobody has, so that nobody can answer it; one that is with a worker goes on.
    pub(super) fn end_idle_lease(&mut self, token: Token) {
        if self.leases.get(&token).is_some_and(|lease| lease.stream.is_none()) {
            self.leases.remove(&token);
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
    pub(super) fn unknown(&self, token: Token) -> Completion {
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
