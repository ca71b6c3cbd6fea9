//! The worker: stays connected, takes work items, shuts down in order.
//!
//! Knows the stream, does not know how an item is worked on.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use taskhub_proto::{GetWorkItemsRequest, WorkItem, WorkerCapability};
use tonic::Status;

use crate::Builder;
use crate::backoff::Backoff;
use crate::connection::Client;
use crate::dispatch::{Dispatcher, Phase};
use crate::registry::Registry;

/// A stream that lived this long was a good one: the next delay is short again.
const GOOD_STREAM: Duration = Duration::from_secs(5);

/// How long the server may take to greet.
const HELLO: Duration = Duration::from_secs(10);

/// How long answers may still travel after running work was abandoned.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_orchestrations: usize,
    pub(crate) max_activities: usize,
    pub(crate) max_entities: usize,
    pub(crate) shutdown_grace: Duration,
    /// How long a stream may say nothing, not even a ping, before it is dead.
    pub(crate) silence: Duration,
}

/// A process's hands for a task hub: it runs the functions registered with it.
#[derive(Debug)]
pub struct Worker {
    pub(crate) client: Client,
    pub(crate) registry: Arc<Registry>,
    pub(crate) worker_id: String,
    pub(crate) sends_filters: bool,
    pub(crate) limits: Limits,
}

impl Worker {
    /// Starts to put a worker together.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Id under which the server knows this worker.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.worker_id
    }

    /// Works until `shutdown` is ready, and connects again whenever the
    /// connection is lost.
    ///
    /// Then takes no more work, lets running work end for the grace period,
    /// gives the rest back to the server and returns.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()>) {
        let dispatcher = Arc::new(Dispatcher::new(self));
        let mut serve = pin!(self.serve(&dispatcher));
        tokio::select! {
            biased;
            () = shutdown => {}
            () = &mut serve => {}
        }
        // The stream stays open: closing it would make the server give running
        // work to another worker at once.
        tracing::info!(worker_id = %self.worker_id, "shutting down");
        for (phase, patience) in
            [(Phase::Draining, self.limits.shutdown_grace), (Phase::Abandoning, LAST_ANSWERS)]
        {
            dispatcher.enter(phase);
            tokio::select! {
                biased;
                () = dispatcher.idle() => break,
                () = tokio::time::sleep(patience) => {}
                () = &mut serve => {}
            }
        }
        dispatcher.stop();
    }

    /// Never returns.
    async fn serve(&self, dispatcher: &Arc<Dispatcher>) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            let start = tokio::time::Instant::now();
            let end = self.serve_stream(dispatcher).await;
            if dispatcher.is_shutting_down() {
                return std::future::pending().await;
            }
            if start.elapsed() >= GOOD_STREAM {
                backoff.reset();
            }
            let delay = backoff.delay();
            match end {
                Ok(()) => tracing::info!(?delay, "the server ended the stream, connecting again"),
                Err(status) => tracing::warn!(%status, ?delay, "no connection, trying again"),
            }
            tokio::time::sleep(delay).await;
        }
    }

    async fn serve_stream(&self, dispatcher: &Arc<Dispatcher>) -> Result<(), Status> {
        let mut client = self.client.clone();
        tokio::time::timeout(HELLO, client.hello(()))
            .await
            .map_err(|_| Status::deadline_exceeded("the server does not answer Hello"))??;
        let mut stream = client.get_work_items(self.request()).await?.into_inner();
        tracing::info!(worker_id = %self.worker_id, "connected");
        loop {
            let item = tokio::time::timeout(self.limits.silence, stream.message())
                .await
                .map_err(|_| Status::unavailable("the server went silent"))??;
            let Some(WorkItem { request, completion_token }) = item else { return Ok(()) };
            if let Some(request) = request {
                dispatcher.take(request, completion_token);
            }
        }
    }

    fn request(&self) -> GetWorkItemsRequest {
        let limit = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        GetWorkItemsRequest {
            max_concurrent_orchestration_work_items: limit(self.limits.max_orchestrations),
            max_concurrent_activity_work_items: limit(self.limits.max_activities),
            max_concurrent_entity_work_items: limit(self.limits.max_entities),
            capabilities: vec![WorkerCapability::HistoryStreaming.into()],
            work_item_filters: self.sends_filters.then(|| self.registry.filters()),
            worker_instance_id: self.worker_id.clone(),
        }
    }
}
