//! `taskhub durable`: every command against a running server and against a store of its own.

mod bad_input;
mod commands;
mod confirm;
mod connection;
mod examples;
mod output;
mod store;
mod watch;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::process::Command;

use crate::world::{PATIENCE, Server, Setup, place, within};

/// The command line in a folder of its own, without anything of the environment that steers it.
pub(super) struct Cli {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a command went.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Cli {
    pub(super) fn new() -> Self {
        let folder =
            tempfile::Builder::new().prefix("taskhub-cli-").tempdir().expect("make a folder");
        Self { folder, variables: Vec::new() }
    }

    /// A command line that knows the server.
    pub(super) fn of(server: &Server) -> Self {
        Self::new().env("TASKHUB_SERVER", server.origin())
    }

    /// A command line that knows a store.
    pub(super) fn of_store(path: &Path) -> Self {
        Self::new().env("AzureWebJobsStorage", &format!("sqlite:{}", path.display()))
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file into the folder.
    pub(super) fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).expect("write a file");
        self
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(place("TASKHUB_BIN"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TASKHUB_") {
                command.env_remove(name);
            }
        }
        command
            .env_remove("AzureWebJobsStorage")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs `taskhub` with these arguments.
    pub(super) async fn run(&self, arguments: &[&str]) -> Ran {
        let output = within(PATIENCE, "the command", self.command(arguments).output()).await;
        let output = output.expect("run taskhub");
        let ran = Ran {
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        };
        assert!(!ran.stderr.contains("panicked"), "{arguments:?}: {ran:?}");
        ran
    }

    /// Runs a line as a shell would read it: words, and texts between quotes.
    pub(super) async fn line(&self, line: &str) -> Ran {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(words.first(), Some(&"taskhub"), "{line}");
        self.run(&words[1..]).await
    }

    /// Runs a line that must succeed, and gives what it says.
    pub(super) async fn good(&self, line: &str) -> String {
        let ran = self.line(line).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {}", ran.stdout);
        ran.stdout
    }
}

fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => word.get_or_insert_default().push(letter),
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            None if letter == ' ' => words.extend(word.take()),
            None => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// A server with samples and three task hubs.
pub(super) async fn server() -> Server {
    let mut setup = Setup::with_samples();
    for hub in ["DurableFunctionsHub", "TestTaskHub", "UserTest"] {
        setup = setup.arg("--task-hub").arg(hub);
    }
    let server = setup.start().await;
    server.has_workers(1).await;
    server
}
