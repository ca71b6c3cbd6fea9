//! Databases behind the engine's store port.
//!
//! Knows rows and statements; knows no protocol and decides nothing. Every store passes `store_conformance!`.

pub mod sqlite;

pub use sqlite::{OpenError, SqliteStore};
