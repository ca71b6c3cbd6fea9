//! What clients and operators ask for, over a socket, against the real door and engine.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what it does not expect should stop"
)]

mod again;
mod history;
mod hubs;
mod many;
mod purge;
mod support;
