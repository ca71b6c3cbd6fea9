//! What the overview reads, once, and how it stays fresh: counts by the stream, the rest twice a minute.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use taskhub_shared::{
    query::InstanceQuery,
    request::{
        CountInstances, Counts, Facet, FacetValues, GetStatistics, GetWork, HubWork, ListFacets,
        ListInstances, ListedInstances,
    },
    statistics::Statistics,
    status::{RuntimeStatus, StatusCounts},
};

use crate::{
    api::{self, live::News},
    route::{Place, Route, Span},
    state::{
        clock, location,
        remote::{Remote, every},
    },
};

/// Seconds between two readings.
const EVERY: u64 = 30;
/// The same while the page teaches, where a tick is waited for.
const EVERY_FIRST: u64 = 3;
/// Most steps of the chart.
const STEPS: i64 = 60;

/// The data. Copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Data {
    hub: StoredValue<String>,
    pub span: Memo<Span>,
    /// Instances of the hub by status.
    pub counts: RwSignal<Option<StatusCounts>>,
    /// Whether the hub was found empty, so that the page teaches how to begin.
    pub teaches: RwSignal<Option<bool>>,
    /// Figures step by step.
    pub steps: Remote<Statistics>,
    /// Figures of the whole time as one step.
    pub totals: Remote<Statistics>,
    pub work: Remote<HubWork>,
    /// Those that wait for an event.
    pub waiting: Remote<Counts>,
    /// Those that failed within a day.
    pub failed: Remote<Counts>,
    pub stuck: Remote<Counts>,
    /// Those that completed within five minutes.
    pub lately: Remote<Counts>,
    /// Running instances by name.
    pub running: Remote<FacetValues>,
    /// When the oldest pending instance was created.
    pub oldest: RwSignal<Option<DateTime<Utc>>>,
    oldest_row: Remote<ListedInstances>,
}

/// Queries behind the numbers; the list that a number leads to has the same.
pub const WAITING: &str = "wait:event";
/// Those that failed within a day.
pub const FAILED: &str = "status:Failed completed:>-24h";
/// Those that completed within five minutes.
pub const LATELY: &str = "status:Completed completed:>-5m";
/// Those that make no progress.
pub const STUCK: &str = "is:stuck";

impl Data {
    /// The data of a hub.
    pub fn new(hub: String) -> Self {
        let span = Memo::new(|_| match location::route() {
            Route::Place(Place::Overview { range, .. }) => range,
            Route::Home
            | Route::Instances { .. }
            | Route::Instance { .. }
            | Route::Start { .. }
            | Route::Place(_)
            | Route::NotFound => Span::default(),
        });
        let data = Self {
            hub: StoredValue::new(hub),
            span,
            counts: RwSignal::new(None),
            teaches: RwSignal::new(None),
            steps: Remote::new(),
            totals: Remote::new(),
            work: Remote::new(),
            waiting: Remote::new(),
            failed: Remote::new(),
            stuck: Remote::new(),
            lately: Remote::new(),
            running: Remote::new(),
            oldest: RwSignal::new(None),
            oldest_row: Remote::new(),
        };
        let listed = data.oldest_row;
        Effect::new(move || {
            let found = listed.value.with(|listed| {
                let listed = listed.as_ref()?;
                data.learn(&listed.counts);
                Some(listed.page.items.first().map(|row| row.created_at))
            });
            if let Some(oldest) = found {
                data.oldest.set(oldest);
            }
        });
        Effect::new(move |before: Option<Span>| {
            let span = data.span.get();
            if before.is_none() {
                data.load();
            } else if before != Some(span) {
                data.load_figures();
            }
            span
        });
        every(EVERY, move || data.load());
        every(EVERY_FIRST, move || {
            if data.teaches.get_untracked() == Some(true) {
                data.work.read(GetWork { hub: data.hub() });
            }
        });
        api::live::listen(move |news| match news {
            News::Changes(changes) => data.learn(&changes.counts),
            News::Resync(resync) => data.learn(&resync.counts),
            News::Opened => data.load(),
            News::Batches(_) => {}
        });
        data
    }

    pub fn hub(self) -> String {
        self.hub.get_value()
    }

    fn learn(self, counts: &StatusCounts) {
        self.counts.set(Some(counts.clone()));
        if self.teaches.get_untracked().is_none() {
            self.teaches.set(Some(counts.values().all(|count| *count == 0)));
        }
    }

    /// Reads all of it.
    pub fn load(self) {
        let hub = || self.hub();
        self.load_figures();
        self.work.read(GetWork { hub: hub() });
        let query = |q: &str| InstanceQuery {
            q: q.parse().unwrap_or_default(),
            ..InstanceQuery::default()
        };
        let numbers = [
            (self.waiting, WAITING),
            (self.failed, FAILED),
            (self.lately, LATELY),
            (self.stuck, STUCK),
        ];
        for (number, q) in numbers {
            number.read(CountInstances { hub: hub(), query: query(q) });
        }
        let running =
            InstanceQuery { statuses: vec![RuntimeStatus::Running], ..InstanceQuery::default() };
        self.running.read(ListFacets {
            hub: hub(),
            query: running,
            facet: Facet::Name,
            top: Some(100),
        });
        let oldest = InstanceQuery {
            statuses: vec![RuntimeStatus::Pending],
            sort: "created".parse().unwrap_or_default(),
            limit: Some(1),
            ..InstanceQuery::default()
        };
        self.oldest_row.read(ListInstances { hub: hub(), query: oldest });
    }

    fn load_figures(self) {
        let span = self.span.get_untracked();
        // Whole minutes, so that the newest is one that is still being counted.
        let to = clock::now() + TimeDelta::minutes(1);
        let from = to - TimeDelta::minutes(span.minutes());
        let figures = |minutes: i64| GetStatistics {
            hub: self.hub(),
            from: Some(from),
            to: Some(to),
            step: u64::try_from(minutes * 60).ok(),
        };
        self.steps.read(figures(span.minutes() / STEPS));
        self.totals.read(figures(span.minutes() + 1));
    }

    /// Number of instances of the hub in a status.
    pub fn count(self, status: RuntimeStatus) -> Option<u64> {
        self.counts.with(|counts| Some(counts.as_ref()?.get(&status).copied().unwrap_or(0)))
    }
}
