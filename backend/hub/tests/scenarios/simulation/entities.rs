//! Entities of a simulation: each counts its operations, so that a lost one and a repeated one show.

use std::sync::Arc;

use rand::Rng;
use taskhub_hub::{
    engine::{
        action::ActionKind,
        entity::EntityResponse,
        entity_event::EntityEvent,
        history_event::{EventKind, HistoryEvent, Payload},
        worker::EntityWork,
    },
    operation::entity::Signal,
    store::model::{Commit, InstanceRecord, Message, RowId},
};

use super::world::{Reply, Sim};
use crate::support::payload;

/// Ids of the entities.
pub(super) const ENTITIES: [&str; 3] = ["@counter@x", "@counter@y", "@counter@z"];

/// Asks an entity for an operation.
pub(super) fn call(target: &str, request_id: String) -> ActionKind {
    ActionKind::SendEntityMessage(Box::new(EntityEvent::OperationCalled {
        request_id,
        operation: "count".to_owned(),
        input: None,
        scheduled_at: None,
        parent: None,
        parent_execution: None,
        target: Some(target.to_owned()),
    }))
}

/// The same, without waiting for an answer.
pub(super) fn signal(target: &str, request_id: String) -> ActionKind {
    ActionKind::SendEntityMessage(Box::new(EntityEvent::OperationSignaled {
        request_id,
        operation: "count".to_owned(),
        input: None,
        scheduled_at: None,
        target: Some(target.to_owned()),
    }))
}

pub(super) fn lock(critical_section: String) -> ActionKind {
    ActionKind::SendEntityMessage(Box::new(EntityEvent::LockRequested {
        critical_section,
        lock_set: ENTITIES[..2].iter().map(|id| (*id).to_owned()).collect(),
        position: 0,
        parent: None,
    }))
}

pub(super) fn unlock(critical_section: &str, target: &str) -> ActionKind {
    ActionKind::SendEntityMessage(Box::new(EntityEvent::UnlockSent {
        critical_section: critical_section.to_owned(),
        parent: None,
        target: Some(target.to_owned()),
    }))
}

/// Whether an event of the history confirms what an orchestration said to an entity.
pub(super) fn confirms(event: &EntityEvent, said: &EntityEvent) -> bool {
    match (event, said) {
        (
            EntityEvent::OperationCalled { request_id, target, .. },
            EntityEvent::OperationCalled { request_id: asked, target: of, .. },
        )
        | (
            EntityEvent::OperationSignaled { request_id, target, .. },
            EntityEvent::OperationSignaled { request_id: asked, target: of, .. },
        ) => request_id == asked && target == of,
        (
            EntityEvent::LockRequested { critical_section, .. },
            EntityEvent::LockRequested { critical_section: asked, .. },
        )
        | (
            EntityEvent::UnlockSent { critical_section, .. },
            EntityEvent::UnlockSent { critical_section: asked, .. },
        ) => critical_section == asked,
        _ => false,
    }
}

/// Places of the answers to a request, or of the grants of a critical section.
pub(super) fn answers(events: &[&HistoryEvent], wanted: &str) -> Vec<usize> {
    let is_wanted = |event: &&HistoryEvent| match &event.kind {
        EventKind::Entity(event) => match &**event {
            EntityEvent::OperationCompleted { request_id: of, .. }
            | EntityEvent::OperationFailed { request_id: of, .. }
            | EntityEvent::LockGranted { critical_section: of } => of == wanted,
            _ => false,
        },
        _ => false,
    };
    let places = events.iter().enumerate().filter(|(_, event)| is_wanted(event));
    places.map(|(place, _)| place).collect()
}

/// Whether an entity tells this to an orchestration.
pub(super) fn is_answer(event: &EntityEvent) -> bool {
    match event {
        EntityEvent::OperationCompleted { .. }
        | EntityEvent::OperationFailed { .. }
        | EntityEvent::LockGranted { .. } => true,
        EntityEvent::OperationSignaled { .. }
        | EntityEvent::OperationCalled { .. }
        | EntityEvent::LockRequested { .. }
        | EntityEvent::UnlockSent { .. } => false,
    }
}

