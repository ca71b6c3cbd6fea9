//! Workers: connect, complete, abandon.

use std::{
    collections::HashSet,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::Stream;
use taskhub_shared::{failure::FailureDetails, limits, statistics::StatisticKind};
use tokio::sync::mpsc;

use crate::{
    engine::{
        core::Completion,
        entity::EntityResponse,
        history_event::Payload,
        part::{Collected, Part},
        queue::StreamId,
        worker::{Token, WorkItem, WorkKind, WorkerProfile},
    },
    error::HubError,
    hub::{Hub, Inner},
    statistics::Ended,
};

/// How a completion went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Committed,
    /// The same delivery was completed before, or its instance has ended: nothing is left to do.
    Ignored,
    /// It is a part of an answer, and the rest is still to come.
    Kept,
    /// The worker lost the work: the delivery is not known, its time was over, or another worker has it.
    Stale,
}

/// A connected worker's work items. Dropping it gives back what is not completed.
#[derive(Debug)]
pub struct WorkItems {
    inner: Arc<Inner>,
    /// Absent for a stream that came while the hub drains.
    id: Option<StreamId>,
    items: mpsc::UnboundedReceiver<WorkItem>,
}

impl Stream for WorkItems {
    type Item = WorkItem;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WorkItem>> {
        self.items.poll_recv(context)
    }
}

impl Drop for WorkItems {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut core = self.inner.core();
        // Nothing is added while the lock is held.
        let unread = std::iter::from_fn(|| self.items.try_recv().ok());
        let unread: HashSet<Token> = unread.map(|item| item.token).collect();
        core.disconnect(id, &unread);
    }
}

impl Hub {
    /// Connects a worker. The stream ends when the hub drains.
    #[must_use]
    pub fn connect_worker(&self, profile: WorkerProfile) -> WorkItems {
        let (sender, items) = mpsc::unbounded_channel();
        let id = self.inner.core().connect(profile, sender);
        WorkItems { inner: Arc::clone(&self.inner), id, items }
    }

    /// Commits a turn; `instance_id` is what the worker says it is about. Of an answer in parts, the last one commits.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored; the turn is delivered again.
    pub async fn complete_turn(
        &self,
        token: Token,
        instance_id: &str,
        answer: impl Into<Part>,
    ) -> Result<Outcome, HubError> {
        let (collected, touched) = {
            let mut core = self.inner.core();
            let collected = core.collect(token, instance_id, answer.into());
            let touched = match &collected {
                Some(Collected::Whole(response)) => core.touched_by(token, response),
                Some(Collected::Kept | Collected::Broken | Collected::TooLarge { .. }) | None => {
                    Vec::new()
                }
            };
            (collected, touched)
        };
        let response = match collected {
            Some(Collected::Whole(response)) => response,
            Some(Collected::Kept) => return Ok(Outcome::Kept),
            Some(Collected::Broken) => {
                tracing::warn!(
                    "a part of a worker's answer is missing, or there is no room for it; its turn comes again"
                );
                self.abandon(token);
                return Ok(Outcome::Stale);
            }
            Some(Collected::TooLarge { bytes }) => {
                self.fail_turn(token, too_large("AnswerTooLarge", bytes)).await?;
                return Ok(Outcome::Committed);
            }
            None => {
                let unknown = self.inner.core().unknown(token);
                return self.settle_completion(token, Ok(unknown)).await;
            }
        };
        let mut response = Some(response);
        let mut turn_of = None;
        let completion = self
            .inner
            .with(&touched, |core| {
                turn_of =
                    core.orchestration(instance_id).map(|instance| Arc::clone(&instance.record));
                core.complete_turn(token, instance_id, response.take().unwrap_or_default())
            })
            .await;
        let outcome = self.settle_completion(token, completion).await?;
        if let Some(record) = turn_of.filter(|_| outcome == Outcome::Committed) {
            let now = self.inner.clock.now();
            let counting = &self.inner.counting;
            counting.ended(StatisticKind::Turn, &record.name, now, Ended::Completed, None);
        }
        Ok(outcome)
    }

