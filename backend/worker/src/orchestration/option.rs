//! What can be said about a call besides its name and input.

use crate::RetryPolicy;

/// Options of [`OrchestrationContext::call_activity_with`](crate::OrchestrationContext::call_activity_with).
#[derive(Debug, Clone, Default)]
pub struct ActivityOptions {
    pub(super) retry: Option<RetryPolicy>,
    pub(super) version: Option<String>,
}

impl ActivityOptions {
    /// Tries again when the activity fails; default is once only.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Asks for a version of the activity; default none.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
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
}

impl SubOrchestratorOptions {
    /// Tries again, with the same instance id, when the sub-orchestration
    /// fails; default is once only.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Asks for a version of the orchestrator; default none.
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
}

impl From<RetryPolicy> for SubOrchestratorOptions {
    fn from(policy: RetryPolicy) -> Self {
        Self::default().retry(policy)
    }
}
