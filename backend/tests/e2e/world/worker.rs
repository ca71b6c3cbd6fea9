//! Other processes beside the server.

use std::{path::Path, process::Stdio};

use tokio::process::{Child, Command};

use super::{Server, place, script_path};

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

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("kill a process");
    }
}
