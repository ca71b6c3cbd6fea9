//! One work item of an entity: a batch of operations, one after another.
//!
//! Rules: a failed operation leaves no trace but its failure; every operation
//! that ran has a result, in order; those that did not run are not answered, and
//! the server keeps them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;
use taskhub_proto::history_event::EventType;
use taskhub_proto::operation_action::OperationActionType as ActionType;
use taskhub_proto::operation_result::ResultType;
use taskhub_proto::{
    EntityBatchResult, EntityRequest, HistoryEvent, OperationAction, OperationInfo,
    OperationResult, OperationResultFailure, OperationResultSuccess, OrchestrationInstance,
};

use super::{Entity, EntityContext, EntityId};
use crate::registry::{Outcome, Registry};
use crate::{Failure, payload};

/// A batch, and whether to stop before its next operation.
pub(crate) struct Batch<'a> {
    pub(crate) request: EntityRequest,
    pub(crate) completion_token: String,
    pub(crate) must_stop: &'a dyn Fn() -> bool,
}

/// Runs a batch; `None` when it had to stop before anything was done.
pub(crate) fn run(registry: &Registry, batch: Batch<'_>) -> Option<EntityBatchResult> {
    let id = batch.request.instance_id.parse::<EntityId>();
    let entity = id.as_ref().ok().and_then(|id| registry.entity(id.name()));
    match (id, entity) {
        (Ok(id), Some(entity)) => entity(id, batch),
        (Ok(id), None) => {
            let message = format!("this worker has no entity {:?}", id.name());
            batch.refuse(&Failure::new("EntityTaskNotFound", message).non_retriable())
        }
        (Err(error), _) => {
            batch.refuse(&Failure::new("InvalidEntityId", error.to_string()).non_retriable())
        }
    }
}

/// One operation of a batch.
#[derive(Debug, Default)]
struct Operation {
    name: String,
    request_id: String,
    input: Option<String>,
    caller: Option<OrchestrationInstance>,
}

impl Operation {
    fn read(event: HistoryEvent) -> Self {
        match event.event_type {
            Some(EventType::EntityOperationSignaled(signal)) => Self {
                name: signal.operation,
                request_id: signal.request_id,
                input: signal.input,
                caller: None,
            },
            Some(EventType::EntityOperationCalled(call)) => Self {
                name: call.operation,
                request_id: call.request_id,
                input: call.input,
                caller: call.parent_instance_id.map(|instance_id| OrchestrationInstance {
                    instance_id,
                    execution_id: call.parent_execution_id,
                }),
            },
            // It must have a result all the same: results are matched by place.
            _ => Self::default(),
        }
    }
}

impl Batch<'_> {
    /// Runs every operation with `work`, until one must not begin any more.
    fn answer(
        self,
        mut work: impl FnMut(&Operation) -> Outcome,
    ) -> Option<(EntityBatchResult, Option<String>)> {
        let mut result =
            EntityBatchResult { completion_token: self.completion_token, ..Default::default() };
        for event in self.request.operation_requests {
            if (self.must_stop)() {
                break;
            }
            let operation = Operation::read(event);
            result.results.push(OperationResult { result_type: Some(told(work(&operation))) });
            result.operation_infos.push(OperationInfo {
                request_id: operation.request_id,
                response_destination: operation.caller,
            });
        }
        let is_idle = result.results.is_empty() && (self.must_stop)();
        (!is_idle).then_some((result, self.request.entity_state))
    }

    /// Fails every operation and leaves the state as it is.
    fn refuse(self, failure: &Failure) -> Option<EntityBatchResult> {
        let (mut result, state) = self.answer(|_| Err(failure.clone()))?;
        result.entity_state = state;
        Some(result)
    }
}

fn told(outcome: Outcome) -> ResultType {
    match outcome {
        Ok(result) => ResultType::Success(OperationResultSuccess {
            result,
            start_time_utc: None,
            end_time_utc: None,
        }),
        Err(failure) => ResultType::Failure(OperationResultFailure {
            failure_details: Some(failure.into()),
            start_time_utc: None,
            end_time_utc: None,
        }),
    }
}

impl<S: Serialize + DeserializeOwned + 'static> Entity<S> {
    pub(crate) fn run(&self, id: EntityId, batch: Batch<'_>) -> Option<EntityBatchResult> {
        let mut text = batch.request.entity_state.clone();
        let mut ctx = EntityContext {
            id,
            operation: String::new(),
            request_id: String::new(),
            caller: None,
            state: None,
            is_touched: false,
            actions: Vec::new(),
        };
        // The state as a value stays good from one operation to the next.
        let mut is_read = false;
        let (mut result, _) = batch.answer(|operation| {
            ctx.operation.clone_from(&operation.name);
            ctx.request_id.clone_from(&operation.request_id);
            ctx.caller = operation.caller.as_ref().map(|caller| caller.instance_id.clone());
            if !is_read {
                match read_state(text.as_deref()) {
                    Ok(state) => ctx.state = state,
                    // What cannot be read can still be removed.
                    Err(_) if operation.name.eq_ignore_ascii_case("delete") => ctx.state = None,
                    Err(failure) => return Err(failure),
                }
                is_read = true;
            }
            let n_actions = ctx.actions.len();
            let outcome = self.work(&mut ctx, operation.input.as_deref(), &mut text);
            if outcome.is_err() {
                ctx.actions.truncate(n_actions);
                is_read = false;
            }
            outcome
        })?;
        result.entity_state = text;
        result.actions = (1..).zip(ctx.actions).map(|(id, action)| numbered(id, action)).collect();
        Some(result)
    }

    /// Runs one operation and writes down the state it left.
    fn work(
        &self,
        ctx: &mut EntityContext<S>,
        input: Option<&str>,
        text: &mut Option<String>,
    ) -> Outcome {
        ctx.is_touched = false;
        let output = catch_unwind(AssertUnwindSafe(|| self.call(ctx, input)))
            .unwrap_or_else(|panic| Err(Failure::of_panic(&*panic)))?;
        if ctx.is_touched {
            *text = ctx.state_text().map_err(|error| {
                let message = format!("state cannot be written as JSON: {error}");
                Failure::new("InvalidStateError", message).non_retriable()
            })?;
        }
        Ok(output)
    }
}

/// No state is an absent or empty text, or a `null` that is no `S`.
fn read_state<S: DeserializeOwned>(text: Option<&str>) -> Result<Option<S>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    match payload::decode(Some(text)) {
        Ok(state) => Ok(Some(state)),
        Err(_) if text == "null" => Ok(None),
        Err(error) => {
            let message = format!("state of the entity: {error}");
            Err(Failure::new("InvalidStateError", message).non_retriable())
        }
    }
}

fn numbered(id: i32, action: ActionType) -> OperationAction {
    OperationAction { id, operation_action_type: Some(action) }
}
