//! The orchestration engine of Taskhub: hubs, instances, turns, timers and the port to a store.
//!
//! Knows the domain; does not know HTTP, gRPC or any database. Time and randomness are injected, and nothing is told
//! to anybody before it is durable.

#[macro_use]
pub mod planted;

pub(crate) mod batch_job;
#[cfg(feature = "test-support")]
pub mod census;
pub mod clock;
pub mod engine;
pub mod error;
pub mod hub;
pub mod hubs;
pub mod notice;
pub mod operation;
pub(crate) mod retention;
mod statistics;
pub mod store;

pub use error::HubError;
pub use hub::{Hub, HubOptions};
pub use hubs::Hubs;
