//! Every check, one after the other, and a count at the end.
//!
//! A failed check does not stop the ones after it. What a check prints goes to a log file, and to the screen only
//! when the check fails.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::licence;
use crate::process::{self, seconds};
use crate::server::{self, Mode};
use crate::setup::{self, Need, Talk};
use crate::tally::Tally;
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// Name of the test target that needs other languages and a browser.
const E2E: &str = "e2e";
/// Lines of a failed check's log that go to the screen.
const SHOWN: usize = 150;

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
        if built {
            checks.tests("end to end", &mut end_to_end(workspace, &tools)?, None);
        } else {
            checks.step("end to end", |_| bail!("not run, because there is no build"));
        }
    }
    Ok(checks.summary(start.elapsed()))
}

/// The end-to-end tests with the environment that they rely on (see CONTRIBUTING.md).
fn end_to_end(workspace: &Workspace, tools: &Tools) -> Result<Command> {
    let mut cargo = workspace.cargo();
    // All of the workspace, although one package has the target: else cargo would choose other features and
    // compile half of the crates again.
    cargo
        .args(["test", "--locked", "--workspace", "--no-fail-fast", "--test", E2E])
        .env("TASKHUB_E2E", "1")
        .env("TASKHUB_BIN", server::binary_path(workspace, Mode::Release))
        .env("TASKHUB_PYTHON", tools.python())
        .env("TASKHUB_NODE", process::which("node").context("find node")?)
        .env("TASKHUB_NODE_MODULES", tools.node_modules())
        .env("NODE_PATH", tools.node_modules())
        .env("TASKHUB_AXE", tools.axe())
        .env("TASKHUB_CHROMIUM", tools::chromium().context("find Chromium")?)
        .env("TASKHUB_CHROMEDRIVER", tools::chromedriver().context("find chromedriver")?);
    Ok(cargo)
}

/// The checks that ran so far.
struct Checks {
    logs: PathBuf,
    tally: Tally,
    done: Vec<(&'static str, bool, Duration)>,
}

impl Checks {
    fn new(workspace: &Workspace) -> Result<Self> {
        let logs = workspace.scratch()?.join("log");
        fs::create_dir_all(&logs).with_context(|| format!("create {}", logs.display()))?;
        Ok(Self { logs, tally: Tally::default(), done: Vec::new() })
    }

    /// A check that is one program.
    fn command(&mut self, name: &'static str, command: &mut Command) -> bool {
        self.step(name, |log| logged(command, log).map(|()| Tally::default()))
    }

    /// A check that is a run of tests; its results count.
    fn tests(&mut self, name: &'static str, command: &mut Command, skip: Option<&str>) -> bool {
        self.step(name, |log| {
            let ended = logged(command, log);
            let mut tally = Tally::read(&read_lossy(log), skip);
            if tally == Tally::default() {
                ended?;
                return Ok(tally);
            }
            // When every test passed and the run failed all the same, something did not compile or crashed.
            if ended.is_err() {
                tally.failed = tally.failed.max(1);
            }
            Ok(tally)
        })
    }

    fn step(&mut self, name: &'static str, check: impl FnOnce(&Path) -> Result<Tally>) -> bool {
        eprint!("{name:<24}");
        // Only so that the name is seen at once; a closed stderr is not our business.
        let _ = std::io::stderr().flush();
        let log = self.logs.join(format!("{}.log", name.replace([' ', ','], "-")));
        let start = Instant::now();
        // A log of an earlier run would be shown as this one's.
        let _ = fs::remove_file(&log);
        let result = check(&log);
        let time = start.elapsed();
        let passed = match &result {
            Ok(tally) => tally.failed == 0,
            Err(_) => false,
        };
        let word = if passed { "ok" } else { "FAILED" };
        let tally = result.as_ref().copied().unwrap_or(Tally { passed: 0, failed: 1 });
        let tests = match tally.passed {
            0 => String::new(),
            passed => format!("  {passed} passed, {} failed", tally.failed),
        };
        eprintln!("{word:<8}{:>12}{tests}", seconds(time));
        if !passed {
            show_end(&log);
        }
        if let Err(error) = &result {
            eprintln!("{name}: {error:#}");
        }
        self.tally += tally;
        self.done.push((name, passed, time));
        passed
    }

    /// Prints the count, alone on the last line; a failed check that is not a test counts as one failure.
    fn summary(&self, time: Duration) -> bool {
        let failed: Vec<&str> =
            self.done.iter().filter(|(_, passed, _)| !passed).map(|(name, ..)| *name).collect();
        let slowest = self.done.iter().max_by_key(|(_, _, time)| *time);
        let slowest = slowest
            .map(|(name, _, time)| format!(", longest: {name}, {}", seconds(*time)))
            .unwrap_or_default();
        eprintln!("{} checks in {}{slowest}", self.done.len(), seconds(time));
        if !failed.is_empty() {
            eprintln!("failed: {}", failed.join("; "));
        }
        println!("{} passed, {} failed", self.tally.passed, self.tally.failed);
        failed.is_empty()
    }
}

/// Runs a program with all that it prints in `log`.
fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("create {}", log.display()))?;
    let copy = file.try_clone().with_context(|| format!("share {}", log.display()))?;
    let program = command.get_program().to_owned();
    let status = command
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(copy)
        .status()
        .with_context(|| format!("start {}", program.display()))?;
    if !status.success() {
        bail!("ended with {status}");
    }
    Ok(())
}

fn show_end(log: &Path) {
    let text = read_lossy(log);
    let lines: Vec<&str> = text.lines().filter(|line| !is_good_news(line)).collect();
    if lines.is_empty() {
        return;
    }
    let first = lines.len().saturating_sub(SHOWN);
    eprintln!("---- the end of {}", log.display());
    for line in lines.iter().skip(first) {
        eprintln!("{line}");
    }
    eprintln!("----");
}

/// Lines about tests that passed and crates that compiled; they would push the failure off the screen.
fn is_good_news(line: &str) -> bool {
    let line = line.trim();
    let starts = [
        "running ",
        "Running ",
        "Doc-tests ",
        "Compiling ",
        "Checking ",
        "test result: ok",
        "warning: build failed",
    ];
    line.is_empty()
        || starts.iter().any(|start| line.starts_with(start))
        || (line.starts_with("test ") && line.ends_with("... ok"))
}

fn read_lossy(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
