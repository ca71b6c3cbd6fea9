//! What a connected worker tells about itself and what it is handed: [`WorkerProfile`] and [`WorkItem`].

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use super::history_event::HistoryEvent;
use crate::store::model::{InstanceRecord, Task};

/// A worker's stream as it asked for it.
///
/// Source: proto message `GetWorkItemsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerProfile {
    /// Name of the worker for people; may be empty.
    pub worker_id: String,
    /// Most orchestration work items at once; 0 for the default.
    pub max_orchestrations: usize,
    /// Most activity work items at once; 0 for the default.
    pub max_activities: usize,
    /// Most entity work items at once; 0 for the default.
    pub max_entities: usize,
    /// What it wants; absent for everything.
    pub filters: Option<Filters>,
}

/// Names and versions that a worker wants. A kind with no names gets nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Orchestrators.
    pub orchestrations: BTreeMap<String, Vec<String>>,
    /// Activities.
    pub activities: BTreeMap<String, Vec<String>>,
    /// Entities, in lower case; they have no versions.
    pub entities: BTreeMap<String, Vec<String>>,
}

/// Kind of a work item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkKind {
    /// A turn of an orchestration.
    Orchestration,
    /// An activity.
    Activity,
    /// A batch of operations of an entity.
    Entity,
}

impl WorkerProfile {
    /// Most work items of a kind at once when the worker names no number.
    pub const DEFAULT_LIMIT: usize = 200;

    /// Most work items of this kind at once.
    #[must_use]
    pub fn limit(&self, kind: WorkKind) -> usize {
        let asked = match kind {
            WorkKind::Orchestration => self.max_orchestrations,
            WorkKind::Activity => self.max_activities,
            WorkKind::Entity => self.max_entities,
        };
        if asked == 0 { Self::DEFAULT_LIMIT } else { asked }
    }

    /// Names of this kind that the worker wants, with their versions; absent for all.
    #[must_use]
    pub fn names(&self, kind: WorkKind) -> Option<&BTreeMap<String, Vec<String>>> {
        let filters = self.filters.as_ref()?;
        Some(match kind {
            WorkKind::Orchestration => &filters.orchestrations,
            WorkKind::Activity => &filters.activities,
            WorkKind::Entity => &filters.entities,
        })
    }

    /// Whether the worker wants this work. `versions` are those that the work answers to.
    #[must_use]
    pub fn wants(&self, kind: WorkKind, name: &str, versions: &[impl AsRef<str>]) -> bool {
        let Some(names) = self.names(kind) else { return true };
        names.get(name).is_some_and(|wanted| matches(wanted, versions))
    }
}

/// Whether one of the wanted versions is one of those that the work answers to. No wanted version means any.
pub(super) fn matches(wanted: &[String], versions: &[impl AsRef<str>]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|version| versions.iter().any(|has| has.as_ref() == version))
}

/// Secret of one delivery of one work item; who holds it may complete or abandon the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u128);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Token {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        u128::from_str_radix(text, 16).map(Self).map_err(|_| ())
    }
}

/// Something for a worker to do.
#[derive(Debug, Clone)]
pub struct WorkItem {
    /// Secret of the delivery.
    pub token: Token,
    /// What to do.
    pub work: Work,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Work {
    /// Run one turn.
    Orchestration(OrchestrationWork),
    /// Run an activity.
    Activity(Arc<Task>),
    /// Run operations of an entity.
    Entity(EntityWork),
}

/// A batch of operations of an entity.
#[derive(Debug, Clone)]
pub struct EntityWork {
    /// The entity; its state is the payload `output`.
    pub record: Arc<InstanceRecord>,
    /// The operations: signals and calls.
    pub operations: Vec<Arc<HistoryEvent>>,
}

/// One turn of an orchestration.
#[derive(Debug, Clone)]
pub struct OrchestrationWork {
    /// The instance.
    pub record: Arc<InstanceRecord>,
    /// History of the generation.
    pub past: Vec<Arc<HistoryEvent>>,
    /// New events, beginning with an `OrchestratorStarted`.
    pub new: Vec<Arc<HistoryEvent>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_by_name_and_version() {
        let mut filters = Filters::default();
        filters.orchestrations.insert("A".to_owned(), vec![]);
        filters.orchestrations.insert("B".to_owned(), vec!["2.0".to_owned()]);
        let worker = WorkerProfile { filters: Some(filters), ..WorkerProfile::default() };
        assert!(worker.wants(WorkKind::Orchestration, "A", &["1.0"]));
        assert!(worker.wants(WorkKind::Orchestration, "B", &["2.0"]));
        assert!(!worker.wants(WorkKind::Orchestration, "B", &[""]));
        assert!(!worker.wants(WorkKind::Orchestration, "a", &[""]));
        assert!(!worker.wants(WorkKind::Activity, "A", &[""]), "an empty kind wants nothing");
        assert!(WorkerProfile::default().wants(WorkKind::Activity, "any", &[""]));
    }
}
