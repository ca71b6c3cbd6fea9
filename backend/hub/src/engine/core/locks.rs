//! Critical sections: lock requests that travel from entity to entity, and locks that no holder outlives.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Core, complete::note_consumed};
use crate::{
    engine::{
        batch::{Ack, Batch},
        entity::{self, Control},
        entity_event::EntityEvent,
        history_event::EventKind,
        instance::Instance,
        runtime_state::Held,
    },
    store::model::{EntityRecord, InstanceRecord, Lock},
};

impl Core {
    /// Takes back a lock request that has not been granted; whether there was one.
    pub(super) fn withdraw_lock(
        &mut self,
        batch: &mut Batch,
        target: &Arc<str>,
        section: &str,
        sender: Option<&str>,
    ) -> bool {
        let Some(instance) = self.instances.get_mut(target) else { return false };
        let Some(position) = entity::waiting_lock(&instance.inbox, section, sender) else {
            return false;
        };
        let Some(request) = instance.inbox.remove(position) else { return false };
        let num = instance.record.num;
        batch.touch(target, num);
        note_consumed(batch, num, std::slice::from_ref(&request));
        true
    }

    /// Gives free what an orchestration that ends, or begins anew, still holds or waits for. The entities have been
    /// loaded.
    pub(super) fn release_locks(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        held: &Held,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        for target in &held.entities {
            let event = EntityEvent::UnlockSent {
                critical_section: held.critical_section.clone(),
                parent: Some(id.to_string()),
                target: Some(target.clone()),
            };
            self.post_entity(batch, &Arc::from(target.as_str()), event, now, awake);
        }
    }

    /// Lets the lock messages at the front of an entity's inbox take effect. Whether nothing stands in the way of its
    /// next batch.
    pub(super) fn settle_entity(&mut self, id: &Arc<str>) -> bool {
        while let Some(control) = self.next_entity_control(id) {
            if self.reads_first(id, control.relatives()) {
                return false;
            }
            // What was read was read for this message; the next one may need others.
            self.relatives_read = None;
            self.absorb_lock(id, control);
        }
        true
    }

    fn next_entity_control(&self, id: &Arc<str>) -> Option<Control> {
        let instance = self.instances.get(id).filter(|i| i.is_active() && !i.poisoned)?;
        // While a batch is out, the front of the inbox belongs to it.
        if instance.turn.is_some() {
            return None;
        }
        entity::next_control(instance)
    }

    fn absorb_lock(&mut self, id: &Arc<str>, control: Control) {
        let now = self.clock.now();
        let Some(instance) = self.instances.get_mut(id) else { return };
        let num = instance.record.num;
        let Some(pending) = instance.inbox.pop_front() else { return };
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        batch.touch(id, num);
        note_consumed(&mut batch, num, std::slice::from_ref(&pending));
        match control {
            Control::Unlock { critical_section, holder } => {
                let lock = instance.record.lock();
                if lock.is_some_and(|lock| lock.is_of(&critical_section, holder.as_deref())) {
                    self.set_lock(&mut batch, id, None);
                }
            }
            Control::Lock { critical_section, lock_set, position, holder } => {
                let parent: Arc<str> = Arc::from(holder.as_str());
                // Who has ended, begun anew or given it free already would never give it free again.
                let wants = |instance: &Instance| {
                    let held = instance.state.held.as_ref().filter(|_| instance.is_active());
                    held.is_some_and(|held| {
                        held.critical_section == critical_section && held.entities.contains(&**id)
                    })
                };
                if self.present(&parent).is_some_and(wants) {
                    let lock = Lock { holder, critical_section: critical_section.clone() };
                    self.set_lock(&mut batch, id, Some(lock));
                    match lock_set.get(position + 1).cloned() {
                        Some(next) => {
                            let event = EntityEvent::LockRequested {
                                critical_section,
                                lock_set,
                                position: i32::try_from(position + 1).unwrap_or(i32::MAX),
                                parent: Some(parent.to_string()),
                            };
                            let next = Arc::from(next);
                            self.post_entity(&mut batch, &next, event, now, &mut awake);
                        }
                        None => {
                            let granted = EntityEvent::LockGranted { critical_section };
                            let kind = EventKind::Entity(Box::new(granted));
                            self.post(&mut batch, &parent, kind, now, &mut awake);
                        }
                    }
                } else {
                    self.rely_on(&mut batch, &parent);
                }
            }
        }
        // Nobody waits for what happens by itself; a failure brings the message back.
        drop(self.submit(batch));
        self.settle_all(awake);
    }

    /// Locks an entity or gives it free, and puts its inbox in order.
    fn set_lock(&mut self, batch: &mut Batch, id: &Arc<str>, lock: Option<Lock>) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        instance.inbox.arrange(lock.as_ref());
        let mut record = InstanceRecord::clone(&instance.record);
        record.entity = Some(EntityRecord { lock });
        self.update_entity(batch, id, record, false);
    }

    /// Who holds the entity.
    pub(crate) fn holder(&self, id: &str) -> Vec<Arc<str>> {
        let lock = self.present(id).and_then(|instance| instance.record.lock());
        lock.map(|lock| Arc::from(lock.holder.as_str())).into_iter().collect()
    }

    /// Gives an entity free whose holder has ended or is gone; `None` when it is not so. The holder has been loaded.
    pub(crate) fn release_orphan(&mut self, id: &Arc<str>) -> Option<Ack> {
        let instance = self.present(id)?;
        let holder = instance.record.lock()?.holder.clone();
        if instance.turn.is_some() || self.present(&holder).is_some_and(Instance::is_active) {
            return None;
        }
        let mut batch = Batch::default();
        self.rely_on(&mut batch, &Arc::from(holder));
        self.set_lock(&mut batch, id, None);
        let ack = self.submit(batch);
        self.settle(id);
        self.dispatch();
        Some(ack)
    }
}

impl Control {
    /// Instances that the message concerns beside the entity.
    fn relatives(&self) -> Vec<Arc<str>> {
        match self {
            Self::Unlock { .. } => Vec::new(),
            Self::Lock { lock_set, position, holder, .. } => {
                let next = lock_set.get(position + 1);
                std::iter::once(holder).chain(next).map(|id| Arc::from(id.as_str())).collect()
            }
        }
    }
}
