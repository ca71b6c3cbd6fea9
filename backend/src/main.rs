//! `taskhub`: a durable orchestration server with a console, in one binary.

mod assets;
mod commands;
mod config;
mod listen;
mod sample_worker;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

/// Work comes in many small pieces, which cross threads: the system's allocator took a sixth of the processor's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place where the program tells why it ends")]
fn complain(error: &anyhow::Error) {
    eprintln!("taskhub: {error:#}");
}
