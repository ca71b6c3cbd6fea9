//! What an instance has been told and no turn has consumed: [`Inbox`].
//!
//! It knows how much it holds and of what kind, so that nobody has to look through a long one for what is not there.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, ops::AddAssign};

use super::{
    entity,
    history_event::{Effect, HistoryEvent},
    instance::Pending,
};
use crate::store::model::Lock;

/// Pending events, oldest first; in an entity that is locked, those of the lock's holder before the others.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pending: VecDeque<Pending>,
    bytes: usize,
    /// How many take effect by themselves and end the instance.
    ends: usize,
    /// How many take effect by themselves and suspend or resume the instance.
    holds: usize,
    /// How many ask for the lock of an entity.
    locks: usize,
    /// How many at the front are those of the lock's holder.
    holders: usize,
}

impl Inbox {
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Pending> + Clone {
        self.pending.iter()
    }

    pub(crate) fn front(&self) -> Option<&Pending> {
        self.pending.front()
    }

    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Bytes of the events, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether an event waits that ends the instance by itself.
    pub(crate) fn has_end(&self) -> bool {
        self.ends > 0
    }

    /// Whether an event waits that suspends or resumes the instance by itself.
    pub(crate) fn has_hold(&self) -> bool {
        self.holds > 0
    }

    /// Whether somebody asks for the lock.
    pub(crate) fn has_lock_request(&self) -> bool {
        self.locks > 0
    }

    pub(crate) fn push_back(&mut self, pending: Pending) {
        self.note(&pending);
        self.pending.push_back(pending);
    }

    /// Adds an event: last, or in an entity that is locked behind those of the lock's holder, if it is one of these.
    pub(crate) fn receive(&mut self, lock: Option<&Lock>, pending: Pending) {
        if lock.is_some_and(|lock| entity::is_of(lock, &pending)) {
            self.note(&pending);
            // Whatever is with a worker is the holder's too, and stands before it.
            self.pending.insert(self.holders.min(self.pending.len()), pending);
            self.holders += 1;
        } else {
            self.push_back(pending);
        }
    }

    /// Takes the event at this place out.
    pub(crate) fn remove(&mut self, position: usize) -> Option<Pending> {
        let pending = self.pending.remove(position)?;
        if position < self.holders {
            self.holders -= 1;
        }
        self.forget(&pending);
        Some(pending)
    }

    pub(crate) fn pop_front(&mut self) -> Option<Pending> {
        self.remove(0)
    }

    /// Takes the first events out.
    pub(crate) fn take_first(&mut self, count: usize) -> Vec<Pending> {
        let taken: Vec<Pending> = self.pending.drain(..count.min(self.pending.len())).collect();
        self.holders = self.holders.saturating_sub(taken.len());
        for pending in &taken {
            self.forget(pending);
        }
        taken
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts the messages of the lock's holder to the front; within both groups the order stays. Without a lock it stays
    /// as it is.
    pub(crate) fn arrange(&mut self, lock: Option<&Lock>) {
        self.holders = 0;
        let Some(lock) = lock else { return };
        let (first, rest): (Vec<_>, Vec<_>) =
            self.pending.drain(..).partition(|pending| entity::is_of(lock, pending));
        self.holders = first.len();
        self.pending.extend(first.into_iter().chain(rest));
    }

    fn note(&mut self, pending: &Pending) {
        self.bytes += HistoryEvent::weight(&pending.event);
        if let Some(count) = self.count(pending) {
            count.add_assign(1);
        }
    }

    fn forget(&mut self, pending: &Pending) {
        self.bytes = self.bytes.saturating_sub(HistoryEvent::weight(&pending.event));
        if let Some(count) = self.count(pending) {
            *count = count.saturating_sub(1);
        }
    }

    fn count(&mut self, pending: &Pending) -> Option<&mut usize> {
        match pending.event.kind.effect() {
            Some(Effect::End { .. }) => Some(&mut self.ends),
            Some(Effect::Suspend | Effect::Resume) => Some(&mut self.holds),
            None => entity::is_lock_request(pending).then_some(&mut self.locks),
        }
    }
}

impl FromIterator<Pending> for Inbox {
    fn from_iter<I: IntoIterator<Item = Pending>>(pending: I) -> Self {
        let mut inbox = Self::default();
        pending.into_iter().for_each(|pending| inbox.push_back(pending));
        inbox
    }
}
