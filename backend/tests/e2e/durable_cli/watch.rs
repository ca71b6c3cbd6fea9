//! `watch`.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::Cli;
use crate::world::{PATIENCE, Server, Setup, within};

#[tokio::test]
async fn one_instance_is_watched_to_its_end() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    let api = server.api();
    api.start("Approval", "a", json!({})).await;
    api.reaches("a", "Running").await;
    let mut child = cli
        .command(&["durable", "watch", "--id", "a", "--output", "jsonl", "--exit-code"])
        .spawn()
        .expect("start taskhub");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = within(PATIENCE, "a line", lines.next_line()).await.expect("read").expect("a line");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    assert_eq!(first["runtimeStatus"], "Running");
    api.post(&crate::world::Api::path("a", "/terminate"), &json!({})).await.expect(202);
    let last = within(PATIENCE, "a line", lines.next_line()).await.expect("read").expect("a line");
    let last: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!(last["runtimeStatus"], "Terminated");
    let ended = within(PATIENCE, "its end", child.wait()).await.expect("wait");
    assert_eq!(ended.code(), Some(6), "it ended, but not as Completed");
}

#[tokio::test]
async fn an_end_that_is_past_is_told_at_once() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    server.api().start("HelloWorld", "a", json!("x")).await;
    server.api().reaches("a", "Completed").await;
    let said = cli.good("taskhub durable watch --id a --exit-code").await;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("LAST UPDATED "), "{said}");
    assert!(lines[1].contains("Completed") && lines[1].ends_with(" a"), "{said}");
    assert_eq!(lines.len(), 2);
    let said = cli.good("taskhub durable watch --id a --output csv").await;
    assert!(said.starts_with("lastUpdatedAt,runtimeStatus,name,instanceId\n"), "{said}");
}

#[tokio::test]
async fn a_whole_hub_is_watched_across_a_restart_of_the_server() {
    only_when_asked!();
    let server = Setup::with_samples().with_fixed_port().start().await;
    server.has_workers(1).await;
    let cli = Cli::of(&server);
    let mut child = cli.command(&["durable", "watch"]).spawn().expect("start taskhub");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut notes = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut watching = async || loop {
        let note = within(PATIENCE, "a note", notes.next_line()).await.expect("read");
        if note.expect("a note").starts_with("watching task hub DurableFunctionsHub of ") {
            break;
        }
    };
    let mut told = async |id: &str| loop {
        let line = within(PATIENCE, id, lines.next_line()).await.expect("read").expect("a line");
        if line.ends_with(&format!(" {id}")) && line.contains(" Completed ") {
            break;
        }
    };
    watching().await;
    server.api().start("HelloWorld", "before", json!("x")).await;
    told("before").await;
    let server = server.restart().await;
    server.has_workers(1).await;
    watching().await;
    server.api().start("HelloWorld", "after", json!("x")).await;
    told("after").await;
    child.kill().await.expect("kill it");
}
