//! What a person at a terminal gets and a script does not: questions, bars and tips.

use super::{Cli, server};
use crate::world::{PATIENCE, place, within};

/// Runs a command on a terminal of its own, answers its question, and tells what it said and how it ended.
const TERMINAL: &str = r#"
import os, pty, sys
answer, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
said, sent = b"", False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if not sent and b"to go on:" in said:
        os.write(terminal, answer.encode() + b"\n")
        sent = True
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

async fn on_terminal(cli: &Cli, answer: &str, arguments: &[&str]) -> (i32, String) {
    let command = cli.command(arguments);
    let command = command.as_std();
    let mut python = tokio::process::Command::new(place("TASKHUB_PYTHON"));
    python.args(["-c", TERMINAL, answer]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    python.stdin(std::process::Stdio::null());
    let output = within(PATIENCE, "the command", python.output()).await.expect("run Python");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().expect("an exit code"), said)
}

#[tokio::test]
async fn who_sits_at_a_terminal_is_asked_before_something_is_deleted() {
    only_when_asked!();
    let server = server().await;
    let cli = Cli::of(&server);
    let api = server.api();
    api.start("HelloWorld", "a", serde_json::json!("x")).await;
    api.reaches("a", "Completed").await;
    for (arguments, word) in [
        (&["durable", "purge", "--id", "a"][..], "a"),
        (&["durable", "purge-history"], "DurableFunctionsHub"),
        (&["durable", "delete-task-hub", "--task-hub-name", "UserTest"], "UserTest"),
        (&["durable", "delete-entity", "--name", "c", "--key", "k"], "@c@k"),
    ] {
        let (code, said) = on_terminal(&cli, "yes", arguments).await;
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("Type {word} to go on:")), "{said}");
        assert!(said.contains("nothing was changed"), "{said}");
    }
    assert_eq!(api.instance("a").await.status, 200);
    let (code, said) = on_terminal(&cli, "a", &["durable", "purge", "--id", "a"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(api.instance("a").await.status, 404);
    let hub = ["durable", "delete-task-hub", "--task-hub-name", "UserTest", "--yes"];
    let (code, said) = on_terminal(&cli, "", &hub).await;
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("to go on"), "--yes answers: {said}");
}

#[tokio::test]
async fn bars_and_tips_are_for_terminals() {
    only_when_asked!();
    let server = server().await;
    let cli = Cli::of(&server);
    let list = ["durable", "get-instances", "--top", "1001", "--output", "jsonl"];
    let (code, said) = on_terminal(&cli, "", &list).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("reading instances ["), "{said:?}");
    assert_eq!(cli.run(&list).await.stderr, "");
    let start = ["durable", "start-new", "--function-name", "Misspelled"];
    let (code, said) = on_terminal(&cli, "", &start).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("no connected worker serves 'Misspelled' now"), "{said}");
    assert_eq!(cli.run(&start).await.stderr, "");
    let missing = ["durable", "get-runtime-status", "--id", "none"];
    let (_, said) = on_terminal(&cli, "", &missing).await;
    assert!(said.starts_with("\u{1b}[31mCould not find"), "red: {said:?}");
}

#[tokio::test]
async fn scripts_are_not_asked() {
    only_when_asked!();
    let server = server().await;
    let said =
        Cli::of(&server).good("taskhub durable delete-task-hub --task-hub-name UserTest").await;
    assert_eq!(said, "Task hub 'UserTest' successfully deleted.\n");
}
