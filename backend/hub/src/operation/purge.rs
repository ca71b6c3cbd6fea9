//! Purge one instance.

use std::sync::Arc;

use taskhub_shared::status::RuntimeStatus;

use crate::{batch_job::Meant, engine::core::Core, error::HubError, hub::Hub};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The instance is gone with its history.
    Purged,
    /// There is no such instance.
    NotFound,
    /// It has not ended, so it stays.
    NotEnded(RuntimeStatus),
}

impl Hub {
    /// Deletes an instance that has ended, with its history and payloads.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was deleted.
    pub async fn purge(&self, id: &str) -> Result<Outcome, HubError> {
        self.purge_for(None, id).await
    }

    /// The same for an item of a batch job.
    pub(crate) async fn purge_for(
        &self,
        item: Option<&Meant>,
        id: &str,
    ) -> Result<Outcome, HubError> {
        let id: Arc<str> = Arc::from(id);
        let answer = self
            .inner
            .decide(std::slice::from_ref(&id), |core| {
                let status = core
                    .orchestration(&id)
                    .filter(|instance| Meant::is(item, instance))
                    .map(|instance| instance.record.status)
                    .ok_or(Outcome::NotFound)?;
                let purge = |core: &mut Core| core.purge(&id);
                core.doing(Meant::done(item), purge).ok_or(Outcome::NotEnded(status))
            })
            .await?;
        match answer {
            Err(outcome) => Ok(outcome),
            Ok(ack) => {
                self.inner.durable(ack).await?;
                Ok(Outcome::Purged)
            }
        }
    }
}
