//! The user's functions by name, with their types hidden behind JSON text.
//!
//! Knows how to call a function, does not know when.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::{BoxFuture, LocalBoxFuture};
use serde::Serialize;
use serde::de::DeserializeOwned;
use taskhub_proto::{
    ActivityFilter, EntityBatchResult, EntityFilter, OrchestrationFilter, WorkItemFilters,
};

use crate::entity::Batch;
use crate::failure::BoxError;
use crate::version::{self, Versioning};
use crate::{ActivityContext, Entity, EntityId, Failure, OrchestrationContext, payload};

/// JSON text of the result, or why there is none.
pub(crate) type Outcome = Result<Option<String>, Failure>;

type OrchestratorFunction =
    dyn Fn(OrchestrationContext, Option<String>) -> LocalBoxFuture<'static, Outcome> + Send + Sync;
type ActivityFunction =
    dyn Fn(ActivityContext, Option<String>) -> BoxFuture<'static, Outcome> + Send + Sync;

type EntityFunction = dyn Fn(EntityId, Batch<'_>) -> Option<EntityBatchResult> + Send + Sync;

/// The functions of one name, by version; the one without a version has `""`.
struct Versions<F: ?Sized>(Vec<(String, Arc<F>)>);

impl<F: ?Sized> Versions<F> {
    /// False when the version is taken.
    fn add(&mut self, version: String, function: Arc<F>) -> bool {
        let is_new = self.find(&version).is_none();
        self.0.push((version, function));
        is_new
    }

    fn find(&self, version: &str) -> Option<&F> {
        let mut all = self.0.iter();
        all.find(|(own, _)| version::compare(own, version).is_eq()).map(|(_, f)| &**f)
    }

    /// The function of this version, else the one that serves any.
    fn serving(&self, version: Option<&str>) -> Option<&F> {
        self.find(version.unwrap_or_default()).or_else(|| self.find(""))
    }

    /// The versions served; empty for any.
    fn served(&self) -> Vec<String> {
        if self.find("").is_some() {
            return Vec::new();
        }
        self.0.iter().map(|(version, _)| version.clone()).collect()
    }
}

// By hand, because the derived one asks for `F: Default`.
impl<F: ?Sized> Default for Versions<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// All functions of one worker.
#[derive(Default)]
pub(crate) struct Registry {
    orchestrators: BTreeMap<String, Versions<OrchestratorFunction>>,
    activities: BTreeMap<String, Versions<ActivityFunction>>,
    entities: BTreeMap<String, Arc<EntityFunction>>,
    pub(crate) versioning: Versioning,
}

impl Registry {
    /// Adds an orchestrator; false when the name and version are taken.
    pub(crate) fn add_orchestrator<In, Out, E, Fut>(
        &mut self,
        name: String,
        version: String,
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
        self.orchestrators.entry(name).or_default().add(version, Arc::new(erased))
    }

    /// Adds an activity; false when the name and version are taken.
    pub(crate) fn add_activity<In, Out, E, Fut>(
        &mut self,
        name: String,
        version: String,
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
        self.activities.entry(name).or_default().add(version, Arc::new(erased))
    }

    /// Adds a kind of entity; false when the name is taken.
    pub(crate) fn add_entity<S>(&mut self, name: &str, entity: Entity<S>) -> bool
    where
        S: Serialize + DeserializeOwned + 'static,
    {
        let erased = move |id, batch: Batch<'_>| entity.run(id, batch);
        self.entities.insert(name.to_lowercase(), Arc::new(erased)).is_none()
    }

    pub(crate) fn orchestrator(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Option<&OrchestratorFunction> {
        self.orchestrators.get(name)?.serving(version)
    }

    pub(crate) fn activity(&self, name: &str, version: Option<&str>) -> Option<&ActivityFunction> {
        self.activities.get(name)?.serving(version)
    }

    pub(crate) fn entity(&self, name: &str) -> Option<&EntityFunction> {
        self.entities.get(name).map(|function| &**function)
    }

    /// What the server should send: only what this worker can do.
    pub(crate) fn filters(&self) -> WorkItemFilters {
        let own = self.versioning.only_version();
        let orchestrations = self.orchestrators.iter().map(|(name, versions)| {
            let versions = own.map_or_else(|| versions.served(), |own| vec![own.to_owned()]);
            OrchestrationFilter { name: name.clone(), versions }
        });
        let activities = self.activities.iter().map(|(name, versions)| ActivityFilter {
            name: name.clone(),
            versions: versions.served(),
        });
        WorkItemFilters {
            orchestrations: orchestrations.collect(),
            activities: activities.collect(),
            entities: self
                .entities
                .keys()
                .map(|name| EntityFilter { name: name.clone() })
                .collect(),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("orchestrators", &self.orchestrators.keys())
            .field("activities", &self.activities.keys())
            .field("entities", &self.entities.keys())
            .field("versioning", &self.versioning)
            .finish()
    }
}

pub(crate) fn read_input<In: DeserializeOwned>(input: Option<&str>) -> Result<In, Failure> {
    payload::decode(input).map_err(|error| {
        Failure::new("InvalidInputError", format!("input: {error}")).non_retriable()
    })
}

pub(crate) fn finish<Out: Serialize, E: Into<BoxError>>(result: Result<Out, E>) -> Outcome {
    let output = result.map_err(Failure::of)?;
    payload::encode(&output).map_err(|error| {
        Failure::new("InvalidOutputError", format!("result cannot be written as JSON: {error}"))
            .non_retriable()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MatchStrategy, MismatchAction, Result, Worker};

    async fn nothing(_: OrchestrationContext, (): ()) -> Result<()> {
        Ok(())
    }

    #[test]
    fn the_function_of_a_version_comes_before_the_one_for_any() {
        let registry = Worker::builder()
            .orchestrator("Both", nothing)
            .orchestrator_version("Both", "2.0", nothing)
            .orchestrator_version("One", "2.0", nothing)
            .into_registry();
        let find = |name, version| registry.orchestrator(name, version).map(std::ptr::from_ref);
        assert!(!std::ptr::eq(find("Both", Some("2")).unwrap(), find("Both", None).unwrap()));
        assert!(std::ptr::eq(find("Both", Some("3")).unwrap(), find("Both", None).unwrap()));
        assert!(find("One", Some("2.0")).is_some());
        assert!(find("One", Some("3")).is_none());
        assert!(find("One", None).is_none());
    }

    #[test]
    fn filters_name_what_there_is() {
        let builder = || {
            Worker::builder()
                .orchestrator("Any", nothing)
                .orchestrator_version("Some", "1", nothing)
                .orchestrator_version("Some", "2", nothing)
                .activity_version("Act", "3", |_, ()| async { Ok::<_, crate::Error>(()) })
                .entity("Counter", Entity::<i64>::new())
        };
        let told = |builder: crate::Builder| {
            let filters = builder.into_registry().filters();
            let mut lines: Vec<_> = filters
                .orchestrations
                .into_iter()
                .map(|f| format!("{} {}", f.name, f.versions.join(",")))
                .collect();
            lines.extend(filters.activities.into_iter().map(|f| f.name + &f.versions.concat()));
            lines.extend(filters.entities.into_iter().map(|f| f.name));
            lines
        };
        assert_eq!(told(builder()), ["Any ", "Some 1,2", "Act3", "counter"]);
        let strict = Versioning::new("2").match_strategy(MatchStrategy::Strict);
        let rejects = builder().versioning(strict.clone());
        assert_eq!(told(rejects), ["Any 2", "Some 2", "Act3", "counter"]);
        let fails = builder().versioning(strict.on_mismatch(MismatchAction::Fail));
        assert_eq!(told(fails), ["Any ", "Some 1,2", "Act3", "counter"]);
    }
}
