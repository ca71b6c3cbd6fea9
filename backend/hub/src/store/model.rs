//! Rows and commits that cross the store port.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use taskhub_shared::{
    failure::FailureDetails,
    status::{InstanceSummary, RuntimeStatus},
};

use super::batch_job::ItemDone;
use crate::engine::history_event::{
    HistoryEvent, ParentInstance, Payload, TraceContext, tags_weight,
};

/// Number of a task hub in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HubId(pub i64);

/// Number of a row: instance, message, task or timer. One sequence serves the whole store, so numbers rise with time.
pub type RowId = u64;

/// Everything about an instance but its history and what is outstanding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are those of InstanceSummary and InstanceDetail, which explain them"
)]
pub struct InstanceRecord {
    /// Number of the instance. Another instance that takes the id later has another number.
    pub num: RowId,
    pub instance_id: Arc<str>,
    pub execution_id: String,
    pub name: String,
    pub version: Option<String>,
    pub status: RuntimeStatus,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub scheduled_start_at: Option<DateTime<Utc>>,
    pub parent: Option<ParentInstance>,
    pub tags: BTreeMap<String, String>,
    /// Span that the worker returned with the last turn and wants back with the next.
    pub orchestration_trace: Option<OrchestrationTrace>,
    pub history_len: u64,
    /// Rises by one with each commit that changes the record; the fence against stale writers.
    pub revision: u64,
    /// What is special to an entity; absent for orchestrations.
    pub entity: Option<EntityRecord>,
    pub payloads: Payloads,
}

/// What is special to an entity. Its state is the payload `output`, and it has neither a history nor an end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityRecord {
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
}

/// An entity is held by an orchestration: nobody else's operations run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Instance id of the orchestration.
    pub holder: String,
    /// Id of its critical section.
    pub critical_section: String,
}

impl Lock {
    /// Whether it is held for this critical section of this orchestration.
    #[must_use]
    pub fn is_of(&self, critical_section: &str, holder: Option<&str>) -> bool {
        self.critical_section == critical_section && holder == Some(self.holder.as_str())
    }
}

/// Bytes that a record takes beside its texts, about.
const ROW_BYTES: usize = 256;

/// Payloads of an instance; lists do not read them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of InstanceDetail, which explains them")]
pub struct Payloads {
    pub input: Option<Payload>,
    pub output: Option<Payload>,
    pub custom_status: Option<Payload>,
    pub failure: Option<Arc<FailureDetails>>,
}

impl Payloads {
    /// Bytes that they take, about.
    pub(crate) fn weight(&self) -> usize {
        let texts = [&self.input, &self.output, &self.custom_status];
        let texts: usize = texts.into_iter().flatten().map(|text| text.len()).sum();
        texts + self.failure.as_ref().map_or(0, |failure| failure.weight())
    }
}

/// Span of the orchestration, which workers hand back and forth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrchestrationTrace {
    /// Span id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// When the span began, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
}

impl InstanceRecord {
    /// About how many bytes the record takes, for the size of a page.
    #[must_use]
    pub fn weight(&self) -> usize {
        let names = self.instance_id.len() + self.name.len() + self.execution_id.len();
        let version = self.version.as_ref().map_or(0, String::len);
        let parent = self.parent.as_ref().map_or(0, |parent| parent.instance_id.len());
        ROW_BYTES + names + version + parent + tags_weight(&self.tags) + self.payloads.weight()
    }

    /// Who holds the entity, if it is one and somebody does.
    #[must_use]
    pub fn lock(&self) -> Option<&Lock> {
        self.entity.as_ref()?.lock.as_ref()
    }

    /// Row of a list.
    #[must_use]
    pub fn summary(&self) -> InstanceSummary {
        let failure_message = self
            .payloads
            .failure
            .as_ref()
            .map(|failure| failure.error_message.chars().take(200).collect());
        InstanceSummary {
            instance_id: self.instance_id.to_string(),
            execution_id: self.execution_id.clone(),
            name: self.name.clone(),
            version: self.version.clone(),
            runtime_status: self.status,
            created_at: self.created_at,
            last_updated_at: self.updated_at,
            completed_at: self.completed_at,
            scheduled_start_at: self.scheduled_start_at,
            parent_instance_id: self.parent.as_ref().map(|parent| parent.instance_id.clone()),
            tags: self.tags.clone(),
            history_length: self.history_len,
            failure_message,
            revision: self.revision,
        }
    }
}

