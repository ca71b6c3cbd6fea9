//! Random commits, answered by a store and by the reference alike.
//!
//! A step is one number, which says what is committed to whom; whatever the numbers are, the two must agree.

use std::{collections::BTreeMap, sync::Arc};

use rand::{Rng, SeedableRng, rngs::StdRng};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::subject::{Subject, at, event, next, page, text};
use crate::store::{
    Store, StoreError,
    memory::MemoryStore,
    model::{
        Commit, Create, Direction, EndedRequest, EntityFilter, EntityRecord, Filter, HistoryChange,
        HubId, InstanceRecord, ListRequest, Loaded, Message, NameFilter, Payloads, RowId, Task,
        Timer, Update,
    },
};

/// Instances that the commits are about.
const IDS: [&str; 5] = ["a", "ab", "b", "B", "😀"];

/// All rules that random commits can break.
pub async fn random_commits_are_answered_as_by_the_reference(mut subject: Subject) {
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(seed);
        let steps: Vec<u64> = (0..100).map(|_| random.random()).collect();
        if let Err(difference) = compare(&mut subject, &format!("Random{seed}"), &steps).await {
            panic!("seed {seed}: {difference}");
        }
    }
}

/// Commits these steps to the store and to the reference, in a hub of this name; how they differ, if they do.
///
/// # Errors
/// The first difference, in words.
pub async fn compare(subject: &mut Subject, hub: &str, steps: &[u64]) -> Result<(), String> {
    let reference = MemoryStore::default();
    let name = taskhub_shared::id::TaskHubName::new(hub).unwrap();
    let hubs = (subject.other_hub(hub).await, reference.open_hub(&name, at(0)).await.unwrap());
    let mut pair = Pair { store: subject.shared(), reference, hubs, numbers: subject.number() };
    for (index, step) in steps.iter().enumerate() {
        let commit = pair.commit_of(*step).await;
        let ours = pair.store.commit(pair.hubs.0, commit.clone()).await;
        let theirs = pair.reference.commit(pair.hubs.1, commit.clone()).await;
        let is_conflict =
            |answer: &Result<(), StoreError>| matches!(answer, Err(StoreError::Conflict { .. }));
        let agree = ours.is_ok() == theirs.is_ok() && is_conflict(&ours) == is_conflict(&theirs);
        if !agree {
            return Err(format!("step {index}: {ours:?}, not {theirs:?}, to {commit:#?}"));
        }
        // Numbers that the pair made up must not be given out by the store again.
        while pair.store.sequence().next() < pair.numbers {}
    }
    pair.same_reads().await
}

struct Pair {
    store: Arc<dyn Store>,
    reference: MemoryStore,
    hubs: (HubId, HubId),
    numbers: RowId,
}

impl Pair {
    fn number(&mut self) -> RowId {
        self.numbers += 1;
        self.numbers
    }

    async fn commit_of(&mut self, step: u64) -> Commit {
        let mut commit = Commit::default();
        // Three things at most, each of 16 bits.
        for part in 0..=(step % 3) {
            let part = (step >> (2 + part * 16)) & 0xFFFF;
            let id = IDS[usize::try_from(part % 5).unwrap()];
            let loaded = self.reference.load(self.hubs.1, vec![Arc::from(id)]).await.unwrap();
            let loaded = loaded.into_iter().next().flatten();
            self.add(&mut commit, id, loaded.as_ref(), part / 5);
        }
        commit
    }

