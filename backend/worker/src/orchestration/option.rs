//! What can be said about a call besides its name and input.

use std::collections::HashMap;

use crate::RetryPolicy;

/// Options of [`OrchestrationContext::call_activity_with`](crate::OrchestrationContext::call_activity_with).
#[derive(Debug, Clone, Default)]
pub struct ActivityOptions {
    pub(super) retry: Option<RetryPolicy>,
    pub(super) version: Option<String>,
    pub(super) tags: HashMap<String, String>,
}

impl ActivityOptions {
    /// Tries again when the activity fails; default is once only.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Asks for a version of the activity; default the orchestration's own.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Puts a tag on the call, which the activity and the history show.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

impl From<RetryPolicy> for ActivityOptions {
    fn from(policy: RetryPolicy) -> Self {
        Self::default().retry(policy)
    }
}

/// Options of [`OrchestrationContext::call_sub_orchestrator_with`](crate::OrchestrationContext::call_sub_orchestrator_with).
#[derive(Debug, Clone, Default)]
pub struct SubOrchestratorOptions {
    pub(super) retry: Option<RetryPolicy>,
    pub(super) version: Option<String>,
    pub(super) instance_id: Option<String>,
    pub(super) tags: HashMap<String, String>,
}

impl SubOrchestratorOptions {
    /// Tries again, with the same instance id, when the sub-orchestration
    /// fails; default is once only.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Asks for a version of the orchestrator; default that of
    /// [`Versioning::default_version`](crate::Versioning::default_version).
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Instance id of the sub-orchestration; default is made from the parent's
    /// execution id and the number of the action.
    #[must_use]
    pub fn instance_id(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(instance_id.into());
        self
    }

    /// Puts a tag on the new instance, which queries show.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

impl From<RetryPolicy> for SubOrchestratorOptions {
    fn from(policy: RetryPolicy) -> Self {
        Self::default().retry(policy)
    }
}
