//! Every check, one after the other, and a count at the end.
//!
//! A failed check does not stop the ones after it. What a check prints goes to a log file, and to the screen only
//! when the check fails.

mod report;

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use self::report::{Checks, read_lossy};
use crate::licence;
use crate::process;
use crate::server::{self, Mode};
use crate::setup::{self, Need, Talk};
use crate::tally::{self, Tally};
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// Name of the test target that needs other languages and a browser.
const E2E: &str = "e2e";

/// Runs the checks; true when all of them passed.
pub(crate) fn run(workspace: &Workspace, fast: bool) -> Result<bool> {
    let start = Instant::now();
    let tools = setup::run(workspace, if fast { Need::Lint } else { Need::Test }, Talk::Work)?;
    let mut checks = Checks::new(workspace)?;

    checks.command("format", workspace.cargo().args(["fmt", "--all", "--check"]));
    checks.step("licences and sources", |_| licence::check(workspace).map(|()| Tally::default()));
    let lint = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    checks.command("lints", workspace.cargo().args(lint));
    let lint =
        ["clippy", "--locked", "--package", "taskhub-frontend", "--package", "taskhub-shared"];
    let wasm = ["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
    checks.command("lints, wasm32", workspace.cargo().args(lint).args(wasm));

    let built = !fast && {
        // The very command that people use, so that it is tested as well.
        let this = std::env::current_exe().context("find this program")?;
        checks.command("build", Command::new(this).current_dir(workspace.root()).arg("build"))
    };

    let mut cargo = workspace.cargo();
    cargo.args(["test", "--locked", "--workspace", "--no-fail-fast"]).env_remove("TASKHUB_E2E");
    if built {
        cargo.env("TASKHUB_BIN", server::binary_path(workspace, Mode::Release));
    }
    checks.tests("tests", &mut cargo, Some(E2E));

    if !fast {
        let doc = ["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"];
        checks.command(
            "documentation",
            workspace.cargo().args(doc).env("RUSTDOCFLAGS", "-D warnings"),
        );
        if process::which("cargo-deny").is_some() {
            let deny = ["deny", "--offline", "check", "bans", "licenses", "sources"];
            checks.command("cargo deny", workspace.cargo().args(deny));
        }
        match tally::program(&read_lossy(&checks.log("tests")), E2E) {
            // The program that cargo just compiled. Asking cargo for this one target would choose other features of
            // the dependencies, and compile most of them a second time.
            Some(program) if built => {
                let mut program = Command::new(workspace.path(program));
                program
                    .current_dir(workspace.path("backend"))
                    .env("CARGO_MANIFEST_DIR", workspace.path("backend"));
                checks.tests("end to end", end_to_end(&mut program, workspace, &tools)?, None);
            }
            Some(_) => {
                checks.step("end to end", |_| bail!("not run, because there is no build"));
            }
            None => {
                checks.step("end to end", |_| {
                    bail!("not run, because the test target {E2E} did not compile")
                });
            }
        }
    }
    Ok(checks.summary(start.elapsed()))
}

/// Sets up, builds, and runs only the end-to-end tests whose names contain one of the words, with these variables.
pub(crate) fn only_end_to_end(
    workspace: &Workspace,
    words: &[String],
    variables: &[(&str, String)],
) -> Result<()> {
    let tools = setup::run(workspace, Need::Test, Talk::Work)?;
    server::build(workspace, Mode::Release, false)?;
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--locked", "--package", "taskhub", "--test", E2E, "--"]).args(words);
    cargo.envs(variables.iter().map(|(name, value)| (name, value)));
    process::run(end_to_end(&mut cargo, workspace, &tools)?)
}

/// Gives a program the environment that the end-to-end tests rely on (see CONTRIBUTING.md).
fn end_to_end<'a>(
    program: &'a mut Command,
    workspace: &Workspace,
    tools: &Tools,
) -> Result<&'a mut Command> {
    Ok(program
        .env("TASKHUB_E2E", "1")
        .env("TASKHUB_BIN", server::binary_path(workspace, Mode::Release))
        .env("TASKHUB_PYTHON", tools.python())
        .env("TASKHUB_NODE", process::which("node").context("find node")?)
        .env("TASKHUB_NODE_MODULES", tools.node_modules())
        .env("NODE_PATH", tools.node_modules())
        .env("TASKHUB_AXE", tools.axe())
        .env("TASKHUB_CHROMIUM", tools::chromium().context("find Chromium")?)
        .env("TASKHUB_CHROMEDRIVER", tools::chromedriver().context("find chromedriver")?))
}
