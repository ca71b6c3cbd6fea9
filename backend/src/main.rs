//! `taskhub`: a durable orchestration server with a console, in one binary.

mod assets;
mod commands;
mod config;
mod durable;
mod listen;
mod sample_worker;
mod serve;
mod telemetry;

use std::process::ExitCode;

/// Work comes in many small pieces, which cross threads: the system's allocator took a sixth of the processor's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match commands::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match commands::run(cli) {
        Ok(code) => code,
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
