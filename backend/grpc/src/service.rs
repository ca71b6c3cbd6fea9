//! The service: each rpc as one hub operation.

use std::{sync::Arc, time::Duration};

use prost::Message as _;
use taskhub_hub::{
    Hub, Hubs,
    engine::history_event::Payload,
    operation::{control, query_instances::Listed, raise_event, start_instance, terminate, wait},
    store::model::InstanceRecord,
};
use taskhub_proto as proto;
use taskhub_proto::task_hub_sidecar_service_server::{
    TaskHubSidecarService, TaskHubSidecarServiceServer,
};
use taskhub_shared::limits;
use tonic::{Request, Response, Status, metadata::MetadataMap};

use crate::{
    admin, again, answers,
    convert::{actions, events, state, time},
    entities, history, hub_choice, many,
    outgoing::Outgoing,
    purge, status,
    work_items::{self, WorkItemStream},
};

/// How long a wait may last before the client has to ask again.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What the door is opened with.
#[derive(Debug, Clone, Copy)]
pub struct DoorOptions {
    /// Largest message that is read, in bytes. Default 64 MiB.
    pub largest_message: usize,
    /// Largest work item that is sent, in bytes. Default 4 MiB, the receive limit of the SDKs.
    pub largest_work_item: usize,
    /// Bytes of large answers that clients have not taken yet; past it, calls wait. Default 256 MiB.
    pub outgoing: usize,
    /// How long a call waits for that. Default 10 s.
    pub patience: Duration,
}

impl Default for DoorOptions {
    fn default() -> Self {
        Self {
            largest_message: limits::GRPC_MESSAGE_BYTES,
            largest_work_item: limits::WORK_ITEM_BYTES,
            outgoing: limits::GRPC_IN_FLIGHT_BYTES,
            patience: Duration::from_secs(10),
        }
    }
}

/// The gRPC door to the hubs of a server.
#[derive(Debug, Clone)]
pub struct Door {
    hubs: Hubs,
    options: DoorOptions,
    outgoing: Outgoing,
}

impl Door {
    /// A door to these hubs.
    #[must_use]
    pub fn new(hubs: Hubs, options: DoorOptions) -> Self {
        Self { hubs, options, outgoing: Outgoing::new(options.outgoing, options.patience) }
    }

    /// The service, to be added to a tonic router.
    #[must_use]
    pub fn into_service(self) -> TaskHubSidecarServiceServer<Self> {
        let largest = self.options.largest_message;
        TaskHubSidecarServiceServer::new(self)
            .max_decoding_message_size(largest)
            .max_encoding_message_size(usize::MAX)
    }

    fn hub(&self, metadata: &MetadataMap) -> Result<Hub, Status> {
        hub_choice::hub(&self.hubs, metadata)
    }

    async fn wait(
        &self,
        request: Request<proto::GetInstanceRequest>,
        until: wait::Until,
    ) -> Result<Response<proto::GetInstanceResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.get_ref();
        let payloads = request.get_inputs_and_outputs;
        let read = || async {
            let waited = hub.wait(&request.instance_id, until, LONGEST_WAIT).await;
            match waited.map_err(|error| status::of(&error))? {
                wait::Outcome::Reached(record) => Ok(Some(record)),
                wait::Outcome::NotFound => Ok(None),
                wait::Outcome::TimedOut => {
                    Err(Status::deadline_exceeded("the instance has not come to this point yet"))
                }
            }
        };
        self.state(read, payloads).await
    }

    /// The state of an instance, once there is room for it.
    async fn state<F: Future<Output = Result<Option<Arc<InstanceRecord>>, Status>>>(
        &self,
        read: impl Fn() -> F,
        payloads: bool,
    ) -> Result<Response<proto::GetInstanceResponse>, Status> {
        let weight = |record: &Option<Arc<InstanceRecord>>| {
            record.as_ref().filter(|_| payloads).map_or(0, |record| record.weight())
        };
        let wire = |record: Option<Arc<InstanceRecord>>| {
            record.map(|record| state::found(&record, payloads)).unwrap_or_default()
        };
        self.outgoing.answer(read, weight, wire).await
    }
}

