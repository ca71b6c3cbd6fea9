//! Writes down which instances a job is about: in slices, so that neither memory nor the writer is held for long.

use taskhub_shared::{batch::BatchState, query::InstanceQuery};

use super::{Active, Items};
use crate::{
    error::HubError,
    hub::Hub,
    operation::batch::meant,
    store::batch_job::{BatchRecord, NewItem},
};

/// Instances that are read and written at once.
const SLICE: usize = 1000;
/// The same for ids that somebody named.
pub(crate) const NAMED_SLICE: usize = 5000;

/// Writes the next instances that match, older than those before. What is created meanwhile is newer and stays out.
pub(super) async fn next_slice(hub: &Hub, active: &Active) -> Result<(), HubError> {
    let record = active.record();
    // Relative times are those of the moment at which the job was made, however long it takes to write down what it means.
    let meant = meant(record.job.query.as_deref().unwrap_or_default())?;
    let query = InstanceQuery {
        q: meant.q.fixed_at(record.job.created_at),
        limit: Some(SLICE),
        cursor: record.frozen_to,
        ..meant
    };
    let listed = hub.query_instances(&query, false).await?;
    let now = hub.inner.clock.now();
    let change = |record: &mut BatchRecord| {
        // Somebody may have ended it meanwhile.
        if record.job.state != BatchState::Freezing {
            return None;
        }
        record.frozen_to.clone_from(&listed.next);
        if listed.next.is_none() {
            record.job.frozen(now);
        }
        let add = listed
            .records
            .into_iter()
            // Numbers rise: what was created after the job is not meant.
            .filter(|listed| listed.num < record.num)
            .map(|record| NewItem { instance_id: record.instance_id, num: Some(record.num) })
            .collect();
        Some(Items { add, results: Vec::new() })
    };
    active.change(&hub.inner, change).await.map(|_| ())
}
