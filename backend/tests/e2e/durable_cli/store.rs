//! Commands against a store that no server holds.

use serde_json::{Value, json};

use super::Cli;
use crate::world::{Setup, check_integrity};

#[tokio::test]
async fn every_command_works_without_a_server_and_a_server_goes_on_with_it() {
    only_when_asked!();
    let server =
        Setup::with_samples().arg("--task-hub=DurableFunctionsHub").arg("--task-hub=UserTest");
    let mut server = server.start().await;
    server.has_workers(1).await;
    let api = server.api();
    for (name, id, status) in [
        ("HelloWorld", "done", "Completed"),
        ("Failing", "failed", "Failed"),
        ("Approval", "waits", "Running"),
        ("Approval", "ends", "Running"),
    ] {
        let input = if name == "HelloWorld" { json!("x") } else { json!({}) };
        api.start(name, id, input).await;
        api.reaches(id, status).await;
    }
    let path = server.setup().database();
    let cli = Cli::of_store(&path);
    let ran = cli.line("taskhub durable get-instances --exit-code").await;
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("another process holds"), "{ran:?}");
    server.signal("TERM").await;
    server.ended().await;

    let said = cli.good("taskhub durable get-runtime-status --id done --show-output true").await;
    assert!(said.contains("\"OrchestrationStatus\": 1"), "{said}");
    let history: Vec<Value> =
        serde_json::from_str(&cli.good("taskhub durable get-history --id done").await)
            .expect("JSON");
    assert!(history.len() > 3, "{history:?}");
    let list = cli.good("taskhub durable get-instances --output jsonl").await;
    assert_eq!(list.lines().count(), 4, "{list}");
    cli.good("taskhub durable start-new --function-name HelloWorld --id later --input x").await;
    cli.good("taskhub durable raise-event --id waits --event-name Approval --event-data true")
        .await;
    let said = cli.good("taskhub durable terminate --id ends --reason enough").await;
    assert!(said.ends_with("Successfully terminated 'ends'\n"), "{said}");
    let said = cli.good("taskhub durable rewind --id failed").await;
    assert!(said.contains("Status before rewind: Failed\nStatus after rewind: "), "{said}");
    cli.good("taskhub durable suspend --id later").await;
    cli.good("taskhub durable resume --id later").await;
    cli.good("taskhub durable restart --id ends --new-id again").await;
    cli.good("taskhub durable signal-entity --name counter --key a --operation add").await;
    cli.good("taskhub durable get-entities").await;
    cli.good("taskhub durable purge --id ends").await;
    let said = cli.good("taskhub durable purge-history --runtime-status completed").await;
    assert!(said.contains("Instances deleted: 1\n"), "{said}");
    let said = cli.good("taskhub durable delete-task-hub --task-hub-name UserTest").await;
    assert_eq!(said, "Task hub 'UserTest' successfully deleted.\n");
    check_integrity(&path).await;

    let setup = server.into_setup().await;
    let server = setup.start().await;
    let api = server.api();
    api.reaches("later", "Completed").await;
    api.reaches("waits", "Completed").await;
    assert_eq!(api.instance("done").await.status, 404, "it was purged");
    api.reaches("failed", "Failed").await;
}

#[tokio::test]
async fn what_is_no_store_is_said_and_not_made() {
    only_when_asked!();
    let cli = Cli::new().file("text.db", "no database");
    std::fs::create_dir(cli.path("folder")).expect("make a folder");
    for (name, word) in [
        ("none.db", "there is no store sqlite:none.db"),
        ("folder", "is a folder"),
        ("text.db", "not a database"),
    ] {
        let ran = cli
            .line(&format!("taskhub durable get-instances --exit-code --server sqlite:{name}"))
            .await;
        assert_eq!(ran.code, 5, "{name}: {ran:?}");
        assert!(ran.stderr.contains(word), "{name}: {ran:?}");
    }
    assert!(!cli.path("none.db").exists());
}
