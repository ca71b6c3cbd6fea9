//! The end of a simulation: nothing goes wrong any more, everything comes to its end, and nothing is left.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use futures::{FutureExt, StreamExt};
use taskhub_hub::{
    clock::Clock,
    engine::{
        action::TurnResponse,
        history_event::EventKind,
        runtime_state::RuntimeState,
        worker::{Work, WorkerProfile},
    },
    operation::work::Outcome,
    store::{
        Store,
        model::{Direction, Filter, InstanceRecord, ListRequest},
    },
};
use taskhub_shared::status::RuntimeStatus;

use super::{script, world::Sim};
use crate::support::payload;

/// Most rounds of work and waiting after which everything must have ended.
const ROUNDS: usize = 100;
/// Most times that a worker looks for work without the clock having moved.
const BUSY: usize = 300;

impl Sim {
    /// I10: once nothing goes wrong any more, everything ends within a bound.
    pub(super) async fn finish(&mut self) {
        self.store.mend();
        self.workers.clear();
        self.held.clear();
        self.quiet().await;
        self.advance(TimeDelta::minutes(2));
        self.quiet().await;
        if !self.calls.is_empty() {
            self.violate(format!("I10: {} calls are not answered", self.calls.len()));
            return;
        }
        let mut worker = self.hub().connect_worker(WorkerProfile::default());
        for round in 0..ROUNDS {
            self.work(&mut worker).await;
            self.no_timer_is_late();
            if self.store.model(|model| model.violation().is_some()) {
                return;
            }
            let open = self.open();
            if open.is_empty() && self.calls.is_empty() {
                drop(worker);
                self.look_at_all().await;
                self.look_at_another_hub().await;
                return;
            }
            for id in &open {
                self.wake(id, round).await;
            }
            self.advance(TimeDelta::seconds(if round < 20 { 10 } else { 3600 }));
            self.quiet().await;
        }
        let mut left = vec![];
        for id in &self.open() {
            let waits = self.hub().waiting_for(id).await;
            let history = self.hub().history(id, 0, 12).await.unwrap().unwrap_or_default();
            let history: Vec<_> = history
                .iter()
                .map(|event| format!("{} {:?}", event.event_id, event.kind))
                .collect();
            left.push(format!("{id} waits for {waits:?} after\n  {}", history.join("\n  ")));
        }
        self.store.model(|model| {
            let entities = model.rows.values().filter(|row| row.record.entity.is_some());
            left.extend(entities.map(|row| format!("{row:?}")));
        });
        let left = left.join("\n");
        self.violate(format!("I10: after {ROUNDS} rounds these have not ended: {left}"));
    }

    /// I6: with nothing left to do, no timer is due that has not fired.
    fn no_timer_is_late(&self) {
        let now = self.clock.now();
        self.store.model(|model| {
            let late = model.rows.values().find(|row| {
                row.hub == self.hub_id
                    && row.record.status != RuntimeStatus::Suspended
                    && row.is_late(now)
            });
            if let Some(text) = late.map(|row| format!("I6: a timer of {row:?} has not fired")) {
                model.violate(text);
            }
        });
    }

    /// Instances that have not ended.
    fn open(&self) -> Vec<String> {
        self.store.model(|model| {
            let open = model.rows.values().filter(|row| !row.record.status.is_terminal());
            open.filter(|row| row.hub == self.hub_id && row.record.entity.is_none())
                .map(|row| row.record.instance_id.to_string())
                .collect()
        })
    }

    async fn work(&mut self, worker: &mut taskhub_hub::operation::work::WorkItems) {
        for _ in 0..BUSY {
            self.quiet().await;
            let mut any = false;
            while let Some(Some(item)) = worker.next().now_or_never() {
                any = true;
                self.received(item.token, item.into());
            }
            if !any || self.store.model(|model| model.violation().is_some()) {
                return;
            }
            for held in std::mem::take(&mut self.held) {
                self.reply(held);
            }
        }
        self.violate(format!("I10: the work does not end, though nothing comes in {BUSY} times"));
    }

    /// Lets an instance go on that only somebody outside can move.
    async fn wake(&mut self, id: &str, round: usize) {
        self.hub().resume(id, None).await.ok();
        self.hub().raise_event(id, "go", Some(payload(&format!("last {id} {round}")))).await.ok();
    }

