//! Many instances at once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use taskhub_proto::purge_instances_request::Request as Purge;
use taskhub_proto::{PurgeInstanceFilter, PurgeInstancesRequest, QueryInstancesRequest};

use super::{Client, ClientError, Instance, InstanceStatus};
use crate::time;

/// Some of what a query finds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What was found; may be fewer than asked for, even none, on any page.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn new(items: Vec<T>, token: Option<String>) -> Self {
        Self { items, next: token.filter(|token| !token.is_empty()) }
    }
}

/// Which instances to look for; by default all, without entities.
///
/// ```no_run
/// use taskhub_worker::{Client, ClientError, InstanceQuery, InstanceStatus};
///
/// async fn names_of_failed(client: &Client) -> Result<Vec<String>, ClientError> {
///     let mut query = InstanceQuery::default().status(InstanceStatus::Failed);
///     let mut names = Vec::new();
///     loop {
///         let page = client.query(&query).await?;
///         names.extend(page.items.into_iter().map(|instance| instance.name));
///         let Some(next) = page.next else { return Ok(names) };
///         query = query.after(next);
///     }
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct InstanceQuery(taskhub_proto::InstanceQuery);

impl InstanceQuery {
    /// Adds a status to look for; default all.
    #[must_use]
    pub fn status(mut self, status: InstanceStatus) -> Self {
        self.0.runtime_status.push(status.to_proto());
        self
    }

    /// Only those created at this time or later.
    #[must_use]
    pub fn created_from(mut self, time: DateTime<Utc>) -> Self {
        self.0.created_time_from = Some(time::to_proto(time));
        self
    }

    /// Only those created before this time.
    #[must_use]
    pub fn created_before(mut self, time: DateTime<Utc>) -> Self {
        self.0.created_time_to = Some(time::to_proto(time));
        self
    }

    /// Only those whose id begins like this.
    #[must_use]
    pub fn id_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.0.instance_id_prefix = Some(prefix.into());
        self
    }

    /// Most instances on a page; default the server's.
    #[must_use]
    pub fn page_size(mut self, n: u32) -> Self {
        self.0.max_instance_count = i32::try_from(n).unwrap_or(i32::MAX);
        self
    }

    /// Asks for inputs and outputs, too; default without.
    #[must_use]
    pub fn with_payloads(mut self) -> Self {
        self.0.fetch_inputs_and_outputs = true;
        self
    }

    /// Asks for the page that begins at [`Page::next`] of the one before.
    #[must_use]
    pub fn after(mut self, next: impl Into<String>) -> Self {
        self.0.continuation_token = Some(next.into());
        self
    }
}

/// Which instances to purge; by default all that have ended.
#[derive(Debug, Clone, Default)]
pub struct PurgeFilter(PurgeInstanceFilter);

impl PurgeFilter {
    /// Adds a status; default all in which an instance has ended.
    #[must_use]
    pub fn status(mut self, status: InstanceStatus) -> Self {
        self.0.runtime_status.push(status.to_proto());
        self
    }

    /// Only those created at this time or later.
    #[must_use]
    pub fn created_from(mut self, time: DateTime<Utc>) -> Self {
        self.0.created_time_from = Some(time::to_proto(time));
        self
    }

    /// Only those created before this time.
    #[must_use]
    pub fn created_before(mut self, time: DateTime<Utc>) -> Self {
        self.0.created_time_to = Some(time::to_proto(time));
        self
    }

    /// How long the server may take, at most 25 seconds; default the server's.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let timeout = timeout.min(Duration::from_secs(25));
        self.0.timeout = Some(prost_types::Duration {
            seconds: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(timeout.subsec_nanos()).unwrap_or(0),
        });
        self
    }
}

impl Client {
    /// A page of the instances that a query finds, in an order that stays.
    ///
    /// # Errors
    /// When the server does not answer, or the page is not one of this query.
    pub async fn query(&self, query: &InstanceQuery) -> Result<Page<Instance>, ClientError> {
        let request = QueryInstancesRequest { query: Some(query.0.clone()) };
        let mut rpc = self.rpc.clone();
        let answer = Self::answer("query of instances", rpc.query_instances(request)).await?;
        let items = answer.orchestration_state.into_iter().map(Instance::from).collect();
        Ok(Page::new(items, answer.continuation_token))
    }

    /// Removes instances that have ended; gives how many, and whether those are
    /// all. If not, ask again.
    ///
    /// # Errors
    /// When the server does not answer, or refuses the filter.
    pub async fn purge_all(&self, filter: PurgeFilter) -> Result<(u32, bool), ClientError> {
        let request = PurgeInstancesRequest {
            recursive: false,
            is_orchestration: true,
            request: Some(Purge::PurgeInstanceFilter(filter.0)),
        };
        let mut rpc = self.rpc.clone();
        let answer = Self::answer("purge of instances", rpc.purge_instances(request)).await?;
        let n = u32::try_from(answer.deleted_instance_count).unwrap_or(0);
        Ok((n, answer.is_complete.unwrap_or(true)))
    }
}
