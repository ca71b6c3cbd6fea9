//! Suspend and resume an instance.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus;

use crate::{engine::history_event::EventKind, error::HubError, hub::Hub};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored; it takes effect at once, or when the turn that is with a worker ends.
    Accepted,
    /// The instance is already as asked for.
    Unchanged(RuntimeStatus),
    /// There is no such instance.
    NotFound,
    /// The instance has ended.
    Ended(RuntimeStatus),
}

impl Hub {
    /// Holds an instance: its events are kept and no worker runs it until it is resumed.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored.
    pub async fn suspend(&self, id: &str, reason: Option<String>) -> Result<Outcome, HubError> {
        HubError::check_payload("reason", reason.as_deref())?;
        self.control(id, EventKind::ExecutionSuspended { reason }, true).await
    }

    /// Lets a suspended instance go on with everything that came meanwhile.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored.
    pub async fn resume(&self, id: &str, reason: Option<String>) -> Result<Outcome, HubError> {
        HubError::check_payload("reason", reason.as_deref())?;
        self.control(id, EventKind::ExecutionResumed { reason }, false).await
    }

    async fn control(&self, id: &str, kind: EventKind, suspend: bool) -> Result<Outcome, HubError> {
        let id: Arc<str> = Arc::from(id);
        let answer = self
            .inner
            .decide(std::slice::from_ref(&id), |core| {
                let instance = core.orchestration(&id).ok_or(Outcome::NotFound)?;
                let status = instance.record.status;
                if instance.is_active() && instance.is_to_be_suspended() == suspend {
                    return Err(Outcome::Unchanged(status));
                }
                core.control(&id, kind.clone()).ok_or(Outcome::Ended(status))
            })
            .await?;
        match answer {
            Err(outcome) => Ok(outcome),
            Ok(ack) => {
                self.inner.durable(ack).await?;
                Ok(Outcome::Accepted)
            }
        }
    }
}
