//! What a hub holds in memory, counted; for tests that look for leaks.

use std::sync::PoisonError;

use crate::hub::Hub;

/// Numbers of what a hub holds. A hub with nothing to do holds nothing: all of them are 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// Instances in memory.
    pub instances: usize,
    /// Turns in the queue.
    pub turns: usize,
    /// Activities in the queue.
    pub activities: usize,
    /// Activities without a result.
    pub tasks: usize,
    /// Timers that have not fired.
    pub timers: usize,
    /// Deliveries that may be answered.
    pub leases: usize,
    /// Ends of leases.
    pub deadlines: usize,
    /// Abandoned deliveries that rest.
    pub resting: usize,
    /// Work that its workers lost, and that waits because of it.
    pub lost: usize,
    /// Work that streams are counted to have.
    pub with_streams: usize,
    /// Instances that are being read.
    pub loading: usize,
    /// Waits.
    pub waiters: usize,
    /// Bytes of history in memory.
    pub bytes: usize,
}

impl Hub {
    /// What the hub holds now.
    #[must_use]
    pub fn census(&self) -> Census {
        let waiters = self.inner.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        Census { waiters: waiters.values().map(Vec::len).sum(), ..self.inner.core().census() }
    }
}
