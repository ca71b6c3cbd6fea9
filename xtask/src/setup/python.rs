//! A Python environment with the Python SDKs, and what tries the HTTP API out.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Step, cargo_tools};
use crate::process;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Installs exactly what e2e/requirements.txt lists.
pub(super) fn venv(workspace: &Workspace, tools: &Tools) -> Result<Step> {
    let name = "Python environment (durabletask, durabletask.azuremanaged, azure-functions-durable, schemathesis)";
    let place = tools.venv_dir();
    // An environment cannot be renamed (its scripts hold its path), so a file says that it is complete.
    let complete = place.join("complete");
    if complete.is_file() && process::version(&tools.python()).is_some() {
        return Ok(Step::present(name));
    }
    eprintln!("setup: installing {name} ...");
    cargo_tools::remove(&place)?;
    process::run(Command::new("python3").args(["-m", "venv"]).arg(&place))
        .context("make a Python environment (Python 3.11 or newer with its venv module; on Debian: apt-get install python3-venv)")?;
    let requirements = workspace.path("e2e/requirements.txt");
    process::run(
        Command::new(tools.python())
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--requirement",
            ])
            .arg(&requirements),
    )
    .context(
        "install the Python packages of e2e/requirements.txt (is the package index within reach?)",
    )?;
    process::run(Command::new(tools.python()).args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "check",
    ]))
    .context("e2e/requirements.txt does not fit together: renew it")?;
    fs::write(&complete, "").with_context(|| format!("write {}", complete.display()))?;
    Ok(Step::installed(name))
}