    /// What holds at the end, read from the store.
    async fn look_at_all(&mut self) {
        self.quiet().await;
        let records = self.store.list(self.hub_id, everything()).await.unwrap();
        let mut counted: BTreeMap<(String, RuntimeStatus), u64> = BTreeMap::new();
        for record in &records {
            *counted.entry((record.name.clone(), record.status)).or_default() += 1;
            self.look_at(record).await;
        }
        let counts = self.store.counts(self.hub_id, Filter::default()).await.unwrap();
        let counts: BTreeMap<_, _> =
            counts.into_iter().map(|group| ((group.name, group.status), group.count)).collect();
        if counts != counted {
            self.violate(format!("I5: counted {counts:?}, listed {counted:?}"));
        }
        // I1: what the commits made is what the store has.
        let known = self.store.model(|model| {
            let ours =
                |row: &&super::model::Row| row.hub == self.hub_id && row.record.entity.is_none();
            model.rows.values().filter(ours).count()
        });
        if known != records.len() {
            self.violate(format!("I1: {} instances are listed, of {known}", records.len()));
        }
        self.must_have_heard_all();
        self.look_at_entities();
        // Entities have no end; without room in the cache they go like all that is idle.
        self.hub().set_cache_bytes(0);
        self.hub().waiting_for("nobody").await.ok();
        let census = self.hub().census();
        if census != taskhub_hub::census::Census::default() {
            self.violate(format!("I10: something is left in memory: {census:?}"));
        }
        let outstanding = self.store.outstanding(self.hub_id).await.unwrap();
        if outstanding != taskhub_hub::store::model::Outstanding::default() {
            self.violate(format!("I10: something is left in the store: {outstanding:?}"));
        }
    }

    /// I13: a hub of the same store knows nothing of this one, and changes nothing of it.
    async fn look_at_another_hub(&mut self) {
        let (hub, id) = self.other_hub().await;
        let mut worker = hub.connect_worker(WorkerProfile::default());
        let before = self.store.model(|model| model.record(self.hub_id, "a"));
        let request = taskhub_hub::operation::start_instance::Request {
            instance_id: Some("a".to_owned()),
            name: script::NAMES[0].to_owned(),
            tags: script::tags("Other"),
            ..Default::default()
        };
        let started = hub.start_instance(request).await;
        let record = self.store.model(|model| model.record(id, "a"));
        if started.is_err() || record.is_none_or(|record| record.tags != script::tags("Other")) {
            self.violate(format!("I13: the start in another hub made {started:?}"));
        }
        while let Some(Some(item)) = worker.next().now_or_never() {
            let Work::Orchestration(work) = item.work else {
                self.violate(format!("I13: {item:?} is not of the other hub"));
                continue;
            };
            // A delivery of one hub means nothing to another.
            let there = &work.record.instance_id;
            let stale = self.hub().complete_turn(item.token, there, TurnResponse::default()).await;
            if work.record.tags != script::tags("Other") || !matches!(stale, Ok(Outcome::Stale)) {
                self.violate(format!("I13: {work:?}, {stale:?}"));
            }
        }
        let listed = self.store.list(id, everything()).await.unwrap();
        let after = self.store.model(|model| model.record(self.hub_id, "a"));
        if before != after || listed.len() != 1 {
            self.violate(format!("I13: another hub has {} instances", listed.len()));
        }
    }

    /// Nobody who has ended holds an entity, and nothing waits for one.
    fn look_at_entities(&self) {
        self.store.model(|model| {
            let entities: Vec<_> =
                model.rows.values().filter(|row| row.record.entity.is_some()).collect();
            let held = entities.iter().find(|row| row.record.lock().is_some() || row.waits());
            if let Some(text) = held.map(|row| format!("I10: {row:?} is held or waits")) {
                model.violate(text);
            }
        });
    }

    async fn look_at(&mut self, record: &InstanceRecord) {
        let id = &record.instance_id;
        let history = self.store.history(self.hub_id, id, 0, usize::MAX).await.unwrap().unwrap();
        let state = RuntimeState::fold(&history);
        let mut wrong = vec![];
        if history.len() as u64 != record.history_len {
            wrong.push(format!("I2: {} events, {} stored", record.history_len, history.len()));
        }
        if state.status() != record.status || !record.status.is_terminal() {
            wrong.push(format!("I5: {}, not {}", record.status, state.status()));
        }
        let Some(EventKind::ExecutionCompleted { result, failure, .. }) =
            history.last().map(|event| &event.kind)
        else {
            wrong.push("I2: the last event is not the end".to_owned());
            return;
        };
        if &record.payloads.output != result
            || record.payloads.failure.as_deref() != failure.as_deref()
            || record.completed_at.is_none()
        {
            wrong.push("I5: the record does not say what the end says".to_owned());
        }
        let number = record.payloads.input.as_deref().map(script::number).unwrap_or_default();
        if record.status == RuntimeStatus::Completed
            && record.payloads.output.as_deref() != Some(&*script::output(number))
        {
            wrong.push(format!("its output is {:?}", record.payloads.output));
        }
        // I11: the last change of this process was told.
        let model_says = self.store.model(|model| model.record(self.hub_id, id));
        if model_says.is_none_or(|known| known.revision != record.revision) {
            wrong.push("I9: the store has another revision than the commits made".to_owned());
        }
        for text in wrong {
            self.violate(format!("{id}: {text}"));
        }
    }
}

/// All instances of a hub.
fn everything() -> ListRequest {
    ListRequest {
        filter: Filter::default(),
        from: None,
        direction: Direction::Older,
        limit: usize::MAX,
        payloads: true,
    }
}