/// A message in an instance's inbox: an event that no turn has consumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Number of the row; messages of an instance are consumed in this order.
    pub id: RowId,
    /// The event.
    pub event: Arc<HistoryEvent>,
}

/// An activity that waits for a worker or for its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the proto message ActivityRequest")]
pub struct Task {
    #[serde(skip)]
    pub id: RowId,
    #[serde(skip)]
    pub instance_num: RowId,
    pub instance_id: Arc<str>,
    pub execution_id: String,
    /// Id of the action that scheduled it.
    pub event_id: i32,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Version of the orchestration, which stands in when the activity has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    pub scheduled_at: DateTime<Utc>,
}

/// A durable timer. When it is due, its event goes to the instance as if it came from the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Number of the row.
    #[serde(skip)]
    pub id: RowId,
    /// Number of the instance.
    #[serde(skip)]
    pub instance_num: RowId,
    /// Id of the instance.
    pub instance_id: Arc<str>,
    /// When it is due, UTC.
    pub fire_at: DateTime<Utc>,
    /// Action that made it; absent for the timer of a scheduled start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<i32>,
    /// Event that it brings: a signal that was sent to an entity for a later time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Arc<HistoryEvent>>,
}

/// What becomes of an instance's stored history in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryChange {
    /// The events follow those that are stored; the first has position `from` (1 for an empty history).
    Append {
        /// Position of the first event.
        from: u64,
        /// The events.
        events: Vec<Arc<HistoryEvent>>,
    },
    /// All stored events go: a new generation begins.
    Clear,
    /// These events take the place of all that are stored; the first has position 1.
    Replace {
        /// The events.
        events: Vec<Arc<HistoryEvent>>,
    },
}

/// A new instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The record, with revision 1.
    pub record: Arc<InstanceRecord>,
    /// Instance of the same id that goes in the same commit, with all that belongs to it.
    pub replaces: Option<RowId>,
}

/// A changed instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The record as it is to be; its revision is one more than the stored one, or the commit is refused.
    pub record: Arc<InstanceRecord>,
    /// Status before this commit, for the counters.
    pub from_status: RuntimeStatus,
    /// Whether any payload differs from what is stored.
    pub payloads_changed: bool,
    /// History.
    pub history: HistoryChange,
}

/// One atomic change of the store: all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Instances that the commit relies on without changing them, with their revisions; absent for one that is gone.
    pub expected: Vec<(RowId, Option<u64>)>,
    /// New instances.
    pub creates: Vec<Create>,
    /// Changed instances.
    pub updates: Vec<Update>,
    /// New messages, with the number of the instance they are for.
    pub messages: Vec<(RowId, Message)>,
    /// Messages that a turn consumed; each must be there, or the commit is refused.
    pub consumed: Vec<(RowId, RowId)>,
    /// New activities.
    pub tasks: Vec<Arc<Task>>,
    /// Activities that have their result; each must be there, or the commit is refused.
    pub tasks_done: Vec<(RowId, RowId)>,
    /// Activities that nobody wants any more; they may be gone already.
    pub tasks_dropped: Vec<(RowId, RowId)>,
    /// New timers.
    pub timers: Vec<Arc<Timer>>,
    /// Timers that fired or are not wanted any more; they may be gone already.
    pub timers_done: Vec<(RowId, RowId)>,
    /// Messages that are not wanted any more; they may be gone already.
    pub messages_dropped: Vec<(RowId, RowId)>,
    /// Instances that go with all that belongs to them; each must have ended or be an entity, or the commit is refused.
    pub purges: Vec<RowId>,
    /// Items of batch jobs that the commit does; each must be pending, or the commit is refused.
    pub batch_items: Vec<ItemDone>,
}

