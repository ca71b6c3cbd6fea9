//! Purges in groups: one read for all, and commits that the store flushes together.

use std::sync::Arc;

use futures::future::join_all;
use taskhub_shared::{action::Refusal, batch::ItemResult};

use super::{Meant, act};
use crate::{
    engine::{batch::Ack, core::Core},
    hub::Hub,
    store::batch_job::{BatchRecord, ItemOutcome, ItemRecord},
};

/// Instances that go together: few enough that the commits of others do not wait for long.
pub(super) const GROUP: usize = 100;

/// How far one of the group is.
enum Step {
    /// Its commit is under way.
    UnderWay(Ack),
    /// It stays.
    Refused(Refusal),
    /// What memory knows of it is not stored yet: it has to be looked at by itself.
    Alone,
}

/// Deletes those of the group that have ended; what became of each.
pub(super) async fn group(
    hub: &Hub,
    record: &BatchRecord,
    items: &[ItemRecord],
) -> Vec<ItemOutcome> {
    let ids: Vec<Arc<str>> = items.iter().map(|item| Arc::clone(&item.instance_id)).collect();
    let purge = |core: &mut Core| -> Vec<Step> {
        items.iter().map(|item| step(core, record, item)).collect()
    };
    // When one cannot be read, each is tried by itself.
    let steps = hub.inner.with(&ids, purge).await;
    let steps = steps.unwrap_or_else(|_| items.iter().map(|_| Step::Alone).collect());
    let ends = items.iter().zip(steps).map(|(item, step)| async move {
        let stored = match step {
            Step::Refused(refusal) => return Some(act::skipped(item, refusal)),
            Step::UnderWay(ack) => hub.inner.durable(ack).await.is_ok(),
            Step::Alone => false,
        };
        if stored {
            return Some(act::outcome(item, ItemResult::Succeeded, None));
        }
        act::item(hub, record, item).await
    });
    join_all(ends).await.into_iter().flatten().collect()
}

fn step(core: &mut Core, record: &BatchRecord, item: &ItemRecord) -> Step {
    let id = &item.instance_id;
    let meant = act::meant(record, item);
    if core.unstored(id).is_some() {
        return Step::Alone;
    }
    if !core.orchestration(id).is_some_and(|instance| Meant::is(Some(&meant), instance)) {
        return Step::Refused(Refusal::NotFound);
    }
    match core.doing(Some(&meant.item), |core| core.purge(id)) {
        Some(ack) => Step::UnderWay(ack),
        None => Step::Refused(Refusal::NotEnded),
    }
}
