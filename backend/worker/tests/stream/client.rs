//! The client against a server on a real socket.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use taskhub_proto::purge_instances_request::Request as Purge;
use taskhub_proto::{
    CleanEntityStorageRequest, CleanEntityStorageResponse, CreateInstanceRequest,
    CreateInstanceResponse, EntityMetadata, GetEntityRequest, GetEntityResponse,
    GetInstanceRequest, GetInstanceResponse, OrchestrationState, OrchestrationStatus,
    PurgeInstancesRequest, PurgeInstancesResponse, QueryEntitiesRequest, QueryEntitiesResponse,
    QueryInstancesRequest, QueryInstancesResponse, RaiseEventRequest, RaiseEventResponse,
    RestartInstanceRequest, RestartInstanceResponse, ResumeRequest, ResumeResponse,
    RewindInstanceRequest, RewindInstanceResponse, SignalEntityRequest, SignalEntityResponse,
    SuspendRequest, SuspendResponse, TaskFailureDetails, TerminateRequest, TerminateResponse,
};
use taskhub_worker::{
    Children, Client, ClientError, EntityId, EntityQuery, InstanceQuery, InstanceStatus,
    PurgeFilter, StartOptions, Worker,
};
use tonic::Status;

use crate::server::Server;

const TIMEOUT: Duration = Duration::from_secs(10);

async fn start() -> (Server, Client) {
    let server = Server::start().await;
    let client = Client::builder()
        .endpoint(server.endpoint())
        .task_hub("Orders")
        .bearer_token("secret")
        .build()
        .expect("build the client");
    (server, client)
}

fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

const NOON: Timestamp = Timestamp { seconds: 1_772_366_400, nanos: 0 };

fn state(status: OrchestrationStatus) -> OrchestrationState {
    OrchestrationState {
        instance_id: "i".to_owned(),
        name: "Hello".to_owned(),
        orchestration_status: status.into(),
        created_timestamp: Some(NOON),
        output: Some("7".to_owned()),
        version: Some(String::new()),
        ..OrchestrationState::default()
    }
}

fn exists(status: OrchestrationStatus) -> GetInstanceResponse {
    GetInstanceResponse { exists: true, orchestration_state: Some(state(status)) }
}

