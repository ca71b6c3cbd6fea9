//! Instances that a query means: slices of them, and groups with their numbers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use taskhub_shared::{
    query::{Condition, InstanceQuery, Is, Query},
    status::{RuntimeStatus, StatusCounts},
};

use crate::{
    engine::{core::Core, worker::WorkKind},
    error::HubError,
    hub::Hub,
    store::select::{
        Group, Grouping, SelectRequest, Selected, Selection, Serving, Tallied, TallyRequest,
    },
};

/// Most groups that are told apart. What has more is not worth a list of groups.
const GROUPS: usize = 50_000;

/// Groups of the instances that match, as far as they were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Numbers by what the instances have in common, and by status.
    pub counts: BTreeMap<String, StatusCounts>,
    /// Whether all instances were looked at.
    pub complete: bool,
}

impl Hub {
    /// The time, by the hub's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// The instances that the query means now.
    #[must_use]
    pub fn selection(&self, query: Query) -> Selection {
        let asks = |condition: &&Condition| matches!(condition, Condition::Is(is) if is.contains(&Is::Stuck));
        let stuck = query.conditions().iter().any(asks);
        let mut selection = Selection::new(query, self.inner.clock.now());
        if stuck {
            selection.serving = Arc::new(serving(&self.inner.core()));
        }
        selection
    }

    /// A slice of a list; see the rules of [`crate::store::Store::select`].
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn select(&self, request: SelectRequest) -> Result<Selected, HubError> {
        Ok(self.inner.store.select(self.inner.id, request).await?)
    }

    /// Numbers of the instances that match, in groups. What takes longer than `within` comes as far as it got.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn groups(
        &self,
        query: &InstanceQuery,
        grouping: Grouping,
        within: Option<Duration>,
    ) -> Result<Groups, HubError> {
        let selection = self.selection(query.to_query());
        let began = self.inner.clock.now();
        let mut request = TallyRequest { selection, grouping, after: None };
        let mut found = Groups::default();
        loop {
            let Tallied { groups, rest } =
                self.inner.store.tally(self.inner.id, request.clone()).await?;
            for Group { value, status, count } in groups {
                *found.counts.entry(value).or_default().entry(status).or_default() += count;
            }
            let Some(rest) = rest else {
                found.complete = true;
                return Ok(found);
            };
            let late = within.is_some_and(|within| self.has_passed(began, within));
            if late || found.counts.len() > GROUPS {
                return Ok(found);
            }
            request.after = Some(rest);
        }
    }

    /// Exact number of instances by status that match the filter, whose own statuses do not count.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn count_instances(&self, query: &InstanceQuery) -> Result<StatusCounts, HubError> {
        let query = InstanceQuery { statuses: Vec::new(), ..query.clone() };
        let groups = self.groups(&query, Grouping::Status, None).await?;
        Ok(groups.counts.into_values().next().unwrap_or_default())
    }

    /// Whether so much time has passed since `began`.
    pub(super) fn has_passed(&self, began: DateTime<Utc>, within: Duration) -> bool {
        (self.inner.clock.now() - began).to_std().is_ok_and(|passed| passed >= within)
    }
}

impl Groups {
    /// Numbers by status of all groups together.
    #[must_use]
    pub fn by_status(&self) -> StatusCounts {
        let mut sums: BTreeMap<RuntimeStatus, u64> = BTreeMap::new();
        for (status, count) in self.counts.values().flatten() {
            *sums.entry(*status).or_default() += count;
        }
        sums
    }
}

/// Who takes work now.
fn serving(core: &Core) -> Serving {
    let names = |kind| {
        let mut all = BTreeSet::new();
        for stream in core.streams.iter() {
            all.extend(stream.profile.names(kind)?.keys().cloned());
        }
        Some(all)
    };
    Serving {
        orchestrations: names(WorkKind::Orchestration),
        activities: names(WorkKind::Activity),
        held_up: core.held_up(),
    }
}
