//! What doors ask of a hub, one file per verb: the request, the outcomes that a caller expects, and the way there.

pub mod batch;
pub mod columns;
pub mod control;
mod cursor;
pub mod entity;
pub mod get_instance;
pub mod list_ended;
pub mod list_work;
pub mod purge;
pub mod purge_matching;
pub mod query_instances;
pub mod raise_event;
pub mod restart;
pub mod rewind;
pub mod select;
pub mod start_instance;
pub mod statistics;
pub mod terminate;
pub mod views;
pub mod wait;
pub mod work;
