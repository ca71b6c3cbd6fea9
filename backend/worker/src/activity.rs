//! Activities: ordinary async functions that may do anything, at least once.
//!
//! Knows how to run one, does not know where the result goes.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use taskhub_proto::{ActivityRequest, TraceContext};

use crate::Failure;
use crate::registry::{Outcome, Registry};

/// What an activity knows about the call it serves.
///
/// A call may be delivered more than once: take `instance_id`, `execution_id`
/// and `task_id` together as the key when an effect must happen once.
#[derive(Debug, Clone)]
pub struct ActivityContext {
    name: String,
    instance_id: String,
    execution_id: Option<String>,
    task_id: i32,
    version: Option<String>,
    trace: Option<TraceContext>,
    tags: HashMap<String, String>,
}

impl ActivityContext {
    /// Name the activity was called by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The orchestration instance that called.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// Generation of the instance that called, when the server tells.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.execution_id.as_deref()
    }

    /// Number of the call within the generation.
    #[must_use]
    pub fn task_id(&self) -> i32 {
        self.task_id
    }

    /// Version the caller asked for; that of the orchestration unless it said so.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// W3C `traceparent` of the caller.
    #[must_use]
    pub fn trace_parent(&self) -> Option<&str> {
        self.trace.as_ref().map(|trace| trace.trace_parent.as_str())
    }

    /// W3C `tracestate` of the caller.
    #[must_use]
    pub fn trace_state(&self) -> Option<&str> {
        self.trace.as_ref()?.trace_state.as_deref()
    }

    /// Tags the caller put on the call.
    #[must_use]
    pub fn tags(&self) -> &HashMap<String, String> {
        &self.tags
    }
}

/// Runs one activity; an unknown name and a panic are failures.
pub(crate) async fn run(registry: &Registry, request: ActivityRequest) -> Outcome {
    let Some(function) = registry.activity(&request.name, request.version.as_deref()) else {
        let message = format!("this worker has no activity {:?}", request.name);
        return Err(Failure::new("ActivityNotFound", message).non_retriable());
    };
    let instance = request.orchestration_instance.unwrap_or_default();
    let context = ActivityContext {
        name: request.name,
        instance_id: instance.instance_id,
        execution_id: instance.execution_id,
        task_id: request.task_id,
        version: request.version,
        trace: request.parent_trace_context,
        tags: request.tags,
    };
    let future = AssertUnwindSafe(function(context, request.input));
    future.catch_unwind().await.unwrap_or_else(|payload| Err(Failure::of_panic(&*payload)))
}
