//! A worker's answer to an orchestration work item.

use std::collections::{BTreeMap, HashMap};

use prost::Message as _;
use taskhub_hub::{
    engine::{
        action::{Action, ActionKind, TurnResponse},
        history_event::Payload,
        part::Part,
    },
    store::model::OrchestrationTrace,
};
use taskhub_proto as proto;
use taskhub_proto::orchestrator_action::OrchestratorActionType as Kind;
use taskhub_shared::{
    id::{InvalidName, check_name, check_short},
    status::RuntimeStatus,
};
use tonic::Status;

use super::{entity, events, failure, time};

/// The answer, or a part of it, as the engine takes it.
pub(crate) fn part(response: proto::OrchestratorResponse) -> Result<Part, Status> {
    let bytes = response.encoded_len();
    #[expect(deprecated, reason = "older .NET and Java workers send them")]
    let (index, more) = (response.chunk_index, response.is_partial);
    let index = index
        .map(usize::try_from)
        .transpose()
        .map_err(|_| Status::invalid_argument("chunkIndex: must not be negative"))?;
    Ok(Part { index, more, bytes, response: self::response(response)? })
}

fn response(response: proto::OrchestratorResponse) -> Result<TurnResponse, Status> {
    let actions = response.actions.into_iter().map(action).collect::<Result<_, _>>()?;
    let trace = response.orchestration_trace_context.map(|trace| OrchestrationTrace {
        span_id: trace.span_id,
        started_at: trace.span_start_time.as_ref().and_then(time::from_wire),
    });
    let events_processed =
        response.num_events_processed.and_then(|count| usize::try_from(count).ok());
    Ok(TurnResponse {
        actions,
        custom_status: response.custom_status.map(Payload::from),
        events_processed,
        trace,
    })
}

fn action(action: proto::OrchestratorAction) -> Result<Action, Status> {
    let id = action.id;
    let kind = match action.orchestrator_action_type {
        Some(Kind::ScheduleTask(task)) => {
            check_name("scheduleTask.name", &task.name).map_err(|refused| invalid(&refused))?;
            short("scheduleTask.version", task.version.as_deref())?;
            ActionKind::ScheduleTask {
                name: task.name,
                version: task.version,
                input: task.input.map(Payload::from),
                trace: task.parent_trace_context.map(events::trace_from_wire),
                tags: tags(task.tags),
            }
        }
        Some(Kind::CreateSubOrchestration(child)) => {
            check_name("createSubOrchestration.name", &child.name)
                .map_err(|refused| invalid(&refused))?;
            short("createSubOrchestration.version", child.version.as_deref())?;
            ActionKind::CreateSubOrchestration {
                instance_id: child.instance_id,
                name: child.name,
                version: child.version,
                input: child.input.map(Payload::from),
                trace: child.parent_trace_context.map(events::trace_from_wire),
                tags: tags(child.tags),
            }
        }
        Some(Kind::CreateTimer(timer)) => {
            let fire_at = timer.fire_at.as_ref().and_then(time::from_wire);
            let fire_at = fire_at
                .ok_or_else(|| Status::invalid_argument("createTimer.fireAt: no valid time"))?;
            ActionKind::CreateTimer { fire_at }
        }
        Some(Kind::SendEvent(event)) => ActionKind::SendEvent {
            instance_id: event.instance.map(|instance| instance.instance_id).unwrap_or_default(),
            name: event.name,
            input: event.data.map(Payload::from),
        },
        Some(Kind::TerminateOrchestration(terminate)) => ActionKind::TerminateOrchestration {
            instance_id: terminate.instance_id,
            reason: terminate.reason.map(Payload::from),
            recurse: terminate.recurse,
        },
        Some(Kind::CompleteOrchestration(complete)) => {
            let code = u8::try_from(complete.orchestration_status).ok();
            let status = code.and_then(RuntimeStatus::from_code).ok_or_else(|| {
                Status::invalid_argument(
                    "completeOrchestration.orchestrationStatus: no known status",
                )
            })?;
            short("completeOrchestration.newVersion", complete.new_version.as_deref())?;
            ActionKind::Complete {
                status,
                result: complete.result.map(Payload::from),
                failure: complete
                    .failure_details
                    .map(|details| Box::new(failure::from_wire(details))),
                new_version: complete.new_version,
                carryover: complete
                    .carryover_events
                    .into_iter()
                    .filter_map(events::carryover)
                    .collect(),
            }
        }
        Some(Kind::SendEntityMessage(message)) => {
            ActionKind::SendEntityMessage(Box::new(entity::message(message)?))
        }
        Some(Kind::RewindOrchestration(_)) => {
            // Workers send this only when they are shown a history that the server has not rewritten itself.
            return Err(Status::invalid_argument(
                "rewindOrchestration: this server rewrites histories itself",
            ));
        }
        None => {
            return Err(Status::invalid_argument(
                "actions: an action of a kind that this server does not know",
            ));
        }
    };
    Ok(Action { id, kind })
}

/// Work waits for workers by its version, so that one is as short as a name.
pub(super) fn short(field: &'static str, text: Option<&str>) -> Result<(), Status> {
    check_short(field, text.unwrap_or_default()).map_err(|refused| invalid(&refused))
}

fn invalid(refused: &InvalidName) -> Status {
    Status::invalid_argument(refused.to_string())
}

pub(crate) fn tags(tags: HashMap<String, String>) -> BTreeMap<String, String> {
    tags.into_iter().collect()
}
