//! Batches in, results, actions and state out.

use serde::Serialize;
use taskhub_proto::history_event::EventType;
use taskhub_proto::operation_action::OperationActionType as ActionType;
use taskhub_proto::operation_result::ResultType;
use taskhub_proto::{
    EntityBatchResult, EntityOperationCalledEvent, EntityOperationSignaledEvent, EntityRequest,
    HistoryEvent,
};

use super::*;
use crate::registry::Registry;
use crate::{Error, Failure, Worker, payload};

fn counter() -> Entity<i64> {
    Entity::new()
        .operation("add", |ctx, amount: i64| {
            *ctx.state_or_default() += amount;
            Ok(*ctx.state_or_default())
        })
        .operation("get", |ctx, ()| Ok(ctx.state().copied()))
        .operation("Fail", |ctx, reason: String| -> Result<(), Error> {
            *ctx.state_or_default() = 999;
            ctx.signal_entity(&EntityId::new("log", "x"), "write", &reason)?;
            Err(Error::new("Refused", reason))
        })
        .operation("panic", |ctx, ()| -> Result<(), Error> {
            ctx.set_state(998);
            panic!("ouch");
        })
        .operation("tell", |ctx, ()| {
            let text = format!("{} {} {:?}", ctx.entity_id(), ctx.operation(), ctx.caller());
            ctx.signal_entity(&EntityId::new("Log", "x"), "write", text)?;
            let at = "2026-03-01T09:00:00Z".parse().unwrap();
            ctx.signal_entity_at(&ctx.entity_id().clone(), "add", 1, at)?;
            ctx.start_orchestrator_with(
                "Report",
                7,
                NewInstanceOptions::default().instance_id("r-1").version("2"),
            )
        })
}

fn registry() -> Registry {
    Worker::builder()
        .entity("Counter", counter())
        .entity(
            "Text",
            Entity::<String>::new().operation("set", |ctx, text: String| {
                ctx.set_state(text);
                Ok(())
            }),
        )
        .into_registry()
}

fn called(operation: &str, input: impl Serialize) -> EventType {
    EventType::EntityOperationCalled(EntityOperationCalledEvent {
        request_id: format!("request-{operation}"),
        operation: operation.to_owned(),
        input: payload::encode(&input).unwrap(),
        parent_instance_id: Some("caller".to_owned()),
        parent_execution_id: Some("e1".to_owned()),
        ..Default::default()
    })
}

fn signaled(operation: &str, input: impl Serialize) -> EventType {
    EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
        request_id: format!("request-{operation}"),
        operation: operation.to_owned(),
        input: payload::encode(&input).unwrap(),
        ..Default::default()
    })
}

fn batch_until(
    id: &str,
    state: Option<&str>,
    events: impl IntoIterator<Item = EventType>,
    must_stop: &dyn Fn() -> bool,
) -> Option<EntityBatchResult> {
    let event =
        |event_type| HistoryEvent { event_id: -1, timestamp: None, event_type: Some(event_type) };
    let request = EntityRequest {
        instance_id: id.to_owned(),
        execution_id: String::new(),
        entity_state: state.map(str::to_owned),
        operation_requests: events.into_iter().map(event).collect(),
    };
    run(&registry(), Batch { request, completion_token: "token".to_owned(), must_stop })
}

fn batch(
    id: &str,
    state: Option<&str>,
    events: impl IntoIterator<Item = EventType>,
) -> EntityBatchResult {
    batch_until(id, state, events, &|| false).unwrap()
}

/// One line for each result: the value, or the type of the failure.
fn lines(result: &EntityBatchResult) -> Vec<String> {
    let line = |result: &taskhub_proto::OperationResult| match result.result_type.clone().unwrap() {
        ResultType::Success(success) => success.result.unwrap_or_default(),
        ResultType::Failure(failure) => Failure::from(failure.failure_details.unwrap()).error_type,
    };
    result.results.iter().map(line).collect()
}

#[test]
fn operations_run_in_order_over_one_state() {
    let operations = [called("add", 2), signaled("ADD", 3), called("get", ())];
    let result = batch("@counter@a", None, operations);
    assert_eq!(lines(&result), ["2", "5", "5"]);
    assert_eq!(result.entity_state.as_deref(), Some("5"));
    assert_eq!(result.completion_token, "token");
    assert_eq!(result.failure_details, None);
    let infos: Vec<_> = result
        .operation_infos
        .iter()
        .map(|info| {
            let caller = info.response_destination.as_ref();
            (
                info.request_id.as_str(),
                caller.map(|c| (c.instance_id.as_str(), c.execution_id.as_deref())),
            )
        })
        .collect();
    let caller = Some(("caller", Some("e1")));
    assert_eq!(infos, [("request-add", caller), ("request-ADD", None), ("request-get", caller)]);
}

