//! Each command and its texts.

use serde_json::{Value, json};

use super::{Cli, server};
use crate::world::{Server, eventually};

#[tokio::test]
async fn a_status_has_the_keys_of_the_original() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    cli.good("taskhub durable start-new --function-name HelloWorld --id s --input '\"Tokyo\"'")
        .await;
    server.api().reaches("s", "Completed").await;
    let bare: Value =
        serde_json::from_str(&cli.good("taskhub durable get-runtime-status --id s").await)
            .expect("JSON");
    let keys: Vec<&String> = bare.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "CompletedTime",
            "CompressedSize",
            "CreatedTime",
            "Input",
            "LastUpdatedTime",
            "Name",
            "OrchestrationInstance",
            "OrchestrationStatus",
            "Output",
            "ParentInstance",
            "Size",
            "Status",
            "Tags",
            "Version"
        ]
    );
    assert_eq!((&bare["Input"], &bare["Output"]), (&Value::Null, &Value::Null));
    assert_eq!(bare["OrchestrationStatus"], 1);
    let line = "taskhub durable get-runtime-status --id s --show-input --show-output:on";
    let full: Value = serde_json::from_str(&cli.good(line).await).expect("JSON");
    assert_eq!(full["Input"], "\"Tokyo\"");
    assert_eq!(full["Output"], "\"Hello, Tokyo!\"");
}

#[tokio::test]
async fn options_are_read_as_func_reads_them() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    for (number, options) in [
        "--function-name HelloWorld --id",
        "--function-name=HelloWorld --id",
        "--Function-Name:HelloWorld --ID",
        "/function-name HelloWorld /id",
        "/FUNCTION-NAME:HelloWorld /Id",
    ]
    .iter()
    .enumerate()
    {
        cli.good(&format!("taskhub DURABLE Start-New {options} o{number}")).await;
        server.api().reaches(&format!("o{number}"), "Completed").await;
    }
    let reason = "--id and /id are words, = and : too";
    cli.good("taskhub durable start-new --function-name Approval --id r").await;
    cli.good(&format!("taskhub durable terminate --reason '{reason}' --id r")).await;
    assert_eq!(server.api().instance("r").await.json()["output"], format!("\"{reason}\""));
    for help in ["taskhub help durable", "taskhub durable", "taskhub durable start-new -?"] {
        assert!(cli.good(help).await.contains("Usage: taskhub durable"), "{help}");
    }
}

#[tokio::test]
async fn inputs_are_json_when_they_can_be() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server).file("input.json", "{\"a\":\n 1.0}");
    for (number, (option, stored)) in [
        ("--input 3", "3"),
        ("--input 3 --as-text", "\"3\""),
        ("--input Tokyo", "\"Tokyo\""),
        ("--input '{\"a\":[]}'", "{\"a\":[]}"),
        ("--input @input.json", "{\"a\":\n 1.0}"),
        ("--input @input.json --as-text true", "{\"a\":\n 1.0}"),
    ]
    .iter()
    .enumerate()
    {
        let line = "taskhub durable start-new --function-name Approval";
        cli.good(&format!("{line} --id i{number} {option}")).await;
        let instance = server.api().instance(&format!("i{number}")).await.json();
        assert_eq!(instance["input"], *stored, "{option}");
    }
}

#[tokio::test]
async fn events_reach_their_instance() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    cli.good("taskhub durable start-new --function-name Approval --id e").await;
    let line = "taskhub durable raise-event --id e --event-name Approval --event-data true";
    assert_eq!(cli.good(line).await, "Raised event 'Approval' to instance 'e'.\n");
    server.api().reaches("e", "Completed").await;
    let ran = cli.line(line).await;
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "Instance 'e' has ended. No event was raised.\n")
    );
    let said = cli.good("taskhub durable start-new --function-name Approval --id e2").await;
    assert!(said.starts_with("Started 'Approval' at "), "{said}");
    let said = cli.good("taskhub durable raise-event --id e2").await;
    assert!(said.starts_with("Raised event 'Event_"), "{said}");
}

