//! Task hubs come and go.

use taskhub_hub::{Hubs, hubs::Deletion};
use taskhub_proto as proto;
use taskhub_shared::id::TaskHubName;
use tonic::{Request, Response, Status};

use crate::{hub_choice, status};

/// Makes the hub that the call names. One that exists stays as it is, unless it is to be made anew.
pub(crate) async fn create(
    hubs: &Hubs,
    request: &Request<proto::CreateTaskHubRequest>,
) -> Result<Response<proto::CreateTaskHubResponse>, Status> {
    let name = match hub_choice::name(request.metadata())? {
        None => hubs.default_hub().name().clone(),
        Some(name) => TaskHubName::new(name)
            .map_err(|refused| Status::invalid_argument(format!("taskhub: {}", refused.reason)))?,
    };
    let recreate = request.get_ref().recreate_if_exists;
    hubs.create(name, recreate).await.map_err(|error| status::of(&error))?;
    Ok(Response::new(proto::CreateTaskHubResponse {}))
}

/// Deletes the hub that the call names, with everything in it.
pub(crate) async fn delete(
    hubs: &Hubs,
    request: &Request<proto::DeleteTaskHubRequest>,
) -> Result<Response<proto::DeleteTaskHubResponse>, Status> {
    let default = hubs.default_hub().name().to_string();
    let name = hub_choice::name(request.metadata())?.unwrap_or(&default);
    match hubs.delete(name).await.map_err(|error| status::of(&error))? {
        Deletion::Deleted => Ok(Response::new(proto::DeleteTaskHubResponse {})),
        Deletion::NotFound => Err(hub_choice::missing(hubs, name)),
        Deletion::IsDefault => Err(Status::failed_precondition(format!(
            "task hub {name:?} is the default of this server and cannot be deleted; start the server with another \
             --task-hub first, or empty it with CreateTaskHub and recreateIfExists"
        ))),
    }
}