    fn add(&mut self, commit: &mut Commit, id: &str, loaded: Option<&Loaded>, part: u64) {
        let (kind, detail) = (part % 14, part / 14);
        let Some(loaded) = loaded else {
            let record = Arc::new(self.record(id, detail));
            match kind {
                0 => commit.purges.push(record.num),
                1 => commit.messages.push((record.num, self.message())),
                2 => commit.updates.push(update(&record, detail)),
                _ => commit.creates.push(Create { record, replaces: None }),
            }
            return;
        };
        let num = loaded.record.num;
        match kind {
            0 => {
                let record = Arc::new(self.record(id, detail));
                commit.creates.push(Create { record, replaces: None });
            }
            1 => {
                let record = Arc::new(self.record(id, detail));
                commit.creates.push(Create { record, replaces: Some(num) });
            }
            2..=5 => commit.updates.push(update(&loaded.record, detail)),
            6 => commit.messages.push((num, self.message())),
            7 => {
                let first = loaded.inbox.first().map_or(detail, |message| message.id);
                commit.consumed.push((num, first));
            }
            8 => {
                let task = self.task(&loaded.record);
                commit.tasks.push(Arc::new(task));
            }
            9 => {
                let first = loaded.tasks.first().map_or(detail, |task| task.id);
                commit.tasks_done.push((num, first));
            }
            10 => {
                let timer = self.timer(&loaded.record, detail);
                commit.timers.push(Arc::new(timer));
            }
            11 => commit.timers_done.extend(loaded.timers.first().map(|timer| (num, timer.id))),
            12 => {
                commit.messages_dropped.extend(loaded.inbox.last().map(|m| (num, m.id)));
                commit.tasks_dropped.extend(loaded.tasks.last().map(|task| (num, task.id)));
            }
            _ => commit.purges.push(num),
        }
    }

    fn record(&mut self, id: &str, detail: u64) -> InstanceRecord {
        let num = self.number();
        InstanceRecord {
            num,
            instance_id: Arc::from(id),
            execution_id: format!("{num:032x}"),
            name: ["A", "AB", "b"][usize::try_from(detail % 3).unwrap()].to_owned(),
            version: detail.is_multiple_of(2).then(|| "1".to_owned()),
            status: RuntimeStatus::Pending,
            created_at: at(i64::try_from(detail % 7).unwrap()),
            updated_at: at(10),
            completed_at: None,
            scheduled_start_at: None,
            parent: None,
            tags: BTreeMap::new(),
            orchestration_trace: None,
            history_len: 0,
            revision: 1,
            // One in five is an entity, which lists and counts of orchestrations pass over.
            entity: detail.is_multiple_of(5).then(EntityRecord::default),
            payloads: Payloads {
                input: detail.is_multiple_of(3).then(|| text("1")),
                ..Payloads::default()
            },
        }
    }

    fn message(&mut self) -> Message {
        Message { id: self.number(), event: Arc::new(event(1)) }
    }

    fn task(&mut self, record: &InstanceRecord) -> Task {
        Task {
            id: self.number(),
            instance_num: record.num,
            instance_id: Arc::clone(&record.instance_id),
            execution_id: record.execution_id.clone(),
            event_id: 1,
            name: "T".to_owned(),
            version: None,
            parent_version: None,
            input: None,
            trace: None,
            tags: BTreeMap::new(),
            scheduled_at: at(1),
        }
    }

    fn timer(&mut self, record: &InstanceRecord, detail: u64) -> Timer {
        Timer {
            id: self.number(),
            instance_num: record.num,
            instance_id: Arc::clone(&record.instance_id),
            fire_at: at(i64::try_from(detail).unwrap()),
            action: detail.is_multiple_of(2).then_some(3),
            event: detail.is_multiple_of(3).then(|| Arc::new(event(1))),
        }
    }