#[tokio::test]
async fn suspend_resume_and_restart() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    let api = server.api();
    cli.good("taskhub durable start-new --function-name Approval --id a").await;
    assert_eq!(
        cli.good("taskhub durable suspend --id a --reason later").await,
        "Successfully suspended 'a'\n"
    );
    api.reaches("a", "Suspended").await;
    let ran = cli.line("taskhub durable suspend --id a --exit-code").await;
    assert_eq!((ran.code, ran.stderr.as_str()), (4, ""), "{}", ran.stdout);
    assert_eq!(cli.good("taskhub durable resume --id a").await, "Successfully resumed 'a'\n");
    api.reaches("a", "Running").await;
    let ran = cli.line("taskhub durable restart --id a --same-id").await;
    assert_eq!(ran.code, 1, "it has not ended: {ran:?}");
    cli.good("taskhub durable terminate --id a").await;
    cli.good("taskhub durable restart --id a --same-id").await;
    api.reaches("a", "Running").await;
    let said = cli.good("taskhub durable restart --id a --new-id b").await;
    assert_eq!(said, "Restarted 'a'. Instance ID: 'b'.\n");
    api.reaches("b", "Running").await;
    let said = cli.good("taskhub durable restart --id a").await;
    assert!(said.starts_with("Restarted 'a'. Instance ID: '"), "{said}");
}

#[tokio::test]
async fn what_has_ended_is_purged() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    let api = server.api();
    for id in ["done-1", "done-2", "waits"] {
        let (name, input) =
            if id == "waits" { ("Approval", json!({})) } else { ("HelloWorld", json!("x")) };
        api.start(name, id, input).await;
    }
    for id in ["done-1", "done-2"] {
        api.reaches(id, "Completed").await;
    }
    api.reaches("waits", "Running").await;
    let ran = cli.line("taskhub durable purge --id waits").await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("Instance 'waits' was not purged: "), "{ran:?}");
    assert_eq!(
        cli.good("taskhub durable purge --id done-1").await,
        "Successfully purged 'done-1'\n"
    );
    let said = cli.good("taskhub durable purge-history").await;
    let first = "Purged orchestration history for all instances created between '01/01/0001 00:00:00' and '12/30/9999 \
                 23:59:59'\nInstances deleted: 1\nRows deleted: ";
    assert!(said.starts_with(first), "{said}");
    let ran = cli.line("taskhub durable purge-history --runtime-status running").await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--runtime-status"), "{ran:?}");
    assert_eq!(api.instance("waits").await.json()["runtimeStatus"], "Running");
    let left = api.get(crate::world::HUB).await.json();
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1), "{left}");
}

#[tokio::test]
async fn lists_are_queried_and_ordered() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    let api = server.api();
    for (name, id, status, input) in [
        ("HelloWorld", "tokyo", "Completed", json!("Tokyo")),
        ("FanOutFanIn", "two", "Completed", json!({ "count": 2 })),
        ("FanOutFanIn", "five", "Completed", json!({ "count": 5 })),
        ("Approval", "waits", "Running", json!({})),
    ] {
        api.start(name, id, input).await;
        api.reaches(id, status).await;
    }
    for (query, expected) in [
        ("--query name:Fan*", &["five", "two"][..]),
        ("--query 'input.count>3 or input:Tokyo'", &["five", "tokyo"]),
        ("--query -is:ended", &["waits"]),
        ("--query name:Fan* --sort created", &["two", "five"]),
        ("--sort -name --runtime-status completed", &["tokyo", "five", "two"]),
        ("--query wait:event --runtime-status completed", &[]),
    ] {
        let line = format!("taskhub durable get-instances {query} --output jsonl");
        let said = cli.good(&line).await;
        let ids: Vec<Value> = said
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["instanceId"].clone())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    let ran = cli.line("taskhub durable get-instances --query 'name:Fan* stat:x'").await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--query") && ran.stderr.contains("(character 11)"), "{ran:?}");
    let ran = cli.line("taskhub durable get-instances --sort size").await;
    assert!(ran.code == 1 && ran.stderr.contains("--sort"), "{ran:?}");
}

