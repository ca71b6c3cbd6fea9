//! Entities: the clients' rpcs.

use taskhub_hub::{
    Hub,
    engine::history_event::Payload,
    operation::entity::{Entities, Entity, EntityQuery, Signal},
    store::model::EntityFilter,
};
use taskhub_proto as proto;
use taskhub_shared::limits;
use tonic::{Response, Status};

use crate::{
    convert::{events, time},
    outgoing::Outgoing,
    status,
};

/// Signals an entity.
pub(crate) async fn signal(hub: &Hub, request: proto::SignalEntityRequest) -> Result<(), Status> {
    let scheduled_at = time::read("scheduledTime", request.scheduled_time.as_ref())?;
    let signal = Signal {
        entity_id: request.instance_id,
        operation: request.name,
        // Compat: JavaScript sends an empty text for no input.
        input: request.input.filter(|input| !input.is_empty()).map(Payload::from),
        request_id: request.request_id,
        scheduled_at,
    };
    hub.signal_entity(signal).await.map_err(|error| status::of(&error))
}

/// Reads one entity.
pub(crate) async fn get(
    hub: &Hub,
    outgoing: &Outgoing,
    request: &proto::GetEntityRequest,
) -> Result<Response<proto::GetEntityResponse>, Status> {
    let state = request.include_state;
    let read =
        || async { hub.entity(&request.instance_id).await.map_err(|error| status::of(&error)) };
    let weight = |entity: &Option<Entity>| entity.as_ref().map_or(0, |found| found.record.weight());
    let wire = |entity: Option<Entity>| {
        let entity = entity.map(|entity| to_wire(&entity, state));
        proto::GetEntityResponse { exists: entity.is_some(), entity }
    };
    outgoing.answer(read, weight, wire).await
}

/// Lists entities, page by page.
pub(crate) async fn query(
    hub: &Hub,
    outgoing: &Outgoing,
    query: proto::EntityQuery,
) -> Result<Response<proto::QueryEntitiesResponse>, Status> {
    let limit = match query.page_size {
        None | Some(0) => limits::PAGE_DEFAULT,
        Some(size) => usize::try_from(size)
            .map_err(|_| Status::invalid_argument("pageSize: must not be negative"))?,
    };
    let states = query.include_state;
    let asked = EntityQuery {
        id_prefix: query.instance_id_starts_with.filter(|prefix| !prefix.is_empty()),
        filter: EntityFilter {
            changed_from: time::read("lastModifiedFrom", query.last_modified_from.as_ref())?,
            changed_to: time::read("lastModifiedTo", query.last_modified_to.as_ref())?,
            transient: query.include_transient,
        },
        states,
        limit,
        cursor: query.continuation_token.filter(|token| !token.is_empty()),
    };
    let read = || async { hub.query_entities(&asked).await.map_err(|error| status::of(&error)) };
    let weight =
        |page: &Entities| page.items.iter().map(|found| found.record.weight()).sum::<usize>();
    let wire = |page: Entities| proto::QueryEntitiesResponse {
        entities: page.items.iter().map(|entity| to_wire(entity, states)).collect(),
        continuation_token: page.next,
    };
    outgoing.answer(read, weight, wire).await
}

/// Deletes what is empty and gives free what nobody will.
pub(crate) async fn clean(
    hub: &Hub,
    request: proto::CleanEntityStorageRequest,
) -> Result<proto::CleanEntityStorageResponse, Status> {
    let cursor = request.continuation_token.filter(|token| !token.is_empty());
    let cleaned = hub
        .clean_entities(cursor, request.remove_empty_entities, request.release_orphaned_locks)
        .await
        .map_err(|error| status::of(&error))?;
    Ok(proto::CleanEntityStorageResponse {
        continuation_token: cleaned.next,
        empty_entities_removed: i32::try_from(cleaned.removed).unwrap_or(i32::MAX),
        orphaned_locks_released: i32::try_from(cleaned.released).unwrap_or(i32::MAX),
    })
}

fn to_wire(entity: &Entity, state: bool) -> proto::EntityMetadata {
    let record = &entity.record;
    proto::EntityMetadata {
        instance_id: record.instance_id.to_string(),
        last_modified_time: Some(time::to_wire(record.updated_at)),
        backlog_queue_size: i32::try_from(entity.backlog).unwrap_or(i32::MAX),
        locked_by: record.lock().map(|lock| lock.holder.clone()),
        serialized_state: if state { events::text(&record.payloads.output) } else { None },
    }
}
