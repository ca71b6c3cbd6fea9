//! Starting an orchestration.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use taskhub_proto::{CreateInstanceRequest, OrchestrationIdReusePolicy, TraceContext};

use super::{Client, ClientError, InstanceStatus};
use crate::{payload, time};

/// What can be said about a new instance besides its name and input.
///
/// ```
/// use taskhub_worker::{InstanceStatus, StartOptions};
///
/// let options = StartOptions::default()
///     .instance_id("order-7")
///     .version("2.0")
///     .tag("team", "blue")
///     .replace([InstanceStatus::Completed, InstanceStatus::Failed]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct StartOptions {
    instance_id: Option<String>,
    version: Option<String>,
    start_at: Option<DateTime<Utc>>,
    tags: HashMap<String, String>,
    replaceable: Option<Vec<InstanceStatus>>,
    trace_parent: Option<String>,
}

impl StartOptions {
    /// Instance id; default made by the server. It must not begin with `@`, and
    /// some servers take at most 100 characters.
    #[must_use]
    pub fn instance_id(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(instance_id.into());
        self
    }

    /// Version of the orchestrator; default none.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// When it starts; default, and for a time that is past, at once.
    #[must_use]
    pub fn start_at(mut self, time: DateTime<Utc>) -> Self {
        self.start_at = Some(time);
        self
    }

    /// Puts a tag on the instance, which the orchestrator and queries see.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Replaces an instance of the same id when it is in one of these statuses;
    /// default is the server's rule: one that has ended is replaced. With none,
    /// an id is used once.
    #[must_use]
    pub fn replace(mut self, statuses: impl IntoIterator<Item = InstanceStatus>) -> Self {
        self.replaceable = Some(statuses.into_iter().collect());
        self
    }

    /// W3C `traceparent` under which the orchestration is seen; default none.
    #[must_use]
    pub fn trace_parent(mut self, trace_parent: impl Into<String>) -> Self {
        self.trace_parent = Some(trace_parent.into());
        self
    }
}

impl Client {
    /// Starts an orchestration and gives its instance id, once that is durable.
    ///
    /// # Errors
    /// As [`start_with`](Self::start_with).
    pub async fn start(
        &self,
        name: impl Into<String>,
        input: impl Serialize,
    ) -> Result<String, ClientError> {
        self.start_with(name, input, StartOptions::default()).await
    }

    /// Starts an orchestration with an instance id or other options.
    ///
    /// # Errors
    /// [`ClientError::AlreadyExists`] when an instance of this id must not be
    /// replaced, [`ClientError::Invalid`] for an id or statuses that the server
    /// does not take, [`ClientError::Payload`] for an input that is no JSON.
    pub async fn start_with(
        &self,
        name: impl Into<String>,
        input: impl Serialize,
        options: StartOptions,
    ) -> Result<String, ClientError> {
        let name = name.into();
        let what = match &options.instance_id {
            Some(instance_id) => format!("instance {instance_id:?}"),
            None => format!("new instance of {name:?}"),
        };
        let input = write(&format!("input of {what}"), &input)?;
        let request = CreateInstanceRequest {
            instance_id: options.instance_id.unwrap_or_default(),
            name,
            version: options.version,
            input,
            scheduled_start_timestamp: options.start_at.map(time::to_proto),
            orchestration_id_reuse_policy: options.replaceable.map(|statuses| {
                OrchestrationIdReusePolicy {
                    replaceable_status: statuses
                        .into_iter()
                        .map(InstanceStatus::to_proto)
                        .collect(),
                }
            }),
            execution_id: None,
            tags: options.tags,
            parent_trace_context: options
                .trace_parent
                .map(|trace_parent| TraceContext { trace_parent, ..TraceContext::default() }),
            request_time: None,
        };
        let mut rpc = self.rpc.clone();
        Ok(Self::answer(&what, rpc.start_instance(request)).await?.instance_id)
    }
}

pub(super) fn write(what: &str, value: &impl Serialize) -> Result<Option<String>, ClientError> {
    payload::encode(value)
        .map_err(|error| ClientError::Payload { what: what.to_owned(), reason: error.to_string() })
}
