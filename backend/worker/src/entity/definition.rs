//! The operations of a kind of entity, with their types hidden behind JSON text.
//!
//! Knows how to call an operation, does not know in which batch.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::EntityContext;
use crate::registry::{Outcome, finish, read_input};
use crate::{Failure, Result};

type Operation<S> = dyn Fn(&mut EntityContext<S>, Option<&str>) -> Outcome + Send + Sync;

/// A kind of entity: its operations by name, over a state `S`.
///
/// Operations are plain functions, not async ones: an entity does one at a time,
/// so it must not wait. What takes time belongs into an activity. Names are
/// compared without regard to case. An operation `delete` that removes the state
/// is there unless you add one of that name.
///
/// The state is kept as JSON. It is `None` until an operation sets it, whatever
/// its value: `0`, `""` and `false` are states like any other.
///
/// ```
/// use taskhub_worker::{Entity, Error, Worker};
///
/// let counter = Entity::<i64>::new()
///     .operation("add", |ctx, amount: i64| {
///         let sum = ctx.state_or_default();
///         *sum = sum.checked_add(amount).ok_or_else(|| Error::new("Overflow", "too much"))?;
///         Ok(*sum)
///     })
///     .operation("get", |ctx, ()| Ok(ctx.state().copied().unwrap_or_default()));
/// let builder = Worker::builder().entity("Counter", counter);
/// ```
pub struct Entity<S> {
    operations: BTreeMap<String, Box<Operation<S>>>,
    pub(crate) duplicate: Option<String>,
}

impl<S: Serialize + DeserializeOwned + 'static> Entity<S> {
    /// A kind without operations of its own.
    #[must_use]
    pub fn new() -> Self {
        Self { operations: BTreeMap::new(), duplicate: None }
    }

    /// Adds an operation: a function of the context and the input.
    ///
    /// When it fails, what it did to the state is undone, what it asked for is
    /// dropped, and the caller learns why; the operations after it go on.
    #[must_use]
    pub fn operation<In, Out>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(&mut EntityContext<S>, In) -> Result<Out> + Send + Sync + 'static,
    ) -> Self
    where
        In: DeserializeOwned + 'static,
        Out: Serialize + 'static,
    {
        let name = name.into();
        let erased = move |ctx: &mut EntityContext<S>, input: Option<&str>| {
            finish(function(ctx, read_input(input)?))
        };
        if self.operations.insert(name.to_lowercase(), Box::new(erased)).is_some() {
            self.duplicate.get_or_insert(name);
        }
        self
    }

    pub(super) fn call(&self, ctx: &mut EntityContext<S>, input: Option<&str>) -> Outcome {
        let name = ctx.operation.to_lowercase();
        if let Some(operation) = self.operations.get(&name) {
            return operation(ctx, input);
        }
        if name == "delete" {
            ctx.delete_state();
            return Ok(None);
        }
        let message = format!("entity {:?} has no operation {:?}", ctx.id.name(), ctx.operation);
        Err(Failure::new("OperationNotFound", message).non_retriable())
    }
}

impl<S: Serialize + DeserializeOwned + 'static> Default for Entity<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Entity<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entity").field("operations", &self.operations.keys()).finish()
    }
}
