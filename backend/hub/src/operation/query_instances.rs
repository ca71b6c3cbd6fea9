//! List instances, and the names that they have.

use std::{collections::BTreeMap, time::Duration};

use chrono::DateTime;
use taskhub_shared::{
    id::InvalidName, query::InstanceQuery, request::KnownName, status::InstanceSummary,
};

use super::cursor::ListName;

use crate::{
    engine::worker::WorkKind,
    error::HubError,
    hub::Hub,
    store::{
        model::{Direction, Filter, InstanceRecord, Position},
        select::{Place, SelectRequest, fitting},
    },
};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Rows.
    pub records: Vec<InstanceRecord>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Cursor of the previous page.
    pub previous: Option<String>,
    /// Whether time ran out before the page was full or the list at its end; its cursor goes on from there.
    pub partial: bool,
}

impl Hub {
    /// One page of the instances that match.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read, [`HubError::Store`] when the store cannot be read.
    pub async fn query_instances(
        &self,
        query: &InstanceQuery,
        payloads: bool,
    ) -> Result<Listed, HubError> {
        self.query_within(query, payloads, None).await
    }

    /// One page of the instances that match, or what was found of it `within` this time.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read, [`HubError::Store`] when the store cannot be read.
    pub async fn query_within(
        &self,
        query: &InstanceQuery,
        payloads: bool,
        within: Option<Duration>,
    ) -> Result<Listed, HubError> {
        let (limit, sort) = (query.page_size(), query.sort);
        let began = self.inner.clock.now();
        // One row more than asked for tells whether there is another page.
        let mut request = SelectRequest { limit: limit + 1, payloads, ..self.list_request(query)? };
        let (backwards, from) = (request.backwards, request.after.clone());
        let mut records = Vec::new();
        // Where the search stopped before its end, and whether because time ran out.
        let (mut stopped, mut partial) = (None, false);
        loop {
            let found = self.select(request.clone()).await?;
            let mut rows = records.into_iter().chain(found.records).map(Ok::<_, HubError>);
            let cut;
            (records, cut) = fitting(sort, &mut rows)?;
            if cut.is_some() {
                stopped = cut;
                break;
            }
            let Some(rest) = found.rest else { break };
            if records.len() > limit {
                break;
            }
            if within.is_some_and(|within| self.has_passed(began, within)) {
                (stopped, partial) = (Some(rest), true);
                break;
            }
            request.limit = limit + 1 - records.len();
            request.after = Some(rest);
        }
        let more = records.len() > limit;
        records.truncate(limit);
        let place = |record: Option<&InstanceRecord>| record.map(|record| Place::of(sort, record));
        // Behind the page in the way that it was gone through, and before it.
        let behind = place(records.last()).filter(|_| more).or_else(|| stopped.clone());
        let before = place(records.first()).or_else(|| stopped.clone()).filter(|_| from.is_some());
        if backwards {
            records.reverse();
        }
        let (next, previous) = if backwards { (before, behind) } else { (behind, before) };
        Ok(Listed {
            records,
            next: next.map(|place| self.cursor(query, false, &place)),
            previous: previous.map(|place| self.cursor(query, true, &place)),
            partial,
        })
    }

    /// What to ask a store for: the page of the query, without payloads.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read.
    pub fn list_request(&self, query: &InstanceQuery) -> Result<SelectRequest, HubError> {
        let read = |cursor: &str| self.list_name(query).read(cursor);
        let from = query.cursor.as_deref().map(read).transpose()?;
        let (backwards, after) = from.map_or((false, None), |(way, place)| (way, Some(place)));
        Ok(SelectRequest {
            selection: self.selection(query.to_query()),
            sort: query.sort,
            after,
            backwards,
            limit: query.page_size(),
            payloads: false,
        })
    }

    /// Cursor of what lies behind this place of the query's list, or before it.
    #[must_use]
    pub fn cursor(&self, query: &InstanceQuery, backwards: bool, place: &Place) -> String {
        self.list_name(query).write(backwards, place)
    }

    fn list_name(&self, query: &InstanceQuery) -> ListName {
        let (filter, sort) = (query.to_query().to_string(), query.sort.to_string());
        ListName::new(self.name().as_str(), &filter, &sort)
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
