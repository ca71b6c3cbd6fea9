//! The server and its hubs.

use std::sync::Arc;

use axum::{Json, extract::State};
use taskhub_hub::hubs::Deletion;
use taskhub_shared::{
    problem::ErrorCode,
    query::InstanceQuery,
    request::{DeletedHub, HubInfo, KnownName, ServerInfo},
};

use super::extract::{NoQuery, OfHub};
use crate::{door::Door, fault::Fault};

/// Source: `request::GetServer`.
pub(crate) async fn get_server(
    State(door): State<Arc<Door>>,
    _: NoQuery,
) -> Result<Json<ServerInfo>, Fault> {
    let mut hubs = Vec::new();
    for hub in door.hubs.iter() {
        let counts = hub.count_instances(&InstanceQuery::default()).await?;
        let workers = u64::try_from(hub.workers()).unwrap_or(u64::MAX);
        hubs.push(HubInfo { name: hub.name().to_string(), counts, workers });
    }
    let options = &door.options;
    Ok(Json(ServerInfo {
        version: options.version.clone(),
        console_build: options.console_build.clone(),
        now: door.hubs.clock().now(),
        hubs,
        insecure_open: options.insecure_open,
        store: door.hubs.store().kind().to_owned(),
        grpc_address: options.grpc_address.clone(),
    }))
}

/// Source: `request::DeleteHub`.
pub(crate) async fn delete_hub(
    State(door): State<Arc<Door>>,
    OfHub(hub): OfHub,
    _: NoQuery,
) -> Result<Json<DeletedHub>, Fault> {
    let name = hub.name().to_string();
    match door.hubs.delete(&name).await? {
        Deletion::Deleted => Ok(Json(DeletedHub { hub: name })),
        // Somebody else was quicker.
        Deletion::NotFound => door.hub(&name).map(|_| Json(DeletedHub { hub: name })),
        Deletion::IsDefault => Err(Fault::new(
            ErrorCode::NotAllowedNow,
            format!("{name} is the default task hub, which cannot be deleted; purge its instances"),
        )),
    }
}

/// Source: `request::ListNames`.
pub(crate) async fn list_names(
    OfHub(hub): OfHub,
    _: NoQuery,
) -> Result<Json<Vec<KnownName>>, Fault> {
    Ok(Json(hub.names().await?))
}
