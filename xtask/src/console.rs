//! Builds the console into dist/: trunk, then names by content, then compressed copies and a list of the files.
//!
//! Nothing is built when no input changed since dist/ was made.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::digest::Fingerprint;
use crate::dist::Bundle;
use crate::manifest;
use crate::process::{self, seconds};
use crate::server::Mode;
use crate::setup;
use crate::tools::{BINARYEN, TRUNK, Tools};
use crate::workspace::{self, Workspace};

/// Everything in the checkout that the console is made of.
const INPUTS: [&str; 8] = [
    "frontend",
    "shared",
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
];

/// The code that makes dist/ out of trunk's output: a change in it is a change of the input as well.
const PIPELINE: [&str; 4] = [
    include_str!("console.rs"),
    include_str!("dist.rs"),
    include_str!("html.rs"),
    include_str!("manifest.rs"),
];

/// Brings dist/ up to date.
pub(crate) fn build(workspace: &Workspace, tools: &Tools, mode: Mode) -> Result<()> {
    let scratch = workspace.scratch()?;
    let _held = workspace::hold(&scratch.join("console.lock"), "console")?;
    let stamp = scratch.join("console.stamp");
    let inputs = fingerprint(workspace, tools, mode)?;
    let dist = workspace.path("dist");
    if is_current(&stamp, &inputs, &dist) {
        eprintln!("console: up to date");
        return Ok(());
    }

    let start = Instant::now();
    eprintln!("console: building ({}) ...", mode.name());
    let raw = scratch.join("trunk");
    trunk(workspace, tools, mode, &raw)?;
    let made = scratch.join("dist");
    if made.exists() {
        fs::remove_dir_all(&made).with_context(|| format!("remove {}", made.display()))?;
    }
    let files = Bundle::read(&raw)?.finish()?;
    let sizes = manifest::write(&made, &files, mode)?;
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("remove {}", dist.display()))?;
    }
    fs::rename(&made, &dist).with_context(|| format!("move the console to {}", dist.display()))?;
    fs::write(&stamp, stamp_text(&inputs, &dist))
        .with_context(|| format!("write {}", stamp.display()))?;
    eprintln!("console: {sizes}, built in {}", seconds(start.elapsed()));
    Ok(())
}

fn trunk(workspace: &Workspace, tools: &Tools, mode: Mode, raw: &Path) -> Result<()> {
    // Trunk runs cargo offline, so that it cannot download tools by itself; the crates must be there before.
    process::run(workspace.cargo().args(["fetch", "--locked", "--quiet"]))
        .context("download the console's crates")?;
    let mut command = Command::new(tools.trunk());
    command.current_dir(workspace.root());
    command.args(["--log", "warn", "build", "--offline", "true", "--dist"]).arg(raw);
    if mode == Mode::Release {
        setup::node::check_wasm_opt(tools)?;
        command.args(["--release", "--cargo-profile", "wasm-release"]);
    }
    command.env("PATH", process::path_with(&tools.build_path())?);
    // Trunk reads NO_COLOR as a boolean and refuses the usual "1".
    command.env_remove("NO_COLOR");
    process::run(&mut command).context("build the console")
}

fn fingerprint(workspace: &Workspace, tools: &Tools, mode: Mode) -> Result<String> {
    let mut print = Fingerprint::default();
    for input in INPUTS {
        print.add_tree(&workspace.path(input))?;
    }
    for code in PIPELINE {
        print.add("pipeline", code.as_bytes());
    }
    let rustc =
        process::output(Command::new("rustc").current_dir(workspace.root()).arg("--version"))?;
    for tool in [mode.name(), TRUNK, BINARYEN, &tools.wasm_bindgen, &rustc] {
        print.add("tool", tool.as_bytes());
    }
    Ok(print.finish())
}

/// True when dist/ is what an earlier run made of these very inputs, and nobody else wrote over it.
fn is_current(stamp: &Path, inputs: &str, dist: &Path) -> bool {
    dist.join(manifest::NAME).is_file()
        && fs::read_to_string(stamp).is_ok_and(|text| text == stamp_text(inputs, dist))
}

fn stamp_text(inputs: &str, dist: &Path) -> String {
    let list = fs::read(dist.join(manifest::NAME)).unwrap_or_default();
    format!("{inputs} {}\n", crate::digest::short(&list))
}
