//! Purge by id, by list and by filter.

use std::{collections::HashSet, sync::Arc, time::Duration};

use taskhub_hub::{
    Hub,
    engine::history_event::EventKind,
    operation::{entity::Purged, purge::Outcome, purge_matching},
    store::model::{InstanceRecord, Payloads},
};
use taskhub_proto as proto;
use taskhub_proto::purge_instances_request::Request;
use taskhub_shared::{query::InstanceQuery, status::RuntimeStatus};
use tokio::time::Instant;
use tonic::Status;

use crate::{
    convert::{state, time},
    status,
};

/// Most ids in one call. Source: the SDKs' limit.
const BATCH: usize = 500;
/// Deepest tree of sub-orchestrations that a recursive purge follows.
const DEPTH: usize = 64;

/// Deletes what the request names. Only instances that have ended go.
pub(crate) async fn purge(
    hub: &Hub,
    request: proto::PurgeInstancesRequest,
) -> Result<proto::PurgeInstancesResponse, Status> {
    let recursive = request.recursive;
    match request.request {
        None => Err(Status::invalid_argument(
            "request: name an instanceId, an instanceBatch or a purgeInstanceFilter",
        )),
        Some(Request::InstanceId(id)) if id.starts_with('@') => {
            match hub.purge_entity(&id).await.map_err(|error| status::of(&error))? {
                Purged::Purged => Ok(answer(1, true)),
                Purged::NotFound => Ok(answer(0, true)),
                Purged::Locked { holder } => Err(Status::failed_precondition(format!(
                    "entity {id:?} is locked by {holder:?}, or about to be; it can be purged when it is free"
                ))),
            }
        }
        Some(Request::InstanceId(id)) => {
            let mut deleted = 0;
            if let Some(status) = one(hub, &id, recursive, &mut deleted).await? {
                return Err(Status::failed_precondition(format!(
                    "instance {id:?} is {status}; only an instance that has ended can be purged"
                )));
            }
            Ok(answer(deleted, true))
        }
        Some(Request::InstanceBatch(batch)) => {
            if batch.instance_ids.len() > BATCH {
                return Err(Status::invalid_argument(format!(
                    "instanceBatch: at most {BATCH} ids in one call"
                )));
            }
            let mut deleted = 0;
            for id in &batch.instance_ids {
                one(hub, id, recursive, &mut deleted).await?;
            }
            Ok(answer(deleted, true))
        }
        Some(Request::PurgeInstanceFilter(filter)) => by_filter(hub, &filter, recursive).await,
    }
}

async fn by_filter(
    hub: &Hub,
    filter: &proto::PurgeInstanceFilter,
    recursive: bool,
) -> Result<proto::PurgeInstancesResponse, Status> {
    let statuses = state::statuses("purgeInstanceFilter.runtimeStatus", &filter.runtime_status)?;
    let patience = filter.timeout.as_ref().map(|timeout| Duration::try_from(*timeout)).transpose();
    let patience = patience.map_err(|_| Status::invalid_argument("timeout: no valid duration"))?;
    // An end beyond what the clock can show never comes.
    let end = patience.and_then(|patience| Instant::now().checked_add(patience));
    let request = purge_matching::Request {
        statuses,
        created_from: time::read("createdTimeFrom", filter.created_time_from.as_ref())?,
        created_to: time::read("createdTimeTo", filter.created_time_to.as_ref())?,
        until: end,
    };
    if !recursive {
        let purged = hub.purge_matching(&request).await.map_err(|error| status::of(&error))?;
        let count = i32::try_from(purged.instances).unwrap_or(i32::MAX);
        return Ok(answer(count, purged.complete));
    }
    let statuses = request.ended();
    if statuses.is_empty() {
        return Ok(answer(0, true));
    }
    let query = InstanceQuery {
        statuses,
        created_from: request.created_from,
        created_to: request.created_to,
        limit: Some(BATCH),
        ..InstanceQuery::default()
    };
    let mut deleted = 0;
    loop {
        // What is purged leaves the list, so the first page is always the next one.
        let page = hub.query_instances(&query, false).await.map_err(|error| status::of(&error))?;
        if page.records.is_empty() {
            return Ok(answer(deleted, true));
        }
        let before = deleted;
        for InstanceRecord { instance_id, .. } in &page.records {
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(answer(deleted, false));
            }
            one(hub, instance_id, recursive, &mut deleted).await?;
        }
        if deleted == before {
            return Ok(answer(deleted, true));
        }
    }
}

