//! What one instance has for another: children, events, results.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskhub_shared::failure::FailureDetails;

use super::Core;
use crate::{
    engine::{
        batch::Batch,
        history_event::{EventKind, ExecutionStarted, HistoryEvent},
        instance::{Instance, Pending, Source},
        turn::{self, End},
    },
    store::model::Message,
};

impl Core {
    /// Starts the sub-orchestrations of a turn. With `tell`, the parent hears of those that cannot be.
    pub(super) fn start_children(
        &mut self,
        batch: &mut Batch,
        parent: &Arc<str>,
        children: Vec<(String, ExecutionStarted)>,
        tell: bool,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        for (child, started) in children {
            let child: Arc<str> = Arc::from(child);
            let scheduled_id = started.parent.as_ref().map_or(0, |parent| parent.task_scheduled_id);
            match self.refusal(parent, &child) {
                None => {
                    self.create(batch, &child, started, now);
                    awake.push(child);
                }
                Some(text) => {
                    self.rely_on(batch, &child);
                    if tell {
                        let failure =
                            Box::new(FailureDetails::new("SubOrchestrationNotStarted", text));
                        let kind = EventKind::SubOrchestrationFailed { scheduled_id, failure };
                        self.post(batch, parent, kind, now, awake);
                    }
                }
            }
        }
    }

    /// Why a sub-orchestration cannot have this id, if it cannot.
    fn refusal(&self, parent: &Arc<str>, child: &Arc<str>) -> Option<String> {
        if child.starts_with('@') {
            return Some("ids that begin with @ belong to entities".to_owned());
        }
        if child == parent {
            return Some("it has the id of its parent".to_owned());
        }
        let existing = self.present(child).filter(|_| !planted!(self, ChildOverActive));
        if let Some(existing) = existing.filter(|existing| existing.is_active()) {
            return Some(format!(
                "an instance with the id {child:?} is {}",
                existing.record.status
            ));
        }
        let checked = taskhub_shared::id::check_name("instanceId", child);
        checked.err().map(|refused| refused.to_string())
    }

    /// Puts an event into an instance's inbox. One that has ended, or is not there, gets nothing.
    pub(super) fn post(
        &mut self,
        batch: &mut Batch,
        target: &Arc<str>,
        kind: EventKind,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) -> bool {
        let takes = |instance: &&mut Instance| instance.is_active() && !instance.is_entity();
        let Some(instance) = self.instances.get_mut(target).filter(takes) else {
            self.rely_on(batch, target);
            return false;
        };
        let event = Arc::new(HistoryEvent::new(instance.time(now), kind));
        let message = Message { id: self.store.sequence().next(), event: Arc::clone(&event) };
        instance.inbox.push_back(Pending { source: Source::Message(message.id), event });
        batch.touch(target, instance.record.num);
        if !planted!(self, UnstoredMessage) {
            batch.commit.messages.push((instance.record.num, message));
        }
        awake.push(Arc::clone(target));
        true
    }

    /// Tells the parent how its child ended, if that generation of the parent still waits for it. The parent has been
    /// loaded.
    pub(super) fn tell_parent(
        &mut self,
        batch: &mut Batch,
        id: &Arc<str>,
        end: &End,
        now: DateTime<Utc>,
        awake: &mut Vec<Arc<str>>,
    ) {
        let Some(parent) =
            self.instances.get(id).and_then(|instance| instance.record.parent.clone())
        else {
            return;
        };
        let target: Arc<str> = Arc::from(parent.instance_id.as_str());
        let waits = |instance: &Instance| instance.record.execution_id == parent.execution_id;
        if self.present(&target).is_some_and(waits) && !planted!(self, SilentChild) {
            self.post(batch, &target, turn::parent_message(&parent, id, end), now, awake);
        } else {
            self.rely_on(batch, &target);
        }
    }

    /// Makes the batch depend on what memory knows of another instance and the store may not know yet: it has ended,
    /// begun anew or taken an id. When that comes to nothing, what was left undone because of it would be lost.
    pub(super) fn rely_on(&self, batch: &mut Batch, id: &str) {
        let ahead = |instance: &&Instance| instance.uncommitted > 0 && !planted!(self, Carefree);
        let Some(instance) = self.instances.get(id).filter(ahead) else { return };
        let num = instance.record.num;
        // What the batch changes is fenced by its own revision.
        if !batch.commit.updates.iter().any(|update| update.record.num == num) {
            let revision = (!instance.gone).then_some(instance.record.revision);
            batch.commit.expected.push((num, revision));
        }
    }
}
