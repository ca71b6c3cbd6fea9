//! Failed instances go on, with their failed sub-orchestrations.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use taskhub_shared::status::RuntimeStatus;

use super::{Core, Unstored};
use crate::{
    engine::{
        batch::{Ack, Batch, Change},
        history_event::{EventKind, ExecutionStarted, HistoryEvent, ParentInstance, Payload},
        instance::Instance,
        rewind::{Child, Rewound},
        runtime_state::RuntimeState,
    },
    store::model::{HistoryChange, InstanceRecord, Update},
};

/// Instances that have failed, each as it was read, with its rewritten history.
pub(crate) type Tree = BTreeMap<Arc<str>, (Arc<InstanceRecord>, Rewound)>;

/// An instance that has failed, as memory knows it.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) record: Arc<InstanceRecord>,
    pub(crate) unstored: Option<Unstored>,
}

/// What becomes of a sub-orchestration whose result is missing.
enum Fate {
    /// It has failed and goes on.
    Rewind,
    /// It runs, and its result is for the new generation of its parent.
    Adopt,
    /// Its result was lost.
    Tell(EventKind),
    /// It is not there any more, or was ended from outside.
    Start,
}

impl Core {
    /// The instance, if it has failed; else its status, or nothing when there is none.
    pub(crate) fn failed(&self, id: &str) -> Result<Failed, Option<RuntimeStatus>> {
        let record = &self.orchestration(id).ok_or(None)?.record;
        if record.status != RuntimeStatus::Failed {
            return Err(Some(record.status));
        }
        Ok(Failed { record: Arc::clone(record), unstored: self.unstored(id) })
    }

    /// Lets the instance go on, and those below it that have failed. `None` when one is no longer as it was read. All
    /// instances that the tree names have been loaded.
    pub(crate) fn rewind(
        &mut self,
        root: &Arc<str>,
        tree: &Tree,
        reason: Option<&str>,
    ) -> Option<Ack> {
        if !tree.iter().all(|(id, (record, _))| self.is_as_read(id, record)) {
            return None;
        }
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        let mut seen = BTreeSet::from([Arc::clone(root)]);
        let mut left = vec![(Arc::clone(root), None)];
        while let Some((id, parent)) = left.pop() {
            let Some((before, rewound)) = tree.get(&id) else { continue };
            let me = self.rewind_one(&mut batch, &id, before, rewound, parent);
            let kind = EventKind::ExecutionRewound { reason: reason.map(str::to_owned) };
            let now = self.clock.now();
            self.post(&mut batch, &id, kind, now, &mut awake);
            let mut starts = Vec::new();
            for child in &rewound.open_children {
                let child_id: Arc<str> = Arc::from(child.instance_id.as_str());
                let link = ParentInstance { task_scheduled_id: child.event_id, ..me.clone() };
                match self.fate(before, child, tree) {
                    Fate::Rewind if seen.insert(Arc::clone(&child_id)) => {
                        left.push((child_id, Some(link)));
                    }
                    Fate::Rewind => {}
                    Fate::Adopt => self.adopt(&mut batch, &child_id, link),
                    Fate::Tell(kind) => {
                        self.rely_on(&mut batch, &child_id);
                        self.post(&mut batch, &id, kind, now, &mut awake);
                    }
                    Fate::Start => starts.push((child.instance_id.clone(), started(child, link))),
                }
            }
            self.start_children(&mut batch, &id, starts, true, now, &mut awake);
            for orphan in &rewound.dropped_children {
                let orphan: Arc<str> = Arc::from(orphan.as_str());
                if self.present(&orphan).is_some_and(|instance| is_child(instance, before)) {
                    let input: Option<Payload> = Some("its parent was rewound".into());
                    let kind = EventKind::ExecutionTerminated { input, recurse: true };
                    self.post(&mut batch, &orphan, kind, now, &mut awake);
                } else {
                    self.rely_on(&mut batch, &orphan);
                }
            }
        }
        let ack = self.submit(batch);
        self.settle_all(awake);
        self.dispatch();
        Some(ack)
    }

    fn is_as_read(&self, id: &str, read: &InstanceRecord) -> bool {
        self.present(id).is_some_and(|instance| {
            let now = &instance.record;
            (now.num, now.revision, now.status) == (read.num, read.revision, read.status)
        })
    }

