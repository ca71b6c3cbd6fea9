//! Events of the entity protocol in `historyEvents`.

use taskhub_hub::engine::entity_event::EntityEvent;

use super::{
    event::{Failure, Row},
    history::{Show, put_input, put_result},
    time,
};

/// One row; the original shows these events as they are.
pub(super) fn row(event: &EntityEvent, begin: impl Fn(&str) -> Row, show: Show) -> Row {
    match event {
        EntityEvent::OperationSignaled { request_id, operation, input, scheduled_at, target } => {
            let mut row = begin("EntityOperationSignaled");
            row.put("RequestId", request_id);
            row.put("Operation", operation);
            row.put("ScheduledTime", &scheduled_at.map(time::ticks));
            row.put("TargetInstanceId", target);
            put_input(&mut row, input.as_ref(), show);
            row
        }
        EntityEvent::OperationCalled { request_id, operation, input, target, .. } => {
            let mut row = begin("EntityOperationCalled");
            row.put("RequestId", request_id);
            row.put("Operation", operation);
            row.put("TargetInstanceId", target);
            put_input(&mut row, input.as_ref(), show);
            row
        }
        EntityEvent::OperationCompleted { request_id, output } => {
            let mut row = begin("EntityOperationCompleted");
            row.put("RequestId", request_id);
            if show.output {
                put_result(&mut row, output.as_ref());
            }
            row
        }
        EntityEvent::OperationFailed { request_id, failure } => {
            let mut row = begin("EntityOperationFailed");
            row.put("RequestId", request_id);
            row.put("Reason", &failure.error_message);
            row.put("FailureDetails", &Failure::from(&**failure));
            row
        }
        EntityEvent::LockRequested { critical_section, lock_set, .. } => {
            let mut row = begin("EntityLockRequested");
            row.put("CriticalSectionId", critical_section);
            row.put("LockSet", lock_set);
            row
        }
        EntityEvent::LockGranted { critical_section } => {
            let mut row = begin("EntityLockGranted");
            row.put("CriticalSectionId", critical_section);
            row
        }
        EntityEvent::UnlockSent { critical_section, target, .. } => {
            let mut row = begin("EntityUnlockSent");
            row.put("CriticalSectionId", critical_section);
            row.put("TargetInstanceId", target);
            row
        }
    }
}
