//! List instances by when they ended.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskhub_shared::{
    id::InvalidName,
    limits::{PAGE_DEFAULT, PAGE_MAX},
    status::RuntimeStatus,
};

use crate::{
    error::HubError,
    hub::Hub,
    store::model::{Ended, EndedRequest},
};

/// Which instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Statuses; empty for all.
    pub statuses: Vec<RuntimeStatus>,
    /// Earliest end, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest end, exclusive.
    pub to: Option<DateTime<Utc>>,
    /// Most ids; absent for the default.
    pub limit: Option<usize>,
    /// Where the page before ended; absent for the first page.
    pub cursor: Option<String>,
}

/// A page of ids, the one that ended first at the front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Ids.
    pub ids: Vec<Arc<str>>,
    /// Where to go on; absent on the last page.
    pub next: Option<String>,
}

impl Hub {
    /// One page of the instances that have ended, ordered by their end and id.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read, [`HubError::Store`] when the store cannot be read.
    pub async fn list_ended(&self, request: Request) -> Result<Listed, HubError> {
        let limit = request.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
        let request = EndedRequest {
            statuses: request.statuses,
            from: request.from,
            to: request.to,
            after: request.cursor.as_deref().map(read_cursor).transpose()?,
            // One row more than asked for tells whether there is another page.
            limit: limit + 1,
        };
        let mut ended = self.inner.store.ended(self.inner.id, request).await?;
        let more = ended.len() > limit;
        ended.truncate(limit);
        let next = ended.last().filter(|_| more).map(write_cursor);
        Ok(Listed { ids: ended.into_iter().map(|ended| ended.instance_id).collect(), next })
    }
}

fn write_cursor(last: &Ended) -> String {
    format!("{}.{}", last.completed_at.timestamp_micros(), last.instance_id)
}

fn read_cursor(text: &str) -> Result<Ended, HubError> {
    let read = || {
        let (micros, id) = text.split_once('.')?;
        let completed_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Ended { completed_at, instance_id: Arc::from(id) })
    };
    read().ok_or_else(|| {
        let reason = "this is no place in the list; take it from the page before, or leave it out"
            .to_owned();
        HubError::from(InvalidName { field: "cursor", reason })
    })
}
