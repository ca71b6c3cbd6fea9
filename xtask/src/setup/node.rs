//! npm packages: wasm-opt for the console's build; the JavaScript SDKs and the accessibility checker for the tests.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Step, cargo_tools};
use crate::process;
use crate::tools::{BINARYEN, Tools};
use crate::workspace::Workspace;

/// Installs exactly what e2e/package-lock.json lists.
pub(super) fn packages(workspace: &Workspace, tools: &Tools) -> Result<Step> {
    let name = format!("npm packages (wasm-opt {BINARYEN}, SDKs, axe)");
    let place = tools.node_dir();
    // npm runs in a folder that is renamed afterwards: if that is there, it is complete.
    if place.is_dir() && tools.wasm_opt().exists() && tools.axe().is_file() {
        return Ok(Step::present(name));
    }
    eprintln!("setup: installing {name} ...");
    let partial = cargo_tools::beside(&place, "partial");
    cargo_tools::remove(&partial)?;
    fs::create_dir_all(&partial).with_context(|| format!("create {}", partial.display()))?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        let source = workspace.path("e2e").join(file);
        fs::copy(&source, partial.join(file))
            .with_context(|| format!("copy {}", source.display()))?;
    }
    process::run(
        Command::new("npm").current_dir(&partial).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]),
    )
    .context("install the packages by hand: cd e2e && npm ci --ignore-scripts (is the registry within reach?)")?;
    cargo_tools::remove(&place)?;
    fs::rename(&partial, &place)
        .with_context(|| format!("move the packages to {}", place.display()))?;
    check_wasm_opt(tools)?;
    Ok(Step::installed(name))
}

/// Refuses any other wasm-opt than the pinned one: old versions break the console without a word.
pub(crate) fn check_wasm_opt(tools: &Tools) -> Result<()> {
    let program = tools.wasm_opt();
    let Some(version) = process::version(&program) else {
        bail!(
            "{} does not run: remove {} and try again",
            program.display(),
            tools.node_dir().display()
        );
    };
    if version.split_whitespace().nth(2) != Some(BINARYEN) {
        bail!("{} is \"{version}\", but version {BINARYEN} is needed", program.display());
    }
    Ok(())
}
