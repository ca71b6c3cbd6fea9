//! Start an orchestration instance.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use taskhub_shared::{
    id::{InstanceId, check_name},
    limits,
    status::RuntimeStatus,
};

use crate::{
    engine::{
        core::Core,
        history_event::{ExecutionStarted, Payload, TraceContext, tags_weight},
    },
    error::HubError,
    hub::Hub,
};

/// What to start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Id of the instance; a new one of 32 hexadecimal digits when absent.
    pub instance_id: Option<String>,
    /// Orchestrator name, 1 to 256 characters.
    pub name: String,
    /// Version for the worker.
    pub version: Option<String>,
    /// Input, JSON text.
    pub input: Option<Payload>,
    /// When to begin, UTC; a past time is now.
    pub scheduled_start: Option<DateTime<Utc>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Trace of the starter.
    pub trace: Option<TraceContext>,
    /// What may be replaced under the same id.
    pub reuse: Reuse,
}

/// Which existing instance of the same id may be replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reuse {
    /// One that has ended. Source: Durable Functions' default, `NonRunningStates`.
    #[default]
    Ended,
    /// One in any of these statuses; one that has not ended is terminated by it.
    Statuses(Vec<RuntimeStatus>),
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The instance is stored.
    Started {
        /// Its id.
        instance_id: Arc<str>,
    },
    /// An instance with this id exists and is not to be replaced.
    Exists(RuntimeStatus),
}

impl Hub {
    /// Starts an orchestration instance; it is durable when this returns.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a bad id, name, version or reuse policy, [`HubError::TooLarge`] for an input, tags or a
    /// trace past their bounds, [`HubError::Store`] when nothing was stored.
    pub async fn start_instance(&self, request: Request) -> Result<Outcome, HubError> {
        check_name("name", &request.name)?;
        HubError::check_payload("input", request.input.as_deref())?;
        HubError::check_short("version", request.version.as_deref().unwrap_or_default())?;
        HubError::check_bytes("tags", tags_weight(&request.tags), limits::TAGS_BYTES)?;
        let trace = request.trace.as_ref().map_or(0, TraceContext::weight);
        HubError::check_bytes("parentTraceContext", trace, limits::TRACE_BYTES)?;
        if let Reuse::Statuses(statuses) = &request.reuse {
            check_policy(statuses)?;
        }
        let id: Arc<str> = match &request.instance_id {
            Some(id) => Arc::from(InstanceId::new(id.as_str())?.as_str()),
            None => Arc::from(self.inner.ids.hex()),
        };
        let started = ExecutionStarted {
            name: request.name,
            version: request.version,
            input: request.input,
            execution_id: String::new(),
            parent: None,
            scheduled_start: request.scheduled_start,
            trace: request.trace,
            tags: request.tags,
        };
        let reuse = request.reuse;
        // An active instance that is replaced has ended for its parent.
        let replaces = matches!(reuse, Reuse::Statuses(_));
        let relatives =
            |core: &Core| if replaces { core.relatives(&id, false) } else { Vec::new() };
        let answer = self
            .inner
            .decide_with_relatives(&id, relatives, |core| {
                let status = core.present(&id).map(|instance| instance.record.status);
                match status {
                    Some(status) if !reuse.allows(status) => Err(status),
                    _ => Ok(core.start(&id, started.clone())),
                }
            })
            .await?;
        match answer {
            Err(status) => Ok(Outcome::Exists(status)),
            Ok(ack) => {
                self.inner.durable(ack).await?;
                Ok(Outcome::Started { instance_id: id })
            }
        }
    }
}

impl Reuse {
    fn allows(&self, status: RuntimeStatus) -> bool {
        match self {
            Self::Ended => status.is_terminal(),
            Self::Statuses(statuses) => statuses.contains(&status),
        }
    }
}

/// Replacing an active instance terminates it, so a policy that allows the one and not the other contradicts itself.
fn check_policy(statuses: &[RuntimeStatus]) -> Result<(), HubError> {
    let active = statuses.iter().any(|status| !status.is_terminal());
    if active && !statuses.contains(&RuntimeStatus::Terminated) {
        return Err(HubError::InvalidInput {
            field: "orchestrationIdReusePolicy",
            reason: "Invalid reusable statuses: cannot exclude 'Terminated' while also allowing reuse of running \
                     instances"
                .to_owned(),
        });
    }
    Ok(())
}
