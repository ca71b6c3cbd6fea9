//! How a worker is put together.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::transport::Channel;

use crate::connection::{self, Metadata, header};
use crate::failure::BoxError;
use crate::registry::Registry;
use crate::worker::{Limits, Worker};
use crate::{ActivityContext, Entity, OrchestrationContext, Versioning, chance};

/// Why a worker cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The endpoint is not one this crate can connect to.
    #[error("endpoint {endpoint:?}: {reason}")]
    Endpoint {
        /// The endpoint as given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A header value holds characters that a header cannot hold.
    #[error("{what} is not visible ASCII text")]
    Header {
        /// Which one.
        what: &'static str,
    },
    /// Two functions of the same kind have the same name and version.
    #[error("{kind} {name:?} is registered twice")]
    Duplicate {
        /// `orchestrator`, `activity`, `entity` or `operation`.
        kind: &'static str,
        /// The name.
        name: String,
    },
}

/// Puts a [`Worker`] together; [`Worker::builder`] makes one.
#[derive(Debug)]
pub struct Builder {
    endpoint: String,
    channel: Option<Channel>,
    task_hub: Option<String>,
    worker_id: Option<String>,
    bearer_token: Option<String>,
    sends_filters: bool,
    limits: Limits,
    registry: Registry,
    duplicate: Option<(&'static str, String)>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            endpoint: "http://127.0.0.1:4001".to_owned(),
            channel: None,
            task_hub: None,
            worker_id: None,
            bearer_token: None,
            sends_filters: true,
            limits: Limits {
                max_orchestrations: 100,
                max_activities: 100,
                max_entities: 100,
                shutdown_grace: Duration::from_secs(10),
                silence: Duration::from_secs(120),
            },
            registry: Registry::default(),
            duplicate: None,
        }
    }

    /// Where the server listens: `http://host:port`, `grpc://host:port` or
    /// `host:port`, all without TLS; default `http://127.0.0.1:4001`.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// A ready channel to use instead of an endpoint, for example one with TLS.
    #[must_use]
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Name of the task hub; default the server's default one.
    #[must_use]
    pub fn task_hub(mut self, name: impl Into<String>) -> Self {
        self.task_hub = Some(name.into());
        self
    }

    /// How the server shows this worker; default process id and a random id.
    #[must_use]
    pub fn worker_id(mut self, id: impl Into<String>) -> Self {
        self.worker_id = Some(id.into());
        self
    }

    /// Token to send as `authorization: Bearer ...`; default none.
    #[must_use]
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer_token = Some(token.into());
        self
    }

    /// Whether the server is told to send only work whose functions this worker
    /// has; default yes. Without it, work for unknown functions fails.
    #[must_use]
    pub fn work_item_filters(mut self, is_on: bool) -> Self {
        self.sends_filters = is_on;
        self
    }

    /// Largest number of activities that run at once; default 100, at least 1.
    #[must_use]
    pub fn max_concurrent_activities(mut self, n: usize) -> Self {
        self.limits.max_activities = n.max(1);
        self
    }

    /// Largest number of orchestrator turns that run at once; default 100, at
    /// least 1.
    #[must_use]
    pub fn max_concurrent_orchestrations(mut self, n: usize) -> Self {
        self.limits.max_orchestrations = n.max(1);
        self
    }

    /// Largest number of entities that work at once; default 100, at least 1.
    #[must_use]
    pub fn max_concurrent_entities(mut self, n: usize) -> Self {
        self.limits.max_entities = n.max(1);
        self
    }

    /// The version of this worker's code, and what it does with instances of
    /// other versions; default none, and it takes all.
    #[must_use]
    pub fn versioning(mut self, versioning: Versioning) -> Self {
        self.registry.versioning = versioning;
        self
    }

    /// How long running activities may go on after the shutdown was asked for,
    /// before they are abandoned; default 10 seconds.
    #[must_use]
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.limits.shutdown_grace = grace;
        self
    }

    /// How long the server may send nothing, not even a ping, before the
    /// connection counts as lost; default 120 seconds.
    #[must_use]
    pub fn silent_disconnect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.silence = timeout;
        self
    }

    /// Adds an orchestrator: an async function or closure of the context and the
    /// input. Its future need not be `Send`.
    ///
    /// It serves every version for which no function of its own is there.
    #[must_use]
    pub fn orchestrator<In, Out, E, Fut>(
        self,
        name: impl Into<String>,
        function: impl Fn(OrchestrationContext, In) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        In: DeserializeOwned + 'static,
        Out: Serialize + 'static,
        E: Into<BoxError> + 'static,
        Fut: Future<Output = Result<Out, E>> + 'static,
    {
        self.orchestrator_version(name, "", function)
    }

    /// Adds an orchestrator that serves the instances of one version; keep the
    /// old code beside the new until its last instance has ended.
    #[must_use]
    pub fn orchestrator_version<In, Out, E, Fut>(
        mut self,
        name: impl Into<String>,
        version: impl Into<String>,
        function: impl Fn(OrchestrationContext, In) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        In: DeserializeOwned + 'static,
        Out: Serialize + 'static,
        E: Into<BoxError> + 'static,
        Fut: Future<Output = Result<Out, E>> + 'static,
    {
        let name = name.into();
        if !self.registry.add_orchestrator(name.clone(), version.into(), function) {
            self.duplicate.get_or_insert(("orchestrator", name));
        }
        self
    }

    /// Adds an activity: an async function or closure of the context and the
    /// input.
    ///
    /// It serves every version for which no function of its own is there.
    #[must_use]
    pub fn activity<In, Out, E, Fut>(
        self,
        name: impl Into<String>,
        function: impl Fn(ActivityContext, In) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        In: DeserializeOwned + Send + 'static,
        Out: Serialize + 'static,
        E: Into<BoxError> + 'static,
        Fut: Future<Output = Result<Out, E>> + Send + 'static,
    {
        self.activity_version(name, "", function)
    }

    /// Adds an activity that serves the calls for one version, which is that of
    /// the orchestration unless the call asks for another.
    #[must_use]
    pub fn activity_version<In, Out, E, Fut>(
        mut self,
        name: impl Into<String>,
        version: impl Into<String>,
        function: impl Fn(ActivityContext, In) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        In: DeserializeOwned + Send + 'static,
        Out: Serialize + 'static,
        E: Into<BoxError> + 'static,
        Fut: Future<Output = Result<Out, E>> + Send + 'static,
    {
        let name = name.into();
        if !self.registry.add_activity(name.clone(), version.into(), function) {
            self.duplicate.get_or_insert(("activity", name));
        }
        self
    }

    /// Adds a kind of entity; its name is compared without regard to case.
    #[must_use]
    pub fn entity<S>(mut self, name: impl Into<String>, entity: Entity<S>) -> Self
    where
        S: Serialize + DeserializeOwned + 'static,
    {
        let name = name.into();
        let duplicate = entity.duplicate.clone().map(|operation| ("operation", operation));
        if !self.registry.add_entity(&name, entity) {
            self.duplicate.get_or_insert(("entity", name));
        }
        self.duplicate = self.duplicate.or(duplicate);
        self
    }

    /// The worker, not connected yet. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`BuildError::Endpoint`] for an endpoint that cannot be used,
    /// [`BuildError::Header`] for a hub name, worker id or token that no header
    /// can hold, [`BuildError::Duplicate`] for a name registered twice.
    pub fn build(self) -> Result<Worker, BuildError> {
        if let Some((kind, name)) = self.duplicate {
            return Err(BuildError::Duplicate { kind, name });
        }
        let worker_id = self
            .worker_id
            .unwrap_or_else(|| format!("rust:{}:{}", std::process::id(), chance::new_id()));
        let metadata = Metadata {
            task_hub: connection::hub(self.task_hub.as_deref())?,
            worker_id: Some(header("the worker's id", &worker_id)?),
            authorization: connection::bearer(self.bearer_token.as_deref())?,
        };
        let channel = match self.channel {
            Some(channel) => channel,
            None => connection::channel(&self.endpoint)?,
        };
        Ok(Worker {
            client: connection::client(channel, metadata),
            registry: Arc::new(self.registry),
            worker_id,
            sends_filters: self.sends_filters,
            limits: self.limits,
        })
    }

    #[cfg(test)]
    pub(crate) fn into_registry(self) -> Registry {
        self.registry
    }
}
