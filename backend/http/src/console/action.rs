//! Calls that change an existing instance.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use taskhub_hub::operation::{control, purge, raise_event, restart, rewind, terminate};
use taskhub_shared::{
    action::{Action, Refusal},
    problem::ErrorCode,
    request::{Accepted, RaiseEventBody, ReasonBody, RestartBody, TerminateBody},
};

use super::extract::{Body, NoQuery, OfInstance};
use crate::fault::Fault;

/// Source: `request::RaiseEvent`.
pub(crate) async fn raise_event(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
    Body(body): Body<RaiseEventBody>,
) -> Result<Response, Fault> {
    let input = body.input.map(|input| input.get().into());
    let outcome = hub
        .raise_event(&id, &body.name, input)
        .await
        .map_err(|error| Fault::from(error).rename_field("eventName", "name"))?;
    match outcome {
        raise_event::Outcome::Accepted => Ok(accepted(id)),
        raise_event::Outcome::NotFound => Err(Fault::no_instance(&id)),
        raise_event::Outcome::Ended(_) => {
            Err(refused(Action::RaiseEvent, &id, Refusal::AlreadyEnded))
        }
    }
}

/// Source: `request::TerminateInstance`.
pub(crate) async fn terminate(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
    Body(body): Body<TerminateBody>,
) -> Result<Response, Fault> {
    let output = body.reason.and_then(|reason| serde_json::to_string(&reason).ok());
    match hub.terminate(&id, output.map(Into::into), body.recursive).await? {
        terminate::Outcome::Terminated => Ok(accepted(id)),
        terminate::Outcome::NotFound => Err(Fault::no_instance(&id)),
        terminate::Outcome::AlreadyEnded(_) => {
            Err(refused(Action::Terminate, &id, Refusal::AlreadyEnded))
        }
    }
}

/// Source: `request::SuspendInstance`.
pub(crate) async fn suspend(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
    Body(body): Body<ReasonBody>,
) -> Result<Response, Fault> {
    let outcome = hub.suspend(&id, body.reason).await?;
    controlled(outcome, Action::Suspend, id, Refusal::AlreadySuspended)
}

/// Source: `request::ResumeInstance`.
pub(crate) async fn resume(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
    Body(body): Body<ReasonBody>,
) -> Result<Response, Fault> {
    let outcome = hub.resume(&id, body.reason).await?;
    controlled(outcome, Action::Resume, id, Refusal::NotSuspended)
}

/// Source: `request::RewindInstance`.
pub(crate) async fn rewind(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
    Body(body): Body<ReasonBody>,
) -> Result<Response, Fault> {
    match hub.rewind(&id, body.reason).await? {
        rewind::Outcome::Rewound => Ok(accepted(id)),
        rewind::Outcome::NotFound => Err(Fault::no_instance(&id)),
        rewind::Outcome::NotFailed(_) => Err(refused(Action::Rewind, &id, Refusal::NotFailed)),
    }
}

/// Source: `request::RestartInstance`.
pub(crate) async fn restart(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
    Body(body): Body<RestartBody>,
) -> Result<Response, Fault> {
    let RestartBody { same_id, new_instance_id, version } = body;
    let target = match new_instance_id {
        Some(_) if same_id => {
            return Err(Fault::field("sameId", "it cannot be true when newInstanceId is given"));
        }
        Some(instance_id) => restart::Target::Id { instance_id, version },
        None if version.is_some() => {
            return Err(Fault::field("version", "it is taken only with newInstanceId"));
        }
        None if same_id => restart::Target::SameId,
        None => restart::Target::NewId,
    };
    let outcome = hub
        .restart_instance(&id, target)
        .await
        .map_err(|error| Fault::from(error).rename_field("instanceId", "newInstanceId"))?;
    match outcome {
        restart::Outcome::Restarted { instance_id } => Ok(accepted(instance_id.to_string())),
        restart::Outcome::NotFound => Err(Fault::no_instance(&id)),
        restart::Outcome::Active(_) => {
            Err(refused(Action::RestartWithSameId, &id, Refusal::NotEnded))
        }
    }
}

/// Source: `request::PurgeInstance`.
pub(crate) async fn purge(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
) -> Result<Json<Accepted>, Fault> {
    match hub.purge(&id).await? {
        purge::Outcome::Purged => Ok(Json(Accepted { instance_id: id })),
        purge::Outcome::NotFound => Err(Fault::no_instance(&id)),
        purge::Outcome::NotEnded(_) => Err(refused(Action::Purge, &id, Refusal::NotEnded)),
    }
}

fn controlled(
    outcome: control::Outcome,
    action: Action,
    id: String,
    unchanged: Refusal,
) -> Result<Response, Fault> {
    match outcome {
        control::Outcome::Accepted => Ok(accepted(id)),
        control::Outcome::NotFound => Err(Fault::no_instance(&id)),
        control::Outcome::Unchanged(_) => Err(refused(action, &id, unchanged)),
        control::Outcome::Ended(_) => Err(refused(action, &id, Refusal::AlreadyEnded)),
    }
}

fn accepted(id: String) -> Response {
    (StatusCode::ACCEPTED, Json(Accepted { instance_id: id })).into_response()
}

fn refused(action: Action, id: &str, refusal: Refusal) -> Fault {
    let (verb, why) = (action.text(), refusal.text());
    Fault::new(ErrorCode::NotAllowedNow, format!("{id:?} cannot {verb}: {why}"))
}
