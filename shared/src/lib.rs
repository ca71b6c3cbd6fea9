//! Words and wire types of Taskhub, shared by server, console and command line.
//!
//! Knows names, bounds, spellings and JSON shapes; does no IO, reads no clock and no randomness, and builds for
//! `wasm32-unknown-unknown`.

pub mod action;
pub mod batch;
pub mod column;
pub mod failure;
pub mod history;
pub mod id;
pub mod limits;
pub mod live;
pub mod page;
pub mod problem;
pub mod query;
pub mod request;
pub mod retention;
pub mod role;
pub mod statistics;
pub mod status;
pub mod view;
