//! Orchestrators: the replay of an async function against its history.
//!
//! A turn ([`turn`]) makes the function's future anew, feeds it the history
//! event by event and polls it after each; what it asks for becomes an action
//! ([`state`]), what it awaits is a [`Task`], and events from outside wait in a
//! [`mailbox`]. Locked entities are a critical [`section`].
//! Knows the protocol's messages, does not know how they travel.

mod context;
mod ending;
mod entity;
mod mailbox;
mod mismatch;
mod option;
mod section;
#[cfg(test)]
pub(crate) mod simulation;
mod state;
mod task;
#[cfg(test)]
mod tests;
mod turn;
mod wake;

pub use context::OrchestrationContext;
pub use option::{ActivityOptions, SubOrchestratorOptions};
pub use section::EntityLock;
pub use task::{ContinueAsNew, Task, Timer};
pub(crate) use turn::{accept, run};
