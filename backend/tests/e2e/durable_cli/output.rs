//! `--output`, completions and pipes that close.

use serde_json::{Value, json};

use super::Cli;
use crate::world::Server;

#[tokio::test]
async fn lists_in_every_form() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    for id in ["a,1", "b"] {
        server.api().start("Approval", id, json!({})).await;
        server.api().reaches(id, "Running").await;
    }
    let line = "taskhub durable get-instances --output";
    let json: Value = serde_json::from_str(&cli.good(&format!("{line} json")).await).expect("JSON");
    assert_eq!(
        (&json[0]["instanceId"], &json[1]["runtimeStatus"]),
        (&json!("b"), &json!("Running"))
    );
    let lines = cli.good(&format!("{line} JSONL")).await;
    let ids: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["instanceId"].clone())
        .collect();
    assert_eq!(ids, ["b", "a,1"]);
    let csv = cli.good(&format!("{line}=csv")).await;
    let csv: Vec<&str> = csv.lines().collect();
    assert_eq!(csv[0], "instanceId,name,runtimeStatus,createdAt,lastUpdatedAt");
    assert!(csv[1].starts_with("b,Approval,Running,"), "{csv:?}");
    assert!(csv[2].starts_with("\"a,1\",Approval,Running,"), "{csv:?}");
    let table = cli.good(&format!("{line} table")).await;
    assert!(table.starts_with("INSTANCE ID  NAME      RUNTIME STATUS  CREATED AT"), "{table}");
    let ran = cli.line(&format!("{line} json --top 1")).await;
    assert!(ran.stderr.starts_with("Continuation token for next set of results: '"), "{ran:?}");
    assert!(serde_json::from_str::<Value>(&ran.stdout).is_ok(), "stdout is data alone: {ran:?}");
}

#[tokio::test]
async fn changes_are_told_as_data() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    for (line, outcome) in [
        ("start-new --function-name Approval --id a", None),
        ("raise-event --id a --event-name X", Some("raised")),
        ("suspend --id a", Some("suspended")),
        ("resume --id a", Some("resumed")),
        ("terminate --id a", Some("terminated")),
        ("restart --id a --new-id b", Some("restarted")),
        ("purge --id a", Some("purged")),
        ("purge --id a", Some("notFound")),
        ("rewind --id a", Some("notFound")),
    ] {
        let ran = cli.line(&format!("taskhub durable {line} --output json")).await;
        let record: Value = serde_json::from_str(&ran.stdout).expect(line);
        assert_eq!(record["instanceId"], "a", "{line}: {ran:?}");
        assert_eq!(record.get("outcome").and_then(Value::as_str), outcome, "{line}: {ran:?}");
    }
}

#[tokio::test]
async fn one_status_as_data_has_payloads_as_json() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    server.api().start("FanOutFanIn", "a", json!({ "count": 2 })).await;
    server.api().reaches("a", "Completed").await;
    let line = "taskhub durable get-runtime-status --id a --show-input --output json";
    let status: Value = serde_json::from_str(&cli.good(line).await).expect("JSON");
    assert_eq!(status["input"], json!({ "count": 2 }));
    assert_eq!(status.get("output"), None);
    let line = "taskhub durable get-history --id a --output csv";
    let history = cli.good(line).await;
    assert!(history.starts_with("seq,timestamp,type,eventId,name\n1,"), "{history}");
}

#[tokio::test]
async fn completions_know_the_commands() {
    only_when_asked!();
    let cli = Cli::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = cli.good(&format!("taskhub completions {shell}")).await;
        assert!(text.contains("get-runtime-status") && text.contains("task-hub-name"), "{shell}");
    }
    assert_eq!(cli.line("taskhub completions").await.code, 2);
}

#[tokio::test]
async fn help_of_each_command_has_an_example() {
    only_when_asked!();
    let cli = Cli::new();
    let all = cli.good("taskhub durable --help").await;
    let list = all.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let names: Vec<&str> = list
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert_eq!(names.len(), 18, "{names:?}");
    for name in names {
        let help = cli.good(&format!("taskhub durable {name} --help")).await;
        assert!(help.contains(&format!("  taskhub durable {name}")), "{help}");
        assert!(help.contains("--connection-string-setting"), "{help}");
    }
}
