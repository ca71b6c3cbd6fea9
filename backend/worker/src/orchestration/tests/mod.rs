//! Events in, actions out.

mod call;
mod entity;
mod event;
mod generation;
mod lifecycle;
mod mismatch;
mod version;

use super::simulation::{INSTANCE, Simulation, completed, failed, fired, lines, raised};
use crate::{Error, Failure, OrchestrationContext, Result, RetryPolicy, Worker};

/// An instance of one orchestrator called `Main`.
fn simulate<Out, Fut>(
    code: impl Fn(OrchestrationContext, serde_json::Value) -> Fut + Send + Sync + 'static,
) -> Simulation
where
    Out: serde::Serialize + 'static,
    Fut: Future<Output = Result<Out>> + 'static,
{
    Simulation::new(Worker::builder().orchestrator("Main", code), "Main", ())
}

/// Compares the actions of a turn with one line for each.
#[track_caller]
fn check(actions: &[taskhub_proto::OrchestratorAction], expected: &[&str]) {
    assert_eq!(lines(actions), expected);
}
