//! A plain gRPC client, which can also play a worker.

use taskhub_proto::{
    self as proto, CreateInstanceRequest, GetInstanceRequest, GetWorkItemsRequest,
    OrchestrationState, WorkItem, task_hub_sidecar_service_client::TaskHubSidecarServiceClient,
    work_item::Request,
};
use tonic::{Code, Streaming, transport::Channel};

use super::{PATIENCE, eventually, within};

pub(crate) type Client = TaskHubSidecarServiceClient<Channel>;

/// A connection to a server.
pub(crate) struct Grpc {
    pub(crate) client: Client,
}

/// Work items, as a worker gets them.
pub(crate) struct Work {
    stream: Streaming<WorkItem>,
}

/// A start with a name, an id and nothing else.
pub(crate) fn start_request(name: &str, id: &str) -> CreateInstanceRequest {
    CreateInstanceRequest {
        name: name.to_owned(),
        instance_id: id.to_owned(),
        ..CreateInstanceRequest::default()
    }
}

impl Grpc {
    /// Connects as soon as the server listens.
    pub(crate) async fn connect(origin: &str) -> Self {
        let client = eventually("a gRPC connection", || async {
            Client::connect(origin.to_owned()).await.ok()
        })
        .await;
        Self { client: client.max_decoding_message_size(64 * 1024 * 1024) }
    }

    pub(crate) async fn start(&mut self, name: &str, id: &str) {
        self.client.start_instance(start_request(name, id)).await.expect("start an instance");
    }

    /// Code of the refusal of a start.
    pub(crate) async fn refusal(&mut self, request: CreateInstanceRequest) -> Code {
        let answer = self.client.start_instance(request).await;
        answer.map_or_else(|status| status.code(), |answer| panic!("it was accepted: {answer:?}"))
    }

    pub(crate) async fn state(&mut self, id: &str) -> Option<OrchestrationState> {
        let request = get(id);
        let answer = self.client.get_instance(request).await.expect("get an instance").into_inner();
        answer.orchestration_state.filter(|_| answer.exists)
    }

    /// State of the instance when it has ended.
    pub(crate) async fn ended(&mut self, id: &str) -> OrchestrationState {
        let wait = self.client.wait_for_instance_completion(get(id));
        let answer = within(PATIENCE, &format!("the end of {id}"), wait).await;
        answer.expect("wait for an instance").into_inner().orchestration_state.expect("it is known")
    }

    /// Opens a worker's stream for orchestrators of one name, or for everything.
    pub(crate) async fn work(&mut self, only: Option<&str>) -> Work {
        self.work_at_once(only, 0).await
    }

    /// The same for a worker that takes so many orchestrations at once, 0 for any number.
    pub(crate) async fn work_at_once(&mut self, only: Option<&str>, most: i32) -> Work {
        let orchestration = |name: &str| proto::OrchestrationFilter {
            name: name.to_owned(),
            ..proto::OrchestrationFilter::default()
        };
        let filters = only.map(|name| proto::WorkItemFilters {
            orchestrations: vec![orchestration(name)],
            ..proto::WorkItemFilters::default()
        });
        let request = GetWorkItemsRequest {
            work_item_filters: filters,
            max_concurrent_orchestration_work_items: most,
            ..GetWorkItemsRequest::default()
        };
        let stream = self.client.get_work_items(request).await.expect("open a stream").into_inner();
        Work { stream }
    }

    /// Completes an orchestration's turn by ending it with an output.
    pub(crate) async fn complete(
        &mut self,
        item: &WorkItem,
        output: &str,
    ) -> Result<(), tonic::Status> {
        let Some(Request::OrchestratorRequest(request)) = &item.request else {
            panic!("no orchestration: {item:?}");
        };
        let end = proto::CompleteOrchestrationAction {
            orchestration_status: proto::OrchestrationStatus::Completed.into(),
            result: Some(output.to_owned()),
            ..proto::CompleteOrchestrationAction::default()
        };
        let action = proto::OrchestratorAction {
            id: 1,
            orchestrator_action_type: Some(
                proto::orchestrator_action::OrchestratorActionType::CompleteOrchestration(end),
            ),
        };
        let response = proto::OrchestratorResponse {
            instance_id: request.instance_id.clone(),
            actions: vec![action],
            completion_token: item.completion_token.clone(),
            ..proto::OrchestratorResponse::default()
        };
        self.client.complete_orchestrator_task(response).await.map(|_| ())
    }
}

impl Work {
    /// Next work item that is not a health ping; nothing when the server has ended the stream.
    pub(crate) async fn next(&mut self) -> Option<WorkItem> {
        loop {
            let item = within(PATIENCE, "a work item", self.stream.message()).await;
            match item.ok().flatten() {
                Some(WorkItem { request: Some(Request::HealthPing(_)), .. }) => {}
                item => return item,
            }
        }
    }
}

fn get(id: &str) -> GetInstanceRequest {
    GetInstanceRequest { instance_id: id.to_owned(), get_inputs_and_outputs: true }
}
