//! Workers that come late or go away.

use std::path::Path;

use serde_json::json;

use crate::world::{Process, Server, Setup, eventually};

async fn touched(file: &Path) {
    eventually(&format!("{}", file.display()), || async { file.exists().then_some(()) }).await;
}

async fn started() -> (Server, tempfile::TempDir) {
    (Setup::new().start().await, tempfile::tempdir().expect("make a folder"))
}

#[tokio::test]
async fn work_waits_for_a_worker_that_comes_later() {
    only_when_asked!();
    let (server, folder) = started().await;
    let api = server.api();
    for n in 0..3 {
        api.start("PyFanOut", &format!("early-{n}"), json!(5)).await;
    }
    assert_eq!(api.instance("early-0").await.json()["runtimeStatus"], "Pending");
    let _worker = Process::python_worker(&server, folder.path(), "late");
    for n in 0..3 {
        assert_eq!(api.reaches(&format!("early-{n}"), "Completed").await["output"], "30");
    }
}

#[tokio::test]
async fn another_worker_takes_over_from_one_that_is_killed() {
    only_when_asked!();
    let (server, folder) = started().await;
    let api = server.api();
    let first = Process::python_worker(&server, folder.path(), "first");
    api.start("Relay", "relay", json!(3)).await;
    for n in 0..3 {
        touched(&folder.path().join(format!("first-{n}"))).await;
    }
    first.kill().await;
    let _second = Process::python_worker(&server, folder.path(), "second");
    let instance = api.reaches("relay", "Completed").await;
    assert_eq!(
        instance["output"], r#"["second did 0", "second did 1", "second did 2"]"#,
        "{instance}"
    );
    let history = api.history("relay").await;
    let results = history.iter().filter(|event| event["type"] == "TaskCompleted").count();
    assert_eq!(results, 3, "each activity has one result, however often it ran");
}

#[tokio::test]
async fn an_entity_counts_each_operation_once_though_its_worker_is_killed() {
    only_when_asked!();
    let (server, folder) = started().await;
    let api = server.api();
    let first = Process::python_worker(&server, folder.path(), "first");
    api.start("Book", "book", json!(5)).await;
    touched(&folder.path().join("first-3")).await;
    first.kill().await;
    let _second = Process::python_worker(&server, folder.path(), "second");
    let instance = api.reaches("book", "Completed").await;
    let written: Vec<u64> = instance["output"]
        .as_str()
        .and_then(|output| serde_json::from_str(output).ok())
        .expect("a list of numbers");
    assert_eq!(written, (0..10).collect::<Vec<_>>(), "each once, in the order of the sends");
}

#[tokio::test]
async fn two_workers_share_the_work() {
    only_when_asked!();
    let (server, folder) = started().await;
    let api = server.api();
    let _workers = ["a", "b"].map(|name| Process::python_worker(&server, folder.path(), name));
    server.has_workers(2).await;
    api.start("Relay", "shared", json!(40)).await;
    let output = api.reaches("shared", "Completed").await["output"].as_str().map(str::to_owned);
    let output = output.expect("an output");
    assert!(output.contains("a did") && output.contains("b did"), "{output}");
}

#[tokio::test]
async fn a_worker_outlives_a_restart_of_the_server() {
    only_when_asked!();
    let server = Setup::new().with_fixed_port().start().await;
    let folder = tempfile::tempdir().expect("make a folder");
    let _worker = Process::python_worker(&server, folder.path(), "loyal");
    server.api().start("PyFanOut", "before", json!(4)).await;
    server.api().reaches("before", "Completed").await;
    let server = server.restart().await;
    server.api().start("PyFanOut", "after", json!(4)).await;
    server.api().reaches("after", "Completed").await;
}
