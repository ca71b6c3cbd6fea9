//! Rewind and restart by the console's API.

use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use crate::support::{complete, fail, server};

fn one(rest: &str) -> String {
    format!("/api/v1/hubs/DurableFunctionsHub/instances/{rest}")
}

#[tokio::test]
async fn rewind_takes_what_has_failed_alone() {
    let server = server().await;
    server.post(&one("a/rewind"), "").await.is_problem(404, "TH0002", None);
    server.start("a", "").await;
    let detail = server.post(&one("a/rewind"), "{}").await.is_problem(409, "TH0004", None);
    assert_eq!(detail, "\"a\" cannot be rewound: the instance has not failed");
    server.worker().turn(vec![fail(FailureDetails::new("E", "x"))]).await;
    let answer = server.post(&one("a/rewind"), r#"{"reason":"mended"}"#).await;
    answer.is(202, r#"{"instanceId":"a"}"#);
    server.worker().turn(vec![complete("1")]).await;
    let history = server.get(&one("a/history")).await;
    assert!(
        history.body.contains(r#""type":"ExecutionRewound","reason":"mended""#),
        "{}",
        history.body
    );
    let record = server.hub.instance("a").await.unwrap().unwrap();
    assert_eq!(record.status, RuntimeStatus::Completed);
}

#[tokio::test]
async fn restart_takes_a_new_id_its_own_or_the_one_it_is_told() {
    let server = server().await;
    server.post(&one("a/restart"), "").await.is_problem(404, "TH0002", None);
    server.completed("a", "\"in\"", "1").await;
    let answer = server.post(&one("a/restart"), "").await;
    let id = answer.json()["instanceId"].as_str().unwrap().to_owned();
    assert_eq!((answer.status.as_u16(), id.len()), (202, 32));
    let record = server.hub.instance(&id).await.unwrap().unwrap();
    assert_eq!((record.name.as_str(), record.payloads.input.as_deref()), ("Order", Some("\"in\"")));
    let same = r#"{"sameId":true}"#;
    server.post(&one("a/restart"), same).await.is(202, r#"{"instanceId":"a"}"#);
    let detail = server.post(&one("a/restart"), same).await.is_problem(409, "TH0004", None);
    assert!(detail.contains("has not ended"), "{detail}");
    let told = r#"{"newInstanceId":"b","version":"2"}"#;
    server.post(&one("a/restart"), told).await.is(202, r#"{"instanceId":"b"}"#);
    let record = server.hub.instance("b").await.unwrap().unwrap();
    assert_eq!(record.version.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let server = server().await;
    server.completed("a", "1", "1").await;
    for (call, body, field) in [
        ("restart", r#"{"sameId":true,"newInstanceId":"b"}"#, "sameId"),
        ("restart", r#"{"sameId":"yes"}"#, "sameId"),
        ("restart", r#"{"version":"2"}"#, "version"),
        ("restart", r#"{"newInstanceId":""}"#, "newInstanceId"),
        ("restart", r#"{"newInstanceId":"@x@y"}"#, "newInstanceId"),
        ("restart", r#"{"newId":"b"}"#, "newId"),
        ("rewind", r#"{"reason":7}"#, "reason"),
        ("rewind", r#"{"reason":"a","reason":"b"}"#, "reason"),
    ] {
        let path = one(&format!("a/{call}"));
        server.post(&path, body).await.is_problem(400, "TH0001", Some(field));
    }
}
