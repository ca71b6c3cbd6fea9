//! The task of a job.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream::FuturesUnordered};
use taskhub_shared::{
    action::Action,
    batch::{BatchState, ItemResult},
};

use super::{Active, Items, act, freeze, purge};
use crate::{
    error::HubError,
    hub::{Hub, Inner},
    store::batch_job::{BatchRecord, ItemOutcome, ItemRecord, ItemsRequest},
};

/// Items that are read at once, and of which a crash leaves the refusals to be found out again.
const SLICE: usize = 1000;
/// Instances that one job deals with at once.
const AT_ONCE: usize = 32;
/// Groups of purges that one job has under way.
const GROUPS_AT_ONCE: usize = 2;

/// Works until the job ends, is held, or the server drains.
pub(super) async fn job(inner: Arc<Inner>, active: Arc<Active>) {
    let _one = active.working.lock().await;
    let hub = Hub::visitor(Arc::clone(&inner));
    let mut after = 0;
    loop {
        let step = match active.state() {
            _ if inner.core().draining => return,
            BatchState::Freezing => freeze::next_slice(&hub, &active).await,
            BatchState::Running => slice(&hub, &active, &mut after).await,
            BatchState::Paused if active.start_at().is_some() => wait(&inner, &active).await,
            BatchState::Paused | BatchState::Stopped | BatchState::Cancelled => {
                // What was under way when it was held has been counted since.
                let write = active.change(&inner, |_| Some(Items::default())).await;
                if write.is_ok() {
                    return;
                }
                write.map(|_| ())
            }
            BatchState::Completed => return,
        };
        if let Err(error) = step {
            tracing::warn!(batch = active.num(), error = %error, "a batch job waits for the store");
            rest(&inner).await;
        }
    }
}

/// Waits for the time at which the job begins by itself, at most a second, and lets it begin then.
async fn wait(inner: &Inner, active: &Active) -> Result<(), HubError> {
    let now = inner.clock.now();
    let Some(at) = active.start_at() else { return Ok(()) };
    if now < at {
        // Not for long at a time: the server may drain.
        let turn = inner.clock.sleep_until(at.min(now + TimeDelta::seconds(1)));
        tokio::select! {
            () = turn => {}
            () = active.changed.notified() => {}
        }
        return Ok(());
    }
    let begin = |record: &mut BatchRecord| {
        let waits = record.job.state == BatchState::Paused && record.job.start_at.is_some();
        waits.then(|| {
            record.job.begin(now);
            Items::default()
        })
    };
    active.change(inner, begin).await.map(|_| ())
}

/// Waits a moment before something is tried again.
pub(super) async fn rest(inner: &Inner) {
    inner.clock.sleep_until(inner.clock.now() + TimeDelta::seconds(1)).await;
}

/// Deals with the next items after a position; ends the job when there are none left.
async fn slice(hub: &Hub, active: &Active, after: &mut u64) -> Result<(), HubError> {
    let inner = &hub.inner;
    let record = active.record();
    // With a limit, about a second's worth, so that what became of them is soon to be seen.
    let limit = record.job.rate_per_second.map_or(SLICE, |rate| usize::try_from(rate).unwrap_or(1));
    let request = ItemsRequest { result: Some(ItemResult::Pending), after: *after, limit };
    let items = inner.store.batch_jobs().batch_items(active.num(), request).await?;
    if items.is_empty() {
        if *after == 0 {
            return end(inner, active).await;
        }
        // Looked for once more from the beginning: some may have been left out.
        *after = 0;
        return Ok(());
    }
    *after = items.last().map_or(0, |last| last.position);
    let results = deal_with(hub, active, &record, &items).await;
    let results: Vec<ItemOutcome> =
        results.into_iter().filter(|one| one.result != ItemResult::Succeeded).collect();
    // What is not written is found to be pending again and must not be counted twice.
    while !results.is_empty() {
        let write = |_: &mut BatchRecord| Some(Items { add: Vec::new(), results: results.clone() });
        match active.change(inner, write).await {
            Ok(_) => break,
            Err(error) => {
                tracing::warn!(batch = active.num(), error = %error, "results wait for the store");
                rest(inner).await;
            }
        }
    }
    if active.fails_too_often() {
        let stop = |record: &mut BatchRecord| {
            (record.job.state == BatchState::Running).then(|| {
                record.job.state = BatchState::Stopped;
                Items::default()
            })
        };
        active.change(inner, stop).await?;
    }
    Ok(())
}

