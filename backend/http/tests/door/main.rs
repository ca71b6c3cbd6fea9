//! The door as its callers see it: requests in, answers out, over hubs in memory and with a worker played by the test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something else than it expects should stop"
)]

mod support;
mod work;

mod again;
mod asset;
mod bad_input;
mod bad_values;
mod batch;
mod compatibility;
mod console;
mod console_again;
mod contract;
mod control;
mod entities;
mod export;
mod golden;
mod guard;
mod health;
mod history;
mod hubs;
mod link;
mod list;
mod live;
mod payload;
mod purge;
mod retention;
mod route;
mod sample;
mod search;
mod start;
mod statistics;
mod status;
mod views;
mod walk;
