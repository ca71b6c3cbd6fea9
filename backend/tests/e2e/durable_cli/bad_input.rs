//! What cannot be read is refused by its name, and nothing is done.

use super::Cli;
use crate::world::Server;

#[tokio::test]
async fn each_option_with_garbage_names_itself() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server).file("bad.json", "{").file("empty.json", "");
    let long = "x".repeat(257);
    for (line, word) in [
        ("start-new", "--function-name"),
        ("start-new --function-name", "--function-name"),
        ("start-new --function-name ''", "--function-name"),
        (&format!("start-new --function-name {long}"), "--function-name"),
        ("start-new --function-name 'a\nb'", "--function-name"),
        ("start-new --function-name X --id ''", "--id"),
        ("start-new --function-name X --id @a@b", "--id"),
        ("start-new --function-name X --id ..", "--id"),
        (&format!("start-new --function-name X --id {long}"), "--id"),
        ("start-new --function-name X --input", "--input"),
        (
            "start-new --function-name X --input @none.json",
            "Could not find input file at 'none.json'",
        ),
        (
            "start-new --function-name X --input @bad.json",
            "--input: Could not deserialize the input",
        ),
        (
            "start-new --function-name X --input @empty.json",
            "--input: Could not deserialize the input",
        ),
        ("start-new --function-name X --input @.", "--input"),
        ("start-new --function-name X --start-at soon", "--start-at"),
        ("start-new --function-name X --as-text maybe", "--as-text"),
        ("start-new --function-name X --function-name Y", "--function-name"),
        ("start-new --function-name X extra", "extra"),
        ("start-new --function-name X --nothing", "--nothing"),
        ("get-runtime-status", "--id"),
        ("get-runtime-status --id x --show-input 1", "--show-input"),
        ("get-runtime-status --id x --show-output=", "--show-output"),
        ("get-history --id", "--id"),
        ("get-instances --top 0", "--top"),
        ("get-instances --top -1", "--top"),
        ("get-instances --top ten", "--top"),
        ("get-instances --top 99999999999999999999", "--top"),
        ("get-instances --created-after yesterday", "--created-after"),
        ("get-instances --created-before ''", "--created-before"),
        ("get-instances --created-before 2021-13-01", "--created-before"),
        ("get-instances --runtime-status done", "--runtime-status"),
        ("get-instances --runtime-status ''", "--runtime-status"),
        ("get-instances --runtime-status", "--runtime-status"),
        ("get-instances --continuation-token abc", "--continuation-token"),
        ("get-instances --output xml", "--output"),
        ("raise-event", "--id"),
        ("raise-event --id x --event-name ''", "--event-name"),
        (&format!("raise-event --id x --event-name {long}"), "--event-name"),
        ("raise-event --id x --event-data @none", "--event-data"),
        ("terminate", "--id"),
        ("terminate --id x --recursive perhaps", "--recursive"),
        ("rewind --id ''", "--id"),
        ("restart --id x --new-id y --same-id", "--new-id"),
        ("purge-history --runtime-status running", "--runtime-status"),
        ("purge-history --created-befor 2021-01-01", "--created-befor"),
        ("purge-history --created-before 1h", "--created-before"),
        ("get-entity --name a", "--key"),
        ("get-entity --name a@b --key c", "--name"),
        ("get-entity --name a --key b/c", "--key"),
        ("get-entities --top 1001", "--top"),
        ("get-entities --continuation-token abc", "--continuation-token"),
        ("signal-entity --name a --key b", "--operation"),
        ("signal-entity --name a --key b --operation ''", "--operation"),
        ("get-instances --task-hub-name 'a b'", "--task-hub-name"),
        ("get-instances --task-hub-name ''", "--task-hub-name"),
        ("get-instances --server ftp://x", "--server"),
        ("get-instances --server ''", "--server"),
        ("get-instances --connection-string-setting ''", "--connection-string-setting"),
        ("get-instances --connection-string-setting NONE", "No storage connection string found."),
        ("get-instances --script-root nowhere", "--script-root"),
        ("get-instances --exit-code yes", "--exit-code"),
        ("nothing", "nothing"),
    ] {
        let ran = cli.line(&format!("taskhub durable {line}")).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{line}: {}", ran.stderr);
        assert!(ran.stderr.contains(word), "{line}: {}", ran.stderr);
        let strict = cli.line(&format!("taskhub durable --exit-code {line}")).await;
        assert!([1, 2].contains(&strict.code), "{line}: {strict:?}");
    }
    let list = server.api().get(crate::world::HUB).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(0), "nothing was started: {list}");
}

#[tokio::test]
async fn payloads_that_are_too_large_are_refused_by_name() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let huge = format!("\"{}\"", "x".repeat(4_000_000));
    let cli = Cli::of(&server).file("huge.json", &huge);
    let ran = cli.line("taskhub durable start-new --function-name X --input @huge.json").await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--input"), "{}", ran.stderr);
    server.api().start("Approval", "a", serde_json::json!({})).await;
    let ran = cli.line("taskhub durable raise-event --id a --event-data @huge.json").await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--event-data"), "{}", ran.stderr);
}

#[tokio::test]
async fn honest_exit_codes_are_told_on_demand() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let cli = Cli::of(&server);
    server.api().start("HelloWorld", "done", serde_json::json!("x")).await;
    server.api().reaches("done", "Completed").await;
    for (line, plain, strict) in [
        ("get-runtime-status --id done", 0, 0),
        ("get-runtime-status --id none", 0, 3),
        ("get-history --id none", 0, 3),
        ("terminate --id none", 0, 3),
        ("terminate --id done", 0, 4),
        ("raise-event --id none", 0, 3),
        ("raise-event --id done", 0, 4),
        ("rewind --id none", 0, 3),
        ("rewind --id done", 1, 4),
        ("restart --id none", 0, 3),
        ("suspend --id none", 0, 3),
        ("suspend --id done", 0, 4),
        ("resume --id done", 0, 4),
        ("purge --id none", 0, 3),
        ("get-entity --name a --key b", 0, 3),
        ("watch --id none", 0, 3),
        ("get-instances --top x", 1, 2),
        ("get-instances --task-hub-name none", 1, 3),
        ("get-instances --server http://127.0.0.1:1", 1, 5),
    ] {
        assert_eq!(cli.line(&format!("taskhub durable {line}")).await.code, plain, "{line}");
        let ran = cli.line(&format!("taskhub durable {line} --exit-code")).await;
        assert_eq!(ran.code, strict, "{line}: {ran:?}");
    }
}
