//! Protocol messages as the engine's types, and back.

pub(crate) mod actions;
pub(crate) mod entity;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod state;
pub(crate) mod time;
