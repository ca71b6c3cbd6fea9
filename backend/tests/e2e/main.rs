//! The binary as its users meet it: over its sockets, by the SDKs of three makers, and in a browser.
//!
//! The tests return at once unless `TASKHUB_E2E` is set; CONTRIBUTING.md lists what else they need.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test should stop where its world is not as it must be, and say why"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "real processes need real time; no engine, no injected clock"
)]

/// Leaves a test at once when the end-to-end tests are not asked for.
macro_rules! only_when_asked {
    () => {
        if std::env::var_os("TASKHUB_E2E").is_none() {
            return;
        }
    };
}

mod world;

mod bad_input;
mod batches;
mod browser;
mod crash;
mod disk_full;
mod durable_cli;
mod functions;
mod javascript;
mod lifecycle;
mod openapi;
mod python;
mod security;
mod serving;
mod settings;
mod takeover;
