//! What waits for workers, by name, and which workers there are.

use chrono::{DateTime, Utc};
use taskhub_shared::request::{HubWork, KindOfWork, WaitingWork, WorkerInfo, WorkerTakes};

use crate::{
    engine::{core::Waiting, queue::Stream, worker::WorkKind},
    hub::Hub,
};

impl Hub {
    /// Work that waits, the oldest first, and the connected workers.
    #[must_use]
    pub fn work(&self) -> HubWork {
        let now = self.inner.clock.now();
        let core = self.inner.core();
        let waiting = |work: Waiting| {
            let workers = count(core.takers(&work));
            let version = work.versions.into_iter().next().filter(|version| !version.is_empty());
            WaitingWork {
                name: work.name,
                version,
                kind: kind_of(work.kind),
                depth: count(work.depth),
                oldest_age_ms: age_ms(work.since, now),
                workers,
                lost: work.lost,
                refused: work.refused,
            }
        };
        let mut waiting: Vec<WaitingWork> = core.waiting().map(waiting).collect();
        waiting.sort_by(|a, b| {
            let key = |work: &WaitingWork| (work.kind, work.name.clone(), work.version.clone());
            b.oldest_age_ms.cmp(&a.oldest_age_ms).then_with(|| key(a).cmp(&key(b)))
        });
        let workers = core.streams.iter().map(worker).collect();
        HubWork { waiting, workers }
    }
}

fn worker(stream: &Stream) -> WorkerInfo {
    let takes = [WorkKind::Orchestration, WorkKind::Activity, WorkKind::Entity]
        .into_iter()
        .filter_map(|kind| {
            let names = stream.profile.names(kind).map(|names| names.keys().cloned().collect());
            let nothing = names.as_ref().is_some_and(Vec::is_empty);
            (!nothing).then(|| WorkerTakes {
                kind: kind_of(kind),
                names,
                outstanding: count(stream.outstanding(kind)),
                limit: count(stream.profile.limit(kind)),
            })
        });
    WorkerInfo {
        id: stream.profile.worker_id.clone(),
        connected_at: stream.connected_at,
        last_work_at: stream.last_work_at,
        takes: takes.collect(),
    }
}

fn kind_of(kind: WorkKind) -> KindOfWork {
    match kind {
        WorkKind::Orchestration => KindOfWork::Orchestration,
        WorkKind::Activity => KindOfWork::Activity,
        WorkKind::Entity => KindOfWork::Entity,
    }
}

fn age_ms(since: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    u64::try_from((now - since).num_milliseconds()).unwrap_or(0)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