/// Every item was dealt with.
async fn end(inner: &Inner, active: &Active) -> Result<(), HubError> {
    // What is stored decides: a commit that was done may have been answered with a failure.
    let counts = inner.store.batch_jobs().batch_counts(active.num()).await?;
    active.recount(counts);
    let now = inner.clock.now();
    let complete = |record: &mut BatchRecord| {
        (record.job.state == BatchState::Running).then(|| {
            record.job.counts = counts;
            record.job.state = BatchState::Completed;
            record.job.ended_at = Some(now);
            Items::default()
        })
    };
    active.change(inner, complete).await.map(|_| ())
}

/// Deals with these items, as many at once and as fast as the job may; what became of them.
async fn deal_with(
    hub: &Hub,
    active: &Active,
    record: &BatchRecord,
    items: &[ItemRecord],
) -> Vec<ItemOutcome> {
    let inner = &hub.inner;
    let (size, at_once) = match record.job.action {
        Action::Purge => (purge::GROUP, GROUPS_AT_ONCE),
        Action::RaiseEvent
        | Action::Suspend
        | Action::Resume
        | Action::Terminate
        | Action::Rewind
        | Action::Restart
        | Action::RestartWithSameId => (1, AT_ONCE),
    };
    let size = if record.job.rate_per_second.is_some() { 1 } else { size };
    let mut pace = Pace::new(record.job.rate_per_second, inner.clock.now());
    let mut done = Vec::new();
    let mut take = |group: Vec<ItemOutcome>| {
        active.count(|counts| group.iter().for_each(|one| counts.add(one.result)));
        done.extend(group);
        active.tell(inner);
    };
    let mut under_way = FuturesUnordered::new();
    for group in items.chunks(size) {
        let at = pace.next(inner.clock.now()).unwrap_or_default();
        let mut turn = inner.clock.sleep_until(at);
        loop {
            tokio::select! {
                biased;
                Some(group) = under_way.next() => take(group),
                () = &mut turn, if under_way.len() < at_once => break,
            }
        }
        let goes_on = active.state() == BatchState::Running
            && !active.fails_too_often()
            && !inner.core().draining;
        if !goes_on {
            break;
        }
        under_way.push(one_group(hub, record, group));
    }
    while let Some(group) = under_way.next().await {
        take(group);
    }
    done
}

/// Deals with one group of items, once there is room for it.
async fn one_group(hub: &Hub, record: &BatchRecord, group: &[ItemRecord]) -> Vec<ItemOutcome> {
    let Ok(_slot) = hub.inner.batches.slots.acquire().await else { return Vec::new() };
    if record.job.action == Action::Purge {
        return purge::group(hub, record, group).await;
    }
    let mut done = Vec::new();
    for item in group {
        done.extend(act::item(hub, record, item).await);
    }
    done
}

/// When the next item may begin.
struct Pace {
    step: Option<TimeDelta>,
    next: DateTime<Utc>,
}

impl Pace {
    fn new(rate: Option<u32>, now: DateTime<Utc>) -> Self {
        let step = rate.map(|rate| TimeDelta::microseconds(1_000_000 / i64::from(rate.max(1))));
        Self { step, next: now }
    }

    /// Takes the next place; absent for at once.
    fn next(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let step = self.step?;
        let at = self.next.max(now);
        self.next = at + step;
        // The first waits too: the slice before has just ended.
        Some(at + step)
    }
}
