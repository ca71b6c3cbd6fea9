//! A server of our own: the binary, on a free port, with a folder of its own.

use std::{
    env,
    future::Future,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::{Api, Grpc, PATIENCE, eventually, place, within};

/// Beginning of the first line.
const FIRST: &str = "taskhub listening on ";

/// How a server is started.
pub(crate) struct Setup {
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    bare: bool,
    home: TempDir,
    port: u16,
    data: Option<PathBuf>,
}

/// A process that runs the server. It is killed when this value goes.
pub(crate) struct Server {
    setup: Setup,
    child: Child,
    /// Kept open: a server whose first lines nobody reads must not die of it.
    stdout: Lines<BufReader<ChildStdout>>,
    first_line: String,
    origin: String,
}

/// A server that would not start.
pub(crate) struct Refused {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Setup {
    /// A free port, no second port, a new SQLite file.
    pub(crate) fn new() -> Self {
        let home =
            tempfile::Builder::new().prefix("taskhub-e2e-").tempdir().expect("make a folder");
        Self {
            arguments: Vec::new(),
            variables: Vec::new(),
            bare: false,
            home,
            port: 0,
            data: None,
        }
    }

    /// Nothing but what is added.
    pub(crate) fn bare() -> Self {
        let mut setup = Self::new();
        setup.bare = true;
        setup
    }

    pub(crate) fn with_samples() -> Self {
        Self::new().arg("--samples")
    }

    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A port that stays the same over restarts.
    pub(crate) fn with_fixed_port(mut self) -> Self {
        self.port = free_port();
        self
    }

    /// Another folder for the database than the server's own.
    pub(crate) fn with_data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_path_buf());
        self
    }

    pub(crate) fn has_samples(&self) -> bool {
        self.arguments.iter().any(|argument| argument == "--samples")
    }

    /// Folder that the server works in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data.as_deref().unwrap_or(self.home.path()).join("taskhub.db")
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("stderr.log")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(place("TASKHUB_BIN"));
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TASKHUB_") {
                command.env_remove(name);
            }
        }
        command.arg("serve");
        if !self.bare {
            command.args(["--listen", &format!("127.0.0.1:{}", self.port), "--grpc-listen", "off"]);
            command.arg("--store").arg(format!("sqlite:{}", self.database().display()));
        }
        command.args(&self.arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let log = std::fs::File::options().create(true).append(true).open(self.log());
        command
            .current_dir(self.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("open the log"))
            .kill_on_drop(true);
        command
    }

    /// Starts the server and waits for its first line.
    pub(crate) async fn start(self) -> Server {
        let mut child = self.command().spawn().expect("start the server");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut stdout = BufReader::new(stdout).lines();
        let first = within(PATIENCE, "the first line", stdout.next_line()).await;
        let Some(first_line) = first.expect("read stdout") else {
            panic!("the server ended without a line:\n{}", read(&self.log()));
        };
        let Some(origin) = first_line.strip_prefix(FIRST).map(str::to_owned) else {
            panic!("the first line is {first_line:?}");
        };
        Server { setup: self, child, stdout, first_line, origin }
    }

    /// Starts a second process with the same settings; the caller knows that the first has ended.
    pub(crate) async fn start_again(&self) -> Server {
        let mut setup = Self::new();
        setup.arguments.clone_from(&self.arguments);
        setup.variables.clone_from(&self.variables);
        setup.port = self.port;
        setup.data = self.database().parent().map(Path::to_path_buf);
        setup.start().await
    }

    /// Starts a server and kills it after `time`, wherever it is by then.
    pub(crate) async fn start_and_kill(&self, time: impl Future<Output = ()>) {
        let mut child = self.command().spawn().expect("start the server");
        time.await;
        child.kill().await.expect("kill the server");
    }

    /// Starts a server that must refuse to start.
    pub(crate) async fn refused(&self) -> Refused {
        let child = self.command().spawn().expect("start the server");
        let output = within(PATIENCE, "the refusal", child.wait_with_output()).await;
        let output = output.expect("wait for the server");
        Refused {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: read(&self.log()),
        }
    }
}

impl Server {
    /// A server with its sample worker connected.
    pub(crate) async fn with_samples() -> Self {
        let server = Setup::with_samples().start().await;
        server.has_workers(1).await;
        server
    }

    pub(crate) fn first_line(&self) -> &str {
        &self.first_line
    }

    /// Next line on stdout.
    pub(crate) async fn next_line(&mut self) -> String {
        let line = within(PATIENCE, "another line", self.stdout.next_line()).await;
        line.expect("read stdout").expect("stdout is open")
    }

    /// `http://host:port`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    pub(crate) fn api(&self) -> Api {
        Api::new(&self.origin)
    }

    pub(crate) async fn grpc(&self) -> Grpc {
        Grpc::connect(&self.origin).await
    }

    /// Waits until so many worker streams are open.
    pub(crate) async fn has_workers(&self, count: u64) {
        let api = self.api();
        eventually(&format!("{count} workers"), || async {
            let server = api.get("/api/v1/server").await.json();
            (server["hubs"][0]["workers"].as_u64() == Some(count)).then_some(())
        })
        .await;
    }

    /// Everything it said on stderr.
    pub(crate) fn log(&self) -> String {
        read(&self.setup.log())
    }

    /// Ends the process as a power switch does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("kill the server");
    }

    /// Kills it if it lives, and starts it again with the same settings.
    pub(crate) async fn restart(mut self) -> Self {
        self.kill().await;
        self.setup.start().await
    }

    /// Gives the folder and the settings back, after the process has ended.
    pub(crate) async fn into_setup(mut self) -> Setup {
        self.kill().await;
        self.setup
    }

    /// Sends a signal, for example `TERM`.
    pub(crate) async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("the server runs");
        let sent =
            Command::new("kill").arg(format!("-{signal}")).arg(id.to_string()).status().await;
        assert!(sent.expect("run kill").success(), "kill -{signal} failed");
    }

    /// How the process ended, which it must do in time.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        within(PATIENCE, "the end of the server", self.child.wait())
            .await
            .expect("wait for the server")
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("look at the server").is_some()
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = read(&self.log());
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            eprintln!("last lines of the server's log:\n{}", tail.join("\n"));
        }
    }
}

/// A port that nobody has now, outside the range from which the system gives ports to others.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % 5_000).unwrap_or_default();
    for _ in 0..10_000 {
        let port = 20_000 + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
