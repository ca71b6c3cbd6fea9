//! Restart and rewind: an instance runs once more, or goes on.

use taskhub_hub::{
    Hub,
    operation::{
        restart::{self, Target},
        rewind,
    },
};
use taskhub_proto as proto;
use tonic::{Response, Status};

use crate::status;

/// Starts an instance with what another was started with.
pub(crate) async fn restart(
    hub: &Hub,
    request: proto::RestartInstanceRequest,
) -> Result<Response<proto::RestartInstanceResponse>, Status> {
    let id = request.instance_id;
    let target = if request.restart_with_new_instance_id { Target::NewId } else { Target::SameId };
    match hub.restart_instance(&id, target).await.map_err(|error| status::of(&error))? {
        restart::Outcome::Restarted { instance_id } => {
            Ok(Response::new(proto::RestartInstanceResponse {
                instance_id: instance_id.to_string(),
            }))
        }
        restart::Outcome::NotFound => Err(status::no_instance(&id)),
        restart::Outcome::Active(state) => Err(Status::failed_precondition(format!(
            "instance {id:?} is {state}; it must have ended to be restarted under the same id"
        ))),
    }
}

/// Lets a failed instance go on from before its failure.
pub(crate) async fn rewind(
    hub: &Hub,
    request: proto::RewindInstanceRequest,
) -> Result<Response<proto::RewindInstanceResponse>, Status> {
    let id = request.instance_id;
    match hub.rewind(&id, request.reason).await.map_err(|error| status::of(&error))? {
        rewind::Outcome::Rewound => Ok(Response::new(proto::RewindInstanceResponse {})),
        rewind::Outcome::NotFound => Err(status::no_instance(&id)),
        rewind::Outcome::NotFailed(state) => Err(Status::failed_precondition(format!(
            "instance {id:?} is {state}; only an instance that has failed can be rewound"
        ))),
    }
}
