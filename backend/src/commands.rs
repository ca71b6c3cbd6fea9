//! The command line: which command, and its runtime.

use std::{ffi::OsString, io::Write as _, process::ExitCode};

use anyhow::{Context, Result};
use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use tokio::runtime::Runtime;

use crate::{
    config::ServeArgs,
    durable::{self, DurableArgs, arguments, failure::Code},
    sample_worker::SampleWorkerArgs,
};

/// A durable orchestration server with a console.
#[derive(Debug, Parser)]
#[command(name = "taskhub", version, about, long_about = None)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: engine, doors for workers and clients, and the console.
    Serve(Box<ServeArgs>),
    /// Run the built-in sample orchestrations as a worker of their own, against any server.
    SampleWorker(SampleWorkerArgs),
    /// Start, look at and manage orchestration instances, as `func durable` does.
    Durable(Box<DurableArgs>),
    /// Write the completions of a shell, to be put where it looks for them.
    Completions {
        /// Shell
        shell: Shell,
    },
}

/// Reads the command line.
///
/// # Errors
/// The exit code, when there is nothing to run: help was shown, or what is wrong.
pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Cli, ExitCode> {
    let mut command = Cli::command();
    command.build();
    let arguments = arguments::read(arguments, &command);
    Cli::try_parse_from(&arguments).map_err(|error| {
        if arguments::is_durable(&arguments)
            && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        {
            // As for `func`, the command alone asks for help. Nobody may read it.
            writeln!(anstream::stdout(), "{}", error.render().ansi()).ok();
            return ExitCode::SUCCESS;
        }
        error.print().ok();
        if !error.use_stderr() {
            ExitCode::SUCCESS
        } else if arguments::is_durable(&arguments)
            && !arguments::has_switch(&arguments, "exit-code")
        {
            ExitCode::from(Code::Failed as u8)
        } else {
            ExitCode::from(Code::Usage as u8)
        }
    })
}

pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve(args) => {
            let config = crate::config::Config::from_args(*args)?;
            runtime()?.block_on(crate::serve::serve(config))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::SampleWorker(args) => {
            runtime()?.block_on(crate::sample_worker::run(args))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Durable(args) => Ok(runtime()?.block_on(durable::run(*args))),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "taskhub", &mut text);
            // A reader may have seen enough.
            std::io::stdout().write_all(&text).ok();
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")
}
