//! Events of the entity protocol.

use taskhub_hub::engine::{entity_event::EntityEvent, history_event::Payload};
use taskhub_proto as proto;
use taskhub_proto::{
    history_event::EventType, send_entity_message_action::EntityMessageType as Message,
};
use tonic::Status;

use super::{events::text, failure, time};

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
    let due = |field: &'static str, at: Option<&prost_types::Timestamp>| time::read(field, at);
    Ok(match message.entity_message_type {
        Some(Message::EntityOperationSignaled(signal)) => EntityEvent::OperationSignaled {
            request_id: signal.request_id,
            operation: signal.operation,
            scheduled_at: due(
                "entityOperationSignaled.scheduledTime",
                signal.scheduled_time.as_ref(),
            )?,
            input: signal.input.map(Payload::from),
            target: signal.target_instance_id,
        },
        Some(Message::EntityOperationCalled(call)) => EntityEvent::OperationCalled {
            request_id: call.request_id,
            operation: call.operation,
            scheduled_at: due("entityOperationCalled.scheduledTime", call.scheduled_time.as_ref())?,
            input: call.input.map(Payload::from),
            parent: call.parent_instance_id,
            parent_execution: call.parent_execution_id,
            target: call.target_instance_id,
        },
        Some(Message::EntityLockRequested(lock)) => EntityEvent::LockRequested {
            critical_section: lock.critical_section_id,
            lock_set: lock.lock_set,
            position: lock.position,
            parent: lock.parent_instance_id,
        },
        Some(Message::EntityUnlockSent(unlock)) => EntityEvent::UnlockSent {
            critical_section: unlock.critical_section_id,
            parent: unlock.parent_instance_id,
            target: unlock.target_instance_id,
        },
        None => {
            return Err(Status::invalid_argument(
                "sendEntityMessage: a message of a kind that this server does not know",
            ));
        }
    })
}