    /// What becomes of a sub-orchestration of the instance that was `parent` before.
    fn fate(&self, parent: &InstanceRecord, child: &Child, tree: &Tree) -> Fate {
        let Some(instance) =
            self.present(&child.instance_id).filter(|instance| is_child(instance, parent))
        else {
            return Fate::Start;
        };
        let record = &instance.record;
        match record.status {
            RuntimeStatus::Failed if tree.contains_key(&record.instance_id) => Fate::Rewind,
            RuntimeStatus::Completed => Fate::Tell(EventKind::SubOrchestrationCompleted {
                scheduled_id: child.event_id,
                result: record.payloads.output.clone(),
            }),
            RuntimeStatus::Failed | RuntimeStatus::Canceled | RuntimeStatus::Terminated => {
                Fate::Start
            }
            RuntimeStatus::Pending
            | RuntimeStatus::Running
            | RuntimeStatus::Suspended
            | RuntimeStatus::ContinuedAsNew => Fate::Adopt,
        }
    }

    /// Puts the rewritten history in place, as a new generation; what its sub-orchestrations know of it.
    fn rewind_one(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        before: &InstanceRecord,
        rewound: &Rewound,
        parent: Option<ParentInstance>,
    ) -> ParentInstance {
        let now = self.clock.now();
        self.recall_turn(id);
        self.clear_pending(batch, id, true);
        let mut record = before.clone();
        record.execution_id = self.ids.hex();
        record.parent = parent.or_else(|| {
            // Its parent has had a result of it, and is not to get another.
            record.parent.map(|parent| ParentInstance { execution_id: String::new(), ..parent })
        });
        record.revision += 1;
        record.updated_at = record.updated_at.max(now);
        record.completed_at = None;
        record.payloads.output = None;
        record.payloads.failure = None;
        let history: Vec<Arc<HistoryEvent>> =
            rewound.history.iter().map(|event| renewed(event, &record)).collect();
        let state = RuntimeState::fold(history.iter().map(AsRef::as_ref));
        record.status = state.status();
        record.history_len = history.len() as u64;
        let me = ParentInstance {
            instance_id: id.to_string(),
            execution_id: record.execution_id.clone(),
            name: record.name.clone(),
            version: record.version.clone(),
            task_scheduled_id: 0,
        };
        let record = Arc::new(record);
        if let Some(instance) = self.instances.get_mut(id) {
            instance.record = Arc::clone(&record);
            instance.history.clone_from(&history);
            instance.state = state;
        }
        self.recount(id);
        batch.touch(id, record.num);
        batch.changes.push(Change::Updated(Arc::clone(&record)));
        batch.commit.updates.push(Update {
            record,
            from_status: before.status,
            payloads_changed: true,
            history: HistoryChange::Replace { events: history },
        });
        me
    }

    /// Lets a running sub-orchestration tell its result to the new generation of its parent.
    fn adopt(&mut self, batch: &mut Batch, id: &Arc<str>, parent: ParentInstance) {
        let Some(instance) = self.instances.get(id) else { return };
        let mut record = InstanceRecord::clone(&instance.record);
        record.parent = Some(parent);
        let now = self.clock.now();
        self.append(batch, id, record, Vec::new(), false, now);
    }
}

/// Whether the instance is a sub-orchestration of this generation of its parent, or was before it was rewound by itself.
pub(super) fn is_child(instance: &Instance, parent: &InstanceRecord) -> bool {
    instance.record.parent.as_ref().is_some_and(|known| {
        known.instance_id == *parent.instance_id
            && (known.execution_id == parent.execution_id || known.execution_id.is_empty())
    })
}

/// The event as it is in the new generation.
fn renewed(event: &Arc<HistoryEvent>, record: &InstanceRecord) -> Arc<HistoryEvent> {
    let EventKind::ExecutionStarted(started) = &event.kind else { return Arc::clone(event) };
    let started = ExecutionStarted {
        execution_id: record.execution_id.clone(),
        parent: record.parent.clone(),
        ..ExecutionStarted::clone(started)
    };
    let kind = EventKind::ExecutionStarted(Box::new(started));
    Arc::new(HistoryEvent { kind, ..HistoryEvent::clone(event) })
}

/// First event of a sub-orchestration that is started again.
fn started(child: &Child, parent: ParentInstance) -> ExecutionStarted {
    ExecutionStarted {
        name: child.name.clone(),
        version: child.version.clone(),
        input: child.input.clone(),
        execution_id: String::new(),
        parent: Some(parent),
        scheduled_start: None,
        trace: child.trace.clone(),
        tags: child.tags.clone(),
    }
}
