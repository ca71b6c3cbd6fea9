//! Suspend and resume an instance.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus;

use crate::{
    batch_job::Meant,
    engine::{core::Core, history_event::EventKind},
    error::HubError,
    hub::Hub,
};

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
        self.suspend_for(None, id, reason).await
    }

    /// Lets a suspended instance go on with everything that came meanwhile.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was stored.
    pub async fn resume(&self, id: &str, reason: Option<String>) -> Result<Outcome, HubError> {
        self.resume_for(None, id, reason).await
    }

    /// Suspends for an item of a batch job.
    pub(crate) async fn suspend_for(
        &self,
        item: Option<&Meant>,
        id: &str,
        reason: Option<String>,
    ) -> Result<Outcome, HubError> {
        HubError::check_payload("reason", reason.as_deref())?;
        self.control(item, id, EventKind::ExecutionSuspended { reason }, true).await
    }

    /// Resumes for an item of a batch job.
    pub(crate) async fn resume_for(
        &self,
        item: Option<&Meant>,
        id: &str,
        reason: Option<String>,
    ) -> Result<Outcome, HubError> {
        HubError::check_payload("reason", reason.as_deref())?;
        self.control(item, id, EventKind::ExecutionResumed { reason }, false).await
    }

    async fn control(
        &self,
        item: Option<&Meant>,
        id: &str,
        kind: EventKind,
        suspend: bool,
    ) -> Result<Outcome, HubError> {
        let id: Arc<str> = Arc::from(id);
        let answer = self
            .inner
            .decide(std::slice::from_ref(&id), |core| {
                let instance = core
                    .orchestration(&id)
                    .filter(|instance| Meant::is(item, instance))
                    .ok_or(Outcome::NotFound)?;
                let status = instance.record.status;
                if instance.is_active() && instance.is_to_be_suspended() == suspend {
                    return Err(Outcome::Unchanged(status));
                }
                let control = |core: &mut Core| core.control(&id, kind.clone());
                core.doing(Meant::done(item), control).ok_or(Outcome::Ended(status))
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
