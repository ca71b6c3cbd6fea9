//! Builds the whole binary, console included, and starts it.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::console;
use crate::process;
use crate::setup::{self, Need, Talk};
use crate::workspace::Workspace;

/// How much the compiler may take its time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As shipped.
    Release,
    /// Quick to build.
    Debug,
}

impl Mode {
    /// From the flag `--debug`.
    pub(crate) fn new(debug: bool) -> Self {
        if debug { Self::Debug } else { Self::Release }
    }

    /// Name for people, and cargo's name of the folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "debug",
        }
    }
}

/// Sets up, builds the console and, unless told otherwise, the binary; answers the path of the binary.
pub(crate) fn build(workspace: &Workspace, mode: Mode, console_only: bool) -> Result<PathBuf> {
    let tools = setup::run(workspace, Need::Build, Talk::Work)?;
    console::build(workspace, &tools, mode)?;
    if !console_only {
        binary(workspace, mode)?;
    }
    Ok(binary_path(workspace, mode))
}

/// Compiles the binary; the console must be in dist/ by now, because it goes into the binary.
pub(crate) fn binary(workspace: &Workspace, mode: Mode) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--locked", "--package", "taskhub", "--bin", "taskhub"]);
    if mode == Mode::Release {
        cargo.arg("--release");
    }
    process::run(&mut cargo).context("build the server")
}

/// Where the binary is after a build.
pub(crate) fn binary_path(workspace: &Workspace, mode: Mode) -> PathBuf {
    workspace.target().join(mode.name()).join("taskhub")
}

/// Builds and becomes the server, with the sample worker and in the folder of the caller.
pub(crate) fn run(workspace: &Workspace, mode: Mode, flags: &[String]) -> Result<()> {
    let binary = build(workspace, mode, false)?;
    let mut command = Command::new(&binary);
    command.args(["serve", "--samples"]).args(flags);
    // Replaces this process, so that signals and the exit code are the server's own.
    let error = command.exec();
    Err(error).with_context(|| format!("start {}", binary.display()))
}