    /// Compares all that can be read.
    async fn same_reads(&self) -> Result<(), String> {
        let (ours, theirs) = self.hubs;
        let (store, reference) = (&self.store, &self.reference);
        let left = store.outstanding(ours).await.unwrap();
        let right = reference.outstanding(theirs).await.unwrap();
        differ("outstanding", &left, &right)?;
        for id in IDS {
            let ids = vec![Arc::from(id)];
            let left = store.load(ours, ids.clone()).await.unwrap();
            let right = reference.load(theirs, ids).await.unwrap();
            differ(&format!("load {id}"), &left, &right)?;
            let left = store.instance(ours, id).await.unwrap();
            let right = reference.instance(theirs, id).await.unwrap();
            differ(&format!("instance {id}"), &left, &right)?;
            for (after, limit) in [(0, 1000), (1, 2), (5, 1)] {
                let left = store.history(ours, id, after, limit).await.unwrap();
                let right = reference.history(theirs, id, after, limit).await.unwrap();
                differ(&format!("history {id}"), &left, &right)?;
            }
        }
        let ended = EndedRequest { limit: 10, ..EndedRequest::default() };
        let left = store.ended(ours, ended.clone()).await.unwrap();
        let right = reference.ended(theirs, ended).await.unwrap();
        differ("ended", &left, &right)?;
        for filter in filters() {
            let left = store.counts(ours, filter.clone()).await.unwrap();
            let right = reference.counts(theirs, filter.clone()).await.unwrap();
            let sorted = |counts: Vec<crate::store::model::NameCount>| {
                counts
                    .into_iter()
                    .map(|group| ((group.name, group.status), group.count))
                    .collect::<BTreeMap<_, _>>()
            };
            differ(&format!("counts {filter:?}"), &sorted(left), &sorted(right))?;
            for direction in [Direction::Older, Direction::Newer] {
                for payloads in [true, false] {
                    let request =
                        ListRequest { direction, payloads, limit: 3, ..page(filter.clone()) };
                    let left = store.list(ours, request.clone()).await.unwrap();
                    let right = reference.list(theirs, request.clone()).await.unwrap();
                    differ(&format!("list {request:?}"), &left, &right)?;
                }
            }
        }
        Ok(())
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{what}: {left:#?}, not {right:#?}")) }
}

fn filters() -> Vec<Filter> {
    let name = |name| Filter { name: Some(name), ..Filter::default() };
    let entities = |entities| Filter { entities: Some(entities), ..Filter::default() };
    vec![
        Filter::default(),
        name(NameFilter::Exact("A".to_owned())),
        name(NameFilter::Prefix("A".to_owned())),
        Filter { id_prefix: Some("a".to_owned()), ..Filter::default() },
        Filter {
            statuses: vec![RuntimeStatus::Failed, RuntimeStatus::Pending],
            ..Filter::default()
        },
        Filter { created_from: Some(at(2)), created_to: Some(at(5)), ..Filter::default() },
        entities(EntityFilter { transient: true, ..EntityFilter::default() }),
        entities(EntityFilter::default()),
        entities(EntityFilter {
            changed_from: Some(at(11)),
            changed_to: Some(at(13)),
            transient: true,
        }),
    ]
}

/// A change of the record: mostly a right one.
fn update(record: &InstanceRecord, detail: u64) -> Update {
    let status = RuntimeStatus::ALL[usize::try_from(detail % 8).unwrap()];
    let clear = detail.is_multiple_of(11);
    let more = detail % 4;
    let mut after = next(record, status, more);
    let events = (0..more).map(|n| Arc::new(event(i64::try_from(n).unwrap()))).collect();
    let mut from = record.history_len + 1;
    match detail % 13 {
        0 => after.revision += 1,
        1 => from += 1,
        2 if status.is_terminal() => {
            let failure = FailureDetails::new("T", "why");
            after.payloads.failure = Some(Arc::new(failure));
            after.payloads.output = None;
        }
        3 => after.payloads = Payloads::default(),
        4 => after.payloads.custom_status = Some(text("\"s\"")),
        5 => after.payloads.output = Some(text("0")),
        _ => {}
    }
    let history = if clear {
        after.history_len = 0;
        HistoryChange::Clear
    } else if detail.is_multiple_of(7) {
        after.history_len = more;
        HistoryChange::Replace { events }
    } else {
        HistoryChange::Append { from, events }
    };
    Update {
        from_status: record.status,
        payloads_changed: record.payloads != after.payloads,
        record: Arc::new(after),
        history,
    }
}
