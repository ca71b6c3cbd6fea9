//! The command line: which command, and its runtime.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::{config::ServeArgs, sample_worker::SampleWorkerArgs};

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
}

pub(crate) fn run(cli: Cli) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    match cli.command {
        Command::Serve(args) => {
            let config = crate::config::Config::from_args(*args)?;
            runtime.block_on(crate::serve::serve(config))
        }
        Command::SampleWorker(args) => runtime.block_on(crate::sample_worker::run(args)),
    }
}
