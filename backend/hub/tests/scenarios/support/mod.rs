//! What the scenarios are made of: a hub on the memory store, a clock that moves only when told to, ids from a seed,
//! a scripted worker, and the invariants that hold after every scenario.

pub(crate) mod faulty;
pub(crate) mod invariants;
pub(crate) mod replay;
pub(crate) mod samples;
pub(crate) mod world;

pub(crate) use invariants::check;
pub(crate) use world::{Item, World, payload};