fn controlled(outcome: control::Outcome, id: &str) -> Result<(), Status> {
    match outcome {
        // Compat: the SDKs take a repeated suspend, or one of an ended instance, for done.
        control::Outcome::Accepted
        | control::Outcome::Unchanged(_)
        | control::Outcome::Ended(_) => Ok(()),
        control::Outcome::NotFound => Err(status::no_instance(id)),
    }
}

/// Text that a client really gave. Compat: JavaScript sends an empty text for no input.
fn input(text: Option<String>) -> Option<Payload> {
    text.filter(|text| !text.is_empty()).map(Payload::from)
}

#[tonic::async_trait]
impl TaskHubSidecarService for Door {
    type GetWorkItemsStream = WorkItemStream;
    type StreamInstanceHistoryStream = history::HistoryStream;

    async fn hello(&self, _: Request<()>) -> Result<Response<()>, Status> {
        Ok(Response::new(()))
    }

    async fn get_work_items(
        &self,
        request: Request<proto::GetWorkItemsRequest>,
    ) -> Result<Response<Self::GetWorkItemsStream>, Status> {
        let hub = self.hub(request.metadata())?;
        let worker_id =
            request.metadata().get("workerid").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let bytes = request.get_ref().encoded_len();
        if bytes > limits::FILTER_BYTES {
            return Err(Status::resource_exhausted(format!(
                "workItemFilters: the request has {bytes} bytes; at most {} are allowed",
                limits::FILTER_BYTES
            )));
        }
        let streams_history = work_items::streams_history(request.get_ref());
        let profile = work_items::profile(request.get_ref().clone(), worker_id.to_owned());
        tracing::info!(hub = %hub.name(), worker = %profile.worker_id, filtered = profile.filters.is_some(),
            "worker connected");
        let items = hub.connect_worker(profile);
        let largest = self.options.largest_work_item;
        Ok(Response::new(work_items::stream(hub, items, largest, streams_history)))
    }

