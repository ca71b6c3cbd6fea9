//! Events of the entity protocol.

use taskhub_hub::engine::{
    entity::{EntityAction, EntityResponse},
    entity_event::EntityEvent,
    history_event::Payload,
};
use taskhub_proto as proto;
use taskhub_proto::{
    history_event::EventType, send_entity_message_action::EntityMessageType as Message,
};
use taskhub_shared::id::{EntityId, check_name};
use tonic::Status;

use super::{actions, events::text, failure, time};

/// Wire form of an event.
pub(super) fn to_wire(event: &EntityEvent) -> EventType {
    match event {
        EntityEvent::OperationSignaled { request_id, operation, input, scheduled_at, target } => {
            EventType::EntityOperationSignaled(proto::EntityOperationSignaledEvent {
                request_id: request_id.clone(),
                operation: operation.clone(),
                scheduled_time: scheduled_at.map(time::to_wire),
                input: text(input),
                target_instance_id: target.clone(),
            })
        }
        EntityEvent::OperationCalled {
            request_id,
            operation,
            input,
            scheduled_at,
            parent,
            parent_execution,
            target,
        } => EventType::EntityOperationCalled(proto::EntityOperationCalledEvent {
            request_id: request_id.clone(),
            operation: operation.clone(),
            scheduled_time: scheduled_at.map(time::to_wire),
            input: text(input),
            parent_instance_id: parent.clone(),
            parent_execution_id: parent_execution.clone(),
            target_instance_id: target.clone(),
        }),
        EntityEvent::OperationCompleted { request_id, output } => {
            EventType::EntityOperationCompleted(proto::EntityOperationCompletedEvent {
                request_id: request_id.clone(),
                output: text(output),
            })
        }
        EntityEvent::OperationFailed { request_id, failure } => {
            EventType::EntityOperationFailed(proto::EntityOperationFailedEvent {
                request_id: request_id.clone(),
                failure_details: Some(failure::to_wire(failure)),
            })
        }
        EntityEvent::LockRequested { critical_section, lock_set, position, parent } => {
            EventType::EntityLockRequested(proto::EntityLockRequestedEvent {
                critical_section_id: critical_section.clone(),
                lock_set: lock_set.clone(),
                position: *position,
                parent_instance_id: parent.clone(),
            })
        }
        EntityEvent::LockGranted { critical_section } => {
            EventType::EntityLockGranted(proto::EntityLockGrantedEvent {
                critical_section_id: critical_section.clone(),
            })
        }
        EntityEvent::UnlockSent { critical_section, parent, target } => {
            EventType::EntityUnlockSent(proto::EntityUnlockSentEvent {
                critical_section_id: critical_section.clone(),
                parent_instance_id: parent.clone(),
                target_instance_id: target.clone(),
            })
        }
    }
}

/// What an orchestrator says to an entity.
pub(super) fn message(message: proto::SendEntityMessageAction) -> Result<EntityEvent, Status> {
    Ok(match message.entity_message_type {
        Some(Message::EntityOperationSignaled(signal)) => EntityEvent::OperationSignaled {
            request_id: signal.request_id,
            operation: signal.operation,
            scheduled_at: time::read(
                "entityOperationSignaled.scheduledTime",
                signal.scheduled_time.as_ref(),
            )?,
            input: signal.input.map(Payload::from),
            target: Some(target(
                "entityOperationSignaled.targetInstanceId",
                signal.target_instance_id.as_deref(),
            )?),
        },
        Some(Message::EntityOperationCalled(call)) => EntityEvent::OperationCalled {
            request_id: call.request_id,
            operation: call.operation,
            scheduled_at: time::read(
                "entityOperationCalled.scheduledTime",
                call.scheduled_time.as_ref(),
            )?,
            input: call.input.map(Payload::from),
            parent: call.parent_instance_id,
            parent_execution: call.parent_execution_id,
            target: Some(target(
                "entityOperationCalled.targetInstanceId",
                call.target_instance_id.as_deref(),
            )?),
        },
        Some(Message::EntityLockRequested(lock)) => EntityEvent::LockRequested {
            critical_section: lock.critical_section_id,
            lock_set: lock_set(&lock.lock_set)?,
            position: lock.position,
            parent: lock.parent_instance_id,
        },
        Some(Message::EntityUnlockSent(unlock)) => EntityEvent::UnlockSent {
            critical_section: unlock.critical_section_id,
            parent: unlock.parent_instance_id,
            target: Some(target(
                "entityUnlockSent.targetInstanceId",
                unlock.target_instance_id.as_deref(),
            )?),
        },
        None => {
            return Err(Status::invalid_argument(
                "sendEntityMessage: a message of a kind that this server does not know",
            ));
        }
    })
}