#[test]
fn a_failed_operation_leaves_no_trace() {
    let operations =
        [called("add", 2), called("fail", "no"), called("panic", ()), called("add", 3)];
    let result = batch("@counter@a", Some("10"), operations);
    assert_eq!(lines(&result), ["12", "Refused", "Panic", "15"]);
    assert_eq!(result.entity_state.as_deref(), Some("15"));
    assert!(result.actions.is_empty());
}

#[test]
fn a_failure_alone_keeps_what_was_there() {
    let result = batch("@counter@a", Some("10"), [called("fail", "no"), called("get", "x")]);
    assert_eq!(lines(&result), ["Refused", "InvalidInputError"]);
    assert_eq!(result.entity_state.as_deref(), Some("10"));
    let result = batch("@counter@a", None, [called("fail", "no")]);
    assert_eq!(result.entity_state, None);
}

#[test]
fn zero_and_nothing_differ() {
    let result = batch("@counter@a", Some("3"), [called("add", -3)]);
    assert_eq!(result.entity_state.as_deref(), Some("0"));
    let result = batch("@text@a", None, [called("set", "")]);
    assert_eq!(result.entity_state.as_deref(), Some("\"\""));
    let result = batch("@counter@a", Some("0"), [called("get", ()), called("Delete", ())]);
    assert_eq!(lines(&result), ["0", ""]);
    assert_eq!(result.entity_state, None);
    for empty in ["", "null"] {
        assert_eq!(lines(&batch("@counter@a", Some(empty), [called("get", ())])), [""]);
    }
}

#[test]
fn operations_ask_others() {
    let result = batch("@counter@a", Some("1"), [called("tell", ())]);
    assert_eq!(lines(&result), [r#""r-1""#]);
    assert_eq!(result.entity_state.as_deref(), Some("1"));
    let ids: Vec<_> = result.actions.iter().map(|action| action.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    let mut actions = result.actions.into_iter().map(|a| a.operation_action_type.unwrap());
    let Some(ActionType::SendSignal(signal)) = actions.next() else { panic!("no signal") };
    assert_eq!((signal.instance_id.as_str(), signal.name.as_str()), ("@log@x", "write"));
    assert_eq!(signal.input.as_deref(), Some(r#""@counter@a tell Some(\"caller\")""#));
    assert_eq!(signal.scheduled_time, None);
    let Some(ActionType::SendSignal(signal)) = actions.next() else { panic!("no signal") };
    assert_eq!(signal.instance_id, "@counter@a");
    assert_eq!(signal.scheduled_time.unwrap().seconds, 1_772_355_600);
    let Some(ActionType::StartNewOrchestration(start)) = actions.next() else { panic!("no start") };
    assert_eq!((start.name.as_str(), start.version.as_deref()), ("Report", Some("2")));
    assert_eq!((start.instance_id.as_str(), start.input.as_deref()), ("r-1", Some("7")));
}

#[test]
fn what_is_unknown_fails_and_changes_nothing() {
    let result = batch("@counter@a", Some("1"), [called("subtract", 1)]);
    assert_eq!(lines(&result), ["OperationNotFound"]);
    assert_eq!(result.entity_state.as_deref(), Some("1"));
    let result = batch("@unknown@a", Some("1"), [called("add", 1), signaled("add", 1)]);
    assert_eq!(lines(&result), ["EntityTaskNotFound", "EntityTaskNotFound"]);
    assert_eq!(result.entity_state.as_deref(), Some("1"));
    assert_eq!(result.operation_infos.len(), 2);
    assert_eq!(lines(&batch("counter", None, [called("add", 1)])), ["InvalidEntityId"]);
}

#[test]
fn an_unreadable_state_can_only_be_deleted() {
    let result = batch("@counter@a", Some("{}"), [called("add", 1)]);
    assert_eq!(lines(&result), ["InvalidStateError"]);
    assert_eq!(result.entity_state.as_deref(), Some("{}"));
    let result = batch("@counter@a", Some("{}"), [called("delete", ()), called("add", 1)]);
    assert_eq!(lines(&result), ["", "1"]);
    assert_eq!(result.entity_state.as_deref(), Some("1"));
}

#[test]
fn a_batch_that_must_stop_answers_what_it_did() {
    let n_asked = std::cell::Cell::new(0);
    let after_two = || {
        n_asked.set(n_asked.get() + 1);
        n_asked.get() > 2
    };
    let operations = || [called("add", 1), called("add", 1), called("add", 1)];
    let result = batch_until("@counter@a", None, operations(), &after_two).unwrap();
    assert_eq!(lines(&result), ["1", "2"]);
    assert_eq!(result.operation_infos.len(), 2);
    assert_eq!(result.entity_state.as_deref(), Some("2"));
    assert_eq!(batch_until("@counter@a", None, operations(), &|| true), None);
}
