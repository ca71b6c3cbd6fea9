//! Figures of the release build: one JSON line each on stdout.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::manifest;
use crate::server::{self, Mode};
use crate::setup::{self, Need, Talk};
use crate::workspace::Workspace;

/// The one figure that needs no running server.
const CONSOLE_SIZE: &str = "console_size";
/// The figure that needs the Python SDK.
const PYTHON: &str = "python";

/// Measures the figures of these names, or all of them.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    let binary = server::build(workspace, Mode::Release, false)?;
    let others: Vec<&String> = names.iter().filter(|name| *name != CONSOLE_SIZE).collect();
    if names.is_empty() || others.len() < names.len() {
        let sizes = manifest::first_page(&manifest::read(&workspace.path("dist"))?);
        println!(
            "{}",
            json!({"bench": CONSOLE_SIZE, "raw": sizes.raw, "gzip": sizes.gzip, "brotli": sizes.brotli})
        );
    }
    if names.is_empty() || !others.is_empty() {
        let mut cargo = workspace.cargo();
        cargo
            .args(["run", "--locked", "--quiet", "--release", "--package", "taskhub-bench", "--"])
            .args(others);
        if names.iter().any(|name| name == PYTHON) {
            let tools = setup::run(workspace, Need::Test, Talk::Work)?;
            cargo.env("TASKHUB_PYTHON", tools.python());
        }
        // Not process::run: here stdout is the result.
        let status = cargo
            .env("TASKHUB_BIN", binary)
            .stdin(Stdio::null())
            .status()
            .context("start the load driver")?;
        if !status.success() {
            bail!("the load driver ended with {status}");
        }
    }
    Ok(())
}
