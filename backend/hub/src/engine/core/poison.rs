//! Work that takes its workers along.
//!
//! A delivery is lost when its stream vanishes or its lease runs out; work that a worker gives back is not. Work that
//! was lost a few times is a suspect, and suspects go out one at a time: the one that ends workers then ends them
//! alone, and what was merely beside it gets through. What is lost again and again fails with the reason.
//!
//! Kept in memory: a new process counts anew. Source: docs/decisions/0006-lost-deliveries.md.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{Core, Leased};
use crate::{
    engine::{
        batch::Batch,
        instance::Instance,
        turn::End,
        worker::{Token, WorkKind},
    },
    store::model::{RowId, Task},
};

/// Losses from which work is a suspect.
const SUSPECT: u32 = 5;
/// Losses after which work fails.
const POISON: u32 = 10;

/// The work of a delivery, whichever delivery it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum WorkId {
    /// The turn of the instance with this number.
    Turn(RowId),
    /// An activity.
    Task(RowId),
}

/// What was lost, how often.
#[derive(Debug, Default)]
pub(super) struct Losses {
    counts: HashMap<WorkId, u32>,
    /// The suspect that is with a worker.
    out: Option<Token>,
    /// Suspects that wait until it is back.
    held: Vec<Leased>,
    /// Instances whose commits failed and whose turns were lost, until they are read again.
    unread: HashMap<Arc<str>, RowId>,
}

impl WorkId {
    pub(super) fn of(work: &Leased) -> Self {
        match work {
            Leased::Turn { num, .. } => Self::Turn(*num),
            Leased::Task(task) => Self::Task(task.id),
        }
    }
}

impl Losses {
    fn of(&self, work: WorkId) -> u32 {
        self.counts.get(&work).copied().unwrap_or_default()
    }

    /// Forgets work that came to an end.
    pub(super) fn forget(&mut self, work: WorkId) {
        self.counts.remove(&work);
    }

    /// Notes that an instance is to be read again; what was lost of it is kept for then.
    pub(super) fn keep_until_read(&mut self, id: &Arc<str>, num: RowId) {
        if self.counts.contains_key(&WorkId::Turn(num)) {
            self.unread.insert(Arc::clone(id), num);
        }
    }

    /// Notes that the store was asked for an instance, and the number that it has there.
    pub(super) fn read(&mut self, id: &str, found: Option<RowId>) {
        if let Some(num) = self.unread.remove(id)
            && found != Some(num)
        {
            self.forget(WorkId::Turn(num));
        }
    }

    /// Notes that a worker has the work.
    pub(super) fn delivered(&mut self, work: WorkId, token: Token) {
        if self.of(work) >= SUSPECT {
            self.out = Some(token);
        }
    }

    /// Works of which something is known.
    #[cfg(feature = "test-support")]
    pub(super) fn len(&self) -> usize {
        self.counts.len() + self.held.len() + self.unread.len() + usize::from(self.out.is_some())
    }
}

impl Core {
    /// Numbers of the instances that have a suspect among their work.
    pub(crate) fn suspects(&self) -> BTreeSet<RowId> {
        let suspects = self.losses.counts.iter().filter(|(_, lost)| **lost >= SUSPECT);
        let instance = |(work, _): (&WorkId, &u32)| match work {
            WorkId::Turn(num) => Some(*num),
            WorkId::Task(task) => self.tasks.get(task).map(|activity| activity.task.instance_num),
        };
        suspects.filter_map(instance).collect()
    }

    /// Counts a delivery that its worker will not answer, if it was the one that counts.
    pub(super) fn count_loss(&mut self, token: Token) {
        let Some(work) = self.leases.get(&token).map(|lease| lease.work.clone()) else { return };
        let (kind, wanted) = match &work {
            Leased::Turn { id, num, kind } => {
                let held = |i: &&Instance| i.record.num == *num && i.has_turn(token);
                let kind = match kind {
                    WorkKind::Entity => "entity",
                    WorkKind::Orchestration | WorkKind::Activity => "orchestration",
                };
                (kind, self.instances.get(id).filter(held).is_some())
            }
            Leased::Task(task) => {
                let delivered = self.tasks.get(&task.id).and_then(|activity| activity.token);
                ("activity", delivered == Some(token))
            }
        };
        metrics::counter!("taskhub_deliveries_lost_total", "hub" => self.label(), "kind" => kind)
            .increment(1);
        if wanted {
            *self.losses.counts.entry(WorkId::of(&work)).or_default() += 1;
        }
    }

    /// Whether the work is not to go out now, because another suspect is; then it is put aside.
    pub(super) fn hold_suspect(&mut self, work: Leased) -> bool {
        let waits = self.losses.out.is_some() && self.losses.of(WorkId::of(&work)) >= SUSPECT;
        if waits {
            self.losses.held.push(work);
        }
        waits
    }

