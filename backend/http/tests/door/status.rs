//! Status of one instance, and purge.

use chrono::TimeDelta;
use taskhub_shared::failure::FailureDetails;

use crate::support::{BASE, complete, fail, server};

fn one(rest: &str) -> String {
    format!("{BASE}/instances/{rest}")
}

#[tokio::test]
async fn every_key_is_there_in_its_order() {
    let server = server().await;
    server.start("a", r#"{"n":  1}"#).await;
    let asked = one("a?ShowHistory=true&x=%20");
    let answer = server.get(&asked).await;
    answer.is(
        202,
        r#"{"name":"Order","instanceId":"a","runtimeStatus":"Pending","input":{"n":  1},"customStatus":null,"output":null,"createdTime":"2026-11-23T14:02:11Z","lastUpdatedTime":"2026-11-23T14:02:11Z"}"#,
    );
    assert_eq!(answer.header("location"), format!("http://127.0.0.1:7071{asked}"));
    assert_eq!(answer.header("retry-after"), "5");

    let mut worker = server.worker();
    server.clock.advance(TimeDelta::milliseconds(1500));
    worker.turn_with(vec![], 0, Some("\"half\"")).await;
    let answer = server.get(&one("a?showInput=False")).await;
    answer.is(
        202,
        r#"{"name":"Order","instanceId":"a","runtimeStatus":"Running","input":null,"customStatus":"half","output":null,"createdTime":"2026-11-23T14:02:11Z","lastUpdatedTime":"2026-11-23T14:02:12Z"}"#,
    );

    server.post(&one("a/raiseEvent/go"), "1").await.is(202, "");
    worker.turn(vec![complete("[1, 2]")]).await;
    let answer = server.get("/durabletask/instances/a").await;
    answer.is(
        200,
        r#"{"name":"Order","instanceId":"a","runtimeStatus":"Completed","input":{"n":  1},"customStatus":"half","output":[1, 2],"createdTime":"2026-11-23T14:02:11Z","lastUpdatedTime":"2026-11-23T14:02:12Z"}"#,
    );
    assert_eq!((answer.header("location"), answer.header("retry-after")), ("", ""));
}

#[tokio::test]
async fn a_failure_is_an_error_only_when_asked_for() {
    let server = server().await;
    server.start("a", "").await;
    server.worker().turn(vec![fail(FailureDetails::new("E", "no \"stock\""))]).await;
    let answer = server.get(&one("a")).await;
    assert_eq!(answer.status, 200);
    let as_error = server.get(&one("a?returnInternalServerErrorOnFailure=TRUE")).await;
    as_error.is(500, &answer.body);
    assert!(
        answer.body.contains(r#""output":"Orchestrator function 'Order' failed: no \"stock\"""#)
    );
}

#[tokio::test]
async fn terminated_shows_its_reason() {
    let server = server().await;
    for (id, query, output) in [
        ("a", "?reason=not%20wanted+now", "\"not wanted now\""),
        ("b", "", "null"),
        ("c", "?reason=", "\"\""),
    ] {
        server.start(id, "").await;
        server.post(&one(&format!("{id}/terminate{query}")), "ignored").await.is(202, "");
        let answer = server.get(&one(id)).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains(&format!("\"output\":{output},")), "{}", answer.body);
    }
}

#[tokio::test]
async fn unknown_ids_and_wrong_verbs_have_no_body() {
    let server = server().await;
    server.start("a", "").await;
    for (method, path) in [
        ("GET", one("unknown")),
        ("GET", one("A")),
        ("GET", one("%F0%9F%99%82")),
        ("GET", one("@counter@1")),
        ("GET", one(&"x".repeat(257))),
        ("GET", one("a/b")),
        ("PUT", one("a")),
        ("POST", one("a")),
        ("OPTIONS", one("a")),
        ("HEAD", one("a")),
        ("GET", one("a/terminate")),
        ("POST", one("a/unknown")),
        ("GET", BASE.to_owned()),
        ("GET", format!("{BASE}/unknown")),
    ] {
        let answer = server.send(method, &path, "").await;
        answer.is(404, "");
        assert_eq!(answer.header("content-type"), "", "{method} {path}");
    }
    assert_eq!(server.get(&one("a/?taskHub=")).await.status, 202, "blank is the default hub");
}

#[tokio::test]
async fn an_unknown_hub_is_named() {
    let server = server().await;
    let answer = server.get(&one("a?TaskHub=Nowhere")).await;
    answer.is(
        404,
        r#"{"Message":"there is no task hub \"Nowhere\"; this server has DurableFunctionsHub, Other"}"#,
    );
}

#[tokio::test]
async fn purge_takes_only_what_has_ended() {
    let server = server().await;
    server.start("a", "").await;
    let answer = server.send("DELETE", &one("a"), "").await;
    answer.is(
        412,
        "\"Only orchestrations in a terminal state can be purged, but the orchestration with instance ID a has status \
         Pending\"",
    );
    server.worker().turn(vec![complete("1")]).await;
    server.send("DELETE", &one("a"), "").await.is(200, r#"{"instancesDeleted":1}"#);
    server.send("DELETE", &one("a"), "").await.is(404, "");
    server.get(&one("a")).await.is(404, "");
}
