//! The HTTP door: the Durable Functions management API, the console's API with its live stream, and the console's
//! files.
//!
//! Knows HTTP, JSON shapes and the quirks of the original; does not know SQL, protobuf or how history is folded. Every
//! route stands once in [`route::ROUTES`].

pub mod asset;
mod console;
mod docs;
mod door;
mod durabletask;
mod fault;
mod health;
mod host;
mod json;
mod key;
mod live;
mod middleware;
mod openapi;
pub mod route;

pub use asset::{Asset, Assets};
pub use door::{HttpOptions, HttpState, Metrics};
pub use middleware::header::harden;
pub use route::router;
