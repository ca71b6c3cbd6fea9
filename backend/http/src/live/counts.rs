//! Counts by status, read once for all streams that want them at the same time.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use taskhub_hub::{Hub, HubError};
use taskhub_shared::{id::TaskHubName, query::InstanceQuery, status::StatusCounts};
use tokio::sync::Mutex;

/// The newest counts of each hub that somebody watched. Hubs come and go while the server runs.
#[derive(Debug, Default)]
pub(super) struct Counts {
    hubs: std::sync::Mutex<HashMap<TaskHubName, Newest>>,
}

/// The newest counts, with the number of the notice up to which they hold.
type Newest = Arc<Mutex<Option<(u64, StatusCounts)>>>;

impl Counts {
    /// Counts that hold every change up to `seq`.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub(super) async fn read(&self, hub: &Hub, seq: u64) -> Result<StatusCounts, HubError> {
        let cell = {
            let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hubs.entry(hub.name().clone()).or_default())
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
