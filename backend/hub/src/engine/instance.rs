//! An active instance in memory: its record, history, inbox and the turn that is under way.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use super::{
    entity,
    history_event::{Effect, EventKind, HistoryEvent},
    inbox::Inbox,
    queue::Ticket,
    runtime_state::RuntimeState,
    worker::{Token, WorkKind},
};
use crate::store::model::{InstanceRecord, Loaded, RowId, Timer};

/// An instance in memory. Its record is ahead of the store by the commits that are under way.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) record: Arc<InstanceRecord>,
    pub(crate) history: Vec<Arc<HistoryEvent>>,
    pub(crate) state: RuntimeState,
    pub(crate) inbox: Inbox,
    pub(crate) turn: Option<Turn>,
    /// Its place in the ready queue, if it is there.
    pub(crate) queued: Option<Ticket>,
    /// Commits under way that touch it.
    pub(crate) uncommitted: usize,
    /// A commit of it failed: nothing may build on what is here, and it is read again from the store.
    pub(crate) poisoned: bool,
    /// Its purge is under way.
    pub(crate) gone: bool,
    /// Activities without a result.
    pub(crate) tasks: HashSet<RowId>,
    /// Timers that have not fired, with their due times.
    pub(crate) timers: BTreeMap<RowId, DateTime<Utc>>,
    /// Bytes that the cache counts for it.
    pub(crate) counted: usize,
}

/// Bytes that an instance takes beside its history, about.
const INSTANCE_BYTES: usize = 1024;

/// Most bytes of new events of one turn; one event may be larger.
const TURN_BYTES: usize = 1024 * 1024;

/// An event that no turn has consumed, and the row that keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) source: Source,
    pub(crate) event: Arc<HistoryEvent>,
}

/// Row that keeps a pending event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Message(RowId),
    Timer(RowId),
}

/// A turn that waits for a worker or is with one. Its events stay the same however often it is delivered.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// Delivery that may complete it; absent before the first.
    pub(crate) token: Option<Token>,
    /// The `OrchestratorStarted` of the turn.
    pub(crate) started: Arc<HistoryEvent>,
    /// How many pending events it takes, from the front of the inbox.
    pub(crate) taken: usize,
}

impl Instance {
    /// A new instance that waits for its first turn.
    pub(crate) fn new(record: Arc<InstanceRecord>) -> Self {
        Self {
            record,
            history: Vec::new(),
            state: RuntimeState::default(),
            inbox: Inbox::default(),
            turn: None,
            queued: None,
            uncommitted: 0,
            poisoned: false,
            gone: false,
            tasks: HashSet::new(),
            timers: BTreeMap::new(),
            counted: 0,
        }
    }

    /// An instance as the store has it. Timers that are due at `now` are pending events at once.
    pub(crate) fn from_loaded(loaded: &Loaded, now: DateTime<Utc>) -> Self {
        let mut instance = Self::new(Arc::clone(&loaded.record));
        instance.state = RuntimeState::fold(loaded.history.iter().map(AsRef::as_ref));
        instance.history.clone_from(&loaded.history);
        // An instance that continued as new has events that are older than its ExecutionStarted.
        let is_start = |event: &HistoryEvent| matches!(event.kind, EventKind::ExecutionStarted(_));
        let (first, rest): (Vec<_>, Vec<_>) =
            loaded.inbox.iter().partition(|message| is_start(&message.event));
        instance.inbox = first
            .into_iter()
            .chain(rest)
            .map(|message| Pending {
                source: Source::Message(message.id),
                event: Arc::clone(&message.event),
            })
            .collect();
        instance.tasks = loaded.tasks.iter().map(|task| task.id).collect();
        for timer in &loaded.timers {
            if timer.fire_at > now {
                instance.timers.insert(timer.id, timer.fire_at);
            } else {
                instance.inbox.push_back(Pending::fired(timer, now));
            }
        }
        instance.inbox.arrange(loaded.record.lock());
        instance
    }

    /// Puts an event into the inbox: last, or in an entity that is locked behind those of the lock's holder.
    pub(crate) fn receive(&mut self, pending: Pending) {
        self.inbox.receive(self.record.lock(), pending);
    }

