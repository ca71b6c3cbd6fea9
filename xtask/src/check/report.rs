//! Runs checks, keeps their logs, and tells what became of them.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::seconds;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Lines of a failed check's log that go to the screen.
const SHOWN: usize = 150;

/// The checks that ran so far.
pub(super) struct Checks {
    logs: PathBuf,
    tally: Tally,
    done: Vec<(&'static str, bool, Duration)>,
}

impl Checks {
    pub(super) fn new(workspace: &Workspace) -> Result<Self> {
        let logs = workspace.scratch()?.join("log");
        fs::create_dir_all(&logs).with_context(|| format!("create {}", logs.display()))?;
        Ok(Self { logs, tally: Tally::default(), done: Vec::new() })
    }

    /// Where the output of a check goes.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{}.log", name.replace([' ', ','], "-")))
    }

    /// A check that is one program.
    pub(super) fn command(&mut self, name: &'static str, command: &mut Command) -> bool {
        self.step(name, |log| logged(command, log).map(|()| Tally::default()))
    }

    /// A check that is a run of tests; its results count.
    pub(super) fn tests(
        &mut self,
        name: &'static str,
        command: &mut Command,
        skip: Option<&str>,
    ) -> bool {
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

    pub(super) fn step(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&Path) -> Result<Tally>,
    ) -> bool {
        eprint!("{name:<24}");
        // Only so that the name is seen at once; a closed stderr is not our business.
        let _ = std::io::stderr().flush();
        let log = self.log(name);
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
    pub(super) fn summary(&self, time: Duration) -> bool {
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

pub(super) fn read_lossy(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
