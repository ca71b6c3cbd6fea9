//! Parts that know our words, but no page and no call.

mod id;
mod json_view;
mod status_badge;
mod time;
mod trouble;

pub use id::IdText;
pub use json_view::{Content, Cut, Payload};
pub use status_badge::{StatusBadge, StatusIcon};
pub use time::{Elapsed, Time};
pub use trouble::Trouble;
