//! Entities: operations, state, locks.

mod locks;
mod operations;

use taskhub_hub::{
    engine::{
        action::{Action, ActionKind},
        entity::EntityResponse,
        entity_event::EntityEvent,
        history_event::EventKind,
        worker::{EntityWork, Token},
    },
    operation::{entity::Signal, work},
};

use crate::support::{
    World, payload,
    world::{act, kind_name},
};

/// Signals an entity without a due time.
async fn signal(world: &World, id: &str, operation: &str, input: &str) {
    let signal = Signal {
        entity_id: id.to_owned(),
        operation: operation.to_owned(),
        input: Some(payload(input)),
        ..Signal::default()
    };
    world.hub.signal_entity(signal).await.unwrap();
}

fn call(id: i32, target: &str, operation: &str) -> Action {
    say(
        id,
        EntityEvent::OperationCalled {
            request_id: format!("r{id}"),
            operation: operation.to_owned(),
            input: None,
            scheduled_at: None,
            parent: None,
            parent_execution: None,
            target: Some(target.to_owned()),
        },
    )
}

fn signal_action(id: i32, target: &str, operation: &str) -> Action {
    say(
        id,
        EntityEvent::OperationSignaled {
            request_id: format!("r{id}"),
            operation: operation.to_owned(),
            input: None,
            scheduled_at: None,
            target: Some(target.to_owned()),
        },
    )
}

fn lock(id: i32, section: &str, targets: &[&str]) -> Action {
    say(
        id,
        EntityEvent::LockRequested {
            critical_section: section.to_owned(),
            lock_set: targets.iter().map(|target| (*target).to_owned()).collect(),
            position: 0,
            parent: None,
        },
    )
}

fn unlock(id: i32, section: &str, target: &str) -> Action {
    say(
        id,
        EntityEvent::UnlockSent {
            critical_section: section.to_owned(),
            parent: None,
            target: Some(target.to_owned()),
        },
    )
}

fn say(id: i32, event: EntityEvent) -> Action {
    act(id, ActionKind::SendEntityMessage(Box::new(event)))
}

/// Names of a batch's operations.
fn operations(work: &EntityWork) -> Vec<String> {
    work.operations
        .iter()
        .map(|event| match &event.kind {
            EventKind::Entity(event) => match &**event {
                EntityEvent::OperationSignaled { operation, .. }
                | EntityEvent::OperationCalled { operation, .. } => operation.clone(),
                other => panic!("no operation: {other:?}"),
            },
            other => panic!("no operation: {}", kind_name(other)),
        })
        .collect()
}

/// Answers the first `results.len()` operations and sets the state.
async fn answer(
    world: &World,
    token: Token,
    results: &[&str],
    state: Option<&str>,
) -> work::Outcome {
    let response = EntityResponse {
        results: results.iter().map(|result| Ok(Some(payload(result)))).collect(),
        state: state.map(payload),
        ..EntityResponse::default()
    };
    world.hub.complete_entity(token, response).await.unwrap()
}

async fn state(world: &World, id: &str) -> Option<String> {
    let entity = world.hub.entity(id).await.unwrap()?;
    entity.record.payloads.output.map(|state| state.to_string())
}

async fn holder(world: &World, id: &str) -> Option<String> {
    let query = taskhub_hub::operation::entity::EntityQuery {
        filter: taskhub_hub::store::model::EntityFilter { transient: true, ..Default::default() },
        limit: 1000,
        ..Default::default()
    };
    let page = world.hub.query_entities(&query).await.unwrap();
    let found = page.items.into_iter().find(|entity| &*entity.record.instance_id == id);
    found.and_then(|entity| entity.record.lock().map(|lock| lock.holder.clone()))
}

/// Name of the entity event among the new events of a turn.
fn answers(work: &taskhub_hub::engine::worker::OrchestrationWork) -> Vec<String> {
    work.new
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Entity(event) => Some(match &**event {
                EntityEvent::OperationCompleted { request_id, output } => {
                    format!("{request_id}={}", output.as_deref().unwrap_or("-"))
                }
                EntityEvent::OperationFailed { request_id, failure } => {
                    format!("{request_id}!{}", failure.error_message)
                }
                EntityEvent::LockGranted { critical_section } => {
                    format!("granted {critical_section}")
                }
                other => format!("{other:?}"),
            }),
            _ => None,
        })
        .collect()
}
