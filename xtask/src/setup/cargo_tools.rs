//! Rust's wasm32 target, trunk and wasm-bindgen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Step;
use crate::process;
use crate::tools::{TRUNK, Tools};
use crate::workspace::Workspace;

const WASM: &str = "wasm32-unknown-unknown";

/// The compiler's standard library for the browser.
pub(super) fn wasm_target(workspace: &Workspace) -> Result<Step> {
    let name = format!("target {WASM}");
    let sysroot = process::output(
        Command::new("rustc").current_dir(workspace.root()).args(["--print", "sysroot"]),
    )
    .context("find the Rust compiler: install Rust with rustup, then try again")?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(Step::present(name));
    }
    eprintln!("setup: installing {name} ...");
    process::run(
        Command::new("rustup").current_dir(workspace.root()).args(["target", "add", WASM]),
    )
    .with_context(|| format!("add the target by hand: rustup target add {WASM}"))?;
    Ok(Step::installed(name))
}

/// The console's bundler.
pub(super) fn trunk(workspace: &Workspace, tools: &Tools) -> Result<Step> {
    let name = format!("trunk {TRUNK}");
    if process::version(&tools.trunk()).as_deref() == Some(name.as_str()) {
        return Ok(Step::present(name));
    }
    let arguments =
        ["--locked", "--no-default-features", "trunk", "--version", &format!("={TRUNK}")];
    install(workspace, &name, "about 2 to 7 minutes", &arguments, &tools.trunk_dir())
}

/// Writes the JavaScript half of the console; speaks only to the library of the very same version.
pub(super) fn wasm_bindgen(workspace: &Workspace, tools: &Tools) -> Result<Step> {
    let name = format!("wasm-bindgen {}", tools.wasm_bindgen);
    let dir = tools.wasm_bindgen_dir();
    if process::version(&dir.join("bin/wasm-bindgen")).as_deref() == Some(name.as_str()) {
        return Ok(Step::present(name));
    }
    // Not --locked: the lock file that this tool is published with asks for versions that not every registry has.
    let arguments = ["wasm-bindgen-cli", "--version", &format!("={}", tools.wasm_bindgen)];
    install(workspace, &name, "about 1 to 2 minutes", &arguments, &dir)
}

/// Installs beside the final place and renames, so that a broken run leaves nothing that looks complete.
fn install(
    workspace: &Workspace,
    name: &str,
    time: &str,
    arguments: &[&str],
    place: &Path,
) -> Result<Step> {
    eprintln!("setup: installing {name} ({time}) ...");
    let partial = beside(place, "partial");
    let build = beside(place, "build");
    remove(&partial)?;
    process::run(
        workspace
            .cargo()
            .args(["install", "--quiet", "--root"])
            .arg(&partial)
            .args(arguments)
            // These run once or twice for each build: quick to compile beats quick to run.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_TARGET_DIR", &build),
    )
    .with_context(|| {
        format!(
            "install {name} by hand: cargo install {} --root {}",
            arguments.join(" "),
            place.display()
        )
    })?;
    remove(&build)?;
    remove(place)?;
    fs::rename(&partial, place).with_context(|| format!("move {name} to {}", place.display()))?;
    Ok(Step::installed(name))
}

/// The same path with one more suffix; `with_extension` would eat the end of the version.
pub(super) fn beside(place: &Path, suffix: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a folder, or does nothing when there is none.
pub(super) fn remove(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("remove {}", dir.display()))?;
    }
    Ok(())
}
