//! Where a command connects: options, environment, local.settings.json, host.json.

use super::{Cli, server};
use crate::world::{Process, Server, Setup, script_path};

const LIST: &str = "taskhub durable get-instances --output jsonl";

#[tokio::test]
async fn settings_come_from_the_environment_or_from_local_settings_json() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let (good, bad) = (server.origin(), "http://127.0.0.1:1");
    let file =
        |url: &str| format!("{{\"IsEncrypted\":false,\"Values\":{{\"Storage\":\"{url}\"}}}}");
    let named = format!("{LIST} --connection-string-setting Storage");
    Cli::new().file("local.settings.json", &file(good)).good(&named).await;
    let cli = Cli::new().file("local.settings.json", &file(bad)).env("Storage", good);
    cli.good(&named).await;
    Cli::new().env("AzureWebJobsStorage", good).good(LIST).await;
    Cli::new().env("TASKHUB_SERVER", good).env("AzureWebJobsStorage", bad).good(LIST).await;
    let cli = Cli::new().env("TASKHUB_SERVER", bad).env("Storage", good);
    cli.good(&named).await;
    cli.good(&format!("{LIST} --server {good}")).await;
    let with_key = good.replace("http://", "http://user:SECRET@");
    cli.good(&format!("{LIST} --server {with_key}/runtime/webhooks/durabletask/")).await;
    let host = r#"{"version":"2.0","extensions":{"durableTask":{"storageProvider":{"connectionName":"Storage"}}}}"#;
    Cli::new().file("host.json", host).env("Storage", good).good(LIST).await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_without_secrets() {
    only_when_asked!();
    for (value, word) in [
        ("UseDevelopmentStorage=true", "Azure storage account"),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=SECRET", "Azure storage account"),
        ("postgres://user:SECRET@h/d", "PostgreSQL"),
        ("http://user:SECRET@127.0.0.1:1", "cannot reach the server at http://127.0.0.1:1:"),
        ("https://user:SECRET@127.0.0.1:1", "cannot reach the server at https://127.0.0.1:1"),
        ("sqlite:none.db", "there is no store"),
        (" ", "No storage connection string found."),
    ] {
        let ran = Cli::new().env("AzureWebJobsStorage", value).line(LIST).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{value}");
        assert!(ran.stderr.contains(word), "{value}: {}", ran.stderr);
        assert!(!ran.stderr.contains("SECRET"), "{value}: {}", ran.stderr);
    }
}

#[tokio::test]
async fn a_server_may_speak_tls_with_a_certificate_that_is_trusted() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let (_proxy, origin) = Process::tls_proxy(&server).await;
    let start = "taskhub durable start-new --function-name HelloSequence --id x";
    let refused = Cli::new().env("TASKHUB_SERVER", &origin).line(start).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("cannot trust the server at https://localhost:"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("SSL_CERT_FILE"), "{refused:?}");
    let certificate = script_path("tls/certificate.pem").display().to_string();
    let cli = Cli::new().env("TASKHUB_SERVER", &origin).env("SSL_CERT_FILE", &certificate);
    cli.good(start).await;
    server.api().reaches("x", "Completed").await;
    cli.good("taskhub durable watch --id x").await;
}

#[tokio::test]
async fn host_json_names_the_hub() {
    only_when_asked!();
    let server = server().await;
    let host = |hub: &str| {
        format!(
            "{{\"version\":\"2.0\",\"extensions\":{{\"durableTask\":{{\"hubName\":\"{hub}\"}}}}}}"
        )
    };
    let cli = Cli::of(&server).file("host.json", &host("TestTaskHub"));
    cli.good("taskhub durable start-new --function-name X --id x").await;
    assert!(server.api().get("/api/v1/hubs/TestTaskHub/instances/x").await.status == 200);
    let said = cli.good("taskhub durable get-runtime-status --id x --task-hub-name UserTest").await;
    assert!(said.starts_with("Could not find"), "the option wins: {said}");
    let cli = Cli::of(&server).file("host.json", &host("%HUB%")).env("HUB", "TestTaskHub");
    assert!(cli.good("taskhub durable get-runtime-status --id x").await.contains("\"X\""));
    let scheduler = format!("Endpoint={};TaskHub=TestTaskHub;Authentication=None", server.origin());
    let cli = Cli::new().env("AzureWebJobsStorage", &scheduler);
    assert!(cli.good("taskhub durable get-runtime-status --id x").await.contains("\"X\""));
    let cli = Cli::new().env("TASKHUB_SERVER", server.address());
    cli.good(LIST).await;
    let cli = Cli::of(&server).env("TASKHUB_TASK_HUB", "TestTaskHub,UserTest");
    assert!(cli.good("taskhub durable get-runtime-status --id x").await.contains("\"X\""));
}

#[tokio::test]
async fn a_bad_host_json_ends_the_command() {
    only_when_asked!();
    let ran = Cli::new().file("host.json", "{").line(LIST).await;
    assert_eq!(ran.code, 1);
    for text in [
        "Exception thrown while attempting to parse task hub configuration from 'host.json':",
        "The command failed due to a configuration issue. See previous error messages for details.",
    ] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
    let host = r#"{"version":"2.0","extensions":{"durableTask":{"storageProvider":{"type":"Netherite"}}}}"#;
    let ran = Cli::new().file("host.json", host).line(LIST).await;
    assert_eq!(ran.code, 1);
    let text = "The Netherite storage provider for Durable Functions is not yet supported by this command. However, it \
                may be supported by an SDK API or an HTTP API. To learn about alternate ways issue commands for Durable \
                Functions, see https://aka.ms/durable-functions-instance-management.";
    assert!(ran.stderr.contains(text), "{}", ran.stderr);
}

#[tokio::test]
async fn a_server_with_other_hubs_gives_its_default() {
    only_when_asked!();
    let server = Setup::new().arg("--task-hub").arg("Other").start().await;
    let ran = Cli::of(&server).line(LIST).await;
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.starts_with("task hub: Other, "), "it is said: {}", ran.stderr);
    let ran = Cli::of(&server).line("taskhub durable delete-task-hub").await;
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[tokio::test]
async fn a_folder_can_be_named() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::new();
    std::fs::create_dir(cli.path("app")).expect("make a folder");
    let settings = format!("{{\"Values\":{{\"AzureWebJobsStorage\":\"{}\"}}}}", server.origin());
    let cli = cli
        .file("app/local.settings.json", &settings)
        .file("app/host.json", "{\"version\":\"2.0\"}")
        .file("app/input.json", "7");
    let start = "taskhub durable start-new --function-name X --input @input.json --id x";
    cli.good(&format!("{start} --script-root app")).await;
    assert_eq!(server.api().instance("x").await.json()["input"], "7");
    cli.good(&format!("{LIST} --prefix app")).await;
}
