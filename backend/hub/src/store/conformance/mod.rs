//! What every store keeps, as tests: [`store_conformance!`](crate::store_conformance) makes one of each rule.
//!
//! A rule is an async function that takes a [`Subject`]. A new rule goes into the list in
//! `rules.rs` and reaches all stores.
//! The numbers in the rules' names and comments are those of [`Store`](crate::store::Store).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a rule that is broken stops its test"
)]

pub mod batch_jobs;
pub mod commit;
pub mod conflict;
pub mod counts;
pub mod edges;
pub mod ended;
pub mod entities;
pub mod history;
pub mod hubs;
pub mod inbox;
pub mod list;
pub mod many;
pub mod random;
pub mod read;
pub mod relied_on;
pub mod remove;
pub mod reopen;
mod rules;
pub mod select;
pub mod settings;
pub mod statistics;
mod subject;
pub mod values;
pub mod views;

pub use subject::Subject;
