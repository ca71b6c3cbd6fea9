//! The engine: history, its fold, one turn, and the in-memory state of a hub's active instances.

pub mod action;
pub mod entity;
pub mod entity_event;
pub mod history_event;
pub mod part;
pub mod runtime_state;
pub mod worker;

pub(crate) mod batch;
pub(crate) mod core;
pub(crate) mod inbox;
pub(crate) mod instance;
pub(crate) mod queue;
pub(crate) mod rewind;
pub(crate) mod turn;
