//! What happens to one work item, from its arrival to the answer.
//!
//! Rules: every item is answered or given back; a limit is kept even when the
//! server sends more; nothing a function does ends the worker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use taskhub_proto::work_item::Request;
use taskhub_proto::{
    AbandonActivityTaskRequest, AbandonEntityTaskRequest, AbandonOrchestrationTaskRequest,
    ActivityRequest, ActivityResponse, EntityRequest, OrchestratorRequest,
    StreamInstanceHistoryRequest,
};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinSet;
use tonic::Status;

use crate::connection::{Client, send};
use crate::entity::Batch;
use crate::registry::Registry;
use crate::worker::Worker;
use crate::{activity, entity, orchestration};

/// How far the shutdown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Working,
    /// What waits for its turn is given back, what runs may end.
    Draining,
    /// What still runs is given back, too.
    Abandoning,
}

#[derive(Debug)]
pub(crate) struct Dispatcher {
    client: Client,
    registry: Arc<Registry>,
    orchestrations: Semaphore,
    activities: Semaphore,
    entities: Semaphore,
    phase: watch::Sender<Phase>,
    n_running: watch::Sender<usize>,
    running: Mutex<JoinSet<()>>,
}

impl Dispatcher {
    pub(crate) fn new(worker: &Worker) -> Self {
        Self {
            client: worker.client.clone(),
            registry: Arc::clone(&worker.registry),
            orchestrations: Semaphore::new(worker.limits.max_orchestrations),
            activities: Semaphore::new(worker.limits.max_activities),
            entities: Semaphore::new(worker.limits.max_entities),
            phase: watch::Sender::new(Phase::Working),
            n_running: watch::Sender::new(0),
            running: Mutex::default(),
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        *self.phase.borrow() > Phase::Working
    }

    /// Returns when no item is being worked on.
    pub(crate) async fn idle(&self) {
        // An error is impossible while `self` lives.
        let _ = self.n_running.subscribe().wait_for(|n| *n == 0).await;
    }

    /// Drops what could not even be given back.
    pub(crate) fn stop(&self) {
        self.running().abort_all();
    }

    /// Starts to work on an item.
    pub(crate) fn take(self: &Arc<Self>, request: Request, token: String) {
        if matches!(request, Request::HealthPing(_)) {
            return;
        }
        let place = Place::new(Arc::clone(self));
        let mut running = self.running();
        while running.try_join_next().is_some() {}
        running.spawn(async move { place.0.work_on(request, token).await });
    }

    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work_on(&self, request: Request, token: String) {
        match request {
            Request::HealthPing(_) => {}
            Request::OrchestratorRequest(request) => self.orchestration(request, token).await,
            Request::ActivityRequest(request) => self.activity(request, token).await,
            Request::EntityRequestV2(request) => self.entity(request, token).await,
            Request::EntityRequest(_) => {
                tracing::warn!("gave back an entity work item of the old form");
                self.abandon_entity(token).await;
            }
        }
    }

    async fn orchestration(&self, mut request: OrchestratorRequest, token: String) {
        let Some(_permit) = self.permit(&self.orchestrations).await else {
            return self.abandon_orchestration(token).await;
        };
        if request.requires_history_streaming
            && let Err(status) = self.load_history(&mut request).await
        {
            tracing::warn!(%status, instance_id = %request.instance_id, "cannot read the history");
            return self.abandon_orchestration(token).await;
        }
        if let Err(failure) = orchestration::accept(&self.registry, &request) {
            tracing::info!(%failure, instance_id = %request.instance_id, "gave back a turn");
            return self.abandon_orchestration(token).await;
        }
        let response = orchestration::run(&self.registry, request, token);
        let call = || {
            let (mut client, response) = (self.client.clone(), response.clone());
            async move { client.complete_orchestrator_task(response).await }
        };
        send("complete orchestration", call).await;
    }

    async fn load_history(&self, request: &mut OrchestratorRequest) -> Result<(), Status> {
        let mut client = self.client.clone();
        let query = StreamInstanceHistoryRequest {
            instance_id: request.instance_id.clone(),
            execution_id: request.execution_id.clone(),
            for_work_item_processing: true,
        };
        let mut chunks = client.stream_instance_history(query).await?.into_inner();
        request.past_events.clear();
        while let Some(chunk) = chunks.message().await? {
            request.past_events.extend(chunk.events);
        }
        Ok(())
    }

    async fn activity(&self, request: ActivityRequest, token: String) {
        let Some(_permit) = self.permit(&self.activities).await else {
            return self.abandon_activity(token).await;
        };
        let instance_id = request.orchestration_instance.clone().unwrap_or_default().instance_id;
        let task_id = request.task_id;
        let outcome = tokio::select! {
            biased;
            outcome = activity::run(&self.registry, request) => outcome,
            () = self.reached(Phase::Abandoning) => return self.abandon_activity(token).await,
        };
        let (result, failure_details) = match outcome {
            Ok(result) => (result, None),
            Err(failure) => (None, Some(failure.into())),
        };
        let response = ActivityResponse {
            instance_id,
            task_id,
            result,
            failure_details,
            completion_token: token,
        };
        let call = || {
            let (mut client, response) = (self.client.clone(), response.clone());
            async move { client.complete_activity_task(response).await }
        };
        send("complete activity", call).await;
    }

    async fn entity(&self, request: EntityRequest, token: String) {
        let Some(_permit) = self.permit(&self.entities).await else {
            return self.abandon_entity(token).await;
        };
        // The operations that were done are answered, the server keeps the rest.
        let must_stop = || *self.phase.borrow() >= Phase::Abandoning;
        let completion_token = token.clone();
        let batch = Batch { request, completion_token, must_stop: &must_stop };
        let Some(result) = entity::run(&self.registry, batch) else {
            return self.abandon_entity(token).await;
        };
        let call = || {
            let (mut client, result) = (self.client.clone(), result.clone());
            async move { client.complete_entity_task(result).await }
        };
        send("complete entity", call).await;
    }

    async fn abandon_orchestration(&self, completion_token: String) {
        let request = AbandonOrchestrationTaskRequest { completion_token };
        let call = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.abandon_task_orchestrator_work_item(request).await }
        };
        send("abandon orchestration", call).await;
    }

    async fn abandon_activity(&self, completion_token: String) {
        let request = AbandonActivityTaskRequest { completion_token };
        let call = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.abandon_task_activity_work_item(request).await }
        };
        send("abandon activity", call).await;
    }

    async fn abandon_entity(&self, completion_token: String) {
        let request = AbandonEntityTaskRequest { completion_token };
        let call = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.abandon_task_entity_work_item(request).await }
        };
        send("abandon entity", call).await;
    }

    /// Waits for a free place; `None` when the worker shuts down first.
    async fn permit<'a>(&self, places: &'a Semaphore) -> Option<SemaphorePermit<'a>> {
        tokio::select! {
            biased;
            () = self.reached(Phase::Draining) => None,
            permit = places.acquire() => permit.ok(),
        }
    }

    async fn reached(&self, phase: Phase) {
        // An error is impossible while `self` lives.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }
}

/// Counts an item for as long as it is worked on, however that ends.
struct Place(Arc<Dispatcher>);

impl Place {
    fn new(dispatcher: Arc<Dispatcher>) -> Self {
        dispatcher.n_running.send_modify(|n| *n = n.saturating_add(1));
        Self(dispatcher)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.n_running.send_modify(|n| *n = n.saturating_sub(1));
    }
}
