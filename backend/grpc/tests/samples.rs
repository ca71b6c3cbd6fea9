//! The sample worker, over a socket, against the real door and engine.
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
    task_hub_sidecar_service_client::TaskHubSidecarServiceClient,
};
use taskhub_worker::{Worker, samples};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, transport::Channel};

struct Server {
    client: TaskHubSidecarServiceClient<Channel>,
    endpoint: String,
}

impl Server {
    async fn start() -> Self {
        let store = Arc::new(MemoryStore::default());
        let hubs =
            Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = Door::new(hubs, DoorOptions::default()).into_service();
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        let client = TaskHubSidecarServiceClient::connect(endpoint.clone()).await.unwrap();
        Self { client, endpoint }
    }

    async fn with_worker() -> Self {
        let server = Self::start().await;
        server.add_worker();
        server
    }

    fn add_worker(&self) {
        let builder = Worker::builder().endpoint(&*self.endpoint).task_hub("DurableFunctionsHub");
        let worker = samples::register(builder).build().unwrap();
        tokio::spawn(async move { worker.run_until(std::future::pending()).await });
    }

    async fn start_instance(&mut self, name: &str, id: &str, input: Option<&str>) {
        let request = proto::CreateInstanceRequest {
            name: name.to_owned(),
            instance_id: id.to_owned(),
            input: input.map(str::to_owned),
            ..Default::default()
        };
        self.client.start_instance(request).await.unwrap();
    }

    async fn ended(&mut self, id: &str) -> OrchestrationState {
        let request =
            proto::GetInstanceRequest { instance_id: id.to_owned(), get_inputs_and_outputs: true };
        let wait = self.client.wait_for_instance_completion(request);
        let answer =
            tokio::time::timeout(Duration::from_secs(30), wait).await.expect("in time").unwrap();
        answer.into_inner().orchestration_state.unwrap()
    }

    async fn run(&mut self, name: &str, input: Option<&str>) -> OrchestrationState {
        let id = format!("{name}-1");
        self.start_instance(name, &id, input).await;
        self.ended(&id).await
    }
}

fn check(state: &OrchestrationState, status: OrchestrationStatus, output: Option<&str>) {
    assert_eq!(state.orchestration_status(), status, "{state:?}");
    assert_eq!(state.output.as_deref(), output, "{state:?}");
}

