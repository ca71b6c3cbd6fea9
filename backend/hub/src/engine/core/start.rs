//! New instances: from a client, or from a parent.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskhub_shared::status::RuntimeStatus;

use super::Core;
use crate::{
    engine::{
        batch::{Ack, Batch, Change},
        history_event::{EventKind, ExecutionStarted, HistoryEvent},
        instance::{Instance, Pending, Source},
        turn::End,
    },
    store::model::{Create, InstanceRecord, Message, Payloads, RowId, Timer},
};

impl Core {
    /// Adds a new instance to the batch and to memory. Whatever has the id goes; the caller has checked that it may.
    pub(super) fn create(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        mut started: ExecutionStarted,
        now: DateTime<Utc>,
    ) {
        started.execution_id = self.ids.hex();
        let scheduled = started.scheduled_start.filter(|at| *at > now);
        started.scheduled_start = scheduled;
        let record = Arc::new(InstanceRecord {
            num: self.store.sequence().next(),
            instance_id: Arc::clone(id),
            execution_id: started.execution_id.clone(),
            name: started.name.clone(),
            version: started.version.clone(),
            status: RuntimeStatus::Pending,
            created_at: now,
            updated_at: now,
            completed_at: None,
            scheduled_start_at: scheduled,
            parent: started.parent.clone(),
            tags: started.tags.clone(),
            orchestration_trace: None,
            history_len: 0,
            revision: 1,
            entity: None,
            payloads: Payloads { input: started.input.clone(), ..Payloads::default() },
        });
        let num = record.num;
        self.rely_on(batch, id);
        let replaces = self.forget(id);
        let mut instance = Instance::new(Arc::clone(&record));
        let event =
            Arc::new(HistoryEvent::new(now, EventKind::ExecutionStarted(Box::new(started))));
        let message = Message { id: self.store.sequence().next(), event: Arc::clone(&event) };
        instance.inbox.push_back(Pending { source: Source::Message(message.id), event });
        batch.commit.messages.push((num, message));
        if let Some(fire_at) = scheduled {
            let timer = Arc::new(Timer {
                id: self.store.sequence().next(),
                instance_num: num,
                instance_id: Arc::clone(id),
                fire_at,
                action: None,
                event: None,
            });
            instance.timers.insert(timer.id, fire_at);
            self.timers.insert(Arc::clone(&timer));
            self.alarm.by(fire_at);
            batch.commit.timers.push(timer);
        }
        self.admit(id, instance);
        batch.commit.creates.push(Create { record: Arc::clone(&record), replaces });
        batch.changes.push(Change::Updated(record));
        batch.touch(id, num);
    }

    /// Starts an instance that a client asked for. One that it replaces ends; the parent of that has been loaded.
    pub(crate) fn start(&mut self, id: &Arc<str>, started: ExecutionStarted) -> Ack {
        let now = self.clock.now();
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        if self.present(id).is_some_and(Instance::is_active) {
            let output = Some("it was replaced by a new instance of the same id".into());
            let end = End { status: RuntimeStatus::Terminated, output, failure: None };
            self.tell_parent(&mut batch, id, &end, now, &mut awake);
            let held = self.instances.get(id).and_then(|instance| instance.state.held.clone());
            if let Some(held) = held {
                self.release_locks(&mut batch, id, &held, now, &mut awake);
            }
        }
        self.create(&mut batch, id, started, now);
        let ack = self.submit(batch);
        self.settle(id);
        self.settle_all(awake);
        self.dispatch();
        ack
    }

    /// Takes an instance out of memory with its timers, tasks and leases; its number, unless its purge is under way.
    pub(super) fn forget(&mut self, id: &Arc<str>) -> Option<RowId> {
        let instance = self.evict(id)?;
        for task in &instance.tasks {
            self.drop_task(*task);
        }
        (!instance.gone).then_some(instance.record.num)
    }
}
