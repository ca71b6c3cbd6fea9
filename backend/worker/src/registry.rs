//! The user's functions by name, with their types hidden behind JSON text.
//!
//! Knows how to call a function, does not know when.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::{BoxFuture, LocalBoxFuture};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::BoxError;
use crate::{ActivityContext, Failure, OrchestrationContext, payload};

/// JSON text of the result, or why there is none.
pub(crate) type Outcome = Result<Option<String>, Failure>;

type OrchestratorFunction =
    dyn Fn(OrchestrationContext, Option<String>) -> LocalBoxFuture<'static, Outcome> + Send + Sync;
type ActivityFunction =
    dyn Fn(ActivityContext, Option<String>) -> BoxFuture<'static, Outcome> + Send + Sync;

/// All functions of one worker.
#[derive(Default)]
pub(crate) struct Registry {
    orchestrators: BTreeMap<String, Arc<OrchestratorFunction>>,
    activities: BTreeMap<String, Arc<ActivityFunction>>,
}

impl Registry {
    /// Adds an orchestrator; false when the name is taken.
    pub(crate) fn add_orchestrator<In, Out, E, Fut>(
        &mut self,
        name: String,
        function: impl Fn(OrchestrationContext, In) -> Fut + Send + Sync + 'static,
    ) -> bool
    where
        In: DeserializeOwned + 'static,
        Out: Serialize + 'static,
        E: Into<BoxError> + 'static,
        Fut: Future<Output = Result<Out, E>> + 'static,
    {
        let function = Arc::new(function);
        let erased = move |context, input: Option<String>| -> LocalBoxFuture<'static, Outcome> {
            let function = Arc::clone(&function);
            Box::pin(async move {
                let input = read_input(input.as_deref())?;
                finish(function(context, input).await)
            })
        };
        self.orchestrators.insert(name, Arc::new(erased)).is_none()
    }

    /// Adds an activity; false when the name is taken.
    pub(crate) fn add_activity<In, Out, E, Fut>(
        &mut self,
        name: String,
        function: impl Fn(ActivityContext, In) -> Fut + Send + Sync + 'static,
    ) -> bool
    where
        In: DeserializeOwned + Send + 'static,
        Out: Serialize + 'static,
        E: Into<BoxError> + 'static,
        Fut: Future<Output = Result<Out, E>> + Send + 'static,
    {
        let function = Arc::new(function);
        let erased = move |context, input: Option<String>| -> BoxFuture<'static, Outcome> {
            let function = Arc::clone(&function);
            Box::pin(async move {
                let input = read_input(input.as_deref())?;
                // Called in its own statement: the result need not be Send.
                let future = function(context, input);
                finish(future.await)
            })
        };
        self.activities.insert(name, Arc::new(erased)).is_none()
    }

    pub(crate) fn orchestrator(&self, name: &str) -> Option<&OrchestratorFunction> {
        self.orchestrators.get(name).map(|function| &**function)
    }

    pub(crate) fn activity(&self, name: &str) -> Option<&ActivityFunction> {
        self.activities.get(name).map(|function| &**function)
    }

    pub(crate) fn orchestrator_names(&self) -> impl Iterator<Item = &str> {
        self.orchestrators.keys().map(String::as_str)
    }

    pub(crate) fn activity_names(&self) -> impl Iterator<Item = &str> {
        self.activities.keys().map(String::as_str)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("orchestrators", &self.orchestrators.keys())
            .field("activities", &self.activities.keys())
            .finish()
    }
}

fn read_input<In: DeserializeOwned>(input: Option<&str>) -> Result<In, Failure> {
    payload::decode(input).map_err(|error| {
        Failure::new("InvalidInputError", format!("input: {error}")).non_retriable()
    })
}

fn finish<Out: Serialize, E: Into<BoxError>>(result: Result<Out, E>) -> Outcome {
    let output = result.map_err(Failure::of)?;
    payload::encode(&output).map_err(|error| {
        Failure::new("InvalidOutputError", format!("result cannot be written as JSON: {error}"))
            .non_retriable()
    })
}
