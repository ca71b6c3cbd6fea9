//! What holds for the history of every instance, whatever happened to the server.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Api;

/// Reads an instance and its history and checks that they fit together; gives the instance.
pub(crate) async fn check_instance(api: &Api, id: &str) -> Value {
    let instance = api.instance(id).await.expect(200).json();
    let events = api.history(id).await;
    let kind = |event: &Value| event["type"].as_str().unwrap_or_default().to_owned();
    let kinds: Vec<String> = events.iter().map(kind).collect();
    let seqs: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    let gap_free: Vec<u64> = (1..).take(events.len()).collect();
    assert_eq!(seqs, gap_free, "{id}: the events are numbered without gaps");
    assert_eq!(instance["historyLength"], events.len(), "{id}: the row tells the length");

    let count = |wanted: &str| kinds.iter().filter(|kind| *kind == wanted).count();
    let ends = count("ExecutionCompleted") + count("ExecutionTerminated");
    if events.is_empty() {
        assert_eq!(instance["runtimeStatus"], "Pending", "{id}: nothing has happened");
    } else {
        assert_eq!(count("ExecutionStarted"), 1, "{id}: {kinds:?}");
        assert_eq!(
            kinds.iter().take(2).collect::<Vec<_>>(),
            ["OrchestratorStarted", "ExecutionStarted"],
            "{id}"
        );
    }
    assert!(ends <= 1, "{id}: {kinds:?}");
    let last = kinds.last().map(String::as_str).unwrap_or_default();
    let is_over = matches!(last, "ExecutionCompleted" | "ExecutionTerminated");
    assert_eq!(is_over, ends == 1, "{id}: nothing comes after the end: {kinds:?}");
    if let Some(event) = events.last().filter(|event| event["type"] == "ExecutionCompleted") {
        assert_eq!(event["status"], instance["runtimeStatus"], "{id}: row and history agree");
    }
    check_results(id, &events);
    let turns = events.iter().filter(|event| event["type"] == "OrchestratorStarted");
    let times: Vec<&str> =
        turns.filter_map(|event| event["timestamp"].as_str()?.get(..19)).collect();
    assert!(times.is_sorted(), "{id}: the orchestrator's time never goes back: {times:?}");
    instance
}

/// Every result answers one open schedule, and none is answered twice.
fn check_results(id: &str, events: &[Value]) {
    let mut open = BTreeSet::new();
    for event in events {
        let number = |field: &str| event[field].as_i64().unwrap_or_default();
        match event["type"].as_str().unwrap_or_default() {
            "TaskScheduled" | "SubOrchestrationInstanceCreated" | "TimerCreated" => {
                assert!(open.insert(number("eventId")), "{id}: scheduled twice at once: {event}");
            }
            "TaskCompleted"
            | "TaskFailed"
            | "SubOrchestrationInstanceCompleted"
            | "SubOrchestrationInstanceFailed" => {
                assert!(open.remove(&number("scheduledId")), "{id}: a result of nothing: {event}");
            }
            "TimerFired" => {
                assert!(open.remove(&number("timerId")), "{id}: no such timer: {event}");
            }
            _ => {}
        }
    }
}
