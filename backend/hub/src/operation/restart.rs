//! Start an instance once more, with what it was started with.

use std::sync::Arc;

use taskhub_shared::{id::InstanceId, status::RuntimeStatus};

use crate::{
    batch_job::Meant,
    engine::{core::Core, history_event::ExecutionStarted},
    error::HubError,
    hub::Hub,
    store::{batch_job::ItemDone, model::InstanceRecord},
};

/// Under which id it runs again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Target {
    /// A new id of 32 hexadecimal digits. The instance itself may be running.
    #[default]
    NewId,
    /// The same id: the instance must have ended, and its history goes.
    SameId,
    /// This id, which must be free, or that of an instance that has ended; with another version, if one is given.
    Id {
        /// The id.
        instance_id: String,
        /// Version of the orchestrator; absent for that of the instance.
        version: Option<String>,
    },
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The new instance is stored.
    Restarted {
        /// Its id.
        instance_id: Arc<str>,
    },
    /// There is no such instance.
    NotFound,
    /// The instance that has the id has not ended.
    Active(RuntimeStatus),
}

impl Hub {
    /// Starts an orchestration with the name, version, input and tags of an existing instance.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a bad id, [`HubError::Store`] when nothing was stored.
    pub async fn restart_instance(&self, id: &str, target: Target) -> Result<Outcome, HubError> {
        self.restart_for(None, id, target).await
    }

    /// The same for an item of a batch job.
    pub(crate) async fn restart_for(
        &self,
        item: Option<&Meant>,
        id: &str,
        target: Target,
    ) -> Result<Outcome, HubError> {
        let id: Arc<str> = Arc::from(id);
        let (to, version): (Arc<str>, _) = match target {
            Target::NewId => (Arc::from(self.inner.ids.hex()), None),
            Target::SameId => (Arc::clone(&id), None),
            Target::Id { instance_id, version } => {
                (Arc::from(InstanceId::new(instance_id.as_str())?.as_str()), version)
            }
        };
        let done = item.map(|item| ItemDone { detail: Some(to.to_string()), ..item.item.clone() });
        let needed =
            if to == id { vec![Arc::clone(&id)] } else { vec![Arc::clone(&id), Arc::clone(&to)] };
        let answer = self
            .inner
            .decide(&needed, |core| {
                let instance = core.orchestration(&id).filter(|instance| Meant::is(item, instance));
                let record = instance.map(|instance| Arc::clone(&instance.record));
                let record = record.ok_or(Outcome::NotFound)?;
                let taken = core.present(&to).map(|instance| instance.record.status);
                if let Some(status) = taken.filter(|status| !status.is_terminal()) {
                    return Err(Outcome::Active(status));
                }
                let start = |core: &mut Core| core.start(&to, again(&record, version.clone()));
                Ok(core.doing(done.as_ref(), start))
            })
            .await?;
        match answer {
            Err(outcome) => Ok(outcome),
            Ok(ack) => {
                self.inner.durable(ack).await?;
                Ok(Outcome::Restarted { instance_id: to })
            }
        }
    }
}

/// What begins the new instance. It has no parent: nobody waits for it.
fn again(record: &InstanceRecord, version: Option<String>) -> ExecutionStarted {
    ExecutionStarted {
        name: record.name.clone(),
        version: version.or_else(|| record.version.clone()),
        input: record.payloads.input.clone(),
        execution_id: String::new(),
        parent: None,
        scheduled_start: None,
        trace: None,
        tags: record.tags.clone(),
    }
}
