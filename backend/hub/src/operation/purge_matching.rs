//! Purge every instance that a filter names and that has ended.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use taskhub_shared::{
    query::{InstanceQuery, Query, Sort, SortField},
    status::RuntimeStatus,
};
use tokio::time::Instant;

use crate::{
    engine::{batch::Ack, core::Core},
    error::HubError,
    hub::Hub,
    store::{StoreError, model::InstanceRecord},
};

/// How many instances go together: few enough that neither memory nor the writer is held for long, and enough that
/// one flush serves many.
const SLICE: usize = 250;

/// Which instances go. Those that have not ended stay, whatever it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Statuses; empty for all that end an instance. Others are not looked at.
    pub statuses: Vec<RuntimeStatus>,
    /// Earliest creation, inclusive.
    pub created_from: Option<DateTime<Utc>>,
    /// Latest creation, exclusive.
    pub created_to: Option<DateTime<Utc>>,
    /// When to stop, even in the middle of it.
    pub until: Option<Instant>,
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many instances are gone.
    pub instances: u64,
    /// Whether all were looked at; false when the time was over first.
    pub complete: bool,
}

impl Request {
    /// The statuses that it asks for and that end an instance.
    #[must_use]
    pub fn ended(&self) -> Vec<RuntimeStatus> {
        let asked =
            |status: &RuntimeStatus| self.statuses.is_empty() || self.statuses.contains(status);
        RuntimeStatus::ALL.into_iter().filter(|s| s.is_terminal() && asked(s)).collect()
    }
}

impl Hub {
    /// Deletes the instances that match and have ended, with their histories and payloads, newest first. Each goes by
    /// itself: what is deleted when this is dropped, or fails, stays deleted.
    ///
    /// # Errors
    /// [`HubError::Store`] when not all of them were deleted.
    pub async fn purge_matching(&self, request: &Request) -> Result<Purged, HubError> {
        let statuses = request.ended();
        let mut instances = 0;
        let mut query = InstanceQuery {
            statuses: statuses.clone(),
            created_from: request.created_from,
            created_to: request.created_to,
            limit: Some(SLICE),
            ..InstanceQuery::default()
        };
        if statuses.is_empty() {
            return Ok(Purged { instances, complete: true });
        }
        loop {
            if request.until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Purged { instances, complete: false });
            }
            let page = self.query_instances(&query, false).await?;
            instances += self.purge_listed(&page.records, &statuses).await?;
            let Some(next) = page.next else {
                return Ok(Purged { instances, complete: true });
            };
            // On from there, and not from the beginning again: what stays would be listed for ever.
            query.cursor = Some(next);
        }
    }

    /// Deletes what matches and has ended, those that ended first before the others, for as long as it goes on.
    pub(crate) async fn purge_by_query(
        &self,
        q: Query,
        purged: &mut u64,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), HubError> {
        let statuses = Request::default().ended();
        let sort = Sort { field: SortField::Completed, descending: false };
        let mut query = InstanceQuery {
            statuses: statuses.clone(),
            q,
            sort,
            limit: Some(SLICE),
            ..InstanceQuery::default()
        };
        while goes_on() {
            let page = self.query_instances(&query, false).await?;
            match self.purge_listed(&page.records, &statuses).await {
                Ok(gone) => *purged += gone,
                Err(HubError::Store(StoreError::Damaged { .. })) => {
                    *purged += self.purge_one_by_one(&page.records, &statuses).await?;
                }
                Err(error) => return Err(error),
            }
            let Some(next) = page.next else { break };
            query.cursor = Some(next);
        }
        Ok(())
    }

    /// The same of instances among which are some that cannot be read: those stay, and do not keep the others.
    async fn purge_one_by_one(
        &self,
        listed: &[InstanceRecord],
        statuses: &[RuntimeStatus],
    ) -> Result<u64, HubError> {
        let mut purged = 0;
        for record in listed {
            match self.purge_listed(std::slice::from_ref(record), statuses).await {
                Ok(gone) => purged += gone,
                Err(HubError::Store(StoreError::Damaged { operation, source })) => {
                    tracing::error!(instance = %record.instance_id, operation, error = %source,
                        "an instance is damaged; retention leaves it");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(purged)
    }

    /// Deletes those of the listed instances that are still the same and have ended in one of these ways; how many.
    async fn purge_listed(
        &self,
        listed: &[InstanceRecord],
        statuses: &[RuntimeStatus],
    ) -> Result<u64, HubError> {
        let ids: Vec<Arc<str>> =
            listed.iter().map(|record| Arc::clone(&record.instance_id)).collect();
        let purge = |core: &mut Core| -> Vec<Ack> {
            let same = |core: &Core, record: &InstanceRecord| {
                // Another may have taken the id, or this one may have been rewound, and even have ended again.
                core.orchestration(&record.instance_id).is_some_and(|instance| {
                    instance.record.num == record.num
                        && statuses.contains(&instance.record.status)
                        && instance.record.completed_at == record.completed_at
                })
            };
            let mut acks = Vec::new();
            for record in listed {
                if same(core, record) {
                    acks.extend(core.purge(&record.instance_id));
                }
            }
            acks
        };
        let acks = self.inner.with(&ids, purge).await?;
        let count = acks.len() as u64;
        for purged in join_all(acks.into_iter().map(|ack| self.inner.durable(ack))).await {
            purged?;
        }
        Ok(count)
    }
}

#[cfg(all(test, feature = "test-support"))]
mod tests {
    use taskhub_shared::id::TaskHubName;

    use super::*;
    use crate::{
        HubOptions,
        clock::{ManualClock, SeededIds},
        operation::start_instance,
        store::memory::MemoryStore,
    };

    #[tokio::test]
    async fn what_is_another_by_now_stays() {
        let hub = Hub::open(HubOptions {
            name: TaskHubName::default(),
            store: Arc::new(MemoryStore::default()),
            clock: Arc::new(ManualClock::new("2026-11-23T14:02:11Z".parse().unwrap())),
            ids: Arc::new(SeededIds::new(7)),
        });
        let hub = hub.await.unwrap();
        let start = async || {
            let instance_id = Some("a".to_owned());
            let name = "X".to_owned();
            let request = start_instance::Request { instance_id, name, ..Default::default() };
            hub.start_instance(request).await.unwrap()
        };
        let list = async || hub.query_instances(&InstanceQuery::default(), false).await.unwrap();
        start().await;
        hub.terminate("a", None, false).await.unwrap();
        let before = list().await.records;
        start().await;
        let all = [RuntimeStatus::Terminated, RuntimeStatus::Failed];
        assert_eq!(hub.purge_listed(&before, &all).await.unwrap(), 0, "it goes on");
        hub.terminate("a", None, false).await.unwrap();
        assert_eq!(hub.purge_listed(&before, &all).await.unwrap(), 0, "it took the id");
        let now = list().await.records;
        let failed = [RuntimeStatus::Failed];
        assert_eq!(hub.purge_listed(&now, &failed).await.unwrap(), 0, "it ended otherwise");
        let twice = [now.clone(), now].concat();
        assert_eq!(hub.purge_listed(&twice, &all).await.unwrap(), 1);
        assert!(list().await.records.is_empty());
    }
}
