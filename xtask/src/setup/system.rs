//! Packages of the operating system, by apt where that is possible.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Need, Step};
use crate::process;
use crate::tools::{self, Tools};

/// Oldest Node.js that the npm packages run on.
const NODE: u32 = 18;

/// Installs Node.js, and for tests Python's venv module and Chromium, when they are missing.
pub(super) fn packages(need: Need, venv: &Tools) -> Result<Step> {
    let mut missing = Vec::new();
    if process::which("node").is_none() {
        missing.push("nodejs");
    }
    if process::which("npm").is_none() {
        missing.push("npm");
    }
    if need == Need::Test {
        if !venv.python().exists() && !has_venv() {
            missing.push("python3-venv");
        }
        if tools::chromium().is_none() {
            missing.push("chromium");
        }
        if tools::chromedriver().is_none() {
            missing.push("chromium-driver");
        }
    }
    if missing.is_empty() {
        return node_version().map(|version| Step::present(format!("Node.js {version}")));
    }
    apt(&missing)?;
    node_version()?;
    Ok(Step::installed(missing.join(", ")))
}

fn has_venv() -> bool {
    process::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}

fn node_version() -> Result<String> {
    let version = process::output(Command::new("node").arg("--version"))
        .context("install Node.js 18 or newer")?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|number| number.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE => Ok(version),
        _ => bail!("Node.js {version} is too old: install version {NODE} or newer"),
    }
}

fn apt(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    if !root || process::which("apt-get").is_none() {
        bail!("missing on this system: {}. On Debian run as root: {by_hand}", packages.join(", "));
    }
    eprintln!("setup: installing {} ...", packages.join(", "));
    let apt = |arguments: &[&str]| {
        process::run(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-q", "-y"])
                .args(arguments),
        )
    };
    apt(&["update"]).context("refresh the package lists: apt-get update")?;
    let mut arguments = vec!["install", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments).with_context(|| format!("install by hand: {by_hand}"))
}
