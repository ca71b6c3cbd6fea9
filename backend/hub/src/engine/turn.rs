//! One turn, pure: what a worker's actions amount to.
//!
//! Knows the record and the actions; does not know other instances, the store or the clock.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use taskhub_shared::{failure::FailureDetails, limits, status::RuntimeStatus};

use super::{
    action::{Action, ActionKind, TurnResponse},
    entity_event::EntityEvent,
    history_event::{
        EventKind, ExecutionStarted, HistoryEvent, ParentInstance, Payload, TraceContext,
    },
    runtime_state::RuntimeState,
};
use crate::store::model::InstanceRecord;

/// What a turn amounts to, apart from the new events that it consumed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Events that confirm the actions, in their order; the end of the instance last.
    pub(crate) events: Vec<HistoryEvent>,
    /// Activities to schedule.
    pub(crate) tasks: Vec<NewTask>,
    /// Timers to set: action id and due time.
    pub(crate) timers: Vec<(i32, DateTime<Utc>)>,
    /// Sub-orchestrations to start: id and first event.
    pub(crate) children: Vec<(String, ExecutionStarted)>,
    /// Events for other instances, or for this one: id and event.
    pub(crate) outgoing: Vec<(String, EventKind)>,
    /// Messages to entities: id and message.
    pub(crate) entity_messages: Vec<(String, EntityEvent)>,
    /// How the instance ends.
    pub(crate) end: Option<End>,
    /// The next generation, if the instance continues as new.
    pub(crate) next: Option<NextGeneration>,
}

/// An activity to schedule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewTask {
    pub(crate) event_id: i32,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) input: Option<Payload>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// How an instance ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) status: RuntimeStatus,
    pub(crate) output: Option<Payload>,
    pub(crate) failure: Option<Box<FailureDetails>>,
}

/// What a continued instance begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NextGeneration {
    pub(crate) input: Option<Payload>,
    pub(crate) version: Option<String>,
    pub(crate) carryover: Vec<HistoryEvent>,
}

/// Works out a turn at time `now`.
///
/// Actions after a completion still take effect, as the SDKs send unlocks and events together with it; but an
/// instance that continues as new takes no activities and timers of its old generation along.
pub(crate) fn plan(record: &InstanceRecord, actions: Vec<Action>, now: DateTime<Utc>) -> Plan {
    let continues = actions.iter().any(|action| {
        matches!(action.kind, ActionKind::Complete { status: RuntimeStatus::ContinuedAsNew, .. })
    });
    let mut plan = Plan::default();
    let mut ending = None;
    for Action { id, kind } in actions {
        let confirm = |kind| HistoryEvent::confirming(id, now, kind);
        match kind {
            ActionKind::ScheduleTask { name, version, input, trace, tags } => {
                if continues {
                    continue;
                }
                plan.events.push(confirm(EventKind::TaskScheduled {
                    name: name.clone(),
                    version: version.clone(),
                    input: input.clone(),
                    trace: trace.clone(),
                    tags: tags.clone(),
                }));
                plan.tasks.push(NewTask { event_id: id, name, version, input, trace, tags });
            }
            ActionKind::CreateTimer { fire_at } => {
                if continues {
                    continue;
                }
                plan.events.push(confirm(EventKind::TimerCreated { fire_at }));
                plan.timers.push((id, fire_at));
            }
            ActionKind::CreateSubOrchestration {
                instance_id,
                name,
                version,
                input,
                trace,
                tags,
            } => {
                let child_id = child_id(record, id, &instance_id);
                plan.events.push(confirm(EventKind::SubOrchestrationCreated {
                    instance_id: child_id.clone(),
                    name: name.clone(),
                    version: version.clone(),
                    input: input.clone(),
                    trace: trace.clone(),
                    tags: tags.clone(),
                }));
                let parent = ParentInstance {
                    instance_id: record.instance_id.to_string(),
                    execution_id: record.execution_id.clone(),
                    name: record.name.clone(),
                    version: record.version.clone(),
                    task_scheduled_id: id,
                };
                let started = ExecutionStarted {
                    name,
                    version,
                    input,
                    // The engine gives each new generation its id.
                    execution_id: String::new(),
                    parent: Some(parent),
                    scheduled_start: None,
                    trace,
                    tags,
                };
                plan.children.push((child_id, started));
            }
            ActionKind::SendEvent { instance_id, name, input } => {
                plan.events.push(confirm(EventKind::EventSent {
                    instance_id: instance_id.clone(),
                    name: name.clone(),
                    input: input.clone(),
                }));
                plan.outgoing.push((instance_id, EventKind::EventRaised { name, input }));
            }
            ActionKind::SendEntityMessage(event) => {
                // The entity answers to this generation, whatever the worker says.
                let event = sent_by(record, *event);
                plan.events.push(confirm(EventKind::Entity(Box::new(event.clone()))));
                plan.entity_messages.extend(entity_target(&event).map(|target| (target, event)));
            }
            ActionKind::TerminateOrchestration { instance_id, reason, recurse } => {
                plan.outgoing
                    .push((instance_id, EventKind::ExecutionTerminated { input: reason, recurse }));
            }
            ActionKind::Complete {
                status: RuntimeStatus::ContinuedAsNew,
                result,
                new_version,
                carryover,
                ..
            } => {
                let version = new_version.or_else(|| record.version.clone());
                plan.next = Some(NextGeneration { input: result, version, carryover });
            }
            ActionKind::Complete { status, result, failure, .. } => {
                ending = Some((id, terminal(status), result, failure));
            }
        }
    }
    if let Some((id, status, output, failure)) = ending {
        plan.next = None;
        plan.events.push(HistoryEvent::confirming(
            id,
            now,
            EventKind::ExecutionCompleted {
                status,
                result: output.clone(),
                failure: failure.clone(),
            },
        ));
        plan.end = Some(End { status, output, failure });
    }
    plan
}

