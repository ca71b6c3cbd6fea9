//! What every server does as soon as it runs.

use reqwest::Method;
use taskhub_proto::OrchestrationStatus;

use crate::world::{Api, DF, Grpc, HUB, Http2, Server, Setup, send};

#[tokio::test]
async fn the_first_line_names_the_chosen_port() {
    only_when_asked!();
    let mut server = Setup::new().start().await;
    let port = server.first_line().strip_prefix("taskhub listening on http://127.0.0.1:");
    let port: u16 = port.and_then(|port| port.parse().ok()).expect("a port");
    assert_ne!(port, 0);
    assert!(server.next_line().await.contains(server.origin()), "where the console is");
}

#[tokio::test]
async fn probes_and_figures_answer() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let api = server.api();
    assert_eq!(api.get("/healthz").await.expect(200).text, "ok");
    assert_eq!(api.get("/readyz").await.expect(200).text, "ready");
    api.start("HelloSequence", "figures", serde_json::Value::Null).await;
    api.reaches("figures", "Completed").await;
    let figures = api.get("/metrics").await.expect(200);
    assert!(figures.header("content-type").starts_with("text/plain; version=0.0.4"));
    assert!(figures.text.contains("taskhub_worker_streams{"), "{}", figures.text);
    for line in figures.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let value = line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        assert!(value.is_some(), "a line that Prometheus would refuse: {line}");
    }
}

#[tokio::test]
async fn one_port_speaks_http_1_and_http_2_and_grpc() {
    only_when_asked!();
    let server = Server::with_samples().await;
    server.api().get("/healthz").await.expect(200);
    let mut h2 = Http2::connect(server.address()).await;
    let (status, _) = h2.send("GET", "/api/v1/server", None).await;
    assert_eq!(status, 200);
    let mut grpc = server.grpc().await;
    grpc.client.hello(()).await.expect("hello");
    grpc.start("HelloSequence", "by-grpc").await;
    let state = grpc.ended("by-grpc").await;
    assert_eq!(state.orchestration_status(), OrchestrationStatus::Completed);
    let output = server.api().instance("by-grpc").await.json()["output"].clone();
    assert_eq!(output, r#"["Hello Tokyo!","Hello Seattle!","Hello London!"]"#);
}

#[tokio::test]
async fn the_second_port_speaks_grpc_alone() {
    only_when_asked!();
    let setup = Setup::bare().arg("--listen=127.0.0.1:0").arg("--store=sqlite::memory:");
    let server = setup.arg("--grpc-listen=127.0.0.1:0").arg("--samples").start().await;
    server.has_workers(1).await;
    let info = server.api().get("/api/v1/server").await.json();
    let address = info["grpcAddress"].as_str().expect("an address").to_owned();
    assert_ne!(address, server.origin());
    let mut grpc = Grpc::connect(&address).await;
    grpc.start("HelloWorld", "second-port").await;
    grpc.ended("second-port").await;
    let over_http_1 = Api::new(&address).get("/healthz").await;
    assert_ne!(over_http_1.text, "ok", "only gRPC is there");
}

#[tokio::test]
async fn an_unknown_grpc_service_is_unimplemented() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let mut h2 = Http2::connect(server.address()).await;
    for path in
        ["/Nobody/Knows", "/TaskHubSidecarService/NoSuchCall", "/grpc.health.v1.Health/Check"]
    {
        let (status, headers) = h2.send("POST", path, Some("application/grpc")).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!(
            headers.get("grpc-status").map(|code| code.as_bytes()),
            Some(&b"12"[..]),
            "{path}: {headers:?}"
        );
    }
}

#[tokio::test]
async fn a_hub_that_nobody_made_is_told_by_both_doors() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let api = server.api();
    api.get("/api/v1/hubs/Nowhere/instances").await.expect_problem(404, "TH0003");
    let mut grpc = server.grpc().await;
    let mut request = tonic::Request::new(taskhub_proto::GetInstanceRequest::default());
    request.metadata_mut().insert("taskhub", "Nowhere".parse().expect("metadata"));
    let refused = grpc.client.get_instance(request).await.expect_err("no such hub");
    assert_eq!(refused.code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_the_form_of_their_surface() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let api = server.api();
    api.get("/api/v1/nothing").await.expect_problem(404, "TH0010");
    api.get("/api").await.expect_problem(404, "TH0010");
    let answer = send(api.request(Method::PUT, HUB)).await.expect("put");
    answer.expect_problem(405, "TH0010");
    // Clients of Durable Functions know no other answer than an empty 404.
    for (method, path) in [
        (Method::PUT, format!("{DF}/instances/x")),
        (Method::POST, format!("{DF}/instances/x/fly")),
        (Method::GET, format!("{DF}/nothing")),
    ] {
        let answer = send(api.request(method, &path)).await.expect("send").expect(404);
        assert_eq!(answer.text, "", "{path}");
    }
}

#[tokio::test]
async fn the_live_stream_tells_what_happens() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let api = server.api();
    let request = api.request(Method::GET, "/api/v1/hubs/DurableFunctionsHub/live");
    let mut stream =
        request.header("accept", "text/event-stream").send().await.expect("open the stream");
    assert_eq!(stream.status(), 200);
    api.start("HelloSequence", "watched", serde_json::Value::Null).await;
    let mut text = String::new();
    while !(text.contains("watched") && text.contains("Completed")) {
        let chunk = stream.chunk().await.expect("read the stream").expect("the stream goes on");
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(text.contains("event: changes") || text.contains("event:changes"), "{text}");
}

#[tokio::test]
async fn a_start_may_wait_for_its_output_over_http() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let api = server.api();
    let answer = api
        .post_text(&format!("{DF}/orchestrators/HelloSequence?timeout=20&pollingInterval=1"), "")
        .await;
    assert_eq!(
        answer.expect(200).json(),
        serde_json::json!(["Hello Tokyo!", "Hello Seattle!", "Hello London!"])
    );
    let answer = api
        .post_text(&format!("{DF}/orchestrators/Approval?timeout=0.2&pollingInterval=0.1"), "")
        .await;
    let answer = answer.expect(202);
    let links = answer.json();
    assert_eq!(answer.header("location"), links["statusQueryGetUri"].as_str().expect("a link"));
    assert_eq!(answer.header("retry-after"), "10");
    // The links lead somewhere.
    let status =
        links["statusQueryGetUri"].as_str().and_then(|link| link.strip_prefix(server.origin()));
    api.get(status.expect("a link to this server")).await.expect(202);
}
