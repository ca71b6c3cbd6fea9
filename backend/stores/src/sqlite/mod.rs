//! SQLite: one writer thread that commits in groups, and read-only connections beside it.
//!
//! The journal is a write-ahead log with `synchronous=FULL`: a commit that was answered survives a power cut. Commits
//! that arrive while one is under way go out together in the next, so one flush serves many; none is ever delayed.

mod apply;
mod batches;
mod error;
mod hubs;
mod private;
mod read;
mod rows;
mod schema;
mod select;
mod settings;
mod statistics;
mod store;
mod views;
mod writer;

pub use store::{OpenError, SqliteStore};
