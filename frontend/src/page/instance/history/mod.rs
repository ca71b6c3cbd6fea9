//! What happened, event by event: filter, jump, time travel.

pub mod facts;
mod filter;
mod panel;
mod view;

pub use view::{Clock, History};