    /// Lets the next suspects go when this delivery was the one that they wait for.
    pub(super) fn release_suspects(&mut self, token: Token) {
        if self.losses.out != Some(token) {
            return;
        }
        self.losses.out = None;
        for work in std::mem::take(&mut self.losses.held) {
            match work {
                Leased::Turn { id, num, .. } => {
                    let held = |i: &&Instance| i.record.num == num && i.queued.is_none();
                    let Some(instance) = self.instances.get(&id).filter(held) else { continue };
                    match instance.turn.as_ref().and_then(|turn| turn.token) {
                        Some(last) => {
                            self.requeue_turn(&id, num, last);
                        }
                        None => self.settle(&id),
                    }
                }
                Leased::Task(task) => {
                    if let Some(last) = self.tasks.get(&task.id).and_then(|a| a.token) {
                        self.requeue_task(task.id, last);
                    }
                }
            }
        }
    }

    /// Whether an activity was lost too often. Its instance is looked at, which fails it.
    pub(super) fn is_poison_task(&mut self, task: &Task) -> bool {
        if self.losses.of(WorkId::Task(task.id)) < POISON {
            return false;
        }
        let id = Arc::clone(&task.instance_id);
        if self.instances.contains_key(&id) {
            self.settle(&id);
        } else {
            self.request_load(id, Vec::new());
        }
        true
    }

    /// Fails what was lost too often of an instance that is in memory. Whether it ends by it, once its relatives are read.
    pub(super) fn end_poison(&mut self, id: &Arc<str>) -> bool {
        if self.losses.counts.is_empty() {
            return false;
        }
        let ready = |instance: &&Instance| !instance.poisoned && !instance.gone;
        let Some(instance) = self.instances.get(id).filter(ready) else { return false };
        let num = instance.record.num;
        let name = instance.record.name.clone();
        let has_turn = instance.turn.is_some() && instance.is_active();
        let tasks: Vec<Arc<Task>> = instance
            .tasks
            .iter()
            .filter(|task| self.losses.of(WorkId::Task(**task)) >= POISON)
            .filter_map(|task| self.tasks.get(task))
            .map(|activity| Arc::clone(&activity.task))
            .collect();
        for task in tasks {
            self.note_poisoned("activity", &task.name);
            let failure = Box::new(failure("activity", &task.name));
            // Nobody waits for it; a failure brings the activity back.
            drop(self.finish_task(&task, Err(failure), None));
        }
        if !has_turn || self.losses.of(WorkId::Turn(num)) < POISON || self.is_with_a_worker(id) {
            return false;
        }
        if self.reads_first(id, self.relatives(id, false)) {
            return true;
        }
        self.note_poisoned("orchestration", &name);
        let failure = Some(Box::new(failure("orchestration", &name)));
        let end = End { status: RuntimeStatus::Failed, output: None, failure };
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        self.losses.forget(WorkId::Turn(num));
        self.end_by_engine(&mut batch, id, None, &end, &mut awake);
        drop(self.submit(batch));
        self.settle_all(awake);
        true
    }

    /// Fails the operations of an entity that were lost too often. Whether it waits for its callers to be read first.
    pub(super) fn fail_poison_batch(&mut self, id: &Arc<str>) -> bool {
        let ready = |instance: &&Instance| !instance.poisoned && !instance.gone;
        let Some(instance) = self.instances.get(id).filter(ready) else { return false };
        let num = instance.record.num;
        if self.losses.of(WorkId::Turn(num)) < POISON || self.is_with_a_worker(id) {
            return false;
        }
        let Some(taken) = instance.turn.as_ref().map(|turn| turn.taken) else { return false };
        if self.reads_first(id, super::entity::callers(instance, taken)) {
            return true;
        }
        let name = instance.record.name.clone();
        let response = super::entity::failing(instance, taken, &failure("entity", &name));
        // What was read was read for these callers; the message that comes next may need others.
        self.relatives_read = None;
        self.note_poisoned("entity", &name);
        // What comes next is other work.
        self.losses.forget(WorkId::Turn(num));
        self.recall_turn(id);
        // Nobody waits for it; a failure of the store brings the operations back.
        drop(self.finish_operations(id, response, None));
        false
    }

    fn note_poisoned(&self, kind: &'static str, name: &str) {
        tracing::error!(kind, name, "work was lost by its workers too often; it fails");
        metrics::counter!("taskhub_work_poisoned_total", "hub" => self.label(), "kind" => kind)
            .increment(1);
    }

    /// Name of the hub, for figures.
    pub(super) fn label(&self) -> String {
        self.name.to_string()
    }
}

fn failure(kind: &str, name: &str) -> FailureDetails {
    let text = format!(
        "{kind} {name:?} was handed out {POISON} times, and each time its worker went away or kept it past its lease \
         without an answer. Look into the workers' logs for what ends them: a crash, memory, a call to exit. When that \
         is mended, rewind the instance or start it again"
    );
    FailureDetails::permanent("PoisonWorkItem", text)
}
