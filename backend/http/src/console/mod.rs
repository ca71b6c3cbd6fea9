//! The console's own API under `/api/v1`, one file per resource; its calls stand in `taskhub_shared::request`.

pub(crate) mod action;
pub(crate) mod batch;
pub(crate) mod export;
pub(crate) mod extract;
pub(crate) mod history;
pub(crate) mod instance;
pub(crate) mod list;
pub(crate) mod payload;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod server;
pub(crate) mod start;
pub(crate) mod statistics;
pub(crate) mod views;
pub(crate) mod work;