    async fn complete_orchestrator_task(
        &self,
        request: Request<proto::OrchestratorResponse>,
    ) -> Result<Response<proto::CompleteTaskResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        answers::turn(&hub, request.into_inner()).await
    }

    async fn complete_activity_task(
        &self,
        request: Request<proto::ActivityResponse>,
    ) -> Result<Response<proto::CompleteTaskResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        answers::activity(&hub, request.into_inner()).await
    }

    async fn abandon_task_activity_work_item(
        &self,
        request: Request<proto::AbandonActivityTaskRequest>,
    ) -> Result<Response<proto::AbandonActivityTaskResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        if let Ok(token) = request.get_ref().completion_token.parse() {
            hub.abandon(token);
        }
        Ok(Response::new(proto::AbandonActivityTaskResponse {}))
    }

    async fn abandon_task_orchestrator_work_item(
        &self,
        request: Request<proto::AbandonOrchestrationTaskRequest>,
    ) -> Result<Response<proto::AbandonOrchestrationTaskResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        if let Ok(token) = request.get_ref().completion_token.parse() {
            hub.abandon(token);
        }
        Ok(Response::new(proto::AbandonOrchestrationTaskResponse {}))
    }

    async fn start_instance(
        &self,
        request: Request<proto::CreateInstanceRequest>,
    ) -> Result<Response<proto::CreateInstanceResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.into_inner();
        let reuse = match request.orchestration_id_reuse_policy {
            None => start_instance::Reuse::Ended,
            Some(policy) => start_instance::Reuse::Statuses(state::statuses(
                "orchestrationIdReusePolicy.replaceableStatus",
                &policy.replaceable_status,
            )?),
        };
        let id = request.instance_id;
        let start = start_instance::Request {
            instance_id: Some(id.clone()).filter(|id| !id.is_empty()),
            name: request.name,
            version: request.version,
            input: input(request.input),
            scheduled_start: time::read(
                "scheduledStartTimestamp",
                request.scheduled_start_timestamp.as_ref(),
            )?,
            tags: actions::tags(request.tags),
            trace: request.parent_trace_context.map(events::trace_from_wire),
            reuse,
        };
        match hub.start_instance(start).await.map_err(|error| status::of(&error))? {
            start_instance::Outcome::Started { instance_id } => {
                Ok(Response::new(proto::CreateInstanceResponse {
                    instance_id: instance_id.to_string(),
                }))
            }
            start_instance::Outcome::Exists(status) => Err(Status::already_exists(format!(
                "an instance with the id {id:?} exists and is {status}"
            ))),
        }
    }

    async fn get_instance(
        &self,
        request: Request<proto::GetInstanceRequest>,
    ) -> Result<Response<proto::GetInstanceResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.get_ref();
        let read = || async {
            let found = hub.instance(&request.instance_id).await;
            Ok(found.map_err(|error| status::of(&error))?.map(Arc::new))
        };
        self.state(read, request.get_inputs_and_outputs).await
    }

    async fn wait_for_instance_start(
        &self,
        request: Request<proto::GetInstanceRequest>,
    ) -> Result<Response<proto::GetInstanceResponse>, Status> {
        self.wait(request, wait::Until::Started).await
    }

    async fn wait_for_instance_completion(
        &self,
        request: Request<proto::GetInstanceRequest>,
    ) -> Result<Response<proto::GetInstanceResponse>, Status> {
        self.wait(request, wait::Until::Ended).await
    }

    async fn raise_event(
        &self,
        request: Request<proto::RaiseEventRequest>,
    ) -> Result<Response<proto::RaiseEventResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.into_inner();
        let input = request.input.map(Payload::from);
        let raised = hub.raise_event(&request.instance_id, &request.name, input).await;
        match raised.map_err(|error| status::of(&error))? {
            // Compat: the SDKs take an event for an ended instance for delivered; HTTP says 410.
            raise_event::Outcome::Accepted | raise_event::Outcome::Ended(_) => {
                Ok(Response::new(proto::RaiseEventResponse {}))
            }
            raise_event::Outcome::NotFound => Err(status::no_instance(&request.instance_id)),
        }
    }

    async fn terminate_instance(
        &self,
        request: Request<proto::TerminateRequest>,
    ) -> Result<Response<proto::TerminateResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.into_inner();
        let output = request.output.map(Payload::from);
        let done = hub.terminate(&request.instance_id, output, request.recursive).await;
        match done.map_err(|error| status::of(&error))? {
            terminate::Outcome::Terminated | terminate::Outcome::AlreadyEnded(_) => {
                Ok(Response::new(proto::TerminateResponse {}))
            }
            terminate::Outcome::NotFound => Err(status::no_instance(&request.instance_id)),
        }
    }

    async fn suspend_instance(
        &self,
        request: Request<proto::SuspendRequest>,
    ) -> Result<Response<proto::SuspendResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.into_inner();
        let done = hub
            .suspend(&request.instance_id, request.reason)
            .await
            .map_err(|error| status::of(&error))?;
        controlled(done, &request.instance_id)?;
        Ok(Response::new(proto::SuspendResponse {}))
    }

    async fn resume_instance(
        &self,
        request: Request<proto::ResumeRequest>,
    ) -> Result<Response<proto::ResumeResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let request = request.into_inner();
        let done = hub
            .resume(&request.instance_id, request.reason)
            .await
            .map_err(|error| status::of(&error))?;
        controlled(done, &request.instance_id)?;
        Ok(Response::new(proto::ResumeResponse {}))
    }

    async fn query_instances(
        &self,
        request: Request<proto::QueryInstancesRequest>,
    ) -> Result<Response<proto::QueryInstancesResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        let query = request.into_inner().query.unwrap_or_default();
        let payloads = query.fetch_inputs_and_outputs;
        let query = state::query(query)?;
        let read = || async {
            hub.query_instances(&query, payloads).await.map_err(|error| status::of(&error))
        };
        let weight =
            |listed: &Listed| listed.records.iter().map(InstanceRecord::weight).sum::<usize>();
        let wire = |listed: Listed| proto::QueryInstancesResponse {
            orchestration_state: listed
                .records
                .iter()
                .map(|record| state::to_wire(record, payloads))
                .collect(),
            continuation_token: listed.next,
        };
        self.outgoing.answer(read, weight, wire).await
    }

    async fn purge_instances(
        &self,
        request: Request<proto::PurgeInstancesRequest>,
    ) -> Result<Response<proto::PurgeInstancesResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        Ok(Response::new(purge::purge(&hub, request.into_inner()).await?))
    }

    async fn rewind_instance(
        &self,
        request: Request<proto::RewindInstanceRequest>,
    ) -> Result<Response<proto::RewindInstanceResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        again::rewind(&hub, request.into_inner()).await
    }

    async fn restart_instance(
        &self,
        request: Request<proto::RestartInstanceRequest>,
    ) -> Result<Response<proto::RestartInstanceResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        again::restart(&hub, request.into_inner()).await
    }

    async fn list_instance_ids(
        &self,
        request: Request<proto::ListInstanceIdsRequest>,
    ) -> Result<Response<proto::ListInstanceIdsResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        many::list_ended(&hub, request.into_inner()).await
    }

    async fn complete_entity_task(
        &self,
        request: Request<proto::EntityBatchResult>,
    ) -> Result<Response<proto::CompleteTaskResponse>, Status> {
        let hub = self.hub(request.metadata())?.clone();
        answers::entity(&hub, request.into_inner()).await
    }

    async fn stream_instance_history(
        &self,
        request: Request<proto::StreamInstanceHistoryRequest>,
    ) -> Result<Response<Self::StreamInstanceHistoryStream>, Status> {
        let hub = self.hub(request.metadata())?;
        Ok(Response::new(history::stream(&hub, request.into_inner()).await?))
    }

    async fn create_task_hub(
        &self,
        request: Request<proto::CreateTaskHubRequest>,
    ) -> Result<Response<proto::CreateTaskHubResponse>, Status> {
        admin::create(&self.hubs, &request).await
    }

    async fn delete_task_hub(
        &self,
        request: Request<proto::DeleteTaskHubRequest>,
    ) -> Result<Response<proto::DeleteTaskHubResponse>, Status> {
        admin::delete(&self.hubs, &request).await
    }

    async fn signal_entity(
        &self,
        request: Request<proto::SignalEntityRequest>,
    ) -> Result<Response<proto::SignalEntityResponse>, Status> {
        let hub = self.hub(request.metadata())?.clone();
        entities::signal(&hub, request.into_inner()).await?;
        Ok(Response::new(proto::SignalEntityResponse {}))
    }

    async fn get_entity(
        &self,
        request: Request<proto::GetEntityRequest>,
    ) -> Result<Response<proto::GetEntityResponse>, Status> {
        let hub = self.hub(request.metadata())?.clone();
        entities::get(&hub, &self.outgoing, request.get_ref()).await
    }

    async fn query_entities(
        &self,
        request: Request<proto::QueryEntitiesRequest>,
    ) -> Result<Response<proto::QueryEntitiesResponse>, Status> {
        let hub = self.hub(request.metadata())?.clone();
        let query = request.into_inner().query.unwrap_or_default();
        entities::query(&hub, &self.outgoing, query).await
    }

    async fn clean_entity_storage(
        &self,
        request: Request<proto::CleanEntityStorageRequest>,
    ) -> Result<Response<proto::CleanEntityStorageResponse>, Status> {
        let hub = self.hub(request.metadata())?.clone();
        Ok(Response::new(entities::clean(&hub, request.into_inner()).await?))
    }

    async fn abandon_task_entity_work_item(
        &self,
        request: Request<proto::AbandonEntityTaskRequest>,
    ) -> Result<Response<proto::AbandonEntityTaskResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        if let Ok(token) = request.get_ref().completion_token.parse() {
            hub.abandon(token);
        }
        Ok(Response::new(proto::AbandonEntityTaskResponse {}))
    }

    async fn skip_graceful_orchestration_terminations(
        &self,
        request: Request<proto::SkipGracefulOrchestrationTerminationsRequest>,
    ) -> Result<Response<proto::SkipGracefulOrchestrationTerminationsResponse>, Status> {
        let hub = self.hub(request.metadata())?;
        many::terminate(&hub, request.into_inner()).await
    }
}