/// Deletes one instance, and its sub-orchestrations when asked to; the status that forbids it, if one does.
///
/// Children go before their parent, whose history is all that names them: who is cut short can begin again.
async fn one(
    hub: &Hub,
    id: &str,
    recursive: bool,
    deleted: &mut i32,
) -> Result<Option<RuntimeStatus>, Status> {
    if recursive {
        let record = hub.instance(id).await.map_err(|error| status::of(&error))?;
        let Some(record) = record else { return Ok(None) };
        if !record.status.is_terminal() {
            return Ok(Some(record.status));
        }
        for id in descendants(hub, record).await?.iter().rev() {
            let purged = hub.purge(id).await.map_err(|error| status::of(&error))?;
            *deleted += i32::from(purged == Outcome::Purged);
        }
    }
    match hub.purge(id).await.map_err(|error| status::of(&error))? {
        Outcome::Purged => {
            *deleted += 1;
            Ok(None)
        }
        Outcome::NotEnded(status) => Ok(Some(status)),
        Outcome::NotFound => Ok(None),
    }
}

/// Sub-orchestrations that have ended, and theirs, each after its parent.
async fn descendants(hub: &Hub, root: InstanceRecord) -> Result<Vec<Arc<str>>, Status> {
    let mut seen = HashSet::from([Arc::clone(&root.instance_id)]);
    let mut found = Vec::new();
    let mut generation = vec![root];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for parent in generation {
            for child in children(hub, &parent).await? {
                if seen.insert(Arc::clone(&child.instance_id)) {
                    found.push(Arc::clone(&child.instance_id));
                    next.push(child);
                }
            }
        }
        generation = next;
    }
    Ok(found)
}

/// Sub-orchestrations of an instance that have ended. An instance of another that has the id a child was to have is none.
async fn children(hub: &Hub, parent: &InstanceRecord) -> Result<Vec<InstanceRecord>, Status> {
    let history = hub.history(&parent.instance_id, 0, usize::MAX).await;
    let history = history.map_err(|error| status::of(&error))?.unwrap_or_default();
    // Who was rewound has the children of the generations before it too.
    let rewound =
        history.iter().any(|event| matches!(event.kind, EventKind::ExecutionRewound { .. }));
    let mut children = Vec::new();
    for event in history {
        let EventKind::SubOrchestrationCreated { instance_id, .. } = event.kind else { continue };
        let record = hub.instance(&instance_id).await.map_err(|error| status::of(&error))?;
        let is_child = |child: &InstanceRecord| {
            child.parent.as_ref().is_some_and(|known| {
                known.instance_id == *parent.instance_id
                    && (rewound
                        || known.execution_id == parent.execution_id
                        // It was rewound by itself.
                        || known.execution_id.is_empty())
            })
        };
        children
            .extend(record.filter(|child| child.status.is_terminal() && is_child(child)).map(bare));
    }
    Ok(children)
}

/// Without what is large.
fn bare(record: InstanceRecord) -> InstanceRecord {
    InstanceRecord { payloads: Payloads::default(), ..record }
}

fn answer(deleted_instance_count: i32, complete: bool) -> proto::PurgeInstancesResponse {
    proto::PurgeInstancesResponse { deleted_instance_count, is_complete: Some(complete) }
}
