//! News of what became durable: [`Notice`]. Published after the commit, never before.

use std::sync::Arc;

pub use crate::engine::batch::Change;

/// One change of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Number of the notice; rises by one with each, and beyond every number of a hub that was opened before.
    pub seq: u64,
    /// What changed.
    pub change: Change,
}

/// A notice as it is handed to many readers.
pub type SharedNotice = Arc<Notice>;
