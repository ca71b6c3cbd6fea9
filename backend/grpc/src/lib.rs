//! The gRPC door: `TaskHubSidecarService`, for workers and clients of the Durable Task SDKs.
//!
//! Knows the protocol; folds no history and keeps no state of instances.

mod admin;
mod again;
mod answers;
mod convert;
mod entities;
mod history;
mod hub_choice;
mod many;
mod outgoing;
mod purge;
mod service;
mod status;
mod work_items;

pub use outgoing::Room;
pub use service::{Door, DoorOptions};
