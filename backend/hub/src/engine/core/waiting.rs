//! What waits for workers, by name.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::{Core, Leased, poison::WorkId};
use crate::engine::{
    queue::{QueueKey, StreamId},
    worker::WorkKind,
};

/// Work of one kind, name and version that no worker has.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) kind: WorkKind,
    pub(crate) name: String,
    /// Versions that it answers to.
    pub(crate) versions: Vec<String>,
    pub(crate) depth: usize,
    /// Since when the oldest has waited.
    pub(crate) since: DateTime<Utc>,
    /// Most often that one of them was lost by its worker.
    pub(crate) lost: u32,
    /// Most often that one of them was given back.
    pub(crate) refused: u32,
    /// Streams that gave back all of it and do not get it now.
    refused_by: BTreeSet<StreamId>,
}

/// Kind, name and versions.
type Key = (WorkKind, String, Vec<String>);

impl Core {
    /// All that waits for a worker, also what rests and what has to go out alone.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = Waiting> {
        let turns = self.ready.groups().map(|group| (WorkKind::Orchestration, group));
        let batches = self.entities.groups().map(|group| (WorkKind::Entity, group));
        let turns = turns.chain(batches).filter_map(|(kind, (key, depth, id))| {
            Some((kind, key, depth, self.instances.get(id)?.waits_since()?))
        });
        let activities = self.activities.groups().filter_map(|(key, depth, id)| {
            let since = self.tasks.get(id)?.task.scheduled_at;
            Some((WorkKind::Activity, key, depth, since))
        });
        let mut waiting: HashMap<Key, Waiting> = HashMap::new();
        for (kind, key, depth, since) in turns.chain(activities) {
            let group = waiting.entry(key_of(kind, key.clone())).or_insert_with(|| Waiting {
                kind,
                name: key.name.clone(),
                versions: key.versions.clone(),
                depth: 0,
                since,
                lost: 0,
                refused: 0,
                refused_by: key.refused.clone(),
            });
            group.depth += depth;
            group.since = group.since.min(since);
            group.refused_by.retain(|stream| key.refused.contains(stream));
        }
        for (work, instance_id, times) in self.losses.iter() {
            let key = match work {
                WorkId::Turn(num) => self.waiting_turn(instance_id, num),
                WorkId::Task(id) => self.waiting_task(id),
            };
            if let Some(group) = key.and_then(|key| waiting.get_mut(&key)) {
                group.lost = group.lost.max(times);
            }
        }
        let given_back = |lease: &&super::lease::Lease| lease.stream.is_none();
        for lease in self.leases.values().filter(given_back) {
            let times = lease.refusals.times;
            let key = match &lease.work {
                Leased::Turn { id, num, .. } if times > 0 => self.waiting_turn(id, *num),
                Leased::Task(task) if times > 0 => self.waiting_task(task.id),
                Leased::Turn { .. } | Leased::Task(_) => None,
            };
            if let Some(group) = key.and_then(|key| waiting.get_mut(&key)) {
                group.refused = group.refused.max(times);
            }
        }
        waiting.into_values()
    }

    /// Streams that would take some of it now.
    pub(crate) fn takers(&self, waiting: &Waiting) -> usize {
        let Waiting { kind, name, versions, refused_by, .. } = waiting;
        let takes = |stream: StreamId| {
            self.streams.get(stream).is_some_and(|s| s.profile.wants(*kind, name, versions))
                && !refused_by.contains(&stream)
        };
        self.streams.ids().filter(|stream| takes(*stream)).count()
    }

    fn waiting_turn(&self, id: &str, num: u64) -> Option<Key> {
        let instance = self.instances.get(id)?;
        let waits = instance.record.num == num && instance.queued.is_some();
        let key = waits.then(|| self.turn_key(id))??;
        Some(key_of(instance.kind(), key))
    }

    fn waiting_task(&self, id: u64) -> Option<Key> {
        let waits = self.tasks.get(&id)?.queued.is_some();
        let key = waits.then(|| self.task_key(id))??;
        Some(key_of(WorkKind::Activity, key))
    }
}

fn key_of(kind: WorkKind, key: QueueKey) -> Key {
    (kind, key.name, key.versions)
}
