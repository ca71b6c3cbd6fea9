//! Calls about many instances: ids by their end, and ends without grace.

use taskhub_hub::{Hub, engine::history_event::Payload, operation::list_ended};
use taskhub_proto as proto;
use tonic::{Response, Status};

use crate::{
    convert::{state, time},
    status,
};

/// Most ids in one call. Source: the SDKs' limit.
const BATCH: usize = 500;

/// One page of the ids of instances that have ended.
pub(crate) async fn list_ended(
    hub: &Hub,
    request: proto::ListInstanceIdsRequest,
) -> Result<Response<proto::ListInstanceIdsResponse>, Status> {
    let request = list_ended::Request {
        statuses: state::statuses("runtimeStatus", &request.runtime_status)?,
        from: time::read("completedTimeFrom", request.completed_time_from.as_ref())?,
        to: time::read("completedTimeTo", request.completed_time_to.as_ref())?,
        limit: usize::try_from(request.page_size).ok().filter(|size| *size > 0),
        cursor: request.last_instance_key.filter(|key| !key.is_empty()),
    };
    let listed = hub.list_ended(request).await.map_err(|error| status::of(&error))?;
    Ok(Response::new(proto::ListInstanceIdsResponse {
        instance_ids: listed.ids.iter().map(ToString::to_string).collect(),
        last_instance_key: listed.next,
    }))
}

/// Ends instances at once; answers with the ids of those that it could not end.
pub(crate) async fn terminate(
    hub: &Hub,
    request: proto::SkipGracefulOrchestrationTerminationsRequest,
) -> Result<Response<proto::SkipGracefulOrchestrationTerminationsResponse>, Status> {
    let ids = request.instance_batch.unwrap_or_default().instance_ids;
    if ids.len() > BATCH {
        return Err(Status::invalid_argument(format!(
            "instanceBatch: at most {BATCH} ids in one call"
        )));
    }
    let reason = request.reason.map(Payload::from);
    let left = hub.terminate_many(&ids, reason).await.map_err(|error| status::of(&error))?;
    Ok(Response::new(proto::SkipGracefulOrchestrationTerminationsResponse {
        unterminated_instance_ids: left,
    }))
}
