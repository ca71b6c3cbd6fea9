//! Raise an external event.

use std::sync::Arc;

use taskhub_shared::{id::check_name, status::RuntimeStatus};

use crate::{
    batch_job::Meant,
    engine::history_event::{EventKind, Payload},
    error::HubError,
    hub::Hub,
};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The event is stored and reaches the instance.
    Accepted,
    /// There is no such instance.
    NotFound,
    /// The instance has ended; the event was dropped.
    Ended(RuntimeStatus),
}

impl Hub {
    /// Raises an external event; it is durable when this returns [`Outcome::Accepted`].
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a bad event name, [`HubError::TooLarge`] for a payload past the bound, [`HubError::Store`] when nothing was stored.
    pub async fn raise_event(
        &self,
        id: &str,
        name: &str,
        input: Option<Payload>,
    ) -> Result<Outcome, HubError> {
        self.raise_event_for(None, id, name, input).await
    }

    /// The same for an item of a batch job.
    pub(crate) async fn raise_event_for(
        &self,
        item: Option<&Meant>,
        id: &str,
        name: &str,
        input: Option<Payload>,
    ) -> Result<Outcome, HubError> {
        check_name("eventName", name)?;
        HubError::check_payload("input", input.as_deref())?;
        let id: Arc<str> = Arc::from(id);
        let kind = EventKind::EventRaised { name: name.to_owned(), input };
        let answer = self
            .inner
            .decide(std::slice::from_ref(&id), |core| {
                let status = core
                    .orchestration(&id)
                    .filter(|instance| Meant::is(item, instance))
                    .map(|instance| instance.record.status)
                    .ok_or(Outcome::NotFound)?;
                let raised = core.doing(Meant::done(item), |core| core.raise(&id, kind.clone()));
                raised.ok_or(Outcome::Ended(status))
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