#[tokio::test]
async fn more_than_a_page_is_purged_and_nothing_else() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    let api = server.api();
    api.start("HelloWorld", "before", json!("x")).await;
    api.reaches("before", "Completed").await;
    api.start("Approval", "waits", json!({})).await;
    api.reaches("waits", "Running").await;
    let from = api.instance("waits").await.json()["createdAt"].clone();
    let ids: Vec<String> = (0..1_050).map(|number| format!("many-{number}")).collect();
    futures::future::join_all(ids.iter().map(|id| api.start("HelloWorld", id, json!("x")))).await;
    for id in &ids {
        api.reaches(id, "Completed").await;
    }
    let line =
        format!("taskhub durable purge-history --created-after {}", from.as_str().expect("a time"));
    let said = cli.good(&line).await;
    assert!(said.contains("Instances deleted: 1050\n"), "{said}");
    let left = api.get(crate::world::HUB).await.json();
    let left: Vec<&Value> =
        left["items"].as_array().expect("rows").iter().map(|row| &row["instanceId"]).collect();
    assert_eq!(left, ["waits", "before"]);
}

#[tokio::test]
async fn entities_are_signaled_read_listed_and_deleted() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    let line = "taskhub durable signal-entity --name Counter --key A+1 --operation add --input 5";
    assert_eq!(cli.good(line).await, "Sent operation 'add' to entity '@counter@A+1'.\n");
    eventually("a state", || async {
        let said = cli.line("taskhub durable get-entity --name counter --key A+1").await;
        (said.stdout == "5\n").then_some(())
    })
    .await;
    let list =
        cli.good("taskhub durable get-entities --name COUNTER --show-state --output csv").await;
    let rows: Vec<&str> = list.lines().collect();
    assert_eq!(rows[0], "name,key,lastOperationTime,state");
    assert!(rows[1].starts_with("counter,A+1,") && rows[1].ends_with(",5"), "{list}");
    cli.good("taskhub durable delete-entity --name counter --key A+1").await;
    eventually("no state", || async {
        let said =
            cli.line("taskhub durable get-entity --name counter --key A+1 --exit-code").await;
        (said.code == 3).then_some(())
    })
    .await;
    assert_eq!(
        cli.good("taskhub durable get-entities").await,
        "[]\nContinuation token for next set of results: ''\n"
    );
    let said = cli.good("taskhub durable get-entity --name cart --key none").await;
    assert_eq!(said, "Could not find an entity with id '@cart@none'\n");
}

#[tokio::test]
async fn task_hubs_do_not_see_each_other() {
    only_when_asked!();
    let server = server().await;
    let cli = Cli::of(&server);
    cli.good("taskhub durable start-new --function-name X --id x --task-hub-name testtaskhub")
        .await;
    let said = cli.good("taskhub durable get-runtime-status --id x").await;
    assert_eq!(said, "Could not find an orchestration instance with id 'x'\n");
    let said =
        cli.good("taskhub durable get-runtime-status --id x --task-hub-name TestTaskHub").await;
    assert!(said.contains("\"OrchestrationStatus\": 6"), "{said}");
    let ran = cli.line("taskhub durable delete-task-hub").await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("default task hub"), "{ran:?}");
    let ran = cli.line("taskhub durable get-instances --task-hub-name none --exit-code").await;
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("TestTaskHub"), "it says which there are: {ran:?}");
}

#[tokio::test]
async fn histories_of_many_pages_come_whole() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    server.api().start("FanOutFanIn", "fan", json!({ "count": 400 })).await;
    server.api().reaches("fan", "Completed").await;
    let events: Vec<Value> =
        serde_json::from_str(&cli.good("taskhub durable get-history --id fan").await)
            .expect("JSON");
    let length = server.api().instance("fan").await.json()["historyLength"].as_u64();
    assert_eq!(u64::try_from(events.len()).ok(), length);
    let completed = events.iter().filter(|event| event["EventType"] == "TaskCompleted").count();
    assert_eq!(completed, 400);
    assert!(events.iter().all(|event| event["EventId"].is_i64()), "the events are raw");
}
