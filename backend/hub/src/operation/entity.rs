//! Entities: signal, read, list, clean.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use taskhub_shared::{
    id::{EntityId, check_name},
    limits,
};

use super::query_instances;
use crate::{
    engine::{
        core::{Core, NotPurged},
        entity_event::EntityEvent,
        history_event::Payload,
    },
    error::HubError,
    hub::Hub,
    store::model::{Direction, EntityFilter, Filter, InstanceRecord, ListRequest, Position},
};

/// An operation for an entity; nobody waits for its result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signal {
    /// Id of the entity, `@name@key`. The name's case does not matter.
    pub entity_id: String,
    /// Name of the operation, 1 to 256 characters.
    pub operation: String,
    /// Input, JSON text.
    pub input: Option<Payload>,
    /// Id of the request; a new one when empty.
    pub request_id: String,
    /// Not before this time, UTC; a past time is now.
    pub scheduled_at: Option<DateTime<Utc>>,
}

/// An entity as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Its record; the state is the payload `output`.
    pub record: InstanceRecord,
    /// Messages that wait for it.
    pub backlog: usize,
}

/// Which entities to list, by id. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityQuery {
    /// Beginning of the id, `@` included. The case of the name does not matter.
    pub id_prefix: Option<String>,
    /// What else.
    pub filter: EntityFilter,
    /// Whether the states are wanted.
    pub states: bool,
    /// Most entities of the page, 1 to 1000.
    pub limit: usize,
    /// Where to go on; absent for the first page.
    pub cursor: Option<String>,
}

/// A page of entities, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entities {
    /// The entities.
    pub items: Vec<Entity>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// How the deletion of an entity went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purged {
    /// It is gone.
    Purged,
    /// There is no such entity.
    NotFound,
    /// An orchestration holds it, or has asked for its lock; it stays.
    Locked {
        /// Instance id of the orchestration.
        holder: String,
    },
}

/// What a clean-up did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Entities without state, lock and work that were deleted.
    pub removed: usize,
    /// Locks of orchestrations that have ended which were given free.
    pub released: usize,
    /// Cursor of what is still to be looked through.
    pub next: Option<String>,
}

/// Entities that are read at once with their states.
const STATES: usize = 8;

impl Hub {
    /// Signals an entity; it is durable when this returns. An entity that is not there is made.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a bad id or operation name, [`HubError::TooLarge`] for a payload past the bound,
    /// [`HubError::Store`] when nothing was stored.
    pub async fn signal_entity(&self, signal: Signal) -> Result<(), HubError> {
        let id = EntityId::parse(&signal.entity_id)?;
        check_name("operation", &signal.operation)?;
        HubError::check_payload("input", signal.input.as_deref())?;
        HubError::check_short("requestId", &signal.request_id)?;
        let target: Arc<str> = Arc::from(id.as_str());
        let request_id =
            if signal.request_id.is_empty() { self.inner.ids.hex() } else { signal.request_id };
        let event = EntityEvent::OperationSignaled {
            request_id,
            operation: signal.operation,
            input: signal.input,
            scheduled_at: signal.scheduled_at,
            target: None,
        };
        let post = |core: &mut Core| core.signal(&target, event);
        let ack = self.inner.with(std::slice::from_ref(&target), post).await?;
        self.inner.durable(ack).await
    }

    /// One entity with its state; `None` when there is none, or when it has no state.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a bad id, [`HubError::Store`] when the store cannot be read.
    pub async fn entity(&self, id: &str) -> Result<Option<Entity>, HubError> {
        let id = EntityId::parse(id)?;
        let record = self.inner.store.instance(self.inner.id, id.as_str()).await?;
        let exists =
            |record: &InstanceRecord| record.entity.is_some() && record.payloads.output.is_some();
        Ok(record.filter(exists).map(|record| self.with_backlog(record)))
    }

    fn with_backlog(&self, record: InstanceRecord) -> Entity {
        let backlog = self.inner.core().entity_backlog(&record.instance_id);
        Entity { record, backlog }
    }

