//! Set-up, build, checks and figures of the Taskhub workspace.
//!
//! `cargo xtask run` and `cargo xtask test` are all that a newcomer needs; the other commands are their parts.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks on its streams"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long its own steps take; no engine, no injected clock"
)]

mod bench;
mod check;
mod console;
mod digest;
mod dist;
mod html;
mod licence;
mod manifest;
mod process;
mod server;
mod setup;
mod soak;
mod tally;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::setup::Need;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Set-up, build, checks and figures of the Taskhub workspace",
    after_help = "Tools are kept in $TASKHUB_TOOLS (default: $XDG_CACHE_HOME/taskhub or ~/.cache/taskhub).\n\
                  Progress goes to stderr; stdout carries results only."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing: wasm32 target, trunk, wasm-bindgen, npm packages, Python venv, Chromium
    ///
    /// All versions are pinned. A second run finds everything and does nothing.
    Setup {
        /// Only what `build` and `run` need (no Python, no browser)
        #[arg(long)]
        build_only: bool,
    },
    /// Build the console and the server with the console in it (target/release/taskhub)
    Build {
        /// Quick build for development: no optimisation, binary in target/debug/taskhub
        #[arg(long)]
        debug: bool,
        /// Stop after the console (dist/)
        #[arg(long)]
        console_only: bool,
    },
    /// Set up, build and start the server with its sample worker
    Run {
        /// Quick build for development: no optimisation
        #[arg(long)]
        debug: bool,
        /// Flags of `taskhub serve`, after `--`
        #[arg(last = true)]
        server: Vec<String>,
    },
    /// Set up and run every check: format, lints, build, tests, docs, licences, end to end
    ///
    /// The last line on stdout is "N passed, N failed"; the exit code is not 0 when anything failed.
    Test {
        /// Only format, licences, lints and the tests that need no release build, browser or other language
        #[arg(long)]
        fast: bool,
    },
    /// Set up, build and run only the end-to-end tests
    E2e {
        /// Only tests whose names contain one of these words
        words: Vec<String>,
    },
    /// Measure the release build; one JSON line for each figure on stdout
    Bench {
        /// Names of the figures (default: all); `console_size` is measured here, the rest by taskhub-bench
        names: Vec<String>,
    },
    /// Search for rare faults, for an hour or more: simulation, broken messages, kills
    Soak {
        #[command(flatten)]
        amount: soak::Amount,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command; `false` means that it ran, and that a check failed.
fn run(command: Command) -> anyhow::Result<bool> {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup { build_only } => {
            setup::run(
                &workspace,
                if build_only { Need::Build } else { Need::Test },
                setup::Talk::All,
            )?;
        }
        Command::Build { debug, console_only } => {
            server::build(&workspace, server::Mode::new(debug), console_only)?;
        }
        Command::Run { debug, server } => {
            server::run(&workspace, server::Mode::new(debug), &server)?;
        }
        Command::Test { fast } => return check::run(&workspace, fast),
        Command::E2e { words } => check::only_end_to_end(&workspace, &words, &[])?,
        Command::Soak { amount } => soak::run(&workspace, &amount)?,
        Command::Bench { names } => bench::run(&workspace, &names)?,
    }
    Ok(true)
}
