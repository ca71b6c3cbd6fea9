//! What one turn knows: the actions asked for and the tasks still open.
//!
//! Knows numbers, kinds and names, does not know when the code is polled.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::task::Waker;

use chrono::{DateTime, Utc};
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::{EntityLockRequestedEvent, EntityOperationCalledEvent, TraceContext};
use uuid::Uuid;

use super::mailbox::Mailbox;
use super::mismatch::{self, Ask, Kind};
use super::section::Sections;
use crate::Failure;
use crate::registry::Outcome;

/// Namespace of all ids that are the same on every replay.
///
/// Source: `NewGuid` of the .NET SDK.
pub(super) const GUID_NAMESPACE: Uuid = Uuid::from_u128(0x9e95_2958_5e33_4daf_827f_2fa1_2937_b875);

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
    ask: Ask<'static>,
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
    pub(super) tags: HashMap<String, String>,
    /// Version of sub-orchestrations that ask for none.
    pub(super) default_version: Option<String>,
    /// Time of the last `OrchestratorStarted`.
    pub(super) now: DateTime<Utc>,
    pub(super) is_replaying: bool,
    pub(super) n_guids: u32,
    pub(super) mailbox: Mailbox,
    pub(super) custom_status: Option<String>,
    /// Input of the next generation, once the code asked for one.
    pub(super) continue_as_new: Option<Option<String>>,
    pub(super) next_version: Option<String>,
    pub(super) drops_events: bool,
    /// Set when the code did what it must not.
    pub(super) misuse: Option<Failure>,
    /// Numbers of entity calls and lock requests by the ids that answers carry.
    pub(super) requests: HashMap<String, i32>,
    pub(super) sections: Sections,
    /// The code waits and is being dropped: what its destructors ask for is not
    /// what it would ask for if it went on.
    pub(super) is_closed: bool,
    /// Whether the last events confirmed actions of one turn.
    is_confirming: bool,
    /// Whether the history was rewritten, so that what was asked for may be
    /// missing.
    pub(super) is_rewound: bool,
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
            tags: HashMap::new(),
            default_version: None,
            now: DateTime::UNIX_EPOCH,
            is_replaying: true,
            n_guids: 0,
            mailbox: Mailbox::default(),
            custom_status: None,
            continue_as_new: None,
            next_version: None,
            drops_events: false,
            misuse: None,
            requests: HashMap::new(),
            sections: Sections::default(),
            is_closed: false,
            is_confirming: false,
            is_rewound: false,
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
        if !self.is_closed {
            self.next_id = id.saturating_add(1);
            self.pending.insert(id, action);
        }
        id
    }

    /// Asks for an action and opens the task that ends it.
    pub(super) fn open(&mut self, action: ActionType) -> (i32, Rc<Slot>) {
        let slot = Rc::new(Slot::default());
        let ask = Ask::of(&action).map(Ask::into_owned);
        let id = self.ask(action);
        if let Some(ask) = ask {
            self.open.insert(id, Open { ask, slot: Rc::clone(&slot) });
        }
        (id, slot)
    }

    /// Id of the next request to an entity: the same on every replay, and no
    /// other request's.
    pub(super) fn request_id(&self) -> String {
        let execution_id = self.execution_id.as_deref().unwrap_or_default();
        let name = format!("{}_{execution_id}_request_{}", self.instance_id, self.next_id);
        Uuid::new_v5(&GUID_NAMESPACE, name.as_bytes()).to_string()
    }

    /// The history says that action `id` was taken.
    pub(super) fn confirm(&mut self, id: i32, found: &Ask<'_>) -> Result<(), Failure> {
        self.is_confirming = true;
        let expected = self.pending.get(&id).and_then(Ask::of);
        let others = self.pending.iter().filter_map(|(id, a)| Ask::of(a).map(|ask| (*id, ask)));
        mismatch::check(id, expected.as_ref(), found, others)?;
        self.pending.remove(&id);
        Ok(())
    }

    /// The history says that an entity was called: what comes back carries the
    /// id that was sent, which differs from ours after a rewind.
    pub(super) fn confirm_call(&mut self, id: i32, call: &EntityOperationCalledEvent) {
        self.requests.insert(call.request_id.clone(), id);
    }

    pub(super) fn confirm_lock(&mut self, id: i32, lock: &EntityLockRequestedEvent) {
        self.requests.insert(lock.critical_section_id.clone(), id);
        self.sections.rename(id, &lock.critical_section_id);
    }

    /// The next turn of the history begins: the one before confirmed everything
    /// that it asked for.
    pub(super) fn begin_turn(&mut self) -> Result<(), Failure> {
        if !std::mem::take(&mut self.is_confirming) || self.is_rewound {
            return Ok(());
        }
        match self.pending.first_key_value().and_then(|(id, a)| Ask::of(a).map(|a| (*id, a))) {
            Some((id, ask)) => Err(mismatch::extra(id, ask)),
            None => Ok(()),
        }
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
        if open.ask.kind != kind {
            return Err(mismatch::other_end(id, &open.ask, found));
        }
        let Some(open) = self.open.remove(&id) else { return Ok(None) };
        if kind == Kind::EntityCall
            && let Some(entity) = open.ask.target()
        {
            self.sections.end_call(entity);
        }
        Ok(Some(open.slot))
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
