//! Starting, ending and staying alone.

use std::time::Duration;

use serde_json::Value;
use taskhub_proto::{GetInstanceRequest, OrchestrationStatus};

use crate::world::{Api, HUB, Setup, check_integrity, eventually, send, within};

fn get(id: &str) -> GetInstanceRequest {
    GetInstanceRequest { instance_id: id.to_owned(), get_inputs_and_outputs: true }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_long_waits_and_streams_and_exits_with_0() {
    only_when_asked!();
    let mut server = Setup::new().start().await;
    let mut grpc = server.grpc().await;
    let mut work = grpc.work(Some("SomethingElse")).await;
    grpc.start("Nobody", "waits").await;
    let mut waiter = grpc.client.clone();
    let wait = tokio::spawn(async move { waiter.wait_for_instance_completion(get("waits")).await });
    let api = server.api();
    let live = api.request(reqwest::Method::GET, "/api/v1/hubs/DurableFunctionsHub/live");
    let mut live = live.send().await.expect("open the stream");
    live.chunk().await.expect("read the stream");
    let start = "/runtime/webhooks/durabletask/orchestrators/Nobody?timeout=100&pollingInterval=1";
    let poll = api.request(reqwest::Method::POST, start);
    let poll = tokio::spawn(async move { send(poll).await });
    eventually("both instances", || async {
        let items = api.get(HUB).await.json()["items"].as_array().map(Vec::len);
        (items == Some(2)).then_some(())
    })
    .await;

    server.signal("TERM").await;
    let status =
        within(Duration::from_secs(10), "the end, with nothing under way", server.ended()).await;
    assert_eq!(status.code(), Some(0), "{}", server.log());
    let refused = wait.await.expect("the wait").expect_err("nobody completed it");
    // The SDKs take these for a reason to ask again.
    let codes = [tonic::Code::DeadlineExceeded, tonic::Code::Unavailable];
    assert!(codes.contains(&refused.code()), "{refused:?}");
    assert!(work.next().await.is_none(), "the worker's stream has ended");
    let polled = poll.await.expect("the poll");
    let polled = polled.expect("an answer").expect(202);
    assert!(
        polled.text.contains("statusQueryGetUri"),
        "a wait that is cut short answers with its links"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_a_worker_finish_what_it_has() {
    only_when_asked!();
    let mut server = Setup::new().start().await;
    let mut grpc = server.grpc().await;
    let mut work = grpc.work_at_once(None, 1).await;
    grpc.start("Slow", "under-way").await;
    let item = work.next().await.expect("a work item");
    grpc.start("Slow", "next-in-line").await;
    server.signal("TERM").await;
    let api = server.api();
    let drains = eventually("it drains", || async {
        let answer = send(api.request(reqwest::Method::GET, "/readyz")).await.ok()?;
        (answer.status == 503).then_some(answer.text)
    });
    assert_eq!(drains.await, "draining");
    api.get("/healthz").await.expect(200);
    assert!(!server.has_ended(), "a worker still has work");
    grpc.complete(&item, "\"done\"").await.expect("complete the turn");
    assert!(work.next().await.is_none(), "nothing new is handed out");
    let status = within(Duration::from_secs(10), "the end", server.ended()).await;
    assert_eq!(status.code(), Some(0), "{}", server.log());

    let server = server.into_setup().await.start().await;
    let state = server.grpc().await.state("under-way").await.expect("it is known");
    assert_eq!(state.orchestration_status(), OrchestrationStatus::Completed);
    assert_eq!(state.output.as_deref(), Some("\"done\""));
    assert!(
        server.grpc().await.state("next-in-line").await.is_some(),
        "it waits for the next time"
    );
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    only_when_asked!();
    let mut server = Setup::new().start().await;
    let mut grpc = server.grpc().await;
    let mut work = grpc.work(None).await;
    grpc.start("Slow", "never-done").await;
    work.next().await.expect("a work item");
    server.signal("INT").await;
    let api = server.api();
    eventually("it drains", || async {
        let answer = send(api.request(reqwest::Method::GET, "/readyz")).await.ok()?;
        (answer.status == 503).then_some(())
    })
    .await;
    server.signal("TERM").await;
    within(Duration::from_secs(3), "the end", server.ended()).await;
}

#[tokio::test]
async fn a_second_process_on_one_database_is_refused() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let database = server.setup().database();
    let second = Setup::bare().arg("--listen=127.0.0.1:0").arg("--grpc-listen=off");
    let second = second.arg("--store").arg(&format!("sqlite:{}", database.display()));
    let refused = second.refused().await;
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("taskhub.db"), "{}", refused.stderr);
    assert!(refused.stderr.to_lowercase().contains("another"), "it says why: {}", refused.stderr);
    // The first goes on as if nothing had been.
    server.api().start("X", "first-goes-on", Value::Null).await;
}

#[tokio::test]
async fn a_clean_end_and_a_new_start_keep_everything() {
    only_when_asked!();
    let mut server = Setup::with_samples().start().await;
    server.has_workers(1).await;
    let api = server.api();
    api.start("HelloSequence", "ended", Value::Null).await;
    api.start("Approval", "waits", Value::Null).await;
    let before = api.reaches("ended", "Completed").await;
    api.reaches("waits", "Running").await;
    let history = api.history("ended").await;
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0));
    check_integrity(&server.setup().database()).await;

    let server = server.into_setup().await.start().await;
    server.has_workers(1).await;
    let api = server.api();
    let after = api.instance("ended").await.json();
    for field in
        ["runtimeStatus", "output", "createdAt", "completedAt", "executionId", "historyLength"]
    {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(api.history("ended").await, history);
    let event = serde_json::json!({ "name": "Approval", "input": { "approved": true } });
    api.post(&Api::path("waits", "/raise-event"), &event).await.expect(202);
    assert_eq!(api.reaches("waits", "Completed").await["output"], r#"{"approved":true}"#);
}
