//! Terminate an instance.

use std::{collections::BTreeSet, sync::Arc};

use futures::future::join_all;
use taskhub_shared::status::RuntimeStatus;

use crate::{
    batch_job::Meant,
    engine::{core::Core, history_event::Payload},
    error::HubError,
    hub::Hub,
};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The instance has ended as terminated.
    Terminated,
    /// There is no such instance.
    NotFound,
    /// It had ended before.
    AlreadyEnded(RuntimeStatus),
}

impl Hub {
    /// Ends an instance now, whether or not a worker runs it. A worker that has its turn finds its answer refused.
    ///
    /// `output` becomes the instance's output. With `recursive`, its sub-orchestrations end too, and theirs.
    ///
    /// # Errors
    /// [`HubError::TooLarge`] for a payload past the bound, [`HubError::Store`] when nothing was stored.
    pub async fn terminate(
        &self,
        id: &str,
        output: Option<Payload>,
        recursive: bool,
    ) -> Result<Outcome, HubError> {
        self.terminate_for(None, id, output, recursive).await
    }

    /// The same for an item of a batch job.
    pub(crate) async fn terminate_for(
        &self,
        item: Option<&Meant>,
        id: &str,
        output: Option<Payload>,
        recursive: bool,
    ) -> Result<Outcome, HubError> {
        HubError::check_payload("output", output.as_deref())?;
        let id: Arc<str> = Arc::from(id);
        let relatives = |core: &Core| core.relatives(&id, recursive);
        let answer = self
            .inner
            .decide_with_relatives(&id, relatives, |core| {
                let status = core
                    .orchestration(&id)
                    .filter(|instance| Meant::is(item, instance))
                    .map(|instance| instance.record.status)
                    .ok_or(Outcome::NotFound)?;
                let end = |core: &mut Core| core.terminate(&id, output.clone(), recursive);
                core.doing(Meant::done(item), end).ok_or(Outcome::AlreadyEnded(status))
            })
            .await?;
        match answer {
            Err(outcome) => Ok(outcome),
            Ok(ack) => {
                self.inner.durable(ack).await?;
                Ok(Outcome::Terminated)
            }
        }
    }

    /// Ends these instances, each by itself and without its sub-orchestrations; the ids of those that it could not end,
    /// because they have ended before or do not exist.
    ///
    /// # Errors
    /// [`HubError::TooLarge`] for a payload past the bound, [`HubError::Store`] when some of them were not ended.
    pub async fn terminate_many(
        &self,
        ids: &[String],
        output: Option<Payload>,
    ) -> Result<Vec<String>, HubError> {
        // An id that is named twice is one instance.
        let mut seen = BTreeSet::new();
        let ids = ids.iter().filter(|id| seen.insert(id.as_str()));
        let one = async |id: &String| match self.terminate(id, output.clone(), false).await? {
            Outcome::Terminated => Ok(None),
            Outcome::NotFound | Outcome::AlreadyEnded(_) => Ok(Some(id.clone())),
        };
        let left: Result<Vec<_>, HubError> = join_all(ids.map(one)).await.into_iter().collect();
        Ok(left?.into_iter().flatten().collect())
    }
}
