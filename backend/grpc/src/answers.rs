//! What workers answer. Workers do not send an answer again, so whatever cannot be taken ends the activity or the
//! instance with a reason, or brings another delivery: nothing stands still.

use prost::Message;
use taskhub_hub::{
    Hub,
    engine::{
        history_event::Payload,
        worker::{Token, WorkKind},
    },
    operation::work::{Outcome, too_large},
};
use taskhub_proto as proto;
use taskhub_shared::{failure::FailureDetails, limits};
use tonic::{Response, Status};

use crate::{
    convert::{actions, entity, failure},
    status,
};

/// Takes the answer to an orchestration work item, or a part of it.
pub(crate) async fn turn(
    hub: &Hub,
    response: proto::OrchestratorResponse,
) -> Result<Response<proto::CompleteTaskResponse>, Status> {
    let instance_id = response.instance_id.clone();
    let token = token(hub, &response.completion_token, WorkKind::Orchestration, &instance_id, 0)?;
    if response.requires_history {
        // The worker has forgotten what it was told before. Every delivery carries the whole history.
        hub.abandon(token);
        return Ok(Response::new(proto::CompleteTaskResponse {}));
    }
    match actions::part(response) {
        Ok(part) => {
            let done = hub.complete_turn(token, &instance_id, part).await;
            completed(done.map_err(|error| status::of(&error))?)
        }
        Err(refused) => {
            refuse_turn(hub, token, invalid(&refused)).await?;
            Err(refused)
        }
    }
}

/// Takes the results of an entity's operations.
pub(crate) async fn entity(
    hub: &Hub,
    result: proto::EntityBatchResult,
) -> Result<Response<proto::CompleteTaskResponse>, Status> {
    let token: Token = result.completion_token.parse().map_err(|()| stale())?;
    let bytes = result.encoded_len();
    if result.requires_state {
        // Every delivery carries the state.
        hub.abandon(token);
        return Ok(Response::new(proto::CompleteTaskResponse {}));
    }
    let answer = if bytes > limits::ANSWER_BYTES {
        let reason = too_large("AnswerTooLarge", bytes);
        hub.fail_entity_batch(token, reason).await
    } else {
        match entity::response(result) {
            Ok(response) => hub.complete_entity(token, response).await,
            Err(refused) => {
                let failed = hub.fail_entity_batch(token, invalid(&refused)).await;
                failed.map_err(|error| status::of(&error))?;
                return Err(refused);
            }
        }
    };
    completed(answer.map_err(|error| status::of(&error))?)
}

/// Takes the result of an activity.
pub(crate) async fn activity(
    hub: &Hub,
    response: proto::ActivityResponse,
) -> Result<Response<proto::CompleteTaskResponse>, Status> {
    let (id, task) = (response.instance_id.clone(), response.task_id);
    let token = token(hub, &response.completion_token, WorkKind::Activity, &id, task)?;
    let bytes = response.encoded_len();
    // The presence of the details tells a failure, not their text: an error's message may be empty.
    let result = match response.failure_details {
        _ if bytes > limits::ANSWER_BYTES => Err(Box::new(too_large("ResultTooLarge", bytes))),
        Some(details) => Err(Box::new(failure::from_wire(details))),
        None => Ok(response.result.map(Payload::from)),
    };
    let done = hub.complete_activity(token, &id, task, result).await;
    completed(done.map_err(|error| status::of(&error))?)
}

async fn refuse_turn(
    hub: &Hub,
    token: Token,
    failure: FailureDetails,
) -> Result<Response<proto::CompleteTaskResponse>, Status> {
    tracing::warn!(reason = %failure.error_message, "an instance fails because of its worker's answer");
    hub.fail_turn(token, failure).await.map_err(|error| status::of(&error))?;
    Ok(Response::new(proto::CompleteTaskResponse {}))
}

fn invalid(refused: &Status) -> FailureDetails {
    let text = format!("the worker's answer was refused: {}", refused.message());
    FailureDetails::permanent("InvalidAnswer", text)
}

/// Token of a completion. Old SDKs send none; then the delivery must be the only one of its work.
fn token(
    hub: &Hub,
    text: &str,
    kind: WorkKind,
    instance: &str,
    task: i32,
) -> Result<Token, Status> {
    if text.is_empty() {
        return hub.token_of(kind, instance, task).ok_or_else(stale);
    }
    text.parse().map_err(|()| stale())
}

/// The worker lost the work. Compat: .NET repeats a completion after UNKNOWN, INTERNAL or UNAVAILABLE, so not those.
fn stale() -> Status {
    Status::not_found(
        "completionToken: this delivery is not known, its time was over, or another worker has the work; drop the \
         result, the work is done again",
    )
}

fn completed(outcome: Outcome) -> Result<Response<proto::CompleteTaskResponse>, Status> {
    match outcome {
        Outcome::Committed | Outcome::Ignored | Outcome::Kept => {
            Ok(Response::new(proto::CompleteTaskResponse {}))
        }
        Outcome::Stale => Err(stale()),
    }
}
