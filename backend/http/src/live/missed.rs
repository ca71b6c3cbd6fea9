//! What a reader missed that comes back.

use std::collections::BTreeSet;

use taskhub_hub::{Hub, HubError, hub::Changed};
use taskhub_shared::{batch::BatchJob, status::InstanceSummary};

use super::pending::MOST_ROWS;

/// Everything that changed since, as it is now.
#[derive(Debug, Default)]
pub(super) struct Missed {
    pub(super) rows: Vec<InstanceSummary>,
    pub(super) purged: Vec<String>,
    pub(super) batches: Vec<BatchJob>,
}

impl Missed {
    /// Reads it, for one instance only or for all; `None` when that is more than the stream tells row by row.
    pub(super) async fn read(
        hub: &Hub,
        changed: BTreeSet<Changed>,
        only: Option<&str>,
    ) -> Result<Option<Self>, HubError> {
        let mut missed = Self::default();
        let wanted = |changed: &Changed| match (changed, only) {
            (_, None) => true,
            (Changed::Instance(id), Some(only)) => **id == *only,
            (Changed::BatchJob(_), Some(_)) => false,
        };
        let changed: Vec<Changed> = changed.into_iter().filter(wanted).collect();
        if changed.len() > MOST_ROWS {
            return Ok(None);
        }
        for changed in changed {
            match changed {
                Changed::Instance(id) => match hub.instance(&id).await? {
                    Some(record) => missed.rows.push(record.summary()),
                    None => missed.purged.push(id.to_string()),
                },
                Changed::BatchJob(id) => {
                    if let Ok(num) = id.parse() {
                        missed.batches.extend(hub.batch(num).await?);
                    }
                }
            }
        }
        Ok(Some(missed))
    }
}
