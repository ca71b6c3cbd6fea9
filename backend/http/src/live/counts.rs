//! Counts by status, read once for all streams that want them at the same time.

use std::collections::HashMap;

use taskhub_hub::{Hub, HubError, Hubs};
use taskhub_shared::{id::TaskHubName, query::InstanceQuery, status::StatusCounts};
use tokio::sync::Mutex;

/// The newest counts of each hub.
#[derive(Debug)]
pub(super) struct Counts {
    hubs: HashMap<TaskHubName, Mutex<Option<(u64, StatusCounts)>>>,
}

impl Counts {
    pub(super) fn new(hubs: &Hubs) -> Self {
        Self { hubs: hubs.iter().map(|hub| (hub.name().clone(), Mutex::default())).collect() }
    }

    /// Counts that hold every change up to `seq`.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub(super) async fn read(&self, hub: &Hub, seq: u64) -> Result<StatusCounts, HubError> {
        let Some(cell) = self.hubs.get(hub.name()) else {
            return hub.count_instances(&InstanceQuery::default()).await;
        };
        let mut newest = cell.lock().await;
        if let Some((_, counts)) = newest.as_ref().filter(|(at, _)| *at >= seq) {
            return Ok(counts.clone());
        }
        // Taken before the counts are read, so they may hold more than it says, never less.
        let at = hub.seq();
        let counts = hub.count_instances(&InstanceQuery::default()).await?;
        *newest = Some((at, counts.clone()));
        Ok(counts)
    }
}
