//! What one turn knows: the actions asked for and the tasks still open.
//!
//! Knows numbers, kinds and names, does not know when the code is polled.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::task::Waker;

use chrono::{DateTime, Utc};
use taskhub_proto::TraceContext;
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;

use super::mailbox::Mailbox;
use super::mismatch::{self, Ask, Kind};
use crate::Failure;
use crate::registry::Outcome;

/// Where the outcome of a task meets the future that awaits it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    outcome: RefCell<Option<Outcome>>,
    waker: RefCell<Option<Waker>>,
}

impl Slot {
    pub(super) fn resolve(&self, outcome: Outcome) {
        *self.outcome.borrow_mut() = Some(outcome);
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn take(&self, waker: &Waker) -> Option<Outcome> {
        let outcome = self.outcome.borrow_mut().take();
        if outcome.is_none() {
            *self.waker.borrow_mut() = Some(waker.clone());
        }
        outcome
    }
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    name: String,
    slot: Rc<Slot>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) instance_id: String,
    pub(super) execution_id: Option<String>,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) parent_instance_id: Option<String>,
    pub(super) trace: Option<TraceContext>,
    /// Time of the last `OrchestratorStarted`.
    pub(super) now: DateTime<Utc>,
    pub(super) is_replaying: bool,
    pub(super) n_guids: u32,
    pub(super) mailbox: Mailbox,
    pub(super) custom_status: Option<String>,
    /// Input of the next generation, once the code asked for one.
    pub(super) continue_as_new: Option<Option<String>>,
    /// Set when the code did what it must not.
    pub(super) misuse: Option<Failure>,
    next_id: i32,
    pending: BTreeMap<i32, ActionType>,
    open: HashMap<i32, Open>,
}

impl State {
    pub(super) fn new(instance_id: String, execution_id: Option<String>) -> Self {
        Self {
            instance_id,
            execution_id,
            name: String::new(),
            version: None,
            parent_instance_id: None,
            trace: None,
            now: DateTime::UNIX_EPOCH,
            is_replaying: true,
            n_guids: 0,
            mailbox: Mailbox::default(),
            custom_status: None,
            continue_as_new: None,
            misuse: None,
            next_id: 1,
            pending: BTreeMap::new(),
            open: HashMap::new(),
        }
    }

    /// Number of the next action.
    pub(super) fn next_id(&self) -> i32 {
        self.next_id
    }

    /// Asks for an action whose end nobody can await.
    pub(super) fn ask(&mut self, action: ActionType) -> i32 {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        self.pending.insert(id, action);
        id
    }

    /// Asks for an action and opens the task that ends it.
    pub(super) fn open(&mut self, action: ActionType) -> (i32, Rc<Slot>) {
        let slot = Rc::new(Slot::default());
        let ask = Ask::of(&action).map(|ask| (ask.kind, ask.name.to_owned()));
        let id = self.ask(action);
        if let Some((kind, name)) = ask {
            self.open.insert(id, Open { kind, name, slot: Rc::clone(&slot) });
        }
        (id, slot)
    }

    /// The history says that action `id` was taken.
    pub(super) fn confirm(&mut self, id: i32, found: Ask<'_>) -> Result<(), Failure> {
        let Some(action) = self.pending.get(&id) else {
            return Err(mismatch::failure(id, "no action with this number", found));
        };
        let expected = Ask::of(action);
        if expected != Some(found) {
            let expected = expected.map_or_else(|| "another action".to_owned(), |e| e.to_string());
            return Err(mismatch::failure(id, expected, found));
        }
        self.pending.remove(&id);
        Ok(())
    }

    /// The history says that task `id` ended; `None` when nothing was open, as
    /// for a result that was delivered twice. Resolve what is returned once
    /// nothing is borrowed.
    pub(super) fn close(
        &mut self,
        id: i32,
        kind: Kind,
        found: &str,
    ) -> Result<Option<Rc<Slot>>, Failure> {
        let Some(open) = self.open.get(&id) else {
            tracing::debug!(instance_id = %self.instance_id, id, found, "no such task is open");
            return Ok(None);
        };
        if open.kind != kind {
            let expected = Ask::new(open.kind, &open.name);
            return Err(mismatch::failure(id, format!("the end of {expected}"), found));
        }
        Ok(self.open.remove(&id).map(|open| open.slot))
    }

    /// Whether anything can still wake the code.
    pub(super) fn can_be_woken(&self) -> bool {
        !self.open.is_empty() || self.mailbox.is_awaited()
    }

    /// Actions the history does not confirm yet, by number.
    pub(super) fn take_pending(&mut self) -> BTreeMap<i32, ActionType> {
        std::mem::take(&mut self.pending)
    }
}