/// A worker that completes an instance with a status that is no end has failed to say what it means.
fn terminal(status: RuntimeStatus) -> RuntimeStatus {
    if status.is_terminal() { status } else { RuntimeStatus::Failed }
}

/// The message with its sender.
fn sent_by(record: &InstanceRecord, mut event: EntityEvent) -> EntityEvent {
    let sender = || Some(record.instance_id.to_string());
    match &mut event {
        EntityEvent::OperationCalled { parent, parent_execution, .. } => {
            *parent = sender();
            *parent_execution = Some(record.execution_id.clone());
        }
        EntityEvent::LockRequested { parent, position, lock_set, .. } => {
            *parent = sender();
            *position = 0;
            // An entity that is named twice would wait for itself.
            let mut seen = BTreeSet::new();
            lock_set.retain(|entity| seen.insert(entity.clone()));
        }
        EntityEvent::UnlockSent { parent, .. } => *parent = sender(),
        EntityEvent::OperationSignaled { .. }
        | EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => {}
    }
    event
}

/// Entity that a message goes to.
fn entity_target(event: &EntityEvent) -> Option<String> {
    match event {
        EntityEvent::OperationSignaled { target, .. }
        | EntityEvent::OperationCalled { target, .. }
        | EntityEvent::UnlockSent { target, .. } => target.clone(),
        EntityEvent::LockRequested { lock_set, .. } => lock_set.first().cloned(),
        EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => None,
    }
}

/// Entities that an action asks to lock.
pub(crate) fn asked_locks(action: &Action) -> &[String] {
    match entity_message(action) {
        Some(EntityEvent::LockRequested { lock_set, .. }) => lock_set,
        Some(
            EntityEvent::OperationSignaled { .. }
            | EntityEvent::OperationCalled { .. }
            | EntityEvent::UnlockSent { .. }
            | EntityEvent::OperationCompleted { .. }
            | EntityEvent::OperationFailed { .. }
            | EntityEvent::LockGranted { .. },
        )
        | None => &[],
    }
}

/// Whether the actions complete the generation: the instance ends or continues as new.
pub(crate) fn completes(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action.kind, ActionKind::Complete { .. }))
}

/// Whether the actions end the instance for good.
pub(crate) fn ends(actions: &[Action]) -> bool {
    actions.iter().any(|action| match action.kind {
        ActionKind::Complete { status, .. } => status != RuntimeStatus::ContinuedAsNew,
        ActionKind::ScheduleTask { .. }
        | ActionKind::CreateSubOrchestration { .. }
        | ActionKind::CreateTimer { .. }
        | ActionKind::SendEvent { .. }
        | ActionKind::SendEntityMessage(_)
        | ActionKind::TerminateOrchestration { .. } => false,
    })
}

