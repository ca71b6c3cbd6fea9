//! Work that takes its workers along.
//!
//! A delivery is lost when its stream vanishes or its lease runs out; work that a worker gives back is not. Work that
//! was lost a few times is a suspect, and a stream has one of these at a time: the one that ends workers then ends them
//! alone, and what was merely beside it gets through. One that does not end its worker within the time of a trial holds
//! up nobody any more. What is lost again and again fails with the reason.
//!
//! Kept in memory: a new process counts anew. Source: docs/decisions/0006-lost-deliveries.md.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{Core, Leased, lease::TURN_LEASE};
use crate::{
    engine::{
        batch::Batch,
        instance::Instance,
        queue::StreamId,
        turn::End,
        worker::{Token, WorkKind},
    },
    store::model::{RowId, Task},
};

/// Losses from which work is a suspect.
const SUSPECT: u32 = 5;
/// Losses after which work fails.
const POISON: u32 = 10;
/// How long a suspect keeps others from its stream.
const TRIAL: TimeDelta = TURN_LEASE;

/// The work of a delivery, whichever delivery it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum WorkId {
    /// The turn of the instance with this number.
    Turn(RowId),
    /// An activity.
    Task(RowId),
}

/// How often work was lost.
#[derive(Debug)]
struct Loss {
    times: u32,
    instance_id: Arc<str>,
}

/// What was lost, how often.
#[derive(Debug, Default)]
pub(super) struct Losses {
    counts: HashMap<WorkId, Loss>,
    /// Suspects that are with a worker, by its stream, with the end of the trial.
    trials: HashMap<StreamId, (DateTime<Utc>, Token)>,
    trial_ends: BTreeSet<(DateTime<Utc>, StreamId)>,
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
        self.counts.get(&work).map_or(0, |loss| loss.times)
    }

    /// Whether the work may have ended workers.
    pub(super) fn is_suspect(&self, work: WorkId) -> bool {
        self.of(work) >= SUSPECT
    }

    /// Works that were lost, with their instances and how often.
    pub(super) fn iter(&self) -> impl Iterator<Item = (WorkId, &Arc<str>, u32)> {
        self.counts.iter().map(|(work, loss)| (*work, &loss.instance_id, loss.times))
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

    /// Notes that a worker has the work; when its trial ends, if it is a suspect.
    pub(super) fn delivered(
        &mut self,
        work: WorkId,
        stream: StreamId,
        token: Token,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if !self.is_suspect(work) {
            return None;
        }
        let until = now + TRIAL;
        self.trials.insert(stream, (until, token));
        self.trial_ends.insert((until, stream));
        Some(until)
    }

    /// Whether the stream has no suspect now.
    pub(super) fn may_try(&self, stream: StreamId) -> bool {
        !self.trials.contains_key(&stream)
    }

    /// Notes that a delivery is back from its stream.
    pub(super) fn back(&mut self, stream: StreamId, token: Token) {
        if let Some((until, _)) = self.trials.get(&stream).filter(|(_, tried)| *tried == token) {
            self.trial_ends.remove(&(*until, stream));
            self.trials.remove(&stream);
        }
    }

    /// Lets streams have another suspect that have had theirs for long: it does not end them, or not soon.
    pub(super) fn end_trials(&mut self, now: DateTime<Utc>) {
        while let Some((_, stream)) = self.trial_ends.first().filter(|(until, _)| *until <= now) {
            self.trials.remove(stream);
            self.trial_ends.pop_first();
        }
    }

    /// When the next trial ends.
    pub(super) fn next_end(&self) -> Option<DateTime<Utc>> {
        self.trial_ends.first().map(|(until, _)| *until)
    }

    /// Works of which something is known.
    #[cfg(feature = "test-support")]
    pub(super) fn len(&self) -> usize {
        self.counts.len() + self.unread.len() + self.trials.len()
    }
}

impl Core {
    /// Numbers of the instances that have work which rests because of what became of its deliveries: it was lost so often
    /// that it goes out by itself only, or all who would take it gave it back.
    pub(crate) fn held_up(&self) -> BTreeSet<RowId> {
        let suspects = self.losses.iter().filter(|(_, _, times)| *times >= SUSPECT);
        let instance = |(work, _, _): (WorkId, &Arc<str>, u32)| match work {
            WorkId::Turn(num) => Some(num),
            WorkId::Task(task) => self.tasks.get(&task).map(|activity| activity.task.instance_num),
        };
        suspects.filter_map(instance).chain(self.refused_by_all()).collect()
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
            let instance_id = || match &work {
                Leased::Turn { id, .. } => Arc::clone(id),
                Leased::Task(task) => Arc::clone(&task.instance_id),
            };
            let counts = self.losses.counts.entry(WorkId::of(&work));
            counts.or_insert_with(|| Loss { times: 0, instance_id: instance_id() }).times += 1;
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
