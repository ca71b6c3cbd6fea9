//! List and count instances.

use std::collections::BTreeMap;

use chrono::DateTime;
use taskhub_shared::{
    id::InvalidName,
    query::InstanceQuery,
    request::KnownName,
    status::{InstanceSummary, StatusCounts},
};

use crate::{
    engine::worker::WorkKind,
    error::HubError,
    hub::Hub,
    store::model::{
        Direction, Filter, InstanceRecord, ListRequest, NameCount, NameFilter, Position,
    },
};

/// A page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Rows.
    pub records: Vec<InstanceRecord>,
    /// Cursor of the next (older) page.
    pub next: Option<String>,
    /// Cursor of the previous (newer) page.
    pub previous: Option<String>,
}

impl Hub {
    /// One page of the instances that match, newest first.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read, [`HubError::Store`] when the store cannot be read.
    pub async fn query_instances(
        &self,
        query: &InstanceQuery,
        payloads: bool,
    ) -> Result<Listed, HubError> {
        let limit = query.page_size();
        let (direction, from) = match query.cursor.as_deref() {
            None => (Direction::Older, None),
            Some(cursor) => {
                let (direction, position) = read_cursor(cursor)?;
                (direction, Some(position))
            }
        };
        // One row more than asked for tells whether there is another page.
        let request =
            ListRequest { filter: filter(query), from, direction, limit: limit + 1, payloads };
        let mut records = self.inner.store.list(self.inner.id, request).await?;
        let more = records.len() > limit;
        records.truncate(limit);
        let (older, newer) = match direction {
            Direction::Older => (more, from.is_some()),
            Direction::Newer => {
                records.reverse();
                (true, more)
            }
        };
        let next = records.last().filter(|_| older).map(|row| write_cursor(Direction::Older, row));
        let previous =
            records.first().filter(|_| newer).map(|row| write_cursor(Direction::Newer, row));
        Ok(Listed { records, next, previous })
    }

    /// Exact number of instances by status that match the filter, whose own statuses do not count.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn count_instances(&self, query: &InstanceQuery) -> Result<StatusCounts, HubError> {
        let filter = Filter { statuses: Vec::new(), ..filter(query) };
        let groups = self.inner.store.counts(self.inner.id, filter).await?;
        Ok(by_status(&groups))
    }

    /// Orchestrator names that the hub knows: those of its instances and those that connected workers serve.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn names(&self) -> Result<Vec<KnownName>, HubError> {
        let groups = self.inner.store.counts(self.inner.id, Filter::default()).await?;
        let mut names: BTreeMap<String, u64> = BTreeMap::new();
        for group in groups {
            *names.entry(group.name).or_default() += group.count;
        }
        let core = self.inner.core();
        let mut any = false;
        for stream in core.streams.iter() {
            match &stream.profile.filters {
                None => any = true,
                Some(filters) => {
                    for name in filters.orchestrations.keys() {
                        names.entry(name.clone()).or_default();
                    }
                }
            }
        }
        let served = |name: &str| {
            let filtered = core.streams.iter().filter(|stream| stream.profile.filters.is_some());
            let named = filtered.into_iter().any(|stream| {
                stream
                    .profile
                    .filters
                    .as_ref()
                    .is_some_and(|filters| filters.orchestrations.contains_key(name))
            });
            // A worker that does not tell its names may serve any.
            if named { Some(true) } else { (!any).then_some(false) }
        };
        Ok(names
            .into_iter()
            .map(|(name, instances)| KnownName { served: served(&name), name, instances })
            .collect())
    }

    /// Number of connected worker streams.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.inner.core().streams.iter().count()
    }

    /// How much work of this kind waits for a worker.
    #[must_use]
    pub fn backlog(&self, kind: WorkKind) -> usize {
        self.inner.core().backlog(kind)
    }
}

/// Rows of a list, for people.
#[must_use]
pub fn summaries(records: &[InstanceRecord]) -> Vec<InstanceSummary> {
    records.iter().map(InstanceRecord::summary).collect()
}

fn by_status(groups: &[NameCount]) -> StatusCounts {
    let mut counts = StatusCounts::new();
    for group in groups {
        *counts.entry(group.status).or_default() += group.count;
    }
    counts
}

fn filter(query: &InstanceQuery) -> Filter {
    Filter {
        statuses: query.statuses.clone(),
        name: query.name.as_deref().map(|name| match name.strip_suffix('*') {
            Some(prefix) => NameFilter::Prefix(prefix.to_owned()),
            None => NameFilter::Exact(name.to_owned()),
        }),
        id_prefix: query.id_prefix.clone(),
        created_from: query.created_from,
        created_to: query.created_to,
        entities: None,
    }
}

pub(super) fn write_cursor(direction: Direction, record: &InstanceRecord) -> String {
    let letter = match direction {
        Direction::Older => 'o',
        Direction::Newer => 'n',
    };
    format!("{letter}{}.{}", record.created_at.timestamp_micros(), record.num)
}

pub(super) fn read_cursor(text: &str) -> Result<(Direction, Position), HubError> {
    let read = || {
        let direction = match text.chars().next()? {
            'o' => Direction::Older,
            'n' => Direction::Newer,
            _ => return None,
        };
        let (micros, num) = text.get(1..)?.split_once('.')?;
        let created_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some((direction, Position { created_at, num: num.parse().ok()? }))
    };
    read().ok_or_else(|| {
        let reason =
            "this is no cursor of this list; take it from the page before, or leave it out"
                .to_owned();
        HubError::from(InvalidName { field: "cursor", reason })
    })
}
