//! How a generation ends, and what is still done then.
//!
//! Knows what the code asked for last, does not know how it came to its end.

use std::collections::HashMap;

use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::send_entity_message_action::EntityMessageType as Message;
use taskhub_proto::{CompleteOrchestrationAction, OrchestrationStatus, SendEntityMessageAction};

use super::state::State;
use crate::Failure;
use crate::registry::Outcome;

/// How the generation ended.
#[derive(Debug)]
pub(super) enum Ending {
    Returned(Outcome),
    Terminated(Option<String>),
    ContinuedAsNew(Option<String>),
    /// The history cannot be replayed with this code.
    Broken(Failure),
}

/// Whether an action asked for in this turn is taken although the generation
/// ended: one that returned may leave work behind on purpose; the next
/// generation must not meet timers and results of this one.
pub(super) fn survives(action: &ActionType, ending: Option<&Ending>) -> bool {
    let is_unlock = matches!(
        action,
        ActionType::SendEntityMessage(SendEntityMessageAction {
            entity_message_type: Some(Message::EntityUnlockSent(_))
        })
    );
    let is_message = matches!(action, ActionType::SendEvent(_) | ActionType::SendEntityMessage(_));
    match ending {
        None | Some(Ending::Returned(_)) => true,
        // Others must not wait for locks of a broken instance.
        Some(Ending::Broken(_)) => is_unlock,
        Some(Ending::Terminated(_)) => is_message,
        Some(Ending::ContinuedAsNew(_)) => {
            is_message || matches!(action, ActionType::CreateSubOrchestration(_))
        }
    }
}

pub(super) fn completion(ending: Ending, state: &mut State) -> CompleteOrchestrationAction {
    let mut action = CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Completed.into(),
        result: None,
        details: None,
        new_version: None,
        carryover_events: Vec::new(),
        failure_details: None,
        tags: HashMap::new(),
    };
    match ending {
        Ending::Returned(Ok(output)) => action.result = output,
        Ending::Returned(Err(failure)) | Ending::Broken(failure) => {
            action.orchestration_status = OrchestrationStatus::Failed.into();
            action.failure_details = Some(failure.into());
        }
        Ending::Terminated(output) => {
            action.orchestration_status = OrchestrationStatus::Terminated.into();
            action.result = output;
        }
        Ending::ContinuedAsNew(input) => {
            action.orchestration_status = OrchestrationStatus::ContinuedAsNew.into();
            action.result = input;
            action.new_version = state.next_version.take();
            if !state.drops_events {
                action.carryover_events = state.mailbox.carry_over();
            }
        }
    }
    action
}
