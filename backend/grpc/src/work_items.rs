//! A worker's stream: work items as they come, and a ping when nothing comes.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures::{Stream, StreamExt};
use prost::Message;
use taskhub_hub::{
    Hub,
    engine::worker::{
        EntityWork, Filters, OrchestrationWork, Token, Work, WorkItem, WorkerProfile,
    },
    operation::work::WorkItems,
    store::model::Task,
};
use taskhub_proto as proto;
use taskhub_shared::failure::FailureDetails;
use tonic::Status;

use crate::convert::{events, time};

/// Work items as tonic sends them.
pub(crate) type WorkItemStream =
    Pin<Box<dyn Stream<Item = Result<proto::WorkItem, Status>> + Send>>;

/// How long a stream is silent before a ping. SDKs give a stream up after 120 s, proxies often after 60.
const PING_AFTER: Duration = Duration::from_secs(10);

/// Largest history that goes with its work item to a worker that can read it as a stream. Source: the .NET sidecar.
const EMBEDDED_BYTES: usize = 1024 * 1024;

/// What a worker asks for.
pub(crate) fn profile(request: proto::GetWorkItemsRequest, worker_id: String) -> WorkerProfile {
    let count = |number: i32| usize::try_from(number).unwrap_or(0);
    let filters = request.work_item_filters.map(|filters| Filters {
        orchestrations: merged(
            filters.orchestrations.into_iter().map(|filter| (filter.name, filter.versions)),
        ),
        activities: merged(
            filters.activities.into_iter().map(|filter| (filter.name, filter.versions)),
        ),
        entities: filters
            .entities
            .into_iter()
            .map(|filter| (filter.name.to_lowercase(), Vec::new()))
            .collect(),
    });
    let worker_id = if worker_id.is_empty() { request.worker_instance_id } else { worker_id };
    WorkerProfile {
        worker_id,
        max_orchestrations: count(request.max_concurrent_orchestration_work_items),
        max_activities: count(request.max_concurrent_activity_work_items),
        max_entities: count(request.max_concurrent_entity_work_items),
        filters,
    }
}

/// Versions by name. A name that comes twice is served in the versions of both; no versions at all means every version.
fn merged(filters: impl Iterator<Item = (String, Vec<String>)>) -> BTreeMap<String, Vec<String>> {
    let mut merged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, versions) in filters {
        match merged.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(versions);
            }
            Entry::Occupied(mut entry) if entry.get().is_empty() || versions.is_empty() => {
                entry.get_mut().clear();
            }
            Entry::Occupied(mut entry) => entry.get_mut().extend(versions),
        }
    }
    merged
}

/// Whether the worker reads long histories by itself, as a stream.
pub(crate) fn streams_history(request: &proto::GetWorkItemsRequest) -> bool {
    request.capabilities().any(|capability| capability == proto::WorkerCapability::HistoryStreaming)
}

/// The stream of a connected worker. It ends in order when the hub drains.
pub(crate) fn stream(
    hub: Hub,
    items: WorkItems,
    largest: usize,
    streams_history: bool,
) -> WorkItemStream {
    let items = futures::stream::unfold((hub, items), move |(hub, mut items)| async move {
        loop {
            match tokio::time::timeout(PING_AFTER, items.next()).await {
                Ok(None) => return None,
                Err(_) => return Some((Ok(ping()), (hub, items))),
                Ok(Some(item)) => {
                    let (message, size) = sized(&item, streams_history, largest);
                    if size <= largest {
                        return Some((Ok(message), (hub, items)));
                    }
                    refuse(&hub, &item, size, largest).await;
                }
            }
        }
    });
    Box::pin(items)
}

fn ping() -> proto::WorkItem {
    proto::WorkItem {
        completion_token: String::new(),
        request: Some(proto::work_item::Request::HealthPing(proto::HealthPing {})),
    }
}

/// Fails work that no worker could receive: delivering it would break the stream again and again.
async fn refuse(hub: &Hub, item: &WorkItem, size: usize, largest: usize) {
    let text = format!(
        "the work item has {size} bytes; workers receive at most {largest}, so keep inputs and results smaller, or \
         continue as new before the history grows so large"
    );
    let failure = FailureDetails::permanent("WorkItemTooLarge", text);
    let done = match &item.work {
        Work::Orchestration(_) => hub.fail_turn(item.token, failure).await,
        Work::Entity(_) => hub.fail_entity_batch(item.token, failure).await.map(|_| ()),
        Work::Activity(task) => {
            let result = Err(Box::new(failure));
            hub.complete_activity(item.token, &task.instance_id, task.event_id, result)
                .await
                .map(|_| ())
        }
    };
    if let Err(error) = done {
        tracing::error!(error = %error, "a work item that is too large could not be failed; it comes again");
    }
}

