//! Entities as an orchestrator sees them: signals, calls, locks.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use taskhub_proto::send_entity_message_action::EntityMessageType as Message;
use taskhub_proto::{
    EntityLockRequestedEvent, EntityOperationCalledEvent, EntityOperationSignaledEvent,
};

use super::context::{OrchestrationContext, write};
use super::section::{EntityLock, action};
use super::task::{End, Task, read};
use crate::failure::TaskError;
use crate::{EntityId, Failure, time};

impl OrchestrationContext {
    /// Signals an entity: its operation runs some time, and nobody learns how it
    /// ended. Signals and calls of one instance reach an entity in order.
    ///
    /// The instance fails when the id names nothing or the entity's lock is held.
    pub fn signal_entity(
        &self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
    ) {
        self.signal(entity, operation.into(), input, None);
    }

    /// Signals an entity, not before `time`.
    pub fn signal_entity_at(
        &self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
        time: DateTime<Utc>,
    ) {
        self.signal(entity, operation.into(), input, Some(time));
    }

    fn signal(
        &self,
        entity: &EntityId,
        operation: String,
        input: impl Serialize,
        time: Option<DateTime<Utc>>,
    ) {
        let what = || format!("signal {operation:?} to entity {entity}");
        let Some(input) = self.write_or_fail(|| format!("input of {}", what()), &input) else {
            return;
        };
        let mut state = self.state.borrow_mut();
        let refusal = match entity.instance_id() {
            Ok(target) => match state.sections.refuses_signal(&target) {
                None => {
                    let signal = EntityOperationSignaledEvent {
                        request_id: state.request_id(),
                        operation,
                        scheduled_time: time.map(time::to_proto),
                        input,
                        target_instance_id: Some(target),
                    };
                    state.ask(action(Message::EntityOperationSignaled(signal)));
                    return;
                }
                Some(reason) => reason.to_owned(),
            },
            Err(error) => error.to_string(),
        };
        let failure = Failure::new("EntityRefusedError", format!("{}: {refusal}", what()));
        state.misuse.get_or_insert(failure.non_retriable());
    }

    /// Calls an operation of an entity and waits for its result.
    ///
    /// The task fails with [`TaskError::Entity`] when the operation failed, and
    /// with [`TaskError::Refused`] when the id names nothing or, while locks are
    /// held, the entity is not locked or another call to it is under way.
    pub fn call_entity<Out: DeserializeOwned + 'static>(
        &self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
    ) -> Task<Out> {
        let (entity, operation) = (entity.clone(), operation.into());
        let what = format!("call {operation:?} of entity {entity}");
        let input = match write(|| format!("input of {what}"), &input) {
            Ok(input) => input,
            Err(error) => return Task::new(async { Err(error) }),
        };
        let mut state = self.state.borrow_mut();
        let target = entity.instance_id().map_err(|error| error.to_string()).and_then(|target| {
            state.sections.begin_call(&target).map(|()| target).map_err(str::to_owned)
        });
        let target = match target {
            Ok(target) => target,
            Err(reason) => return Task::new(async { Err(TaskError::Refused { what, reason }) }),
        };
        let request_id = state.request_id();
        let call = EntityOperationCalledEvent {
            request_id: request_id.clone(),
            operation: operation.clone(),
            scheduled_time: None,
            input,
            parent_instance_id: Some(state.instance_id.clone()),
            parent_execution_id: state.execution_id.clone(),
            target_instance_id: Some(target),
        };
        let (id, slot) = state.open(action(Message::EntityOperationCalled(call)));
        state.requests.insert(request_id, id);
        Task::new(async move {
            match End(slot).await {
                Ok(output) => read(|| format!("result of {what}"), output.as_deref()),
                Err(failure) => {
                    Err(TaskError::Entity { entity, operation, id, failure: Box::new(failure) })
                }
            }
        })
    }

    /// Locks several entities at once, in an order that cannot dead-lock, until
    /// the guard is dropped.
    ///
    /// While it lives, nobody else's operations run on them. To keep other
    /// orchestrations from waiting for ever, only the locked entities may be
    /// called, each once at a time; none of them may be signalled; no
    /// sub-orchestration may be called and nothing more locked. A task that
    /// breaks a rule fails with [`TaskError::Refused`]. If the code ends, fails,
    /// is terminated or continues as new, the locks are given back.
    ///
    /// ```
    /// use taskhub_worker::{EntityId, OrchestrationContext, Result};
    ///
    /// async fn transfer(ctx: OrchestrationContext, amount: i64) -> Result<bool> {
    ///     let (from, to) = (EntityId::new("account", "a"), EntityId::new("account", "b"));
    ///     let lock = ctx.lock_entities([&from, &to]).await?;
    ///     let balance: i64 = ctx.call_entity(&from, "get", ()).await?;
    ///     if balance >= amount {
    ///         ctx.call_entity::<()>(&from, "withdraw", amount).await?;
    ///         ctx.call_entity::<()>(&to, "deposit", amount).await?;
    ///     }
    ///     lock.release();
    ///     Ok(balance >= amount)
    /// }
    /// ```
    pub fn lock_entities<'a>(
        &self,
        entities: impl IntoIterator<Item = &'a EntityId>,
    ) -> Task<EntityLock> {
        let refuse = |reason: String| {
            let what = "lock entities".to_owned();
            Task::new(async { Err(TaskError::Refused { what, reason }) })
        };
        let ids: Result<BTreeSet<_>, _> = entities.into_iter().map(EntityId::instance_id).collect();
        let ids = match ids {
            Ok(ids) if ids.is_empty() => return refuse("none is given".to_owned()),
            Ok(ids) => ids,
            Err(error) => return refuse(error.to_string()),
        };
        let mut state = self.state.borrow_mut();
        if let Some(reason) = state.sections.refuses_lock() {
            return refuse(reason.to_owned());
        }
        let critical_section_id = state.request_id();
        let request = EntityLockRequestedEvent {
            critical_section_id: critical_section_id.clone(),
            lock_set: ids.iter().cloned().collect(),
            position: 0,
            parent_instance_id: Some(state.instance_id.clone()),
        };
        let (id, slot) = state.open(action(Message::EntityLockRequested(request)));
        state.requests.insert(critical_section_id.clone(), id);
        state.sections.request(id, critical_section_id, ids);
        drop(state);
        // Dropped before the locks are granted, it gives them up.
        let lock = EntityLock { state: Rc::clone(&self.state), id };
        Task::new(async move {
            match End(slot).await {
                Ok(_) => Ok(lock),
                Err(failure) => Err(TaskError::Refused {
                    what: "lock entities".to_owned(),
                    reason: failure.message,
                }),
            }
        })
    }
}
