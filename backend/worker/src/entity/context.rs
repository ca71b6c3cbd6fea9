//! What an operation of an entity sees and may ask for.
//!
//! Knows the state as a value and the actions of the batch, does not know how
//! they are taken back.

use chrono::{DateTime, Utc};
use serde::Serialize;
use taskhub_proto::operation_action::OperationActionType as ActionType;
use taskhub_proto::{SendSignalAction, StartNewOrchestrationAction};

use super::EntityId;
use crate::time;
use crate::{Error, chance, payload};

/// What is given to an operation of an entity with the state `S`.
///
/// What an operation changes and asks for becomes true when it returns `Ok`, and
/// is forgotten when it fails or panics.
#[derive(Debug)]
pub struct EntityContext<S> {
    pub(super) id: EntityId,
    pub(super) operation: String,
    pub(super) request_id: String,
    pub(super) caller: Option<String>,
    pub(super) state: Option<S>,
    /// Whether the operation may have changed the state.
    pub(super) is_touched: bool,
    pub(super) actions: Vec<ActionType>,
}

/// What can be said about an orchestration that an operation starts, besides its
/// name and input.
#[derive(Debug, Clone, Default)]
pub struct NewInstanceOptions {
    instance_id: Option<String>,
    version: Option<String>,
    start_at: Option<DateTime<Utc>>,
}

impl NewInstanceOptions {
    /// Instance id; default random.
    #[must_use]
    pub fn instance_id(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(instance_id.into());
        self
    }

    /// Version of the orchestrator; default none.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// When it starts; default at once.
    #[must_use]
    pub fn start_at(mut self, time: DateTime<Utc>) -> Self {
        self.start_at = Some(time);
        self
    }
}

impl<S> EntityContext<S> {
    /// The entity this operation belongs to.
    #[must_use]
    pub fn entity_id(&self) -> &EntityId {
        &self.id
    }

    /// Name of the operation, as the caller wrote it.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Id of this request; a batch that is delivered again has the same ids.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The orchestration instance that waits for the result; `None` for a signal.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.caller.as_deref()
    }

    /// The state; `None` when there is none.
    #[must_use]
    pub fn state(&self) -> Option<&S> {
        self.state.as_ref()
    }

    /// The state, to be changed in place; `None` when there is none.
    #[must_use]
    pub fn state_mut(&mut self) -> Option<&mut S> {
        self.is_touched = true;
        self.state.as_mut()
    }

    /// The state, to be changed in place; made by default when there is none.
    #[must_use]
    pub fn state_or_default(&mut self) -> &mut S
    where
        S: Default,
    {
        self.is_touched = true;
        self.state.get_or_insert_default()
    }

    /// Replaces the state.
    pub fn set_state(&mut self, state: S) {
        self.is_touched = true;
        self.state = Some(state);
    }

    /// Removes the state; an entity without a state does not exist for clients.
    pub fn delete_state(&mut self) {
        self.is_touched = true;
        self.state = None;
    }

    /// Signals an entity, which may be this one.
    ///
    /// # Errors
    /// When the id names nothing, or the input cannot be written as JSON.
    pub fn signal_entity(
        &mut self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
    ) -> Result<(), Error> {
        self.signal(entity, operation.into(), input, None)
    }

    /// Signals an entity, not before `time`.
    ///
    /// # Errors
    /// As [`signal_entity`](Self::signal_entity).
    pub fn signal_entity_at(
        &mut self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
        time: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.signal(entity, operation.into(), input, Some(time))
    }

    fn signal(
        &mut self,
        entity: &EntityId,
        name: String,
        input: impl Serialize,
        time: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        self.actions.push(ActionType::SendSignal(SendSignalAction {
            instance_id: entity.instance_id()?,
            name,
            input: payload::encode(&input)?,
            scheduled_time: time.map(time::to_proto),
            request_time: None,
            parent_trace_context: None,
        }));
        Ok(())
    }

    /// Starts an orchestration, and gives its instance id.
    ///
    /// # Errors
    /// When the input cannot be written as JSON.
    pub fn start_orchestrator(
        &mut self,
        name: impl Into<String>,
        input: impl Serialize,
    ) -> Result<String, Error> {
        self.start_orchestrator_with(name, input, NewInstanceOptions::default())
    }

    /// Starts an orchestration with an instance id or other options.
    ///
    /// # Errors
    /// When the input cannot be written as JSON.
    pub fn start_orchestrator_with(
        &mut self,
        name: impl Into<String>,
        input: impl Serialize,
        options: NewInstanceOptions,
    ) -> Result<String, Error> {
        let input = payload::encode(&input)?;
        let instance_id =
            options.instance_id.unwrap_or_else(|| chance::new_id().simple().to_string());
        self.actions.push(ActionType::StartNewOrchestration(StartNewOrchestrationAction {
            instance_id: instance_id.clone(),
            name: name.into(),
            version: options.version,
            input,
            scheduled_time: options.start_at.map(time::to_proto),
            request_time: None,
            parent_trace_context: None,
        }));
        Ok(instance_id)
    }

    /// The state as JSON text, which is present even for `null`.
    pub(super) fn state_text(&self) -> serde_json::Result<Option<String>>
    where
        S: Serialize,
    {
        self.state.as_ref().map(serde_json::to_string).transpose()
    }
}
