//! Answers of workers that cannot be taken: the work never stands still.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it does not expect should stop"
)]

use std::{sync::Arc, time::Duration};

use taskhub_grpc::{Door, DoorOptions};
use taskhub_hub::{
    Hubs,
    clock::{RandomIds, SystemClock},
    store::memory::MemoryStore,
};
use taskhub_proto::{
    self as proto, OrchestrationState, OrchestrationStatus,
    orchestrator_action::OrchestratorActionType as Kind,
    send_entity_message_action::EntityMessageType as Message,
    task_hub_sidecar_service_client::TaskHubSidecarServiceClient, work_item::Request as Work,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Streaming, transport::Channel};

struct Server {
    client: TaskHubSidecarServiceClient<Channel>,
    items: Streaming<proto::WorkItem>,
}

impl Server {
    /// A server with one instance, `x`, and a worker that the test plays.
    async fn start() -> Self {
        let store = Arc::new(MemoryStore::default());
        let hubs =
            Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = Door::new(hubs, DoorOptions::default()).into_service();
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        let mut client = TaskHubSidecarServiceClient::connect(endpoint).await.unwrap();
        let start = proto::CreateInstanceRequest {
            name: "X".to_owned(),
            instance_id: "x".to_owned(),
            ..Default::default()
        };
        client.start_instance(start).await.unwrap();
        let items = client
            .get_work_items(proto::GetWorkItemsRequest::default())
            .await
            .unwrap()
            .into_inner();
        Self { client, items }
    }

    async fn next(&mut self) -> (String, Work) {
        let next = tokio::time::timeout(Duration::from_secs(20), self.items.message());
        let item = next.await.expect("in time").unwrap().unwrap();
        (item.completion_token, item.request.unwrap())
    }

    fn answer(&self, token: String, actions: Vec<Kind>) -> proto::OrchestratorResponse {
        let number =
            |(id, kind)| proto::OrchestratorAction { id, orchestrator_action_type: Some(kind) };
        proto::OrchestratorResponse {
            instance_id: "x".to_owned(),
            completion_token: token,
            actions: (1..).zip(actions).map(number).collect(),
            ..Default::default()
        }
    }

    async fn ended(&mut self) -> OrchestrationState {
        let request =
            proto::GetInstanceRequest { instance_id: "x".to_owned(), get_inputs_and_outputs: true };
        let wait = self.client.wait_for_instance_completion(request);
        let answer =
            tokio::time::timeout(Duration::from_secs(20), wait).await.expect("in time").unwrap();
        answer.into_inner().orchestration_state.unwrap()
    }

    async fn failed_because(&mut self, kind: &str) {
        let state = self.ended().await;
        assert_eq!(state.orchestration_status(), OrchestrationStatus::Failed);
        let failure = state.failure_details.unwrap();
        assert_eq!(failure.error_type, kind, "{}", failure.error_message);
        assert!(failure.is_non_retriable);
    }
}

fn activity(name: &str) -> Kind {
    Kind::ScheduleTask(proto::ScheduleTaskAction { name: name.to_owned(), ..Default::default() })
}

fn done(result: &str) -> Kind {
    Kind::CompleteOrchestration(proto::CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Completed.into(),
        result: Some(result.to_owned()),
        ..Default::default()
    })
}

