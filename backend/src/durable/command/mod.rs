//! The commands, one file each.

pub(crate) mod delete_entity;
pub(crate) mod delete_task_hub;
pub(crate) mod get_entities;
pub(crate) mod get_entity;
pub(crate) mod get_history;
pub(crate) mod get_instances;
pub(crate) mod get_runtime_status;
pub(crate) mod purge;
pub(crate) mod purge_history;
pub(crate) mod raise_event;
pub(crate) mod restart;
pub(crate) mod resume;
pub(crate) mod rewind;
pub(crate) mod signal_entity;
pub(crate) mod start_new;
pub(crate) mod suspend;
pub(crate) mod terminate;
pub(crate) mod watch;
