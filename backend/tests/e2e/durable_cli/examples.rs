//! Every line of the page "Manage instances in Durable Functions", with `func` replaced by `taskhub`.

use serde_json::{Value, json};

use super::{Cli, Ran, server};
use crate::world::Api;

/// Instance of the page's examples.
const ID: &str = "0ab8c55a66644d68a3a8b220b12d209c";

/// What there must be before the line is run.
#[derive(Debug, Clone, Copy)]
enum Given {
    Nothing,
    /// The instance waits for an event.
    Waiting(&'static str),
    /// The instance has failed.
    Failed,
}

/// Line, what there must be, and what it says: `..` stands for anything.
const LINES: &[(&str, Given, &str)] = &[
    (
        "taskhub durable start-new --function-name HelloWorld --input @counter-data.json --task-hub-name TestTaskHub",
        Given::Nothing,
        "Started 'HelloWorld' at ... Instance ID: '..'.\n",
    ),
    (
        "taskhub durable get-runtime-status --id 0ab8c55a66644d68a3a8b220b12d209c --show-input true --show-output true",
        Given::Waiting(ID),
        "{..\"OrchestrationStatus\": 0,..}\n",
    ),
    (
        "taskhub durable get-history --id 0ab8c55a66644d68a3a8b220b12d209c",
        Given::Waiting(ID),
        "[..\"EventType\": \"ExecutionStarted\"..]\n",
    ),
    (
        "taskhub durable get-instances",
        Given::Waiting(ID),
        "[..\"InstanceId\": \"0ab8c55a66644d68a3a8b220b12d209c\"..]\nContinuation token for next set of results: '..'\n",
    ),
    (
        "taskhub durable get-instances --created-after 2021-03-10T13:57:31Z --created-before  2021-03-10T23:59Z --top 15",
        Given::Waiting(ID),
        "[]\nContinuation token for next set of results: ''\n",
    ),
    (
        "taskhub durable terminate --id 0ab8c55a66644d68a3a8b220b12d209c --reason \"Found a bug\"",
        Given::Waiting(ID),
        "Sent a termination message to instance '0ab8c55a66644d68a3a8b220b12d209c'. Waiting up to 30 seconds for the \
         orchestration to actually terminate...\nSuccessfully terminated '0ab8c55a66644d68a3a8b220b12d209c'\n",
    ),
    (
        "taskhub durable raise-event --id 0ab8c55a66644d68a3a8b220b12d209c --event-name MyEvent --event-data @eventdata.json",
        Given::Waiting(ID),
        "Raised event 'MyEvent' to instance '0ab8c55a66644d68a3a8b220b12d209c'.\n",
    ),
    (
        "taskhub durable raise-event --id 1234567 --event-name MyOtherEvent --event-data 3",
        Given::Waiting("1234567"),
        "Raised event 'MyOtherEvent' to instance '1234567'.\n",
    ),
    (
        "taskhub durable rewind --id 0ab8c55a66644d68a3a8b220b12d209c --reason \"Orchestrator failed and needs to be \
         revived.\"",
        Given::Failed,
        "Rewind message sent to instance '0ab8c55a66644d68a3a8b220b12d209c'. Retrieving new status now...\nStatus before \
         rewind: Failed\nStatus after rewind: ..\n",
    ),
    (
        "taskhub durable purge-history --created-before 2021-11-14T19:35:00.0000000Z",
        Given::Nothing,
        "Purged orchestration history for all instances created between '01/01/0001 00:00:00' and '11/14/2021 \
         19:35:00'\nInstances deleted: 0\nRows deleted: 0\n",
    ),
    (
        "taskhub durable purge-history --created-after 2021-11-10 --created-before 2021-11-14 --runtime-status completed",
        Given::Nothing,
        "Purged orchestration history for all instances created between '11/10/2021 00:00:00' and '11/14/2021 00:00:00' \
         and whose runtime status matched one of the following: [Completed]\nInstances deleted: 0\nRows deleted: 0\n",
    ),
    (
        "taskhub durable delete-task-hub --task-hub-name UserTest",
        Given::Nothing,
        "Task hub 'UserTest' successfully deleted.\n",
    ),
];

#[tokio::test]
async fn every_line_of_the_page_does_what_the_page_says() {
    only_when_asked!();
    let server = server().await;
    let cli =
        Cli::of(&server).file("counter-data.json", "\"x\"").file("eventdata.json", "[1, 2, 3]");
    for (line, given, said) in LINES {
        prepare(&server.api(), *given).await;
        check(line, &cli.line(line).await, said);
    }
    let input = server.api().get("/api/v1/hubs/TestTaskHub/instances").await.json();
    assert_eq!(input["items"][0]["name"], "HelloWorld");
    let hubs = server.api().get("/api/v1/server").await.json();
    assert_eq!(hubs["hubs"].as_array().map(Vec::len), Some(2), "{hubs}");
}

#[tokio::test]
async fn every_line_takes_a_connection_string_setting() {
    only_when_asked!();
    let server = server().await;
    let cli = Cli::new()
        .env("Storage", server.origin())
        .file("counter-data.json", "\"x\"")
        .file("eventdata.json", "[1, 2, 3]");
    for (line, given, said) in LINES {
        prepare(&server.api(), *given).await;
        let line = format!("{line} --connection-string-setting Storage");
        check(&line, &cli.line(&line).await, said);
    }
}

#[tokio::test]
async fn pages_go_on_where_they_ended() {
    only_when_asked!();
    let server = server().await;
    let cli = Cli::of(&server);
    for number in 0..5 {
        server.api().start("Approval", &format!("page-{number}"), json!({})).await;
    }
    let mut ids = Vec::new();
    let mut token = String::new();
    loop {
        let line = "taskhub durable get-instances --top 2 --continuation-token";
        let said = cli.good(&format!("{line} \"{token}\"")).await;
        let (rows, next) =
            said.split_once("\nContinuation token for next set of results: '").expect("a token");
        let rows: Vec<Value> = serde_json::from_str(rows).expect("JSON");
        ids.extend(rows.iter().map(|row| row["OrchestrationInstance"]["InstanceId"].clone()));
        next.trim_end().trim_end_matches('\'').clone_into(&mut token);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, ["page-4", "page-3", "page-2", "page-1", "page-0"]);
}

/// Makes the world as the line needs it.
async fn prepare(api: &Api, given: Given) {
    let (id, name, status) = match given {
        Given::Nothing => return,
        Given::Waiting(id) => (id, "Approval", "Running"),
        Given::Failed => (ID, "Failing", "Failed"),
    };
    let now = api.instance(id).await;
    if now.status == 200 {
        let now = now.json();
        if now["name"] == name && now["runtimeStatus"] == status {
            return;
        }
        if now["completedAt"].is_null() {
            api.post(&Api::path(id, "/terminate"), &json!({})).await.expect(202);
        }
    }
    api.start(name, id, json!({})).await;
    api.reaches(id, status).await;
}

fn check(line: &str, ran: &Ran, said: &str) {
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {}", ran.stdout);
    let parts: Vec<&str> = said.split("..").collect();
    let mut rest = ran.stdout.as_str();
    for (number, part) in parts.iter().enumerate() {
        let at = match number {
            0 => rest.starts_with(part).then_some(0),
            last if last + 1 == parts.len() => {
                rest.ends_with(part).then(|| rest.len() - part.len())
            }
            _ => rest.find(part),
        };
        let at = at.unwrap_or_else(|| panic!("{line}: no {part:?} in {:?}", ran.stdout));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(rest, "", "{line}");
}
