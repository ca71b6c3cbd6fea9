//! Instances that come into memory from the store.

use std::{collections::HashMap, sync::Arc};

use super::{Core, QueuedTask, commit::task_key};
use crate::{
    engine::instance::Instance,
    store::model::{Loaded, Outstanding},
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
    pub(super) fn request_load(&self, request: LoadRequest) {
        // The loader ends with the hub.
        self.loader.send(request).ok();
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
        let missing: Vec<Arc<str>> = ids
            .iter()
            .filter(|id| !self.instances.contains_key(*id) && !absent.contains(id))
            .cloned()
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
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

    /// Lets go of instances that were only looked at.
    pub(crate) fn let_go(&mut self, ids: &[Arc<str>]) {
        for id in ids {
            if self
                .instances
                .get(id)
                .is_some_and(|instance| instance.is_idle() && !instance.is_active())
            {
                self.forget_quietly(id);
            }
        }
    }

    /// Asks for a load once more.
    pub(crate) fn load_again(&self, request: LoadRequest) {
        self.request_load(request);
    }

    /// Settles an instance whose sub-orchestrations have been looked for, when `complete` says so: those that are not
    /// in memory do not exist.
    pub(crate) fn settle_without(&mut self, id: &Arc<str>, complete: bool) {
        if complete {
            self.absent_children.insert(Arc::clone(id));
        }
        self.settle(id);
        self.absent_children.remove(id);
    }

    /// Takes what was read from the store, unless memory knows better by now.
    pub(crate) fn insert_loaded(&mut self, loaded: &Loaded) {
        let id = Arc::clone(&loaded.record.instance_id);
        if self.instances.contains_key(&id) {
            return;
        }
        let now = self.clock.now();
        let instance = Instance::from_loaded(loaded, now);
        for timer in &loaded.timers {
            if instance.timers.contains_key(&timer.id) {
                self.timers.insert((timer.fire_at, timer.id), Arc::clone(timer));
                self.timer_changed.notify_one();
            } else {
                self.timers.remove(&(timer.fire_at, timer.id));
            }
        }
        for task in &loaded.tasks {
            if self.tasks.insert(task.id, Arc::clone(task)).is_none() {
                self.activities
                    .push_back(task_key(task), QueuedTask { task: Arc::clone(task), last: None });
            }
        }
        self.cached_bytes += instance.state.bytes;
        self.instances.insert(Arc::clone(&id), instance);
        self.settle(&id);
        self.trim();
    }

    /// Takes what a hub has outstanding when it is opened.
    pub(crate) fn insert_outstanding(&mut self, outstanding: Outstanding) {
        for task in outstanding.tasks {
            self.tasks.insert(task.id, Arc::clone(&task));
            self.activities.push_back(task_key(&task), QueuedTask { task, last: None });
        }
        for timer in outstanding.timers {
            self.timers.insert((timer.fire_at, timer.id), timer);
        }
        for id in outstanding.with_messages {
            self.request_load(LoadRequest { id, with: Vec::new() });
        }
        self.timer_changed.notify_one();
    }

    /// Lets idle instances go when memory holds too much history.
    fn trim(&mut self) {
        if self.cached_bytes <= super::CACHE_BYTES {
            return;
        }
        let now = self.clock.now();
        let mut excess = self.cached_bytes - super::CACHE_BYTES / 2;
        let mut idle: HashMap<Arc<str>, usize> = HashMap::new();
        for (id, instance) in &self.instances {
            if excess == 0 {
                break;
            }
            if instance.is_idle() && !instance.wants_turn(now) {
                excess = excess.saturating_sub(instance.state.bytes);
                idle.insert(Arc::clone(id), instance.state.bytes);
            }
        }
        for (id, bytes) in idle {
            // Its timers stay in the wheel: they bring it back when they are due.
            self.instances.remove(&id);
            self.cached_bytes = self.cached_bytes.saturating_sub(bytes);
        }
    }
}
