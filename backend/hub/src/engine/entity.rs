//! Entities, pure: the order in which an entity takes its messages, and what its worker answers.
//!
//! An entity is kept like an instance: a record, an inbox, and its state as the payload `output`. It has no history.
//! While an orchestration holds its lock, that orchestration's messages stand at the front of the inbox and the others
//! wait behind them.

use chrono::{DateTime, Utc};
use taskhub_shared::failure::FailureDetails;

use super::{
    entity_event::EntityEvent,
    history_event::{EventKind, HistoryEvent, Payload, TraceContext},
    inbox::Inbox,
    instance::{Instance, Pending},
};
use crate::store::model::Lock;

/// Most operations of one work item.
pub(crate) const BATCH_OPERATIONS: usize = 100;
/// Most bytes of operations of one work item; one operation may be larger.
pub(crate) const BATCH_BYTES: usize = 1024 * 1024;

/// A worker's answer to an entity work item.
///
/// Source: proto message `EntityBatchResult`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityResponse {
    /// Results of the first operations of the batch, in order. Operations without one come again.
    pub results: Vec<Result<Option<Payload>, Box<FailureDetails>>>,
    /// What the operations sent and started.
    pub actions: Vec<EntityAction>,
    /// State after the operations; absent when it was deleted.
    pub state: Option<Payload>,
    /// Why the batch could not be run at all. Then nothing else counts, and it comes again.
    pub failure: Option<Box<FailureDetails>>,
}

/// Something that an operation did beside changing the state.
///
/// Source: proto message `OperationAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the protocol's own words")]
pub enum EntityAction {
    Signal {
        instance_id: String,
        operation: String,
        input: Option<Payload>,
        scheduled_at: Option<DateTime<Utc>>,
    },
    Start {
        /// Empty for an id of its own.
        instance_id: String,
        name: String,
        version: Option<String>,
        input: Option<Payload>,
        scheduled_at: Option<DateTime<Utc>>,
        trace: Option<TraceContext>,
    },
}

/// A message that the engine acts on by itself, without a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    /// Lock the entity, then the next one of the set.
    Lock { critical_section: String, lock_set: Vec<String>, position: usize, holder: String },
    /// Give the lock free, if it is the one that is held, by the one who says so.
    Unlock { critical_section: String, holder: Option<String> },
}

/// Event of the entity protocol in this message.
pub(crate) fn message(pending: &Pending) -> Option<&EntityEvent> {
    event(&pending.event)
}

/// The event of the entity protocol, if it is one.
pub(crate) fn event(event: &HistoryEvent) -> Option<&EntityEvent> {
    match &event.kind {
        EventKind::Entity(event) => Some(event),
        EventKind::OrchestratorStarted
        | EventKind::ExecutionStarted(_)
        | EventKind::ExecutionCompleted { .. }
        | EventKind::ExecutionTerminated { .. }
        | EventKind::ExecutionSuspended { .. }
        | EventKind::ExecutionResumed { .. }
        | EventKind::ExecutionRewound { .. }
        | EventKind::TaskScheduled { .. }
        | EventKind::TaskCompleted { .. }
        | EventKind::TaskFailed { .. }
        | EventKind::SubOrchestrationCreated { .. }
        | EventKind::SubOrchestrationCompleted { .. }
        | EventKind::SubOrchestrationFailed { .. }
        | EventKind::TimerCreated { .. }
        | EventKind::TimerFired { .. }
        | EventKind::EventSent { .. }
        | EventKind::EventRaised { .. } => None,
    }
}

/// Whether the message comes from whoever holds the lock.
pub(crate) fn is_of(lock: &Lock, pending: &Pending) -> bool {
    match message(pending) {
        Some(EntityEvent::OperationCalled { parent, .. }) => {
            parent.as_deref() == Some(lock.holder.as_str())
        }
        Some(EntityEvent::UnlockSent { critical_section, parent, .. }) => {
            lock.is_of(critical_section, parent.as_deref())
        }
        Some(
            EntityEvent::OperationSignaled { .. }
            | EntityEvent::LockRequested { .. }
            | EntityEvent::OperationCompleted { .. }
            | EntityEvent::OperationFailed { .. }
            | EntityEvent::LockGranted { .. },
        )
        | None => false,
    }
}

/// How many messages at the front of the inbox are operations that may run now, within the bounds of a batch.
pub(crate) fn ready_operations(instance: &Instance) -> usize {
    let lock = instance.record.lock();
    let mut bytes = 0;
    let mut count = 0;
    for pending in instance.inbox.iter().take(BATCH_OPERATIONS) {
        let runs = match message(pending) {
            Some(EntityEvent::OperationSignaled { .. } | EntityEvent::OperationCalled { .. }) => {
                lock.is_none_or(|lock| is_of(lock, pending))
            }
            Some(
                EntityEvent::LockRequested { .. }
                | EntityEvent::UnlockSent { .. }
                | EntityEvent::OperationCompleted { .. }
                | EntityEvent::OperationFailed { .. }
                | EntityEvent::LockGranted { .. },
            )
            | None => false,
        };
        bytes += HistoryEvent::weight(&pending.event);
        if !runs || (count > 0 && bytes > BATCH_BYTES) {
            break;
        }
        count += 1;
    }
    count
}

/// What the first message asks of the engine itself, if it does and its time has come.
pub(crate) fn next_control(instance: &Instance) -> Option<Control> {
    let first = instance.inbox.front()?;
    let lock = instance.record.lock();
    match message(first)? {
        EntityEvent::LockRequested { critical_section, lock_set, position, parent } => {
            if lock.is_some() {
                return None;
            }
            Some(Control::Lock {
                critical_section: critical_section.clone(),
                lock_set: lock_set.clone(),
                position: usize::try_from(*position).unwrap_or(0),
                holder: parent.clone().unwrap_or_default(),
            })
        }
        EntityEvent::UnlockSent { critical_section, parent, .. } => {
            // One that is not the holder's waits behind the holder's, and then finds nothing to do.
            let theirs = lock.is_none_or(|lock| is_of(lock, first));
            theirs.then(|| Control::Unlock {
                critical_section: critical_section.clone(),
                holder: parent.clone(),
            })
        }
        EntityEvent::OperationSignaled { .. }
        | EntityEvent::OperationCalled { .. }
        | EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => None,
    }
}

/// Whether the message asks for the lock.
pub(crate) fn is_lock_request(pending: &Pending) -> bool {
    matches!(message(pending), Some(EntityEvent::LockRequested { .. }))
}

/// Place of a lock request of this critical section and sender that has not been granted.
pub(crate) fn waiting_lock(inbox: &Inbox, section: &str, sender: Option<&str>) -> Option<usize> {
    if !inbox.has_lock_request() {
        return None;
    }
    inbox.iter().position(|pending| {
        matches!(message(pending), Some(EntityEvent::LockRequested { critical_section, parent, .. })
            if critical_section == section && parent.as_deref() == sender)
    })
}

/// Who holds the lock of the entity, or has asked for it.
pub(crate) fn locker(instance: &Instance) -> Option<String> {
    let asks = |pending: &Pending| match message(pending)? {
        EntityEvent::LockRequested { parent, .. } => parent.clone(),
        EntityEvent::OperationSignaled { .. }
        | EntityEvent::OperationCalled { .. }
        | EntityEvent::UnlockSent { .. }
        | EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => None,
    };
    let holder = instance.record.lock().map(|lock| lock.holder.clone());
    holder.or_else(|| {
        let asked = instance.inbox.has_lock_request();
        asked.then(|| instance.inbox.iter().find_map(asks)).flatten()
    })
}
