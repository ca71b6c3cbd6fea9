//! Scenarios: what clients and workers do, and what must be in the store then. No scenario sleeps; the clock is moved.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect should stop"
)]

mod batches;
mod children;
mod control;
mod entities;
mod faults;
mod generations;
mod hubs;
mod limits;
mod many;
mod poison;
mod purge_matching;
mod queries;
mod refusals;
mod restart;
mod retention;
mod rewind;
mod samples;
mod simulation;
mod starts;
mod support;
mod timers;
mod unstored;
mod workers;
