//! The fold of a history: what has started, what is outstanding, whether it is suspended or has ended.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use taskhub_shared::status::RuntimeStatus;

use super::{
    entity_event::EntityEvent,
    history_event::{EventKind, HistoryEvent},
};

/// What a history amounts to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeState {
    /// Whether the history holds its `ExecutionStarted`.
    pub started: bool,
    /// How many turns it has had; what the engine does before the first one counts as one.
    pub turns: u64,
    /// Whether the last word on it is that it is suspended; since when.
    pub suspended_since: Option<DateTime<Utc>>,
    /// Terminal status, once the history holds its `ExecutionCompleted`.
    pub ended: Option<RuntimeStatus>,
    /// Activities without a result, by action id. An SDK may use an id again once its result is there.
    pub open_tasks: BTreeMap<i32, Open>,
    /// Sub-orchestrations without a result, by action id.
    pub open_children: BTreeMap<i32, OpenChild>,
    /// Timers that have not fired, by action id.
    pub open_timers: BTreeMap<i32, DateTime<Utc>>,
    /// Entities that it has locked, or asked to lock, and not given free.
    pub held: Option<Held>,
    /// Latest time of any event. An event that waited for its turn is older than the beginning of the turn.
    pub last_timestamp: Option<DateTime<Utc>>,
    /// About how many bytes the history takes.
    pub bytes: usize,
}

/// Entities of a critical section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Id of the critical section.
    pub critical_section: String,
    /// Ids of the entities that have not been given free.
    pub entities: BTreeSet<String>,
}

impl Held {
    /// Takes note that an entity is given free. Of another critical section nothing is held.
    pub(crate) fn give_free(&mut self, section: &str, entity: &str) {
        if self.critical_section == section {
            self.entities.remove(entity);
        }
    }
}

/// An outstanding activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Name of the activity.
    pub name: String,
    /// When it was scheduled.
    pub since: DateTime<Utc>,
}

/// An outstanding sub-orchestration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChild {
    /// Instance id of the child.
    pub instance_id: String,
    /// Name of the orchestrator.
    pub name: String,
    /// When it was created.
    pub since: DateTime<Utc>,
}

impl RuntimeState {
    /// State after these events.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a HistoryEvent>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Takes one more event in.
    pub fn apply(&mut self, event: &HistoryEvent) {
        self.last_timestamp = self.last_timestamp.max(Some(event.timestamp));
        self.bytes += event.weight();
        match &event.kind {
            EventKind::OrchestratorStarted => self.turns += 1,
            EventKind::ExecutionStarted(_) => self.started = true,
            EventKind::ExecutionCompleted { status, .. } => self.ended = Some(*status),
            EventKind::ExecutionSuspended { .. } => self.suspended_since = Some(event.timestamp),
            EventKind::ExecutionResumed { .. } => self.suspended_since = None,
            EventKind::TaskScheduled { name, .. } => {
                self.open_tasks
                    .insert(event.event_id, Open { name: name.clone(), since: event.timestamp });
            }
            EventKind::TaskCompleted { scheduled_id, .. }
            | EventKind::TaskFailed { scheduled_id, .. } => {
                self.open_tasks.remove(scheduled_id);
            }
            EventKind::SubOrchestrationCreated { instance_id, name, .. } => {
                let child = OpenChild {
                    instance_id: instance_id.clone(),
                    name: name.clone(),
                    since: event.timestamp,
                };
                self.open_children.insert(event.event_id, child);
            }
            EventKind::SubOrchestrationCompleted { scheduled_id, .. }
            | EventKind::SubOrchestrationFailed { scheduled_id, .. } => {
                self.open_children.remove(scheduled_id);
            }
            EventKind::TimerCreated { fire_at } => {
                self.open_timers.insert(event.event_id, *fire_at);
            }
            EventKind::TimerFired { timer_id, .. } => {
                self.open_timers.remove(timer_id);
            }
            EventKind::ExecutionTerminated { .. }
            | EventKind::EventSent { .. }
            | EventKind::EventRaised { .. }
            | EventKind::ExecutionRewound { .. } => {}
            EventKind::Entity(event) => self.apply_entity(event),
        }
    }

    fn apply_entity(&mut self, event: &EntityEvent) {
        match event {
            EntityEvent::LockRequested { critical_section, lock_set, .. } => {
                let entities: BTreeSet<String> = lock_set.iter().cloned().collect();
                let critical_section = critical_section.clone();
                self.held = (!entities.is_empty()).then_some(Held { critical_section, entities });
            }
            EntityEvent::UnlockSent { critical_section, target: Some(target), .. } => {
                if let Some(held) = &mut self.held {
                    held.give_free(critical_section, target);
                }
                self.held.take_if(|held| held.entities.is_empty());
            }
            EntityEvent::UnlockSent { target: None, .. }
            | EntityEvent::OperationSignaled { .. }
            | EntityEvent::OperationCalled { .. }
            | EntityEvent::OperationCompleted { .. }
            | EntityEvent::OperationFailed { .. }
            | EntityEvent::LockGranted { .. } => {}
        }
    }

    /// Status that the history stands for.
    #[must_use]
    pub fn status(&self) -> RuntimeStatus {
        match self.ended {
            Some(status) => status,
            None if self.suspended_since.is_some() => RuntimeStatus::Suspended,
            None if self.started => RuntimeStatus::Running,
            None => RuntimeStatus::Pending,
        }
    }
}
