//! Rewind and restart.

use axum::response::Response;
use http::StatusCode;
use taskhub_hub::operation::{
    restart::{self as operation, Target},
    rewind::Outcome,
};
use taskhub_shared::problem::ErrorCode;

use super::{
    Call, empty, error,
    start::{INTERVAL, check_id, patience, started},
};
use crate::fault::Fault;

/// Parameter with the id of the new instance.
const NEW_ID: &str = "newInstanceId";

/// `POST /instances/{instanceId}/rewind`.
pub(crate) async fn rewind(call: Call) -> Result<Response, Fault> {
    let id = call.params.get("instanceId").unwrap_or_default();
    Ok(match call.hub.rewind(id, call.query.given("reason")).await? {
        Outcome::Rewound => empty(StatusCode::ACCEPTED),
        Outcome::NotFound => {
            // The dollar sign is the original's.
            let text = format!("No orchestration with instance ID \"${id}\" found.");
            error::c(StatusCode::NOT_FOUND, &text)
        }
        Outcome::NotFailed(status) => {
            let text = format!(
                "This orchestration has status {status}, but only orchestrations in the \"Failed\" state can be \
                 rewound."
            );
            error::c(StatusCode::PRECONDITION_FAILED, &text)
        }
    })
}

/// `POST /instances/{instanceId}/restart`.
pub(crate) async fn restart(call: Call) -> Result<Response, Fault> {
    let fresh = call.query.bool("restartWithNewInstanceId").unwrap_or(true);
    run(call, if fresh { Target::NewId } else { Target::SameId }).await
}

/// `POST /instances/{instanceId}/restartWithOptions`.
pub(crate) async fn restart_with_options(call: Call) -> Result<Response, Fault> {
    let Some(instance_id) = call.query.text(NEW_ID) else {
        let text = "A new orchestration instance ID must be provided.";
        return Ok(error::a(StatusCode::BAD_REQUEST, text));
    };
    check_id(&instance_id).map_err(|fault| fault.rename_field("instanceId", NEW_ID))?;
    let version = call.query.text("version");
    run(call, Target::Id { instance_id, version }).await
}

async fn run(call: Call, target: Target) -> Result<Response, Fault> {
    let patience = patience(&call, INTERVAL)?;
    let id = call.params.get("instanceId").unwrap_or_default();
    let restarted = call.hub.restart_instance(id, target).await;
    match restarted.map_err(|error| Fault::from(error).rename_field("instanceId", NEW_ID))? {
        operation::Outcome::Restarted { instance_id } => {
            started(&call, &instance_id, patience).await
        }
        // Not 404, as the original.
        operation::Outcome::NotFound => Err(Fault::new(
            ErrorCode::InvalidInput,
            "InstanceId does not match a valid orchestration instance.",
        )),
        operation::Outcome::Active(_) => {
            let text = "A non-terminal instance with this instance ID already exists.";
            let kind = "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException";
            Ok(error::b(StatusCode::CONFLICT, text, text, kind))
        }
    }
}
