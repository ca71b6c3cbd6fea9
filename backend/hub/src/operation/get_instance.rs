//! Read one instance, its history and what it waits for.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskhub_shared::status::{RuntimeStatus, WaitingFor};

use crate::{
    engine::{core::Core, history_event::HistoryEvent, worker::WorkKind},
    error::HubError,
    hub::Hub,
    store::model::InstanceRecord,
};

/// A record and the history of its generation.
pub type WithHistory = (Arc<InstanceRecord>, Vec<Arc<HistoryEvent>>);

impl Hub {
    /// One instance with its payloads, as it is stored; `None` when there is none.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn instance(&self, id: &str) -> Result<Option<InstanceRecord>, HubError> {
        let record = self.inner.store.instance(self.inner.id, id).await?;
        Ok(record.filter(|record| record.entity.is_none()))
    }

    /// Stored events after position `after`, oldest first, at most `limit`; `None` when there is no instance.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn history(
        &self,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<HistoryEvent>>, HubError> {
        if is_entity(id) {
            return Ok(None);
        }
        Ok(self.inner.store.history(self.inner.id, id, after, limit).await?)
    }

    /// The whole stored history of one generation, with the record that it belongs to; `None` when there is no instance.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn whole_history(&self, id: &str) -> Result<Option<WithHistory>, HubError> {
        loop {
            let Some(record) = self.instance(id).await? else { return Ok(None) };
            let Some(history) = self.history(id, 0, usize::MAX).await? else { return Ok(None) };
            // Both are read one after the other. Meanwhile events may have been added, or another generation begun.
            let same = |now: InstanceRecord| now.execution_id == record.execution_id;
            if self.instance(id).await?.is_some_and(same) {
                let known = usize::try_from(record.history_len).unwrap_or(usize::MAX);
                let history = history.into_iter().take(known).map(Arc::new).collect();
                return Ok(Some((Arc::new(record), history)));
            }
        }
    }

    /// What a worker that has the instance's turn was told of the past; `None` when no worker has it.
    #[must_use]
    pub fn turn_history(&self, id: &str) -> Option<WithHistory> {
        let core = self.inner.core();
        let instance = core.present(id)?;
        // Nothing is added to it while the turn is out.
        instance.turn.as_ref()?.token?;
        Some((Arc::clone(&instance.record), instance.history.clone()))
    }

    /// What an instance waits for; empty when it has ended, is not there, or is with a worker right now.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn waiting_for(&self, id: &str) -> Result<Vec<WaitingFor>, HubError> {
        let id: Arc<str> = Arc::from(id);
        let now = self.inner.clock.now();
        self.inner.with(std::slice::from_ref(&id), |core| waits(core, &id, now)).await
    }
}

/// What an instance in memory waits for.
pub(super) fn waits(core: &Core, id: &str, now: DateTime<Utc>) -> Vec<WaitingFor> {
    let Some(instance) = core.orchestration(id).filter(|i| i.is_active()) else {
        return Vec::new();
    };
    let record = &instance.record;
    let version = record.version.as_deref().unwrap_or_default();
    let served = |kind, name: &str| {
        // An activity without a version answers to its orchestration's too.
        let versions = match kind {
            WorkKind::Orchestration => &[version][..],
            WorkKind::Activity => &["", version][..],
            WorkKind::Entity => &[""][..],
        };
        core.streams.iter().any(|stream| stream.profile.wants(kind, name, versions))
    };
    let state = &instance.state;
    if let Some(since) = state.suspended_since {
        return vec![WaitingFor::Resume { since }];
    }
    if let Some(at) = record.scheduled_start_at.filter(|at| *at > now) {
        return vec![WaitingFor::ScheduledStart { at }];
    }
    if instance.queued.is_some() || record.status == RuntimeStatus::Pending {
        let served = served(WorkKind::Orchestration, &record.name);
        return vec![WaitingFor::Worker { name: record.name.clone(), served }];
    }
    let tasks = state.open_tasks.values().map(|open| WaitingFor::Activity {
        name: open.name.clone(),
        since: open.since,
        served: served(WorkKind::Activity, &open.name),
    });
    let children = state.open_children.values().map(|child| WaitingFor::SubOrchestration {
        name: child.name.clone(),
        instance_id: child.instance_id.clone(),
        since: child.since,
    });
    let timers = state.open_timers.values().map(|fire_at| WaitingFor::Timer { fire_at: *fire_at });
    let mut all: Vec<WaitingFor> = tasks.chain(children).take(20).collect();
    if all.is_empty() && instance.turn.is_none() {
        // With no activity and no sub-orchestration outstanding, only time or somebody outside can move it.
        all.push(WaitingFor::ExternalEvent {
            since: state.last_timestamp.unwrap_or(record.updated_at),
        });
    }
    all.extend(timers.take(20));
    all
}

/// Whether the id can only be that of an entity.
pub(super) fn is_entity(id: &str) -> bool {
    id.starts_with('@')
}