fn count(state: Option<&Payload>) -> u64 {
    state.and_then(|state| state.parse().ok()).unwrap_or_default()
}

/// What a worker answers: all operations, or the first of them.
fn run(work: &EntityWork, random: &mut impl Rng) -> EntityResponse {
    let before = count(work.record.payloads.output.as_ref());
    let all = work.operations.len();
    let some = if random.random_bool(0.1) { random.random_range(1..=all) } else { all };
    let counts = (before + 1..).take(some);
    let results: Vec<_> = counts.map(|count| Ok(Some(payload(&count.to_string())))).collect();
    // Now and then the last operation deletes the state, and the next one begins at nothing.
    let state = random.random_bool(0.7).then(|| payload(&(before + some as u64).to_string()));
    EntityResponse { results, state, ..EntityResponse::default() }
}

/// I3: an entity has counted each operation that it consumed, once, and answered each call.
pub(super) fn look_at(
    commit: &Commit,
    num: RowId,
    before: &InstanceRecord,
    after: &InstanceRecord,
    consumed: &[Arc<HistoryEvent>],
) -> Vec<String> {
    let operations = consumed.iter().filter_map(|event| match &event.kind {
        EventKind::Entity(event) => match &**event {
            EntityEvent::OperationSignaled { .. } => Some(None),
            EntityEvent::OperationCalled { request_id, .. } => Some(Some(request_id)),
            _ => None,
        },
        _ => None,
    });
    let operations: Vec<Option<&String>> = operations.collect();
    let mut wrong = vec![];
    let (was, is) = (count(before.payloads.output.as_ref()), count(after.payloads.output.as_ref()));
    let deleted = after.payloads.output.is_none();
    let failed = after.payloads == before.payloads;
    if !failed && !deleted && was + operations.len() as u64 != is {
        wrong.push(format!("I3: {is} after {was} and {} operations of {num}", operations.len()));
    }
    for request in operations.into_iter().flatten() {
        let told = commit.messages.iter().filter(|(_, message)| match &message.event.kind {
            EventKind::Entity(event) => match &**event {
                EntityEvent::OperationCompleted { request_id, .. }
                | EntityEvent::OperationFailed { request_id, .. } => request_id == request,
                _ => false,
            },
            _ => false,
        });
        let told: Vec<_> = told.collect();
        // What its workers did not survive fails, and changes nothing.
        let counted = |(_, message): &&(RowId, Message)| match &message.event.kind {
            EventKind::Entity(event) => matches!(**event, EntityEvent::OperationCompleted { .. }),
            _ => false,
        };
        if failed && !deleted && told.iter().copied().any(|message| counted(&message)) {
            wrong.push(format!("I3: {request} is answered and not counted"));
        }
        if told.len() > 1 {
            wrong.push(format!("I3: {request} has two answers"));
        }
    }
    wrong
}

impl Sim {
    /// A client signals an entity.
    pub(super) fn signal(&mut self) {
        let index = self.random.random_range(0..ENTITIES.len());
        self.number += 1;
        let input = payload(&format!("signal {}", self.number));
        let signal = Signal {
            entity_id: ENTITIES[index].to_owned(),
            operation: "count".to_owned(),
            input: Some(Arc::clone(&input)),
            ..Signal::default()
        };
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.signal_entity(signal).await;
            Reply::Signaled(input, outcome.map_err(|_| ()))
        }));
    }

    /// Somebody tidies the entities up.
    pub(super) fn clean(&mut self) {
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.clean_entities(None, true, true).await;
            Reply::Cleaned(outcome.map_err(|_| ()))
        }));
    }

    pub(super) fn reply_for_entity(&mut self, delivery: super::world::Delivery, work: &EntityWork) {
        let response = run(work, &mut self.random);
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.complete_entity(delivery.token, response).await;
            Reply::Batch(delivery, outcome.map_err(|_| ()))
        }));
    }
}
