//! Instances that come into memory from the store.

use std::{collections::hash_map::Entry, sync::Arc};

use super::{Activity, Core, poison::WorkId};
use crate::{
    engine::instance::Instance,
    store::model::{Loaded, Outstanding, Task},
};

/// An instance that should be in memory, and others that it needs there before it goes on.
#[derive(Debug)]
pub(crate) struct LoadRequest {
    pub(crate) id: Arc<str>,
    pub(crate) with: Vec<Arc<str>>,
}

/// What stands between the caller and the instances that it needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// These are not in memory.
    Load(Vec<Arc<str>>),
    /// Some are there but cannot be used until a commit is answered.
    Wait,
}

impl Core {
    /// Asks for an instance to be in memory and settled, with others that it needs for that.
    pub(super) fn request_load(&self, id: Arc<str>, with: Vec<Arc<str>>) {
        self.load_again(LoadRequest { id, with });
    }

    /// Whether these instances can be used now, but for those in `absent`, which the store does not have.
    ///
    /// The ones that it names to load are the caller's to load, and nobody else's, until [`Core::end_load`].
    pub(crate) fn begin_load(
        &mut self,
        ids: &[Arc<str>],
        absent: &[Arc<str>],
    ) -> Result<(), Missing> {
        let blocked = |id: &Arc<str>| {
            self.loading.contains(id)
                || self.instances.get(id).is_some_and(|instance| instance.poisoned)
        };
        if ids.iter().any(blocked) {
            return Err(Missing::Wait);
        }
        let missing: Vec<Arc<str>> =
            ids.iter().filter(|id| !self.instances.contains_key(*id)).cloned().collect();
        if missing.iter().all(|id| absent.contains(id)) {
            return Ok(());
        }
        // Those that were absent too: before the others are read, somebody may make them and memory let go of them.
        self.loading.extend(missing.iter().cloned());
        Err(Missing::Load(missing))
    }

    /// Ends a load, whether it brought anything or not.
    pub(crate) fn end_load(&mut self, ids: &[Arc<str>]) {
        for id in ids {
            self.loading.remove(id);
        }
        self.settled.notify_waiters();
    }

    /// Lets go of instances that were only looked at, and of others when memory holds too much.
    pub(crate) fn let_go(&mut self, ids: &[Arc<str>]) {
        for id in ids {
            let done = |i: &Instance| i.is_idle() && !i.is_active();
            if self.instances.get(id).is_some_and(done) {
                self.evict(id);
            }
        }
        self.trim();
    }

    /// Asks for a load once more.
    pub(crate) fn load_again(&self, request: LoadRequest) {
        // The loader ends with the hub.
        self.loader.send(request).ok();
    }

    /// Takes note that the store does not have an instance.
    pub(crate) fn is_absent(&mut self, id: &str) {
        self.losses.read(id, None);
    }

    /// Takes what was read from the store, unless memory knows better by now.
    pub(crate) fn insert_loaded(&mut self, loaded: &Loaded) {
        let id = Arc::clone(&loaded.record.instance_id);
        self.losses.read(&id, Some(loaded.record.num));
        if self.instances.contains_key(&id) {
            return;
        }
        let instance = Instance::from_loaded(loaded, self.clock.now());
        for timer in &loaded.timers {
            if instance.timers.contains_key(&timer.id) && !planted!(self, TimersForgotten) {
                self.timers.insert(Arc::clone(timer));
                self.alarm.by(timer.fire_at);
            } else {
                // It is due, and among the pending events.
                self.timers.remove(timer.fire_at, timer.id);
            }
        }
        for task in &loaded.tasks {
            self.insert_task(Arc::clone(task));
        }
        self.admit(&id, instance);
        self.settle(&id);
    }

    /// Takes what a hub has outstanding when it is opened.
    pub(crate) fn insert_outstanding(&mut self, outstanding: Outstanding) {
        for task in outstanding.tasks {
            self.insert_task(task);
        }
        for timer in outstanding.timers {
            self.alarm.by(timer.fire_at);
            self.timers.insert(timer);
        }
        for id in outstanding.with_messages {
            self.request_load(id, Vec::new());
        }
    }

    /// Takes an activity that is stored, unless it is known.
    fn insert_task(&mut self, task: Arc<Task>) {
        let id = task.id;
        if let Entry::Vacant(entry) = self.tasks.entry(id) {
            entry.insert(Activity::new(task));
            self.queue_task(id);
        }
    }

    /// Lets idle instances go when memory holds too much. The store has all there is to know of them.
    pub(super) fn trim(&mut self) {
        if self.cached_bytes <= self.trim_at {
            return;
        }
        let now = self.clock.now();
        let mut excess = self.cached_bytes.saturating_sub(self.cache_bytes / 2);
        let mut idle: Vec<Arc<str>> = Vec::new();
        for (id, instance) in &self.instances {
            if excess == 0 {
                break;
            }
            if instance.is_idle() && !instance.wants_turn(now) {
                excess = excess.saturating_sub(instance.counted);
                idle.push(Arc::clone(id));
            }
        }
        for id in idle {
            if let Some(instance) = self.instances.remove(&id) {
                // Its timers stay where they are: they bring it back when they are due. Nothing of it is out.
                self.losses.forget(WorkId::Turn(instance.record.num));
                self.cached_bytes = self.cached_bytes.saturating_sub(instance.counted);
            }
        }
        // When nothing is idle there is nothing to gain; looking through all of them each time would cost too much.
        self.trim_at = self.cache_bytes.max(self.cached_bytes + self.cache_bytes / 8);
    }
}
