//! Other processes beside the server.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{PATIENCE, Server, place, script_path, within};

/// A process that is killed when this value goes.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    fn spawn(command: &mut Command) -> Self {
        let child =
            command.stdin(Stdio::null()).kill_on_drop(true).spawn().expect("start a process");
        Self { child }
    }

    /// The sample worker, in a process of its own.
    pub(crate) fn sample_worker(server: &Server) -> Self {
        let mut command = Command::new(place("TASKHUB_BIN"));
        command.args(["sample-worker", "--endpoint", server.origin()]);
        Self::spawn(command.stdout(Stdio::null()).stderr(Stdio::null()))
    }

    /// `e2e/python/worker.py`, which writes into the folder.
    pub(crate) fn python_worker(server: &Server, folder: &Path, name: &str) -> Self {
        let mut command = Command::new(place("TASKHUB_PYTHON"));
        command.arg("-B").arg(script_path("python/worker.py"));
        command.arg(server.address()).arg(folder).arg(name);
        Self::spawn(&mut command)
    }

    /// A proxy that speaks TLS before the server, as `localhost`; and its address.
    pub(crate) async fn tls_proxy(server: &Server) -> (Self, String) {
        let port = server.origin().rsplit(':').next().expect("a port");
        let mut command = Command::new(place("TASKHUB_PYTHON"));
        command.arg("-B").arg(script_path("python/tls_proxy.py"));
        command.arg(script_path("tls/certificate.pem")).arg(script_path("tls/key.pem")).arg(port);
        let mut proxy = Self::spawn(command.stdout(Stdio::piped()));
        let mut line = String::new();
        let mut said = BufReader::new(proxy.child.stdout.take().expect("its stdout"));
        within(PATIENCE, "the proxy", said.read_line(&mut line)).await.expect("read its port");
        (proxy, format!("https://localhost:{}", line.trim()))
    }

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("kill a process");
    }
}
