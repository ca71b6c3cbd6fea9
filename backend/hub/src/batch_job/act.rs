//! What a job does to one instance.

use taskhub_shared::{
    action::{Action, Refusal},
    batch::ItemResult,
};

use super::{Meant, run::rest};
use crate::{
    error::HubError,
    hub::Hub,
    operation::{
        control, purge, raise_event,
        restart::{self, Target},
        rewind, terminate,
    },
    store::{
        StoreError,
        batch_job::{BatchRecord, ItemDone, ItemOutcome, ItemRecord},
    },
};

/// How often something is tried that the store does not take.
const ATTEMPTS: usize = 5;

/// Does it; what became of it, or `None` when the server shuts down first.
pub(super) async fn item(
    hub: &Hub,
    record: &BatchRecord,
    item: &ItemRecord,
) -> Option<ItemOutcome> {
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        match attempt(hub, record, item).await {
            Ok(Ok(())) => return Some(outcome(item, ItemResult::Succeeded, None)),
            Ok(Err(refusal)) => return Some(skipped(item, refusal)),
            Err(HubError::Draining) => return None,
            Err(error @ HubError::Store(StoreError::Conflict { .. })) => last = error.to_string(),
            Err(error @ HubError::Store(StoreError::Unavailable { .. })) => {
                last = error.to_string();
                rest(&hub.inner).await;
            }
            Err(
                error @ (HubError::Store(StoreError::Damaged { .. })
                | HubError::InvalidInput { .. }
                | HubError::TooLarge { .. }
                | HubError::Internal(_)),
            ) => {
                last = error.to_string();
                break;
            }
        }
    }
    Some(outcome(item, ItemResult::Failed, Some(last)))
}

/// An item that its status does not allow.
pub(super) fn skipped(item: &ItemRecord, refusal: Refusal) -> ItemOutcome {
    outcome(item, ItemResult::Skipped, Some(refusal.code().to_owned()))
}

pub(super) fn outcome(
    item: &ItemRecord,
    result: ItemResult,
    detail: Option<String>,
) -> ItemOutcome {
    ItemOutcome { position: item.position, result, detail }
}

/// The instance of an item, for operations.
pub(super) fn meant(record: &BatchRecord, item: &ItemRecord) -> Meant {
    let done = ItemDone { batch: record.num, position: item.position, detail: None };
    Meant { item: done, num: item.num }
}

async fn attempt(
    hub: &Hub,
    record: &BatchRecord,
    item: &ItemRecord,
) -> Result<Result<(), Refusal>, HubError> {
    let (job, id) = (&record.job, &*item.instance_id);
    let meant = meant(record, item);
    let meant = Some(&meant);
    let reason = job.reason.clone();
    Ok(match job.action {
        Action::RaiseEvent => {
            let name = job.event_name.as_deref().unwrap_or_default();
            match hub.raise_event_for(meant, id, name, record.input.clone()).await? {
                raise_event::Outcome::Accepted => Ok(()),
                raise_event::Outcome::NotFound => Err(Refusal::NotFound),
                raise_event::Outcome::Ended(_) => Err(Refusal::AlreadyEnded),
            }
        }
        Action::Suspend => {
            controlled(hub.suspend_for(meant, id, reason).await?, Refusal::AlreadySuspended)
        }
        Action::Resume => {
            controlled(hub.resume_for(meant, id, reason).await?, Refusal::NotSuspended)
        }
        Action::Terminate => {
            let output = reason.and_then(|reason| serde_json::to_string(&reason).ok());
            let output = output.map(Into::into);
            match hub.terminate_for(meant, id, output, job.recursive).await? {
                terminate::Outcome::Terminated => Ok(()),
                terminate::Outcome::NotFound => Err(Refusal::NotFound),
                terminate::Outcome::AlreadyEnded(_) => Err(Refusal::AlreadyEnded),
            }
        }
        Action::Rewind => match hub.rewind_for(meant, id, reason).await? {
            rewind::Outcome::Rewound => Ok(()),
            rewind::Outcome::NotFound => Err(Refusal::NotFound),
            rewind::Outcome::NotFailed(_) => Err(Refusal::NotFailed),
        },
        Action::Restart => restarted(&hub.restart_for(meant, id, Target::NewId).await?),
        Action::RestartWithSameId => restarted(&hub.restart_for(meant, id, Target::SameId).await?),
        Action::Purge => match hub.purge_for(meant, id).await? {
            purge::Outcome::Purged => Ok(()),
            purge::Outcome::NotFound => Err(Refusal::NotFound),
            purge::Outcome::NotEnded(_) => Err(Refusal::NotEnded),
        },
    })
}

fn controlled(outcome: control::Outcome, unchanged: Refusal) -> Result<(), Refusal> {
    match outcome {
        control::Outcome::Accepted => Ok(()),
        control::Outcome::Unchanged(_) => Err(unchanged),
        control::Outcome::NotFound => Err(Refusal::NotFound),
        control::Outcome::Ended(_) => Err(Refusal::AlreadyEnded),
    }
}

fn restarted(outcome: &restart::Outcome) -> Result<(), Refusal> {
    match outcome {
        restart::Outcome::Restarted { .. } => Ok(()),
        restart::Outcome::NotFound => Err(Refusal::NotFound),
        restart::Outcome::Active(_) => Err(Refusal::NotEnded),
    }
}