    /// Kind of work that its turns are.
    pub(crate) fn kind(&self) -> WorkKind {
        if self.is_entity() { WorkKind::Entity } else { WorkKind::Orchestration }
    }

    /// Whether it is an entity and no orchestration.
    pub(crate) fn is_entity(&self) -> bool {
        self.record.entity.is_some()
    }

    /// Whether nothing but the store needs to know of it.
    pub(crate) fn is_idle(&self) -> bool {
        // What an entity has waiting is counted from memory.
        self.uncommitted == 0
            && (self.inbox.is_empty() || !self.is_entity())
            && self.turn.is_none()
            && self.queued.is_none()
            && !self.poisoned
            && !self.gone
    }

    /// Whether this is the delivery that may complete its turn.
    pub(crate) fn has_turn(&self, token: Token) -> bool {
        self.turn.as_ref().and_then(|turn| turn.token) == Some(token)
    }

    /// Whether it takes events.
    pub(crate) fn is_active(&self) -> bool {
        !self.gone && !self.record.status.is_terminal()
    }

    /// Whether a worker should run a turn of it.
    pub(crate) fn wants_turn(&self, now: DateTime<Utc>) -> bool {
        if self.is_entity() {
            return self.is_active() && !self.poisoned && entity::ready_operations(self) > 0;
        }
        if !self.is_active()
            || self.poisoned
            || self.inbox.is_empty()
            || self.state.suspended_since.is_some()
        {
            return false;
        }
        // Before its scheduled start an instance only collects events, also when it was suspended and resumed. One that
        // has begun, or whose timer has fired, goes on even when the clock goes back: nothing would wake it again.
        self.state.turns > 1
            || self.record.scheduled_start_at.is_none_or(|start| {
                start <= now || self.timers.values().all(|fire_at| *fire_at != start)
            })
    }

    /// How many pending events the next turn takes: one at least, and then as many as a work item can carry. The others
    /// come with the turn after it.
    pub(crate) fn ready_events(&self) -> usize {
        let mut bytes = 0;
        let mut any = false;
        let fits = |pending: &&Pending| {
            // What only wakes the instance is not sent.
            if pending.is_wake() {
                return true;
            }
            bytes += HistoryEvent::weight(&pending.event);
            !std::mem::replace(&mut any, true) || bytes <= TURN_BYTES
        };
        self.inbox.iter().take_while(fits).count()
    }

    /// Since when it has had something to do: a start that was scheduled has waited since then only.
    pub(crate) fn waits_since(&self) -> Option<DateTime<Utc>> {
        let first = self.inbox.front()?.event.timestamp;
        Some(self.record.scheduled_start_at.map_or(first, |at| at.max(first)))
    }

    /// Bytes that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        INSTANCE_BYTES + self.state.bytes + self.inbox.bytes() + self.record.payloads.weight()
    }

    /// Whether it will be held once what is in its inbox has taken effect.
    pub(crate) fn is_to_be_suspended(&self) -> bool {
        if !self.inbox.has_hold() {
            return self.state.suspended_since.is_some();
        }
        let last =
            self.inbox.iter().rev().find_map(|pending| match pending.event.kind.effect()? {
                Effect::Suspend => Some(true),
                Effect::Resume => Some(false),
                Effect::End { .. } => None,
            });
        last.unwrap_or(self.state.suspended_since.is_some())
    }

    /// Time for a new event: now, but never before the newest event.
    pub(crate) fn time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.state.last_timestamp.map_or(now, |last| last.max(now))
    }
}

impl Pending {
    /// Event of a timer that is due.
    pub(crate) fn fired(timer: &Timer, now: DateTime<Utc>) -> Self {
        let fire_at = timer.fire_at;
        let event = timer.event.clone().unwrap_or_else(|| {
            // A timer without an action only wakes the instance: its scheduled start has come.
            let kind = timer.action.map_or(EventKind::OrchestratorStarted, |timer_id| {
                EventKind::TimerFired { timer_id, fire_at }
            });
            Arc::new(HistoryEvent::new(now.max(fire_at), kind))
        });
        Self { source: Source::Timer(timer.id), event }
    }

    /// Whether the event only wakes the instance and is not part of its history.
    pub(crate) fn is_wake(&self) -> bool {
        self.event.kind == EventKind::OrchestratorStarted
    }
}