#[tokio::test]
async fn a_sequence_returns_its_greetings() {
    let mut server = Server::with_worker().await;
    let expected = Some(r#"["Hello Tokyo!","Hello Seattle!","Hello London!"]"#);
    for name in ["HelloSequence", "E1_HelloSequence"] {
        let state = server.run(name, None).await;
        check(&state, OrchestrationStatus::Completed, expected);
    }
}

#[tokio::test]
async fn a_thousand_activities_fan_out_and_in() {
    let mut server = Server::with_worker().await;
    let state = server.run("FanOutFanIn", Some(r#"{"count":1000}"#)).await;
    check(&state, OrchestrationStatus::Completed, Some(r#"{"count":1000,"sum":333833500}"#));
}

#[tokio::test]
async fn a_counter_continues_as_new() {
    let mut server = Server::with_worker().await;
    let state = server.run("Counter", Some(r#"{"count":0,"until":25}"#)).await;
    check(&state, OrchestrationStatus::Completed, Some("25"));
}

#[tokio::test]
async fn a_failure_keeps_its_causes() {
    let mut server = Server::with_worker().await;
    let state = server.run("Failing", None).await;
    check(&state, OrchestrationStatus::Failed, None);
    let failure = state.failure_details.unwrap();
    assert!(failure.inner_failure.is_some(), "{failure:?}");
}

#[tokio::test]
async fn an_approval_waits_for_its_event_while_suspended_too() {
    let mut server = Server::with_worker().await;
    server.start_instance("Approval", "a", None).await;
    let started =
        proto::GetInstanceRequest { instance_id: "a".to_owned(), get_inputs_and_outputs: false };
    server.client.wait_for_instance_start(started.clone()).await.unwrap();
    let suspend =
        proto::SuspendRequest { instance_id: "a".to_owned(), reason: Some("holiday".to_owned()) };
    server.client.suspend_instance(suspend).await.unwrap();
    let state = server
        .client
        .get_instance(started)
        .await
        .unwrap()
        .into_inner()
        .orchestration_state
        .unwrap();
    assert_eq!(state.orchestration_status(), OrchestrationStatus::Suspended);
    let event = proto::RaiseEventRequest {
        instance_id: "a".to_owned(),
        name: "approval".to_owned(),
        input: Some(r#"{"approved":true}"#.to_owned()),
    };
    server.client.raise_event(event).await.unwrap();
    let resume = proto::ResumeRequest { instance_id: "a".to_owned(), reason: None };
    server.client.resume_instance(resume).await.unwrap();
    let state = server.ended("a").await;
    check(&state, OrchestrationStatus::Completed, Some(r#"{"approved":true}"#));
}

#[tokio::test]
async fn terminate_needs_no_worker() {
    let mut server = Server::start().await;
    server.start_instance("HelloSequence", "t", None).await;
    let terminate = proto::TerminateRequest {
        instance_id: "t".to_owned(),
        output: Some(r#""enough""#.to_owned()),
        recursive: true,
    };
    server.client.terminate_instance(terminate).await.unwrap();
    let state = server.ended("t").await;
    check(&state, OrchestrationStatus::Terminated, Some(r#""enough""#));
}

#[tokio::test]
async fn work_waits_for_a_worker_that_comes_later() {
    let mut server = Server::start().await;
    server.start_instance("HelloWorld", "w", Some(r#""Ada""#)).await;
    server.add_worker();
    let state = server.ended("w").await;
    check(&state, OrchestrationStatus::Completed, Some(r#""Hello, Ada!""#));
}

#[tokio::test]
async fn refusals_have_the_codes_that_clients_map() {
    let mut server = Server::start().await;
    server.start_instance("X", "twice", None).await;
    let again = proto::CreateInstanceRequest {
        name: "X".to_owned(),
        instance_id: "twice".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        server.client.start_instance(again.clone()).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    for id in ["@entity@1".to_owned(), "x".repeat(257), "a\nb".to_owned()] {
        let bad = proto::CreateInstanceRequest { instance_id: id, ..again.clone() };
        assert_eq!(
            server.client.start_instance(bad).await.unwrap_err().code(),
            Code::InvalidArgument
        );
    }
    for id in ["a/b", "a b", "🙂é漢", "a@b"] {
        let good = proto::CreateInstanceRequest { instance_id: id.to_owned(), ..again.clone() };
        assert_eq!(server.client.start_instance(good).await.unwrap().into_inner().instance_id, id);
    }
    let unknown = proto::RaiseEventRequest {
        instance_id: "no".to_owned(),
        name: "E".to_owned(),
        input: None,
    };
    assert_eq!(server.client.raise_event(unknown).await.unwrap_err().code(), Code::NotFound);
    let unknown =
        proto::GetInstanceRequest { instance_id: "no".to_owned(), get_inputs_and_outputs: false };
    assert!(!server.client.get_instance(unknown).await.unwrap().into_inner().exists);
    let foreign =
        proto::ActivityResponse { completion_token: "0123".to_owned(), ..Default::default() };
    assert_eq!(
        server.client.complete_activity_task(foreign).await.unwrap_err().code(),
        Code::NotFound
    );
    let mut other_hub = tonic::Request::new(proto::GetInstanceRequest::default());
    other_hub.metadata_mut().insert("taskhub", "nowhere".parse().unwrap());
    assert_eq!(server.client.get_instance(other_hub).await.unwrap_err().code(), Code::NotFound);
    let nothing = proto::RewindInstanceRequest::default();
    assert_eq!(server.client.rewind_instance(nothing).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn an_instance_is_purged_only_when_it_has_ended() {
    let mut server = Server::start().await;
    server.start_instance("X", "p", None).await;
    let purge = |id: &str| proto::PurgeInstancesRequest {
        request: Some(proto::purge_instances_request::Request::InstanceId(id.to_owned())),
        ..Default::default()
    };
    let refused = server.client.purge_instances(purge("p")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let terminate = proto::TerminateRequest { instance_id: "p".to_owned(), ..Default::default() };
    server.client.terminate_instance(terminate).await.unwrap();
    let purged = server.client.purge_instances(purge("p")).await.unwrap().into_inner();
    assert_eq!(purged.deleted_instance_count, 1);
    let purged = server.client.purge_instances(purge("p")).await.unwrap().into_inner();
    assert_eq!(purged.deleted_instance_count, 0);
}