    /// One page of the entities that match.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read, [`HubError::Store`] when the store cannot be read.
    pub async fn query_entities(&self, query: &EntityQuery) -> Result<Entities, HubError> {
        let from = query.cursor.as_deref().map(query_instances::read_cursor).transpose()?;
        let limit = query.limit.clamp(1, limits::PAGE_MAX);
        let mut request = ListRequest {
            filter: query.filter(),
            from: from.map(|(_, position): (Direction, Position)| position),
            direction: Direction::Older,
            limit: limit + 1,
            payloads: query.states,
        };
        let (mut records, mut bytes, mut more): (Vec<InstanceRecord>, _, _) =
            (Vec::new(), 0, false);
        while !more {
            // States are large: they are read a few at a time until the page has its bytes.
            let window = if query.states { STATES } else { limit + 1 };
            request.limit = window.min(limit + 1 - records.len());
            let rows = self.inner.store.list(self.inner.id, request.clone()).await?;
            let end = rows.len() < request.limit;
            for row in rows {
                bytes += row.weight();
                if records.len() == limit || (!records.is_empty() && bytes > limits::PAGE_BYTES) {
                    more = true;
                    break;
                }
                records.push(row);
            }
            if end {
                break;
            }
            request.from = records.last().map(position);
        }
        let next = records
            .last()
            .filter(|_| more)
            .map(|record| query_instances::write_cursor(Direction::Older, record));
        let items = records.into_iter().map(|record| self.with_backlog(record)).collect();
        Ok(Entities { items, next })
    }

    /// Deletes an entity with its state and what waits for it. Calls that wait fail.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a bad id, [`HubError::Store`] when nothing was deleted.
    pub async fn purge_entity(&self, id: &str) -> Result<Purged, HubError> {
        let id: Arc<str> = Arc::from(EntityId::parse(id)?.as_str());
        let callers = |core: &Core| core.all_callers(&id);
        let purge = |core: &mut Core| core.purge_entity(&id);
        match self.inner.decide_with_relatives(&id, callers, purge).await? {
            Ok(ack) => self.inner.durable(ack).await.map(|()| Purged::Purged),
            Err(NotPurged::NotFound) => Ok(Purged::NotFound),
            Err(NotPurged::Locked { holder }) => Ok(Purged::Locked { holder }),
        }
    }

    /// Looks through one page of entities and mends them: deletes the empty ones, gives orphaned locks free.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] for a cursor that cannot be read, [`HubError::Store`] when the store fails.
    pub async fn clean_entities(
        &self,
        cursor: Option<String>,
        remove_empty: bool,
        release_orphans: bool,
    ) -> Result<Cleaned, HubError> {
        let query = EntityQuery {
            filter: EntityFilter { transient: true, ..EntityFilter::default() },
            limit: limits::PAGE_MAX,
            cursor,
            ..EntityQuery::default()
        };
        let page = self.query_entities(&query).await?;
        // As many of those that have a state, from the same place on, are all of them that the page has.
        let filter = EntityFilter { transient: false, ..query.filter.clone() };
        let stateful = self.query_entities(&EntityQuery { filter, ..query }).await?.items;
        let stateful: HashSet<Arc<str>> =
            stateful.into_iter().map(|entity| entity.record.instance_id).collect();
        let mut cleaned = Cleaned { next: page.next, ..Cleaned::default() };
        for Entity { record, .. } in page.items {
            let id = Arc::clone(&record.instance_id);
            if release_orphans && record.lock().is_some() {
                // Another may hold it by now than whom the store knew.
                let holder = |core: &Core| core.holder(&id);
                let release = |core: &mut Core| core.release_orphan(&id).ok_or(());
                let decided = self.inner.decide_with_relatives(&id, holder, release).await?;
                if let Ok(ack) = decided {
                    self.inner.durable(ack).await?;
                    cleaned.released += 1;
                }
            }
            if remove_empty && !stateful.contains(&id) {
                let clean = |core: &mut Core| core.clean_entity(&id).ok_or(());
                if let Ok(ack) = self.inner.decide(std::slice::from_ref(&id), clean).await? {
                    self.inner.durable(ack).await?;
                    cleaned.removed += 1;
                }
            }
        }
        Ok(cleaned)
    }
}

impl EntityQuery {
    fn filter(&self) -> Filter {
        Filter {
            id_prefix: self.id_prefix.as_deref().map(lower_name),
            entities: Some(self.filter.clone()),
            ..Filter::default()
        }
    }
}

fn position(record: &InstanceRecord) -> Position {
    Position { created_at: record.created_at, num: record.num }
}

/// The prefix with its name in lower case, as ids are stored; the key keeps its case.
fn lower_name(prefix: &str) -> String {
    match prefix.strip_prefix('@').and_then(|rest| rest.split_once('@')) {
        Some((name, key)) => format!("@{}@{key}", name.to_lowercase()),
        None => prefix.to_lowercase(),
    }
}
