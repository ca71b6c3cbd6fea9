//! Installing what is missing.
//!
//! Each step looks first and works only when something is missing, so a second run costs a few process starts.
//! Downloads are left to rustup, cargo, npm, pip and apt; this code fetches nothing by itself.

mod browser;
mod cargo_tools;
pub(crate) mod node;
mod python;
mod system;

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::process::seconds;
use crate::tools::Tools;
use crate::workspace::{self, Workspace};

/// How much a command needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Lints and unit tests: the wasm32 target only.
    Lint,
    /// The console and the binary.
    Build,
    /// Build, and the languages and the browser of the end-to-end tests.
    Test,
}

/// How much to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// One line for every step.
    All,
    /// One line for every step that had something to do.
    Work,
}

/// What one step found: the thing's name and version, and whether it had to be installed.
pub(crate) struct Step {
    what: String,
    installed: bool,
}

impl Step {
    /// It was there.
    pub(crate) fn present(what: impl Into<String>) -> Self {
        Self { what: what.into(), installed: false }
    }

    /// It is there now.
    pub(crate) fn installed(what: impl Into<String>) -> Self {
        Self { what: what.into(), installed: true }
    }
}

/// Makes everything present that `need` asks for.
pub(crate) fn run(workspace: &Workspace, need: Need, talk: Talk) -> Result<Tools> {
    let tools = Tools::new(workspace)?;
    fs::create_dir_all(&tools.home).with_context(|| {
        format!("create {} (TASKHUB_TOOLS chooses another place)", tools.home.display())
    })?;
    let _held = workspace::hold(&tools.home.join(".lock"), "set-up")?;

    report(talk, || cargo_tools::wasm_target(workspace))?;
    if need != Need::Lint {
        report(talk, || cargo_tools::trunk(workspace, &tools))?;
        report(talk, || cargo_tools::wasm_bindgen(workspace, &tools))?;
        report(talk, || system::packages(need, &tools))?;
        report(talk, || node::packages(workspace, &tools))?;
    }
    if need == Need::Test {
        report(talk, || python::venv(workspace, &tools))?;
        report(talk, browser::check)?;
    }
    Ok(tools)
}

fn report(talk: Talk, step: impl FnOnce() -> Result<Step>) -> Result<()> {
    let start = Instant::now();
    let done = step()?;
    if done.installed {
        eprintln!("setup: {} installed in {}", done.what, seconds(start.elapsed()));
    } else if talk == Talk::All {
        eprintln!("setup: {} is there", done.what);
    }
    Ok(())
}