    /// Commits an activity's result; `instance_id` and `task_id` are what the worker says it is about.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored; the activity is delivered again.
    pub async fn complete_activity(
        &self,
        token: Token,
        instance_id: &str,
        task_id: i32,
        result: Result<Option<Payload>, Box<FailureDetails>>,
    ) -> Result<Outcome, HubError> {
        let task = self.inner.core().activity_of(token).cloned();
        let needed: Vec<Arc<str>> = match &task {
            Some(task) if &*task.instance_id != instance_id || task.event_id != task_id => {
                return Ok(Outcome::Stale);
            }
            Some(task) => vec![Arc::clone(&task.instance_id)],
            None => Vec::new(),
        };
        let end = if result.is_ok() { Ended::Completed } else { Ended::Failed };
        let completion =
            self.inner.with(&needed, |core| core.complete_activity(token, result)).await;
        let outcome = self.settle_completion(token, completion).await?;
        if let Some(task) = task.filter(|_| outcome == Outcome::Committed) {
            let now = self.inner.clock.now();
            let took = Some(now - task.scheduled_at);
            self.inner.counting.ended(StatisticKind::Activity, &task.name, now, end, took);
        }
        Ok(outcome)
    }

    /// Commits the operations of an entity.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored; the operations are delivered again.
    pub async fn complete_entity(
        &self,
        token: Token,
        response: EntityResponse,
    ) -> Result<Outcome, HubError> {
        let touched = self.inner.core().touched_by_entity(token, &response);
        let mut response = Some(response);
        let completion = self
            .inner
            .with(&touched, |core| core.complete_entity(token, response.take().unwrap_or_default()))
            .await;
        self.settle_completion(token, completion).await
    }

    /// Answers all operations of a batch with this failure; the entity stays as it is.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored; the operations are delivered again.
    pub async fn fail_entity_batch(
        &self,
        token: Token,
        failure: FailureDetails,
    ) -> Result<Outcome, HubError> {
        let response = self.inner.core().failed_batch(token, &failure);
        match response {
            Some(response) => self.complete_entity(token, response).await,
            None => Ok(Outcome::Stale),
        }
    }

    /// Takes work back that a worker does not want; another delivery follows after a pause.
    #[expect(clippy::must_use_candidate, reason = "a worker that gives work back does not care")]
    pub fn abandon(&self, token: Token) -> Outcome {
        let mut core = self.inner.core();
        core.drop_parts(token);
        if core.abandon(token) { Outcome::Committed } else { Outcome::Ignored }
    }

    /// Ends an instance as failed because its turn cannot be handed to the worker that asked for it.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored.
    pub async fn fail_turn(&self, token: Token, failure: FailureDetails) -> Result<(), HubError> {
        let relatives = {
            let core = self.inner.core();
            core.turn_of(token).map(|id| core.relatives(id, false)).unwrap_or_default()
        };
        let ack = self.inner.with(&relatives, |core| core.fail_turn(token, failure)).await?;
        match ack {
            Some(ack) => self.inner.durable(ack).await,
            None => Ok(()),
        }
    }

    /// The only outstanding delivery of this work, for workers of old SDKs that send no token.
    #[must_use]
    pub fn token_of(&self, kind: WorkKind, instance_id: &str, task_id: i32) -> Option<Token> {
        self.inner.core().token_of(kind, instance_id, task_id)
    }

    async fn settle_completion(
        &self,
        token: Token,
        completion: Result<Completion, HubError>,
    ) -> Result<Outcome, HubError> {
        if completion.is_err() {
            // Nothing was changed, and most workers do not send an answer again: another delivery has to follow. Until
            // then the parts are kept for those that send the last one again.
            self.inner.core().abandon(token);
        }
        match completion? {
            Completion::Committing(ack) => {
                self.inner.durable(ack).await?;
                Ok(Outcome::Committed)
            }
            Completion::Repeated | Completion::Dropped => Ok(Outcome::Ignored),
            Completion::Stale => Ok(Outcome::Stale),
        }
    }
}

/// Why an answer that is larger than allowed fails its activity or its instance.
#[must_use]
pub fn too_large(kind: &str, bytes: usize) -> FailureDetails {
    let most = limits::ANSWER_BYTES;
    let text = format!("the worker's answer has {bytes} bytes; at most {most} are allowed");
    FailureDetails::permanent(kind, text)
}