#[tokio::test]
async fn an_action_that_is_refused_fails_the_instance() {
    let entity = |message| {
        Kind::SendEntityMessage(proto::SendEntityMessageAction { entity_message_type: message })
    };
    let signal = |target: &str| {
        entity(Some(Message::EntityOperationSignaled(proto::EntityOperationSignaledEvent {
            target_instance_id: Some(target.to_owned()),
            ..Default::default()
        })))
    };
    let no_lock = entity(Some(Message::EntityLockRequested(Default::default())));
    let rewind = Kind::RewindOrchestration(proto::RewindOrchestrationAction::default());
    let long = activity(&"x".repeat(300));
    for action in [long, entity(None), signal("order-17"), signal(""), no_lock, rewind] {
        let mut server = Server::start().await;
        let (token, _) = server.next().await;
        let answer = server.answer(token, vec![action]);
        let refused = server.client.complete_orchestrator_task(answer).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        server.failed_because("InvalidAnswer").await;
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_fails_the_instance() {
    let mut server = Server::start().await;
    let (token, _) = server.next().await;
    let answer = server.answer(token, vec![done(&"x".repeat(17 * 1024 * 1024))]);
    server.client.complete_orchestrator_task(answer).await.unwrap();
    server.failed_because("AnswerTooLarge").await;
}

#[tokio::test]
async fn a_result_that_is_too_large_fails_the_activity() {
    let mut server = Server::start().await;
    let (token, _) = server.next().await;
    let answer = server.answer(token, vec![activity("A")]);
    server.client.complete_orchestrator_task(answer).await.unwrap();
    let (token, work) = server.next().await;
    let Work::ActivityRequest(request) = work else { panic!("{work:?}") };
    let result = proto::ActivityResponse {
        instance_id: "x".to_owned(),
        task_id: request.task_id,
        result: Some("x".repeat(20_000_000)),
        completion_token: token,
        ..Default::default()
    };
    server.client.complete_activity_task(result).await.unwrap();
    let (_, work) = server.next().await;
    let Work::OrchestratorRequest(request) = work else { panic!("{work:?}") };
    let text = format!("{:?}", request.new_events);
    assert!(text.contains("ResultTooLarge") && text.contains("20000"), "{text}");
}

#[tokio::test]
async fn a_worker_that_wants_the_history_gets_the_turn_again() {
    let mut server = Server::start().await;
    let (token, first) = server.next().await;
    let answer =
        proto::OrchestratorResponse { requires_history: true, ..server.answer(token, vec![]) };
    server.client.complete_orchestrator_task(answer).await.unwrap();
    let (token, second) = server.next().await;
    assert_eq!(first, second, "nothing was consumed");
    let answer = server.answer(token, vec![done("1")]);
    server.client.complete_orchestrator_task(answer).await.unwrap();
    assert_eq!(server.ended().await.output.as_deref(), Some("1"));
}

#[tokio::test]
async fn an_answer_in_chunks_counts_as_one() {
    let mut server = Server::start().await;
    let (token, _) = server.next().await;
    #[expect(deprecated, reason = "older .NET and Java workers send it")]
    let first = proto::OrchestratorResponse {
        is_partial: true,
        ..server.answer(token.clone(), vec![activity("A"), activity("B")])
    };
    server.client.complete_orchestrator_task(first).await.unwrap();
    let mut last = server.answer(token, vec![]);
    last.num_events_processed = Some(0);
    last.actions =
        vec![proto::OrchestratorAction { id: 3, orchestrator_action_type: Some(done("1")) }];
    server.client.complete_orchestrator_task(last).await.unwrap();
    let state = server.ended().await;
    assert_eq!(state.output.as_deref(), Some("1"));
    let mut names = Vec::new();
    for _ in 0..2 {
        let (_, work) = server.next().await;
        let Work::ActivityRequest(request) = work else { panic!("{work:?}") };
        names.push(request.name);
    }
    assert_eq!(names, ["A", "B"]);
}

#[tokio::test]
async fn chunks_are_taken_once_and_never_without_those_before_them() {
    let mut server = Server::start().await;
    let (token, _) = server.next().await;
    #[expect(deprecated, reason = "older .NET and Java workers send them")]
    let chunk = |server: &Server, index: i32, last: bool, kind: Kind| {
        let action = proto::OrchestratorAction { id: index, orchestrator_action_type: Some(kind) };
        proto::OrchestratorResponse {
            actions: vec![action],
            chunk_index: Some(index),
            is_partial: !last,
            ..server.answer(token.clone(), vec![])
        }
    };
    // Nobody was given this delivery: nothing is kept for it.
    let forged = proto::OrchestratorResponse {
        completion_token: "1".repeat(32),
        ..chunk(&server, 0, false, activity("A"))
    };
    let refused = server.client.complete_orchestrator_task(forged).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    // The worker sends again what it was not told to be taken.
    let first = chunk(&server, 0, false, activity("A"));
    server.client.complete_orchestrator_task(first.clone()).await.unwrap();
    server.client.complete_orchestrator_task(first).await.unwrap();
    let last = chunk(&server, 1, true, done("1"));
    server.client.complete_orchestrator_task(last.clone()).await.unwrap();
    server.client.complete_orchestrator_task(last).await.unwrap();
    assert_eq!(server.ended().await.output.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_last_chunk_alone_brings_the_turn_again() {
    let mut server = Server::start().await;
    let (token, first) = server.next().await;
    let alone = proto::OrchestratorResponse {
        #[expect(deprecated, reason = "older .NET and Java workers send it")]
        chunk_index: Some(1),
        ..server.answer(token, vec![done("1")])
    };
    let refused = server.client.complete_orchestrator_task(alone).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let (token, second) = server.next().await;
    assert_eq!(first, second, "nothing was consumed");
    let answer = server.answer(token, vec![done("2")]);
    server.client.complete_orchestrator_task(answer).await.unwrap();
    assert_eq!(server.ended().await.output.as_deref(), Some("2"));
}

#[tokio::test]
async fn payloads_of_clients_leave_room_in_a_work_item() {
    let mut server = Server::start().await;
    let large = Some(format!("\"{}\"", "x".repeat(taskhub_shared::limits::PAYLOAD_BYTES)));
    let start = proto::CreateInstanceRequest {
        name: "X".to_owned(),
        input: large.clone(),
        ..Default::default()
    };
    assert_eq!(
        server.client.start_instance(start).await.unwrap_err().code(),
        Code::ResourceExhausted
    );
    let event = proto::RaiseEventRequest {
        instance_id: "x".to_owned(),
        name: "E".to_owned(),
        input: large.clone(),
    };
    assert_eq!(server.client.raise_event(event).await.unwrap_err().code(), Code::ResourceExhausted);
    let end =
        proto::TerminateRequest { instance_id: "x".to_owned(), output: large, recursive: false };
    assert_eq!(
        server.client.terminate_instance(end).await.unwrap_err().code(),
        Code::ResourceExhausted
    );
    let largest = "x".repeat(taskhub_shared::limits::PAYLOAD_BYTES);
    let event = proto::RaiseEventRequest {
        instance_id: "x".to_owned(),
        name: "E".to_owned(),
        input: Some(largest),
    };
    server.client.raise_event(event).await.unwrap();
    let (token, _) = server.next().await;
    let answer = server.answer(token, vec![]);
    server.client.complete_orchestrator_task(answer).await.unwrap();
    let (_, work) = server.next().await;
    assert!(matches!(work, Work::OrchestratorRequest(_)), "the event fits");
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_deletes_nothing() {
    let mut server = Server::start().await;
    let end = proto::TerminateRequest { instance_id: "x".to_owned(), ..Default::default() };
    server.client.terminate_instance(end).await.unwrap();
    let bad_time = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    let bad_timeout = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    let filters = [
        proto::PurgeInstanceFilter { created_time_to: bad_time, ..Default::default() },
        proto::PurgeInstanceFilter { created_time_from: bad_time, ..Default::default() },
        proto::PurgeInstanceFilter { timeout: bad_timeout, ..Default::default() },
    ];
    let purge = |filter| proto::PurgeInstancesRequest {
        request: Some(proto::purge_instances_request::Request::PurgeInstanceFilter(filter)),
        ..Default::default()
    };
    for filter in filters {
        let refused = server.client.purge_instances(purge(filter)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    let endless = Some(prost_types::Duration { seconds: i64::MAX, nanos: 0 });
    let all = proto::PurgeInstanceFilter { timeout: endless, ..Default::default() };
    let purged = server.client.purge_instances(purge(all)).await.unwrap().into_inner();
    assert_eq!(purged.deleted_instance_count, 1);
}

#[tokio::test]
async fn the_names_that_a_worker_asks_for_are_bounded() {
    let mut server = Server::start().await;
    let request = |names: usize| {
        let filter =
            |n: usize| proto::ActivityFilter { name: format!("{n:0>200}"), versions: Vec::new() };
        proto::GetWorkItemsRequest {
            work_item_filters: Some(proto::WorkItemFilters {
                activities: (0..names).map(filter).collect(),
                ..Default::default()
            }),
            ..Default::default()
        }
    };
    server.client.get_work_items(request(1000)).await.unwrap();
    let refused = server.client.get_work_items(request(1500)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
}
