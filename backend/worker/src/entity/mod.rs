//! Entities: small pieces of state with a name, changed by one operation at a
//! time.
//!
//! An [`Entity`] holds the operations of a kind ([`definition`]); a work item
//! brings the state of one and a batch of operations ([`batch`]), each of which
//! sees an [`EntityContext`] ([`context`]).
//! Knows the protocol's messages, does not know how they travel.

mod batch;
mod context;
mod definition;
mod id;
#[cfg(test)]
mod tests;

pub(crate) use batch::{Batch, run};
pub use context::{EntityContext, NewInstanceOptions};
pub use definition::Entity;
pub use id::{EntityId, InvalidEntityId};
