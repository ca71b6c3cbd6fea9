//! A server, a client, and a worker that the test plays.

use std::{sync::Arc, time::Duration};

use taskhub_grpc::{Door, DoorOptions};
use taskhub_hub::{
    Hubs,
    clock::{RandomIds, SystemClock},
    store::{Store, memory::MemoryStore},
};
pub(crate) use taskhub_proto::work_item::Request as Work;
use taskhub_proto::{
    self as proto, OrchestrationState, OrchestrationStatus,
    orchestrator_action::OrchestratorActionType as Kind,
    task_hub_sidecar_service_client::TaskHubSidecarServiceClient,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Streaming, transport::Channel};

pub(crate) type Client = TaskHubSidecarServiceClient<Channel>;

pub(crate) struct Server {
    #[allow(dead_code, reason = "for tests that bring a client of their own")]
    pub(crate) endpoint: String,
    pub(crate) client: Client,
    pub(crate) hubs: Hubs,
}

pub(crate) async fn server() -> Server {
    server_on(Arc::new(MemoryStore::default())).await
}

pub(crate) async fn server_on(store: Arc<dyn Store>) -> Server {
    let hubs = Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let service = Door::new(hubs.clone(), DoorOptions::default()).into_service();
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let client = TaskHubSidecarServiceClient::connect(endpoint.clone()).await.unwrap();
    Server { endpoint, client: client.max_decoding_message_size(64 * 1024 * 1024), hubs }
}

impl Server {
    pub(crate) async fn start(&mut self, id: &str, input: Option<&str>) {
        let start = proto::CreateInstanceRequest {
            name: "X".to_owned(),
            instance_id: id.to_owned(),
            input: input.map(str::to_owned),
            ..Default::default()
        };
        self.client.start_instance(start).await.unwrap();
    }

    pub(crate) async fn worker(&mut self, request: proto::GetWorkItemsRequest) -> Worker {
        let items = self.client.get_work_items(request).await.unwrap().into_inner();
        Worker { client: self.client.clone(), items }
    }

    /// Waits until the instance has ended.
    pub(crate) async fn ended(&self, id: &str) {
        let request =
            proto::GetInstanceRequest { instance_id: id.to_owned(), get_inputs_and_outputs: false };
        self.client.clone().wait_for_instance_completion(request).await.unwrap();
    }

    pub(crate) async fn state(&mut self, id: &str) -> OrchestrationState {
        let request =
            proto::GetInstanceRequest { instance_id: id.to_owned(), get_inputs_and_outputs: true };
        let answer = self.client.get_instance(request).await.unwrap().into_inner();
        answer.orchestration_state.unwrap()
    }
}

pub(crate) struct Worker {
    client: Client,
    items: Streaming<proto::WorkItem>,
}

impl Worker {
    pub(crate) async fn next(&mut self) -> (String, Work) {
        let next = tokio::time::timeout(Duration::from_secs(20), self.items.message());
        let item = next.await.expect("in time").unwrap().unwrap();
        (item.completion_token, item.request.unwrap())
    }

    pub(crate) async fn turn(&mut self) -> (String, proto::OrchestratorRequest) {
        let (token, work) = self.next().await;
        let Work::OrchestratorRequest(request) = work else { panic!("a turn, not {work:?}") };
        (token, request)
    }

    /// Answers the next turn with these actions.
    pub(crate) async fn answer(&mut self, actions: Vec<Kind>) -> proto::OrchestratorRequest {
        let (token, request) = self.turn().await;
        self.answer_to(token, &request.instance_id, actions).await;
        request
    }

    /// Answers a turn with these actions.
    pub(crate) async fn answer_to(&mut self, token: String, id: &str, actions: Vec<Kind>) {
        let number =
            |(id, kind)| proto::OrchestratorAction { id, orchestrator_action_type: Some(kind) };
        let response = proto::OrchestratorResponse {
            instance_id: id.to_owned(),
            completion_token: token,
            actions: (1..).zip(actions).map(number).collect(),
            ..Default::default()
        };
        self.client.complete_orchestrator_task(response).await.unwrap();
    }
}

pub(crate) fn done(result: &str) -> Kind {
    end(OrchestrationStatus::Completed, Some(result), None)
}

pub(crate) fn failed(text: &str) -> Kind {
    let failure = proto::TaskFailureDetails {
        error_type: "E".to_owned(),
        error_message: text.to_owned(),
        ..Default::default()
    };
    end(OrchestrationStatus::Failed, None, Some(failure))
}

fn end(
    status: OrchestrationStatus,
    result: Option<&str>,
    failure_details: Option<proto::TaskFailureDetails>,
) -> Kind {
    Kind::CompleteOrchestration(proto::CompleteOrchestrationAction {
        orchestration_status: status.into(),
        result: result.map(str::to_owned),
        failure_details,
        ..Default::default()
    })
}

pub(crate) fn child(instance_id: &str) -> Kind {
    Kind::CreateSubOrchestration(proto::CreateSubOrchestrationAction {
        name: "Child".to_owned(),
        instance_id: instance_id.to_owned(),
        ..Default::default()
    })
}
