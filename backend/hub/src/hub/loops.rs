//! What runs beside the requests: commits that are answered, instances that are read, timers that fire.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Inner;
use crate::{
    engine::{batch::InFlight, core::LoadRequest},
    error::HubError,
    store::StoreError,
};

/// How many instances the loader reads at once.
const LOAD_CHUNK: usize = 256;

/// Takes the store's answers in the order of the commits.
pub(super) async fn pump_commits(
    inner: Arc<Inner>,
    mut commits: mpsc::UnboundedReceiver<InFlight>,
) {
    while let Some(mut flight) = commits.recv().await {
        let result = (&mut flight.answer).await;
        let (changes, dropped) = {
            let mut core = inner.core();
            let changes = core.answered(flight, result);
            (changes, core.take_dropped())
        };
        inner.publish(changes);
        inner.look_again(&dropped);
    }
}

/// Brings instances into memory that have something to do.
pub(super) async fn load_instances(
    inner: Arc<Inner>,
    mut requests: mpsc::UnboundedReceiver<LoadRequest>,
) {
    let mut chunk = Vec::new();
    while requests.recv_many(&mut chunk, LOAD_CHUNK).await > 0 {
        let chunk = std::mem::take(&mut chunk);
        if inner.load(&chunk).await.is_ok() {
            continue;
        }
        // One that cannot be read must not keep the others from working.
        let mut later = Vec::new();
        for request in chunk {
            match inner.load(std::slice::from_ref(&request)).await {
                Ok(()) => {}
                Err(HubError::Store(StoreError::Damaged { operation, source })) => {
                    // Trying again would not mend it. Requests that name the instance are told the same.
                    tracing::error!(instance = %request.id, operation, error = %source,
                        "an instance is damaged; it rests until it is mended");
                    metrics::counter!("taskhub_instances_damaged_total").increment(1);
                }
                Err(_) => later.push(request),
            }
        }
        if !later.is_empty() {
            tracing::error!(instances = later.len(), "instances could not be read; trying again");
            let at = inner.clock.now() + chrono::TimeDelta::seconds(1);
            inner.clock.sleep_until(at).await;
            let core = inner.core();
            for request in later {
                core.load_again(request);
            }
        }
    }
}

/// Lets timers fire.
pub(super) async fn run_timers(inner: Arc<Inner>) {
    loop {
        let (next, changed) = {
            let mut core = inner.core();
            let changed = core.alarm();
            (core.tick(), changed)
        };
        match next {
            None => changed.notified().await,
            Some(at) => {
                tokio::select! {
                    () = inner.clock.sleep_until(at) => {}
                    () = changed.notified() => {}
                }
            }
        }
    }
}
