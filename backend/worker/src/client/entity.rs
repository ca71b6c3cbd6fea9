//! Entities as a client sees them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use taskhub_proto::{
    CleanEntityStorageRequest, EntityMetadata, GetEntityRequest, QueryEntitiesRequest,
    SignalEntityRequest,
};

use super::start::write;
use super::{Client, ClientError, Page, Payload};
use crate::{EntityId, chance, time};

/// An entity as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntityInfo {
    /// Which one.
    pub id: EntityId,
    /// When its state changed last.
    pub last_modified_at: DateTime<Utc>,
    /// How many operations wait.
    pub backlog: u32,
    /// The orchestration instance that holds its lock.
    pub locked_by: Option<String>,
    /// Its state.
    pub state: Payload,
}

/// Which entities to look for; by default all that have a state.
#[derive(Debug, Clone, Default)]
pub struct EntityQuery(taskhub_proto::EntityQuery);

impl EntityQuery {
    /// Only those of this kind.
    #[must_use]
    pub fn name(self, name: impl AsRef<str>) -> Self {
        self.key_prefix(name, "")
    }

    /// Only those of this kind whose key begins like this.
    #[must_use]
    pub fn key_prefix(mut self, name: impl AsRef<str>, prefix: impl Into<String>) -> Self {
        self.0.instance_id_starts_with = Some(EntityId::new(name, prefix).to_string());
        self
    }

    /// Only those modified at this time or later.
    #[must_use]
    pub fn modified_from(mut self, time: DateTime<Utc>) -> Self {
        self.0.last_modified_from = Some(time::to_proto(time));
        self
    }

    /// Only those modified before this time.
    #[must_use]
    pub fn modified_before(mut self, time: DateTime<Utc>) -> Self {
        self.0.last_modified_to = Some(time::to_proto(time));
        self
    }

    /// Asks for states, too; default without.
    #[must_use]
    pub fn with_state(mut self) -> Self {
        self.0.include_state = true;
        self
    }

    /// Includes entities without a state, such as those that are only locked.
    #[must_use]
    pub fn with_transient(mut self) -> Self {
        self.0.include_transient = true;
        self
    }

    /// Most entities on a page; default the server's.
    #[must_use]
    pub fn page_size(mut self, n: u32) -> Self {
        self.0.page_size = Some(i32::try_from(n).unwrap_or(i32::MAX));
        self
    }

    /// Asks for the page that begins at [`Page::next`] of the one before.
    #[must_use]
    pub fn after(mut self, next: impl Into<String>) -> Self {
        self.0.continuation_token = Some(next.into());
        self
    }
}

impl Client {
    /// Signals an entity: its operation runs some time, and nobody learns how it
    /// ended.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] when the id names nothing,
    /// [`ClientError::Payload`] for an input that is no JSON.
    pub async fn signal_entity(
        &self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
    ) -> Result<(), ClientError> {
        self.signal(entity, operation.into(), input, None).await
    }

    /// Signals an entity, not before `time`.
    ///
    /// # Errors
    /// As [`signal_entity`](Self::signal_entity).
    pub async fn signal_entity_at(
        &self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: impl Serialize,
        time: DateTime<Utc>,
    ) -> Result<(), ClientError> {
        self.signal(entity, operation.into(), input, Some(time)).await
    }

    async fn signal(
        &self,
        entity: &EntityId,
        name: String,
        input: impl Serialize,
        time: Option<DateTime<Utc>>,
    ) -> Result<(), ClientError> {
        let (what, instance_id) = named(entity)?;
        let request = SignalEntityRequest {
            instance_id,
            input: write(&format!("input of {name:?} of {what}"), &input)?,
            name,
            request_id: chance::new_id().to_string(),
            scheduled_time: time.map(time::to_proto),
            parent_trace_context: None,
            request_time: None,
        };
        let mut rpc = self.rpc.clone();
        Self::answer(&what, rpc.signal_entity(request)).await.map(drop)
    }

    /// The entity with its state; `None` when it has no state.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] when the id names nothing.
    pub async fn get_entity(&self, entity: &EntityId) -> Result<Option<EntityInfo>, ClientError> {
        let (what, instance_id) = named(entity)?;
        let request = GetEntityRequest { instance_id, include_state: true };
        let mut rpc = self.rpc.clone();
        let answer = Self::answer(&what, rpc.get_entity(request)).await?;
        answer.entity.filter(|_| answer.exists).map(info).transpose()
    }

    /// Removes entities without a state, and locks whose holder has ended; gives
    /// how many of each. Servers that keep no such things answer 0.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn clean_entities(&self) -> Result<(u64, u64), ClientError> {
        let mut request = CleanEntityStorageRequest {
            continuation_token: None,
            remove_empty_entities: true,
            release_orphaned_locks: true,
        };
        let (mut n_removed, mut n_released) = (0_u64, 0_u64);
        loop {
            let mut rpc = self.rpc.clone();
            let call = rpc.clean_entity_storage(request.clone());
            let answer = Self::answer("cleaning of entities", call).await?;
            let count = |n| u64::try_from(n).unwrap_or(0);
            n_removed = n_removed.saturating_add(count(answer.empty_entities_removed));
            n_released = n_released.saturating_add(count(answer.orphaned_locks_released));
            // The same token again would never end.
            let next = answer.continuation_token.filter(|token| !token.is_empty());
            if next.is_none() || next == request.continuation_token {
                return Ok((n_removed, n_released));
            }
            request.continuation_token = next;
        }
    }

    /// A page of the entities that a query finds.
    ///
    /// # Errors
    /// When the server does not answer, or the page is not one of this query.
    pub async fn query_entities(
        &self,
        query: &EntityQuery,
    ) -> Result<Page<EntityInfo>, ClientError> {
        let request = QueryEntitiesRequest { query: Some(query.0.clone()) };
        let mut rpc = self.rpc.clone();
        let answer = Self::answer("query of entities", rpc.query_entities(request)).await?;
        let items = answer.entities.into_iter().map(info).collect::<Result<_, _>>()?;
        Ok(Page::new(items, answer.continuation_token))
    }
}

fn named(entity: &EntityId) -> Result<(String, String), ClientError> {
    let what = format!("entity {entity}");
    match entity.instance_id() {
        Ok(instance_id) => Ok((what, instance_id)),
        Err(error) => Err(ClientError::Invalid { what, message: error.to_string() }),
    }
}

fn info(entity: EntityMetadata) -> Result<EntityInfo, ClientError> {
    let id: EntityId = entity.instance_id.parse().map_err(|error| ClientError::Payload {
        what: "answer about an entity".to_owned(),
        reason: format!("{error}"),
    })?;
    Ok(EntityInfo {
        last_modified_at: entity
            .last_modified_time
            .as_ref()
            .map(time::from_proto)
            .unwrap_or_default(),
        backlog: u32::try_from(entity.backlog_queue_size).unwrap_or(0),
        locked_by: entity.locked_by.filter(|holder| !holder.is_empty()),
        state: Payload::new(format!("state of entity {id}"), entity.serialized_state),
        id,
    })
}
