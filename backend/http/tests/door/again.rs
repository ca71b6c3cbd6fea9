//! Rewind and restart.

use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use crate::support::{BASE, complete, fail, server};

fn one(rest: &str) -> String {
    format!("{BASE}/instances/{rest}")
}

#[tokio::test]
async fn rewind_takes_what_has_failed_alone() {
    let server = server().await;
    server
        .post(&one("a/rewind"), "")
        .await
        .is(404, r#""No orchestration with instance ID \"$a\" found.""#);
    server.start("a", "").await;
    server.post(&one("a/rewind"), "").await.is(
        412,
        r#""This orchestration has status Pending, but only orchestrations in the \"Failed\" state can be rewound.""#,
    );
    server.worker().turn(vec![fail(FailureDetails::new("E", "x"))]).await;
    server.post(&one("a/rewind?reason=mended"), "").await.is(202, "");
    let record = server.hub.instance("a").await.unwrap().unwrap();
    assert_eq!(record.status, RuntimeStatus::Running);
    assert_eq!(record.payloads.failure, None);
    server.worker().turn(vec![complete("1")]).await;
    server.post(&one("a/rewind"), "").await.is(
        412,
        r#""This orchestration has status Completed, but only orchestrations in the \"Failed\" state can be rewound.""#,
    );
}

#[tokio::test]
async fn restart_takes_a_new_id_unless_told_otherwise() {
    let server = server().await;
    server.completed("a", "\"in\"", "1").await;
    let answer = server.post(&one("a/restart"), "").await;
    assert_eq!(answer.status, 202);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert!(answer.header("location").contains(&id), "{}", answer.body);
    let record = server.hub.instance(&id).await.unwrap().unwrap();
    assert_eq!((record.name.as_str(), record.payloads.input.as_deref()), ("Order", Some("\"in\"")));
    let again = one("a/restart?restartWithNewInstanceId=false");
    let answer = server.post(&again, "").await;
    assert_eq!((answer.status.as_u16(), answer.json()["id"].as_str()), (202, Some("a")));
    let text = "A non-terminal instance with this instance ID already exists.";
    server.post(&again, "").await.is(
        409,
        &format!(
            "{{\"Message\":\"{text}\",\"ExceptionMessage\":\"{text}\",\"ExceptionType\":\
             \"DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException\",\"StackTrace\":\"\"}}"
        ),
    );
    let answer = server.post(&one("unknown/restart"), "").await;
    assert_eq!(answer.status, 400);
    let text = "InstanceId does not match a valid orchestration instance.";
    assert_eq!(answer.json()["ExceptionMessage"], text);
}

#[tokio::test]
async fn restart_with_options_takes_the_id_that_it_is_told() {
    let server = server().await;
    server.completed("a", "1", "1").await;
    server
        .post(&one("a/restartWithOptions"), "")
        .await
        .is(400, r#"{"Message":"A new orchestration instance ID must be provided."}"#);
    let path = one("a/restartWithOptions?newInstanceId=b&version=2.0");
    let answer = server.post(&path, "").await;
    assert_eq!((answer.status.as_u16(), answer.json()["id"].as_str()), (202, Some("b")));
    let record = server.hub.instance("b").await.unwrap().unwrap();
    assert_eq!(record.version.as_deref(), Some("2.0"));
    assert_eq!(server.post(&path, "").await.status, 409);
    let bad = one("a/restartWithOptions?newInstanceId=b%23");
    assert_eq!(server.post(&bad, "").await.status, 400);
}
