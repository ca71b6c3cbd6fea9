//! A client: starts orchestrations, looks at them and acts on them.
//!
//! [`Client`] is put together in [`connect`]; what it can do with instances is
//! in [`start`], [`manage`] and [`query`], with entities in [`entity`].
//! Knows the protocol's requests, does not know what workers do with them.

mod connect;
mod entity;
mod error;
mod instance;
mod manage;
mod query;
mod start;

pub use connect::{Client, ClientBuilder};
pub use entity::{EntityInfo, EntityQuery};
pub use error::ClientError;
pub use instance::{Instance, InstanceStatus, Payload};
pub use manage::Children;
pub use query::{InstanceQuery, Page, PurgeFilter};
pub use start::StartOptions;
