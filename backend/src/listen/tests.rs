//! The port: what it refuses, and what it bounds.

use std::sync::Arc;

use taskhub_grpc::DoorOptions;
use taskhub_hub::{
    Hubs,
    clock::{RandomIds, SystemClock},
};
use taskhub_proto::{self as proto, task_hub_sidecar_service_client::TaskHubSidecarServiceClient};
use taskhub_stores::SqliteStore;
use tonic::transport::{Channel, Endpoint};

use super::*;

async fn status(path: &str, headers: &[(&str, &str)]) -> String {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let hubs = Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
    let door = Door::new(hubs, DoorOptions::default());
    let mut request = Request::post(path).header("content-type", "application/grpc");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // An empty message: one byte that says it is not compressed, four for its length.
    let request = request.body(Body::from(vec![0; 5])).unwrap();
    let response = Doors::all(Router::new(), &door).answer(request, &Connection::default()).await;
    let status = response.headers().get("grpc-status").cloned();
    status
        .map_or_else(|| "in the trailers".to_owned(), |status| status.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn pages_and_unknown_services_are_refused() {
    assert_eq!(status("/TaskHubSidecarService/Hello", &[]).await, "in the trailers");
    assert_eq!(
        status("/TaskHubSidecarService/Hello", &[("origin", "http://evil.example")]).await,
        "7"
    );
    assert_eq!(
        status("/TaskHubSidecarService/Hello", &[("sec-fetch-site", "same-origin")]).await,
        "7"
    );
    assert_eq!(status("/Other/Hello", &[]).await, "12");
    assert_eq!(status("/TaskHubSidecarService/Nothing", &[]).await, "12");
}

#[tokio::test]
async fn answers_of_the_service_are_hardened_and_addresses_bounded() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let hubs = Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
    let doors = Doors::all(Router::new(), &Door::new(hubs, DoorOptions::default()));
    let long = format!("/{}", "x".repeat(ADDRESS_BYTES));
    for (path, status) in
        [("/TaskHubSidecarService/Hello", StatusCode::OK), (&long, StatusCode::URI_TOO_LONG)]
    {
        let request = Request::post(path).header("content-type", "application/grpc");
        let request = request.body(Body::from(vec![0; 5])).unwrap();
        let response = doors.clone().answer(request, &Connection::default()).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[test]
fn an_address_that_is_too_long_names_its_longest_field() {
    let said = |text: &str| too_long(&text.parse().unwrap());
    assert!(said("/a?b=1&q=12345&c").contains("\"q\""));
    assert!(said("/a").contains("the path"));
}

/// A client of a server in which one instance has a large input.
async fn client(
    address: std::net::SocketAddr,
    window: Option<u32>,
) -> TaskHubSidecarServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let channel = endpoint.initial_stream_window_size(window).connect().await.unwrap();
    TaskHubSidecarServiceClient::new(channel)
}

#[tokio::test]
async fn a_client_that_never_reads_costs_a_bounded_amount_of_memory() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let hubs = Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
    let options = DoorOptions {
        outgoing: 4 * limits::PAYLOAD_BYTES,
        patience: Duration::from_millis(200),
        ..DoorOptions::default()
    };
    let door = Door::new(hubs, options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    let doors = Doors::grpc_only(&door);
    tokio::spawn(serve(listener, doors, stopped, Duration::ZERO));
    let mut reader = client(address, None).await;
    let start = proto::CreateInstanceRequest {
        instance_id: "x".to_owned(),
        name: "X".to_owned(),
        input: Some("x".repeat(limits::PAYLOAD_BYTES)),
        ..Default::default()
    };
    reader.start_instance(start).await.unwrap();
    let ask =
        proto::GetInstanceRequest { instance_id: "x".to_owned(), get_inputs_and_outputs: true };
    // A window of nothing: the server may begin an answer, and never send any of it.
    let greedy = client(address, Some(0)).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (mut greedy, ask) = (greedy.clone(), ask.clone());
        calls.spawn(async move { greedy.get_instance(ask).await.map(|_| ()) });
    }
    // Those that get no room are refused; the others hang as their client does.
    let mut refused = 0;
    while refused < 47 {
        let ended = calls.join_next().await.expect("no more than three calls hang");
        assert_eq!(ended.unwrap().unwrap_err().code(), Code::Unavailable);
        refused += 1;
    }
    assert_eq!((refused, calls.len()), (47, 3), "three fit into the room of four");
    let full = reader.get_instance(ask.clone()).await.unwrap_err();
    assert_eq!(full.code(), Code::Unavailable);
    reader.hello(()).await.expect("the others are served");
    // The room comes back with the end of the connection.
    drop((greedy, calls));
    for attempt in 0.. {
        match reader.get_instance(ask.clone()).await {
            Ok(_) => break,
            Err(error) => assert!(attempt < 50, "{error:?}"),
        }
    }
}