/// Instance that an action is about, other than by its completion.
pub(crate) fn target(record: &InstanceRecord, action: &Action) -> Option<String> {
    match &action.kind {
        ActionKind::CreateSubOrchestration { instance_id, .. } => {
            Some(child_id(record, action.id, instance_id))
        }
        ActionKind::SendEvent { instance_id, .. }
        | ActionKind::TerminateOrchestration { instance_id, .. } => Some(instance_id.clone()),
        ActionKind::SendEntityMessage(event) => entity_target(event),
        ActionKind::ScheduleTask { .. }
        | ActionKind::CreateTimer { .. }
        | ActionKind::Complete { .. } => None,
    }
}

/// Id of a sub-orchestration; without one of its own, it gets one that no other generation makes.
fn child_id(record: &InstanceRecord, action: i32, asked: &str) -> String {
    if asked.is_empty() {
        format!("{}:{action:04x}", record.execution_id)
    } else {
        asked.to_owned()
    }
}

/// Why the actions cannot all be taken, if they cannot: results are told apart by the ids of their actions, so none may
/// be in use twice. Source: an SDK may use an id again, but only once the result of the first is there.
pub(crate) fn conflict<'a>(
    state: &RuntimeState,
    consumed: &(impl Iterator<Item = &'a HistoryEvent> + Clone),
    actions: &[Action],
) -> Option<Box<FailureDetails>> {
    let (mut tasks, mut children, mut timers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let twice = actions.iter().find(|Action { id, kind }| match kind {
        ActionKind::ScheduleTask { .. } => {
            let closes = |event: &HistoryEvent| {
                matches!(event.kind, EventKind::TaskCompleted { scheduled_id, .. }
                    | EventKind::TaskFailed { scheduled_id, .. } if scheduled_id == *id)
            };
            !tasks.insert(*id)
                || (state.open_tasks.contains_key(id) && !consumed.clone().any(closes))
        }
        ActionKind::CreateSubOrchestration { .. } => {
            let closes = |event: &HistoryEvent| {
                matches!(event.kind, EventKind::SubOrchestrationCompleted { scheduled_id, .. }
                    | EventKind::SubOrchestrationFailed { scheduled_id, .. } if scheduled_id == *id)
            };
            !children.insert(*id)
                || (state.open_children.contains_key(id) && !consumed.clone().any(closes))
        }
        ActionKind::CreateTimer { .. } => {
            let closes = |event: &HistoryEvent| {
                matches!(event.kind, EventKind::TimerFired { timer_id, .. } if timer_id == *id)
            };
            !timers.insert(*id)
                || (state.open_timers.contains_key(id) && !consumed.clone().any(closes))
        }
        ActionKind::SendEvent { .. }
        | ActionKind::SendEntityMessage(_)
        | ActionKind::TerminateOrchestration { .. }
        | ActionKind::Complete { .. } => false,
    })?;
    let text = format!(
        "the worker's answer uses the action id {} for something that is still outstanding",
        twice.id
    );
    Some(Box::new(FailureDetails::permanent("InvalidAnswer", text)))
}

/// Why the lock requests cannot be taken, if they cannot: critical sections do not nest, in no SDK, and of two at once
/// nobody would know what to give free when the instance ends.
pub(crate) fn nested_locks(
    state: &RuntimeState,
    actions: &[Action],
) -> Option<Box<FailureDetails>> {
    let mut held = state.held.clone();
    let mut asked = 0;
    for event in actions.iter().filter_map(entity_message) {
        match event {
            EntityEvent::LockRequested { .. } => asked += 1,
            EntityEvent::UnlockSent { critical_section, target: Some(target), .. } => {
                if let Some(held) = &mut held {
                    held.give_free(critical_section, target);
                }
            }
            EntityEvent::UnlockSent { target: None, .. }
            | EntityEvent::OperationSignaled { .. }
            | EntityEvent::OperationCalled { .. }
            | EntityEvent::OperationCompleted { .. }
            | EntityEvent::OperationFailed { .. }
            | EntityEvent::LockGranted { .. } => {}
        }
    }
    let inside = held.is_some_and(|held| !held.entities.is_empty());
    if asked == 0 || (asked == 1 && !inside) {
        return None;
    }
    let text =
        "the worker's answer asks for locks while it has others; critical sections do not nest";
    Some(Box::new(FailureDetails::permanent("InvalidAnswer", text)))
}

/// Message to an entity that an action sends.
fn entity_message(action: &Action) -> Option<&EntityEvent> {
    match &action.kind {
        ActionKind::SendEntityMessage(event) => Some(event),
        ActionKind::ScheduleTask { .. }
        | ActionKind::CreateSubOrchestration { .. }
        | ActionKind::CreateTimer { .. }
        | ActionKind::SendEvent { .. }
        | ActionKind::TerminateOrchestration { .. }
        | ActionKind::Complete { .. } => None,
    }
}

/// How large a history is, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// The limit that a turn breaks, if it does: its history before the actions, and the worker's answer.
pub(crate) fn oversize(before: Size, response: &TurnResponse) -> Option<Box<FailureDetails>> {
    let status = response.custom_status.as_ref().map_or(0, |status| status.len());
    let continues =
        response.actions.iter().any(|action| matches!(action.kind, ActionKind::Complete { .. }));
    let weights = || response.actions.iter().filter_map(|action| action.kind.weight());
    let events = before.events + weights().count();
    let bytes = before.bytes + weights().sum::<usize>();
    let text = if status > limits::CUSTOM_STATUS_BYTES {
        format!(
            "the custom status has {status} bytes; at most {} are allowed",
            limits::CUSTOM_STATUS_BYTES
        )
    } else if continues {
        // Whoever completes or begins again at the limit does what the limit asks for.
        return None;
    } else if events > limits::HISTORY_EVENTS {
        format!(
            "the history would have {events} events; at most {} are allowed, so continue as new earlier",
            limits::HISTORY_EVENTS
        )
    } else if bytes > limits::HISTORY_BYTES {
        format!(
            "the history would take {bytes} bytes; at most {} are allowed",
            limits::HISTORY_BYTES
        )
    } else {
        return None;
    };
    Some(Box::new(FailureDetails::permanent("LimitExceeded", text)))
}

/// The plan of a turn that breaks a limit: the instance ends with this failure, and nothing else happens.
pub(crate) fn refused(failure: Box<FailureDetails>, now: DateTime<Utc>) -> Plan {
    let status = RuntimeStatus::Failed;
    let kind =
        EventKind::ExecutionCompleted { status, result: None, failure: Some(failure.clone()) };
    Plan {
        events: vec![HistoryEvent::new(now, kind)],
        end: Some(End { status, output: None, failure: Some(failure) }),
        ..Plan::default()
    }
}

/// Message for the parent of an instance that ended.
pub(crate) fn parent_message(parent: &ParentInstance, instance_id: &str, end: &End) -> EventKind {
    let scheduled_id = parent.task_scheduled_id;
    if end.status == RuntimeStatus::Completed {
        return EventKind::SubOrchestrationCompleted { scheduled_id, result: end.output.clone() };
    }
    // SDKs read the failure's type and message whatever the end was, so there must be one.
    let failure = end.failure.clone().unwrap_or_else(|| {
        let reason = end.output.as_deref().unwrap_or("no reason given");
        let text = format!("sub-orchestration {instance_id:?} ended as {}: {reason}", end.status);
        Box::new(FailureDetails::new(format!("Orchestration{}", end.status), text))
    });
    EventKind::SubOrchestrationFailed { scheduled_id, failure }
}

/// Whether a message means something to the next generation. Results belong to the one that asked for them.
pub(crate) fn survives_continue_as_new(event: &Arc<HistoryEvent>) -> bool {
    match event.kind {
        EventKind::EventRaised { .. }
        | EventKind::ExecutionSuspended { .. }
        | EventKind::ExecutionResumed { .. }
        | EventKind::ExecutionTerminated { .. } => true,
        EventKind::OrchestratorStarted
        | EventKind::ExecutionStarted(_)
        | EventKind::ExecutionCompleted { .. }
        | EventKind::TaskScheduled { .. }
        | EventKind::TaskCompleted { .. }
        | EventKind::TaskFailed { .. }
        | EventKind::SubOrchestrationCreated { .. }
        | EventKind::SubOrchestrationCompleted { .. }
        | EventKind::SubOrchestrationFailed { .. }
        | EventKind::TimerCreated { .. }
        | EventKind::TimerFired { .. }
        | EventKind::EventSent { .. }
        | EventKind::ExecutionRewound { .. }
        | EventKind::Entity(_) => false,
    }
}