/// The message and its size. A worker that can read the history as a stream does so when it is long, and whenever it
/// would not fit beside the new events.
fn sized(item: &WorkItem, streams_history: bool, largest: usize) -> (proto::WorkItem, usize) {
    let past = match &item.work {
        Work::Orchestration(work) => work.past.iter().map(|event| event.weight()).sum::<usize>(),
        Work::Activity(_) | Work::Entity(_) => 0,
    };
    let streamed = streams_history && past > EMBEDDED_BYTES;
    let message = to_wire(item, streamed);
    let size = message.encoded_len();
    if size <= largest || streamed || !streams_history {
        return (message, size);
    }
    let message = to_wire(item, true);
    let size = message.encoded_len();
    (message, size)
}

fn to_wire(item: &WorkItem, streamed: bool) -> proto::WorkItem {
    let request = match &item.work {
        Work::Orchestration(work) => {
            proto::work_item::Request::OrchestratorRequest(orchestration(work, streamed))
        }
        Work::Activity(task) => proto::work_item::Request::ActivityRequest(activity(task)),
        // Compat: .NET returns the token only for this newer form.
        Work::Entity(work) => proto::work_item::Request::EntityRequestV2(entity(work)),
    };
    proto::WorkItem { completion_token: token_text(item.token), request: Some(request) }
}

fn token_text(token: Token) -> String {
    token.to_string()
}

fn orchestration(work: &OrchestrationWork, streamed: bool) -> proto::OrchestratorRequest {
    let past = if streamed { &[][..] } else { &work.past[..] };
    let record = &work.record;
    let trace = record.orchestration_trace.as_ref().map(|trace| proto::OrchestrationTraceContext {
        span_id: trace.span_id.clone(),
        span_start_time: trace.started_at.map(time::to_wire),
    });
    proto::OrchestratorRequest {
        instance_id: record.instance_id.to_string(),
        execution_id: Some(record.execution_id.clone()),
        past_events: events::all_to_wire(past, &record.instance_id),
        new_events: events::all_to_wire(&work.new, &record.instance_id),
        // Compat: .NET workers take its absence to mean that entities are not supported, and fail.
        entity_parameters: Some(proto::OrchestratorEntityParameters {
            entity_message_reorder_window: Some(prost_types::Duration { seconds: 0, nanos: 0 }),
        }),
        requires_history_streaming: streamed,
        properties: std::collections::HashMap::default(),
        orchestration_trace_context: trace,
    }
}

fn entity(work: &EntityWork) -> proto::EntityRequest {
    let record = &work.record;
    proto::EntityRequest {
        instance_id: record.instance_id.to_string(),
        execution_id: record.execution_id.clone(),
        entity_state: events::text(&record.payloads.output),
        operation_requests: events::all_to_wire(&work.operations, &record.instance_id),
    }
}

fn activity(task: &Arc<Task>) -> proto::ActivityRequest {
    proto::ActivityRequest {
        name: task.name.clone(),
        version: task.version.clone(),
        input: events::text(&task.input),
        orchestration_instance: Some(proto::OrchestrationInstance {
            instance_id: task.instance_id.to_string(),
            execution_id: Some(task.execution_id.clone()),
        }),
        task_id: task.event_id,
        parent_trace_context: task.trace.as_ref().map(events::trace_to_wire),
        tags: task.tags.clone().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_served_in_the_versions_of_both() {
        let filter = |name: &str, versions: &[&str]| {
            (name.to_owned(), versions.iter().map(|version| (*version).to_owned()).collect())
        };
        let merged = merged(
            [
                filter("A", &["1.0"]),
                filter("A", &["2.0"]),
                filter("B", &["1.0"]),
                filter("B", &[]),
                filter("C", &[]),
                filter("C", &["1.0"]),
            ]
            .into_iter(),
        );
        let expected = [filter("A", &["1.0", "2.0"]), filter("B", &[]), filter("C", &[])];
        assert_eq!(merged, expected.into_iter().collect());
    }
}
