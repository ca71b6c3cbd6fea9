//! Critical sections: several entities locked for one orchestration.
//!
//! Rules: one section at a time; inside it only its entities may be called, each
//! once at a time, and none of them signalled; a section that is given up before
//! it was granted is left the moment it is granted; a section that is left
//! unlocks every entity, and the end of the generation leaves it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::send_entity_message_action::EntityMessageType as Message;
use taskhub_proto::{EntityUnlockSentEvent, SendEntityMessageAction};

use super::state::State;

/// Locked entities; dropping it unlocks them.
///
/// Keep it in a variable with a name: `let _ = ...` drops at once.
#[derive(Debug)]
#[must_use = "the entities are unlocked when it is dropped"]
pub struct EntityLock {
    pub(super) state: Rc<RefCell<State>>,
    /// Number of the action that asked for the locks.
    pub(super) id: i32,
}

impl EntityLock {
    /// Unlocks the entities, as dropping it does.
    pub fn release(self) {}
}

impl Drop for EntityLock {
    fn drop(&mut self) {
        self.state.borrow_mut().leave(self.id);
    }
}

#[derive(Debug)]
struct Section {
    critical_section_id: String,
    /// Instance ids of the entities, and whether a call to each is under way.
    entities: BTreeMap<String, bool>,
    is_granted: bool,
    is_given_up: bool,
}

/// All sections of a generation that were not left yet.
#[derive(Debug, Default)]
pub(super) struct Sections(BTreeMap<i32, Section>);

impl Sections {
    pub(super) fn request(
        &mut self,
        id: i32,
        critical_section_id: String,
        entities: BTreeSet<String>,
    ) {
        let entities = entities.into_iter().map(|entity| (entity, false)).collect();
        let (is_granted, is_given_up) = (false, false);
        self.0.insert(id, Section { critical_section_id, entities, is_granted, is_given_up });
    }

    /// Takes over the id that the history has.
    pub(super) fn rename(&mut self, id: i32, critical_section_id: &str) {
        if let Some(section) = self.0.get_mut(&id) {
            critical_section_id.clone_into(&mut section.critical_section_id);
        }
    }

    fn current(&mut self) -> Option<&mut Section> {
        self.0.values_mut().find(|section| section.is_granted)
    }

    /// Why no section may be asked for now.
    pub(super) fn refuses_lock(&self) -> Option<&'static str> {
        let is_wanted = self.0.values().any(|section| !section.is_given_up);
        is_wanted.then_some("locks are held or asked for already, so this could wait for ever")
    }

    /// Why no sub-orchestration may be called now.
    pub(super) fn refuses_child(&mut self) -> Option<&'static str> {
        self.current().map(|_| "locks are held, and a sub-orchestration could wait for them")
    }

    /// Why this entity may not be signalled now.
    pub(super) fn refuses_signal(&mut self, entity: &str) -> Option<&'static str> {
        let section = self.current()?;
        let is_locked = section.entities.contains_key(entity);
        is_locked.then_some("its lock is held, so it must be called")
    }

    /// Begins a call, or says why it must not begin.
    pub(super) fn begin_call(&mut self, entity: &str) -> Result<(), &'static str> {
        let Some(section) = self.current() else { return Ok(()) };
        match section.entities.get_mut(entity) {
            None => Err("locks are held, but not that of this entity, so this could wait for ever"),
            Some(true) => Err("its lock is held, and another call to it is under way"),
            Some(is_called) => {
                *is_called = true;
                Ok(())
            }
        }
    }

    pub(super) fn end_call(&mut self, entity: &str) {
        if let Some(is_called) = self.current().and_then(|section| section.entities.get_mut(entity))
        {
            *is_called = false;
        }
    }
}

impl State {
    /// The history says that the locks are held now.
    pub(super) fn grant(&mut self, id: i32) {
        let Some(section) = self.sections.0.get_mut(&id) else { return };
        section.is_granted = true;
        if section.is_given_up {
            self.leave(id);
        }
    }

    /// Unlocks what a section holds, at once or as soon as it is granted.
    fn leave(&mut self, id: i32) {
        // A turn that waits drops the code, and leaves nothing.
        if self.is_closed {
            return;
        }
        let Some(mut section) = self.sections.0.remove(&id) else { return };
        if !section.is_granted {
            section.is_given_up = true;
            self.sections.0.insert(id, section);
            return;
        }
        for entity in section.entities.into_keys() {
            let unlock = EntityUnlockSentEvent {
                critical_section_id: section.critical_section_id.clone(),
                parent_instance_id: Some(self.instance_id.clone()),
                target_instance_id: Some(entity),
            };
            self.ask(action(Message::EntityUnlockSent(unlock)));
        }
    }

    /// Leaves what the code forgot to leave.
    pub(super) fn leave_all(&mut self) {
        let ids: Vec<_> = self.sections.0.keys().copied().collect();
        for id in ids {
            self.leave(id);
        }
    }
}

pub(super) fn action(message: Message) -> ActionType {
    ActionType::SendEntityMessage(SendEntityMessageAction { entity_message_type: Some(message) })
}