/// An instance with all that the engine needs to go on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The record with its payloads.
    pub record: Arc<InstanceRecord>,
    /// History of its generation; empty when it has ended.
    pub history: Vec<Arc<HistoryEvent>>,
    /// Messages, oldest first.
    pub inbox: Vec<Message>,
    /// Activities without a result.
    pub tasks: Vec<Arc<Task>>,
    /// Timers that have not fired.
    pub timers: Vec<Arc<Timer>>,
}

/// What a hub has outstanding when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// Ids of instances that have messages.
    pub with_messages: Vec<Arc<str>>,
    /// Activities without a result.
    pub tasks: Vec<Arc<Task>>,
    /// Timers that have not fired.
    pub timers: Vec<Arc<Timer>>,
}

/// Which instances a list shows. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Statuses; empty for all.
    pub statuses: Vec<RuntimeStatus>,
    /// Orchestrator name.
    pub name: Option<NameFilter>,
    /// Beginning of the instance id.
    pub id_prefix: Option<String>,
    /// Earliest creation, inclusive.
    pub created_from: Option<DateTime<Utc>>,
    /// Latest creation, exclusive.
    pub created_to: Option<DateTime<Utc>>,
    /// Entities and no orchestrations; absent for orchestrations only.
    pub entities: Option<EntityFilter>,
}

/// Which entities a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityFilter {
    /// Earliest change, inclusive.
    pub changed_from: Option<DateTime<Utc>>,
    /// Latest change, exclusive.
    pub changed_to: Option<DateTime<Utc>>,
    /// Also those without a state.
    pub transient: bool,
}

/// Condition on a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameFilter {
    /// The whole name.
    Exact(String),
    /// The beginning of the name.
    Prefix(String),
}

/// Place in a list that is ordered by creation and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Creation of the row, UTC.
    pub created_at: DateTime<Utc>,
    /// Number of the row.
    pub num: RowId,
}

/// Which way a page lies from its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Rows that are older than the position, newest first.
    Older,
    /// Rows that are newer than the position, oldest first.
    Newer,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// Which instances.
    pub filter: Filter,
    /// Where to go on; absent for the first page in this direction.
    pub from: Option<Position>,
    /// Which way.
    pub direction: Direction,
    /// Most rows.
    pub limit: usize,
    /// Whether the payloads are wanted too.
    pub payloads: bool,
}

/// An instance that has ended; also its place in the list of those, which is ordered by both fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ended {
    /// When it ended, UTC.
    pub completed_at: DateTime<Utc>,
    /// Its id.
    pub instance_id: Arc<str>,
}

/// A page of the instances that have ended. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndedRequest {
    /// Statuses; empty for all.
    pub statuses: Vec<RuntimeStatus>,
    /// Earliest end, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest end, exclusive.
    pub to: Option<DateTime<Utc>>,
    /// Where to go on; absent for the first page.
    pub after: Option<Ended>,
    /// Most rows.
    pub limit: usize,
}

/// Number of instances of one name and status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameCount {
    /// Orchestrator name.
    pub name: String,
    /// Status.
    pub status: RuntimeStatus,
    /// Number of instances.
    pub count: u64,
}

impl Filter {
    /// Whether the record passes.
    #[must_use]
    pub fn matches(&self, record: &InstanceRecord) -> bool {
        let name = match &self.name {
            None => true,
            Some(NameFilter::Exact(name)) => *name == record.name,
            Some(NameFilter::Prefix(prefix)) => record.name.starts_with(prefix.as_str()),
        };
        name && (self.statuses.is_empty() || self.statuses.contains(&record.status))
            && self.id_prefix.as_deref().is_none_or(|prefix| record.instance_id.starts_with(prefix))
            && self.created_from.is_none_or(|from| record.created_at >= from)
            && self.created_to.is_none_or(|to| record.created_at < to)
            && self.entities.is_some() == record.entity.is_some()
            && self.entities.as_ref().is_none_or(|entities| {
                entities.changed_from.is_none_or(|from| record.updated_at >= from)
                    && entities.changed_to.is_none_or(|to| record.updated_at < to)
                    && (entities.transient || record.payloads.output.is_some())
            })
    }
}