#[tokio::test]
async fn starts() {
    let (server, client) = start().await;
    server.door.reply(Ok(CreateInstanceResponse { instance_id: "made".to_owned() }));
    assert_eq!(client.start("Hello", "Ada").await.unwrap(), "made");
    let (metadata, request) = server.door.asked_with_metadata::<CreateInstanceRequest>();
    let header = |name| metadata.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("taskhub"), Some("Orders"));
    assert_eq!(header("authorization"), Some("Bearer secret"));
    assert_eq!(header("workerid"), None);
    let expected = CreateInstanceRequest {
        name: "Hello".to_owned(),
        input: Some("\"Ada\"".to_owned()),
        ..CreateInstanceRequest::default()
    };
    assert_eq!(request, expected);

    let options = StartOptions::default()
        .instance_id("order-7")
        .version("2.0")
        .start_at(noon())
        .tag("team", "blue")
        .trace_parent("00-1-2-01")
        .replace([InstanceStatus::Failed, InstanceStatus::Running]);
    server.door.reply::<CreateInstanceResponse>(Err(Status::already_exists("it runs")));
    let error = client.start_with("Hello", (), options).await.unwrap_err();
    assert_eq!(error.to_string(), r#"instance "order-7": exists already: it runs"#);
    assert!(matches!(error, ClientError::AlreadyExists { .. }));
    let request = server.door.asked::<CreateInstanceRequest>();
    assert_eq!((request.instance_id.as_str(), request.input), ("order-7", None));
    assert_eq!(request.version.as_deref(), Some("2.0"));
    assert_eq!(request.scheduled_start_timestamp, Some(NOON));
    assert_eq!(request.tags["team"], "blue");
    assert_eq!(request.parent_trace_context.unwrap().trace_parent, "00-1-2-01");
    let policy = request.orchestration_id_reuse_policy.unwrap();
    assert_eq!(policy.replaceable_status, [3, 0]);

    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = client.start("Hello", unwritable).await.unwrap_err();
    assert!(error.to_string().starts_with(r#"input of new instance of "Hello": "#), "{error}");
}

#[tokio::test]
async fn looks_at_an_instance() {
    let (server, client) = start().await;
    server.door.reply(Ok(GetInstanceResponse { exists: false, orchestration_state: None }));
    assert_eq!(client.get("none").await.unwrap(), None);
    assert!(server.door.asked::<GetInstanceRequest>().get_inputs_and_outputs);

    let failed = OrchestrationState {
        failure_details: Some(TaskFailureDetails {
            error_type: "Sad".to_owned(),
            ..TaskFailureDetails::default()
        }),
        ..state(OrchestrationStatus::Failed)
    };
    server.door.reply(Ok(GetInstanceResponse { exists: true, orchestration_state: Some(failed) }));
    let instance = client.get_without_payloads("i").await.unwrap().expect("it exists");
    assert!(!server.door.asked::<GetInstanceRequest>().get_inputs_and_outputs);
    assert_eq!(instance.status, InstanceStatus::Failed);
    assert!(instance.status.is_terminal());
    assert_eq!((instance.created_at, instance.completed_at), (noon(), None));
    assert_eq!((instance.version, instance.input.text()), (None, None));
    assert_eq!(instance.output.read::<u8>().unwrap(), 7);
    let error = instance.output.read::<String>().unwrap_err();
    assert!(error.to_string().starts_with(r#"output of instance "i": invalid type"#), "{error}");
    assert_eq!(instance.custom_status.read::<Option<u8>>().unwrap(), None);
    assert_eq!(instance.failure.expect("a failure").error_type, "Sad");
}

#[tokio::test]
async fn waits_through_what_may_pass() {
    let (server, client) = start().await;
    server.door.reply::<GetInstanceResponse>(Err(Status::deadline_exceeded("cut")));
    server.door.reply::<GetInstanceResponse>(Err(Status::unavailable("draining")));
    server.door.reply(Ok(exists(OrchestrationStatus::Completed)));
    let instance = client.wait_for_completion("i", TIMEOUT).await.unwrap();
    assert_eq!(instance.status, InstanceStatus::Completed);
    for _ in 0..3 {
        assert_eq!(server.door.asked::<GetInstanceRequest>().instance_id, "i");
    }

    server.door.reply(Ok(exists(OrchestrationStatus::Running)));
    let instance = client.wait_for_start("i", TIMEOUT).await.unwrap();
    assert!(!instance.status.is_terminal());

    server.door.reply(Ok(GetInstanceResponse { exists: false, orchestration_state: None }));
    let error = client.wait_for_completion("none", TIMEOUT).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound { .. }), "{error}");

    server.door.reply::<GetInstanceResponse>(Err(Status::unauthenticated("who?")));
    let error = client.wait_for_completion("i", TIMEOUT).await.unwrap_err();
    assert!(matches!(error, ClientError::Other { .. }), "{error}");

    let error = client.wait_for_completion("i", Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), r#"instance "i": timed out"#);
}

#[tokio::test]
async fn acts_on_an_instance() {
    let (server, client) = start().await;
    let door = &server.door;

    door.reply(Ok(RaiseEventResponse {}));
    client.raise_event("i", "Approval", true).await.unwrap();
    let request = door.asked::<RaiseEventRequest>();
    assert_eq!((request.name.as_str(), request.input.as_deref()), ("Approval", Some("true")));

    for (children, recursive) in [(Children::Keep, false), (Children::Include, true)] {
        door.reply(Ok(TerminateResponse {}));
        client.terminate("i", "enough", children).await.unwrap();
        let request = door.asked::<TerminateRequest>();
        assert_eq!((request.output.as_deref(), request.recursive), (Some("\"enough\""), recursive));

        door.reply(Ok(PurgeInstancesResponse { deleted_instance_count: 2, is_complete: None }));
        assert_eq!(client.purge("i", children).await.unwrap(), 2);
        let request = door.asked::<PurgeInstancesRequest>();
        assert_eq!((request.recursive, request.is_orchestration), (recursive, true));
        assert_eq!(request.request, Some(Purge::InstanceId("i".to_owned())));
    }

    door.reply(Ok(SuspendResponse {}));
    client.suspend("i", "night").await.unwrap();
    assert_eq!(door.asked::<SuspendRequest>().reason.as_deref(), Some("night"));
    door.reply(Ok(ResumeResponse {}));
    client.resume("i", "day").await.unwrap();
    assert_eq!(door.asked::<ResumeRequest>().reason.as_deref(), Some("day"));

    door.reply(Ok(RewindInstanceResponse {}));
    client.rewind("i", "fixed").await.unwrap();
    assert_eq!(door.asked::<RewindInstanceRequest>().reason.as_deref(), Some("fixed"));
    door.reply::<RewindInstanceResponse>(Err(Status::failed_precondition("it runs")));
    let error = client.rewind("i", "fixed").await.unwrap_err();
    assert_eq!(error.to_string(), r#"instance "i": not in this status: it runs"#);
    door.asked::<RewindInstanceRequest>();

    door.reply(Ok(RestartInstanceResponse { instance_id: "i".to_owned() }));
    client.restart("i").await.unwrap();
    assert!(!door.asked::<RestartInstanceRequest>().restart_with_new_instance_id);
    door.reply(Ok(RestartInstanceResponse { instance_id: "new".to_owned() }));
    assert_eq!(client.restart_with_new_id("i").await.unwrap(), "new");
    assert!(door.asked::<RestartInstanceRequest>().restart_with_new_instance_id);
}

#[tokio::test]
async fn finds_and_purges_many() {
    let (server, client) = start().await;
    let query = InstanceQuery::default()
        .status(InstanceStatus::Completed)
        .created_from(noon())
        .created_before(noon())
        .id_prefix("order-")
        .page_size(10)
        .with_payloads();
    for (token, next) in [(Some("more"), Some("more")), (Some(""), None), (None, None)] {
        server.door.reply(Ok(QueryInstancesResponse {
            orchestration_state: vec![state(OrchestrationStatus::Completed)],
            continuation_token: token.map(str::to_owned),
        }));
        let page = client.query(&query).await.unwrap();
        assert_eq!((page.items.len(), page.next.as_deref()), (1, next));
        let asked = server.door.asked::<QueryInstancesRequest>().query.expect("a query");
        assert_eq!(asked.runtime_status, [1]);
        assert_eq!((asked.created_time_from, asked.created_time_to), (Some(NOON), Some(NOON)));
        assert_eq!(asked.instance_id_prefix.as_deref(), Some("order-"));
        assert_eq!((asked.max_instance_count, asked.fetch_inputs_and_outputs), (10, true));
    }
    server.door.reply(Ok(QueryInstancesResponse::default()));
    client.query(&query.after("more")).await.unwrap();
    let asked = server.door.asked::<QueryInstancesRequest>().query.expect("a query");
    assert_eq!(asked.continuation_token.as_deref(), Some("more"));

    server
        .door
        .reply(Ok(PurgeInstancesResponse { deleted_instance_count: 3, is_complete: Some(false) }));
    let filter = PurgeFilter::default()
        .status(InstanceStatus::Failed)
        .created_from(noon())
        .created_before(noon())
        .timeout(Duration::from_millis(1500));
    assert_eq!(client.purge_all(filter).await.unwrap(), (3, false));
    let Some(Purge::PurgeInstanceFilter(filter)) =
        server.door.asked::<PurgeInstancesRequest>().request
    else {
        panic!("not a filter")
    };
    assert_eq!(filter.runtime_status, [3]);
    let timeout = filter.timeout.expect("a timeout");
    assert_eq!((timeout.seconds, timeout.nanos), (1, 500_000_000));
}

#[tokio::test]
async fn knows_entities() {
    let (server, client) = start().await;
    let counter = EntityId::new("Counter", "A");
    server.door.reply(Ok(SignalEntityResponse {}));
    client.signal_entity(&counter, "add", 2).await.unwrap();
    let first = server.door.asked::<SignalEntityRequest>();
    assert_eq!((first.instance_id.as_str(), first.name.as_str()), ("@counter@A", "add"));
    assert_eq!((first.input.as_deref(), first.scheduled_time), (Some("2"), None));
    server.door.reply(Ok(SignalEntityResponse {}));
    client.signal_entity_at(&counter, "add", (), noon()).await.unwrap();
    let second = server.door.asked::<SignalEntityRequest>();
    assert_eq!((second.input, second.scheduled_time), (None, Some(NOON)));
    assert_ne!(first.request_id, second.request_id);

    let entity = EntityMetadata {
        instance_id: "@counter@A".to_owned(),
        last_modified_time: Some(NOON),
        backlog_queue_size: 4,
        locked_by: Some("order-7".to_owned()),
        serialized_state: Some("0".to_owned()),
    };
    let response = GetEntityResponse { exists: true, entity: Some(entity.clone()) };
    server.door.reply(Ok(response));
    let found = client.get_entity(&counter).await.unwrap().expect("it exists");
    assert!(server.door.asked::<GetEntityRequest>().include_state);
    assert_eq!((&found.id, found.backlog), (&counter, 4));
    assert_eq!(found.last_modified_at, noon());
    assert_eq!(found.locked_by.as_deref(), Some("order-7"));
    assert_eq!(found.state.read::<i64>().unwrap(), 0);
    server.door.reply(Ok(GetEntityResponse { exists: false, entity: None }));
    assert_eq!(client.get_entity(&counter).await.unwrap(), None);
    server.door.asked::<GetEntityRequest>();

    server.door.reply(Ok(QueryEntitiesResponse {
        entities: vec![entity],
        continuation_token: Some("more".to_owned()),
    }));
    let query = EntityQuery::default()
        .key_prefix("Counter", "A")
        .modified_from(noon())
        .modified_before(noon())
        .with_state()
        .with_transient()
        .page_size(5)
        .after("page");
    let page = client.query_entities(&query).await.unwrap();
    assert_eq!((page.items, page.next.as_deref()), (vec![found], Some("more")));
    let asked = server.door.asked::<QueryEntitiesRequest>().query.expect("a query");
    assert_eq!(asked.instance_id_starts_with.as_deref(), Some("@counter@A"));
    assert_eq!((asked.last_modified_from, asked.last_modified_to), (Some(NOON), Some(NOON)));
    assert_eq!((asked.include_state, asked.include_transient), (true, true));
    assert_eq!((asked.page_size, asked.continuation_token.as_deref()), (Some(5), Some("page")));

    let error = client.signal_entity(&EntityId::new("a@b", "c"), "add", 1).await.unwrap_err();
    assert!(matches!(error, ClientError::Invalid { .. }), "{error}");
}

#[tokio::test]
async fn cleans_entities_to_the_end() {
    let (server, client) = start().await;
    for token in [Some("more"), None] {
        server.door.reply(Ok(CleanEntityStorageResponse {
            continuation_token: token.map(str::to_owned),
            empty_entities_removed: 2,
            orphaned_locks_released: 1,
        }));
    }
    assert_eq!(client.clean_entities().await.unwrap(), (4, 2));
    let first = server.door.asked::<CleanEntityStorageRequest>();
    assert_eq!((first.remove_empty_entities, first.release_orphaned_locks), (true, true));
    assert_eq!(first.continuation_token, None);
    let second = server.door.asked::<CleanEntityStorageRequest>();
    assert_eq!(second.continuation_token.as_deref(), Some("more"));
}

#[tokio::test]
async fn a_worker_has_a_client() {
    let server = Server::start().await;
    let worker = Worker::builder().endpoint(server.endpoint()).build().expect("build the worker");
    server.door.reply(Ok(exists(OrchestrationStatus::Running)));
    assert!(worker.client().get("i").await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable() {
    let (server, client) = start().await;
    server.door.reply::<GetInstanceResponse>(Err(Status::unavailable("draining")));
    let error = client.get("i").await.unwrap_err();
    assert_eq!(error.to_string(), r#"instance "i": the server is not available: draining"#);
}
