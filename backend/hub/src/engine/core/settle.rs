//! What follows from a change of an instance: controls take effect, and it is queued when it wants a turn.

use std::sync::Arc;

use super::Core;
use crate::engine::{
    batch::Batch,
    history_event::{Effect, EventKind},
    instance::Instance,
};

impl Core {
    /// Looks at an instance after any change.
    pub(crate) fn settle(&mut self, id: &Arc<str>) {
        self.settle_all(std::iter::once(Arc::clone(id)));
    }

    /// Looks at instances after any change of them.
    ///
    /// What one of them does may change others, which are looked at in turn: a tree of any depth takes no stack.
    pub(super) fn settle_all(&mut self, ids: impl IntoIterator<Item = Arc<str>>) {
        self.unsettled.extend(ids);
        if self.settling {
            return;
        }
        self.settling = true;
        while let Some(id) = self.unsettled.pop_front() {
            // What it was told takes memory too.
            self.recount(&id);
            let entity = self.instances.get(&id).is_some_and(Instance::is_entity);
            let waits = if entity {
                self.fail_poison_batch(&id) || !self.settle_entity(&id)
            } else {
                self.end_poison(&id) || !self.absorb_controls(&id)
            };
            if waits {
                // It comes back here when its relatives have been read.
                self.unqueue(&id);
            } else {
                self.queue_turn(&id);
            }
        }
        self.settling = false;
    }

    /// Goes on after a panic, which may have come while instances were looked at.
    pub(crate) fn after_panic(&mut self) {
        self.settling = false;
        self.relatives_read = None;
    }

    /// What a bug might do.
    #[cfg(feature = "test-support")]
    #[expect(clippy::panic, reason = "tests see what becomes of it")]
    pub(crate) fn panic_while_settling(&mut self) {
        self.settling = true;
        panic!("a test said so");
    }

    /// Settles an instance whose relatives have been looked for: those that are not in memory do not exist.
    pub(crate) fn settle_with_relatives(&mut self, id: &Arc<str>, relatives: &[Arc<str>]) {
        self.relatives_read = Some((Arc::clone(id), relatives.to_vec()));
        self.settle(id);
        self.relatives_read = None;
    }

    /// Whether some of these relatives have to be read before the instance can be looked at; then they are asked for,
    /// and it comes back.
    ///
    /// Those that are here now may be gone when the others have been read, so all are asked for together.
    pub(super) fn reads_first(&self, id: &Arc<str>, relatives: Vec<Arc<str>>) -> bool {
        let read = self.relatives_read.as_ref().filter(|(of, _)| of == id);
        let known = relatives.iter().all(|relative| {
            self.instances.contains_key(relative)
                || read.is_some_and(|(_, read)| read.contains(relative))
        });
        if !known {
            self.request_load(Arc::clone(id), relatives);
        }
        !known
    }

    /// Lets suspend, resume and terminate messages take effect, as soon as no worker has a turn that they must not
    /// interrupt. Whether nothing stands in the way of its next turn.
    fn absorb_controls(&mut self, id: &Arc<str>) -> bool {
        while let Some((position, recurse)) = self.next_control(id) {
            if let Some(recurse) = recurse {
                if self.reads_first(id, self.relatives(id, recurse)) {
                    return false;
                }
            } else {
                self.recall_turn(id);
            }
            self.absorb(id, position);
        }
        true
    }

    /// Place of the next message that takes effect by itself; for the end, whether it reaches the sub-orchestrations.
    fn next_control(&self, id: &Arc<str>) -> Option<(usize, Option<bool>)> {
        let instance = self.instances.get(id).filter(|i| i.is_active() && !i.poisoned)?;
        let interruptible = !self.is_with_a_worker(id);
        let any = instance.inbox.has_end() || (interruptible && instance.inbox.has_hold());
        if !any {
            return None;
        }
        instance.inbox.iter().enumerate().find_map(|(position, pending)| {
            match pending.event.kind.effect()? {
                Effect::End { recurse } => Some((position, Some(recurse))),
                Effect::Suspend | Effect::Resume => interruptible.then_some((position, None)),
            }
        })
    }

    fn absorb(&mut self, id: &Arc<str>, position: usize) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let num = instance.record.num;
        let Some(pending) = instance.inbox.remove(position) else { return };
        let mut batch = Batch::default();
        let mut awake = Vec::new();
        batch.touch(id, num);
        super::complete::note_consumed(&mut batch, num, std::slice::from_ref(&pending));
        if let EventKind::ExecutionTerminated { input, recurse } = &pending.event.kind {
            self.terminate_into(&mut batch, id, input.clone(), *recurse, &mut awake);
        } else {
            self.control_into(&mut batch, id, pending.event.kind.clone());
        }
        // Nobody waits for what happens by itself; a failure brings the message back.
        drop(self.submit(batch));
        self.settle_all(awake);
    }

    /// Instances that hear of the end of this one: its parent, its open sub-orchestrations when they end too, and the
    /// entities that it holds.
    pub(crate) fn relatives(&self, id: &str, recurse: bool) -> Vec<Arc<str>> {
        let Some(instance) = self.instances.get(id) else { return Vec::new() };
        let parent = instance.record.parent.as_ref().map(|parent| parent.instance_id.as_str());
        let children = recurse.then(|| open_children(instance));
        let held = instance.state.held.iter().flat_map(|held| &held.entities).map(String::as_str);
        children.into_iter().flatten().chain(parent).chain(held).map(Arc::from).collect()
    }
}

/// Ids of the sub-orchestrations that an instance waits for.
pub(super) fn open_children(instance: &Instance) -> impl Iterator<Item = &str> {
    instance.state.open_children.values().map(|child| child.instance_id.as_str())
}
