//! The in-memory state of a hub: active instances, ready work, timers, streams and leases.
//!
//! Everything here is synchronous and runs under the hub's one lock: it changes state, hands commits to the store in
//! order and says what to load. It awaits nothing; [`crate::hub`] does the waiting.

mod commit;
mod complete;
mod control;
mod dispatch;
mod entity;
mod lease;
mod load;
mod locks;
mod messages;
mod poison;
mod record;
mod rewind;
mod settle;
mod start;
mod state;
mod timers;
mod waiting;

pub(crate) use commit::Unstored;
pub(crate) use complete::Completion;
pub(crate) use entity::NotPurged;
pub(crate) use load::{LoadRequest, Missing};
pub(crate) use rewind::{Failed, Tree};
pub(crate) use state::{Core, Parts};
pub(crate) use waiting::Waiting;

use lease::Leased;
use state::Activity;
