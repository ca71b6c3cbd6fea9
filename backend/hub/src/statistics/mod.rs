//! Figures by minute: counted in memory as things become durable, stored in bulk now and then.
//!
//! What was counted in the last seconds before a kill is lost; nothing else depends on it.

mod counting;
mod keep;
mod sketch;

pub(crate) use counting::{Counting, Ended, figures, minute};
