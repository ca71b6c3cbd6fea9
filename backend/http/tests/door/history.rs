//! `historyEvents`.

use chrono::TimeDelta;
use taskhub_hub::engine::action::ActionKind;
use taskhub_shared::failure::FailureDetails;

use crate::support::{BASE, Server, call, complete, server};

async fn shown(server: &Server, query: &str) -> Vec<String> {
    let path = format!("{BASE}/instances/a?showHistory=true{query}");
    let body = server.get(&path).await.json();
    body["historyEvents"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

/// An instance that called two activities, waited and heard, and completed.
async fn story() -> Server {
    let server = server().await;
    server.start("a", r#"{"n":  1}"#).await;
    let mut worker = server.worker();
    let fire_at = "2026-11-23T14:02:21.5Z".parse().unwrap();
    worker
        .turn(vec![call("Pay", "[1]"), call("Ship", "2"), ActionKind::CreateTimer { fire_at }])
        .await;
    server.clock.advance(TimeDelta::milliseconds(500));
    worker.activity(Ok("{\"paid\": true}")).await;
    let mut failure = FailureDetails::new("ValueError", "no stock");
    failure.stack_trace = Some("at ship".to_owned());
    failure.inner_failure = Some(Box::new(FailureDetails::new("IOError", "empty")));
    worker.activity(Err(failure)).await;
    worker.turn_on("TaskFailed", vec![]).await;
    let raise = format!("{BASE}/instances/a/raiseEvent/Approval");
    assert_eq!(server.post(&raise, "\"{\\\"ok\\\": 1}\"").await.status, 202);
    worker.turn_on("EventRaised", vec![]).await;
    server.clock.advance(TimeDelta::seconds(10));
    worker.turn_on("TimerFired", vec![complete("\"done\"")]).await;
    server
}

#[tokio::test]
async fn what_was_scheduled_is_folded_into_its_end() {
    let server = story().await;
    let path = format!("{BASE}/instances/a?showHistory=true&showHistoryOutput=true");
    let body = server.get(&path).await.body;
    let (_, history) = body.split_once(",\"historyEvents\":").unwrap();
    let expected = [
        r#"{"EventType":"ExecutionStarted","Timestamp":"2026-11-23T14:02:11.123456Z","FunctionName":"Order","Input":"{\"n\":  1}","Correlation":null,"ParentTraceContext":null,"ScheduledStartTime":null,"Generation":null,"GenerateNewTrace":false}"#,
        r#"{"EventType":"TimerCreated","Timestamp":"2026-11-23T14:02:11.123456Z","FireAt":"2026-11-23T14:02:21.5Z"}"#,
        r#"{"EventType":"TaskCompleted","Timestamp":"2026-11-23T14:02:11.623456Z","FunctionName":"Pay","ScheduledTime":"2026-11-23T14:02:11.123456Z","Input":"[1]","Result":{"paid": true}}"#,
        r#"{"EventType":"TaskFailed","Timestamp":"2026-11-23T14:02:11.623456Z","FunctionName":"Ship","ScheduledTime":"2026-11-23T14:02:11.123456Z","Input":"2","Reason":"no stock","Details":"at ship","FailureDetails":{"ErrorType":"ValueError","ErrorMessage":"no stock","StackTrace":"at ship","InnerFailure":{"ErrorType":"IOError","ErrorMessage":"empty","StackTrace":null,"InnerFailure":null,"IsNonRetriable":false,"Properties":{}},"IsNonRetriable":false,"Properties":{}}}"#,
        r#"{"EventType":"EventRaised","Timestamp":"2026-11-23T14:02:11.623456Z","Name":"Approval","Input":"\"{\\\"ok\\\": 1}\"","ParentTraceContext":null}"#,
        r#"{"EventType":"TimerFired","Timestamp":"2026-11-23T14:02:21.623456Z","FireAt":"2026-11-23T14:02:21.5Z"}"#,
        r#"{"EventType":"ExecutionCompleted","Timestamp":"2026-11-23T14:02:21.623456Z","OrchestrationStatus":"Completed","Result":"done","FailureDetails":null}"#,
    ];
    assert_eq!(history, format!("[{}]}}", expected.join(",")));
}

#[tokio::test]
async fn inputs_and_results_are_shown_when_asked_for() {
    let server = story().await;
    let plain = shown(&server, "&showInput=false").await;
    assert!(plain.iter().all(|row| !row.contains("\"Input\"") && !row.contains("\"Result\"")));
    assert!(plain.iter().any(|row| row.contains("FailureDetails")), "failures are no results");
    let results = shown(&server, "&showHistoryOutput=True").await;
    assert_eq!(results.iter().filter(|row| row.contains("\"Result\"")).count(), 2);
}

#[tokio::test]
async fn what_is_outstanding_stays() {
    let server = server().await;
    server.start("a", "").await;
    let mut worker = server.worker();
    let child = ActionKind::CreateSubOrchestration {
        instance_id: "child".to_owned(),
        name: "Pack".to_owned(),
        version: None,
        input: None,
        trace: None,
        tags: Default::default(),
    };
    let sent = ActionKind::SendEvent {
        instance_id: "b".to_owned(),
        name: "Hello".to_owned(),
        input: Some("1".into()),
    };
    worker.turn(vec![call("Pay", "1"), child, sent]).await;
    for verb in ["suspend?reason=later", "resume", "terminate?reason=enough"] {
        assert_eq!(server.post(&format!("{BASE}/instances/a/{verb}"), "").await.status, 202);
    }
    let rows: Vec<serde_json::Value> =
        shown(&server, "").await.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let find = |kind: &str| rows.iter().find(|row| row["EventType"] == kind).unwrap();
    assert_eq!(
        (&find("TaskScheduled")["Name"], &find("TaskScheduled")["Input"]),
        (&"Pay".into(), &"1".into())
    );
    let child = find("SubOrchestrationInstanceCreated");
    assert_eq!((&child["Name"], &child["InstanceId"]), (&"Pack".into(), &"child".into()));
    assert_eq!(find("EventSent")["InstanceId"], "b");
    assert_eq!(find("ExecutionSuspended")["Reason"], "later");
    assert!(find("ExecutionResumed")["Reason"].is_null());
    assert_eq!(find("ExecutionTerminated")["Input"], "enough");
    assert_eq!(find("ExecutionCompleted")["OrchestrationStatus"], "Terminated");
    for gone in ["EventId", "IsPlayed", "TaskScheduledId", "TimerId", "Version"] {
        assert!(rows.iter().all(|row| row.get(gone).is_none()), "{gone}");
    }
}

#[tokio::test]
async fn an_id_that_is_used_again_finds_its_own() {
    let server = server().await;
    server.start("a", "").await;
    let mut worker = server.worker();
    for (name, result) in [("First", "1"), ("Second", "2")] {
        worker.turn_with(vec![call(name, "0")], 5, None).await;
        worker.activity(Ok(result)).await;
    }
    worker.turn(vec![complete("0")]).await;
    let rows = shown(&server, "&showHistoryOutput=true").await;
    let tasks: Vec<&String> = rows.iter().filter(|row| row.contains("TaskCompleted")).collect();
    assert!(tasks[0].contains("First") && tasks[0].contains("\"Result\":1"));
    assert!(tasks[1].contains("Second") && tasks[1].contains("\"Result\":2"));
    assert!(!rows.iter().any(|row| row.contains("TaskScheduled")));
}