/// The entity that a message goes to, as ids are stored.
fn target(field: &str, id: Option<&str>) -> Result<String, Status> {
    let id = EntityId::parse(id.unwrap_or_default());
    let id = id.map_err(|refused| Status::invalid_argument(format!("{field}: {}", refused.reason)));
    Ok(id?.as_str().to_owned())
}

fn lock_set(ids: &[String]) -> Result<Vec<String>, Status> {
    let field = "entityLockRequested.lockSet";
    if ids.is_empty() {
        return Err(Status::invalid_argument(format!("{field}: must not be empty")));
    }
    let mut set = ids.iter().map(|id| target(field, Some(id))).collect::<Result<Vec<_>, _>>()?;
    // Everybody locks in the same order, so that nobody waits for each other; the SDKs send it so already.
    set.sort_unstable();
    set.dedup();
    Ok(set)
}

/// A worker's answer to an entity work item.
pub(crate) fn response(result: proto::EntityBatchResult) -> Result<EntityResponse, Status> {
    use proto::operation_result::ResultType;
    let results = result.results.into_iter().map(|result| match result.result_type {
        Some(ResultType::Success(success)) => Ok(Ok(success.result.map(Payload::from))),
        Some(ResultType::Failure(failed)) => {
            let details = failed.failure_details.unwrap_or_default();
            Ok(Err(Box::new(failure::from_wire(details))))
        }
        None => Err(Status::invalid_argument("results: a result is neither success nor failure")),
    });
    Ok(EntityResponse {
        results: results.collect::<Result<_, _>>()?,
        actions: result.actions.into_iter().map(action).collect::<Result<_, _>>()?,
        state: result.entity_state.map(Payload::from),
        failure: result.failure_details.map(|details| Box::new(failure::from_wire(details))),
    })
}

fn action(action: proto::OperationAction) -> Result<EntityAction, Status> {
    use proto::operation_action::OperationActionType as Kind;
    match action.operation_action_type {
        Some(Kind::SendSignal(signal)) => Ok(EntityAction::Signal {
            instance_id: target("sendSignal.instanceId", Some(&signal.instance_id))?,
            operation: signal.name,
            input: signal.input.map(Payload::from),
            scheduled_at: time::read("sendSignal.scheduledTime", signal.scheduled_time.as_ref())?,
        }),
        Some(Kind::StartNewOrchestration(start)) => {
            check_name("startNewOrchestration.name", &start.name)
                .map_err(|refused| Status::invalid_argument(refused.to_string()))?;
            actions::short("startNewOrchestration.version", start.version.as_deref())?;
            Ok(EntityAction::Start {
                instance_id: start.instance_id,
                name: start.name,
                version: start.version,
                input: start.input.map(Payload::from),
                scheduled_at: time::read(
                    "startNewOrchestration.scheduledTime",
                    start.scheduled_time.as_ref(),
                )?,
                trace: start.parent_trace_context.map(super::events::trace_from_wire),
            })
        }
        None => Err(Status::invalid_argument(
            "actions: an action of a kind that this server does not know",
        )),
    }
}
