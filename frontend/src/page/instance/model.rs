//! What the page of one instance holds and how it follows the instance.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    history::{EventKind, HistoryEvent},
    problem::ErrorCode,
    request::{GetHistory, GetInstance, HistoryPage},
    status::InstanceDetail,
};

use crate::{
    api::{self, Error, live::News},
    state::location,
};

/// A task, timer or sub-orchestration that a later event ends.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// Its name, empty for timers.
    pub name: String,
    /// When it was scheduled.
    pub at: DateTime<Utc>,
}

/// The page's state. Copies of it are the same state.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    hub: StoredValue<String>,
    id: StoredValue<String>,
    /// The instance, once it is loaded.
    pub instance: RwSignal<Option<InstanceDetail>>,
    /// Why the last loading failed.
    pub error: RwSignal<Option<Error>>,
    /// Whether it has been purged since it was loaded.
    pub purged: RwSignal<bool>,
    /// Events so far, oldest first.
    pub history: RwSignal<Vec<HistoryEvent>>,
    /// Whether the person has to ask for the rest of the history.
    pub has_more: RwSignal<bool>,
    /// Whether events are being loaded.
    pub reading: RwSignal<bool>,
    /// Whether a new generation took the place of the one that was shown first.
    pub began_anew: RwSignal<bool>,
    scheduled: StoredValue<HashMap<i32, Scheduled>>,
    execution: StoredValue<String>,
    waiting: StoredValue<bool>,
    read_at: StoredValue<f64>,
}

/// Least time between two readings that live changes ask for, in milliseconds.
const GAP: f64 = 250.0;
/// Events of one call.
const PAGE: usize = 500;

impl Detail {
    /// The state of this instance, which follows the live stream.
    pub fn new(hub: String, id: String) -> Self {
        let detail = Self {
            hub: StoredValue::new(hub),
            id: StoredValue::new(id),
            instance: RwSignal::new(None),
            error: RwSignal::new(None),
            purged: RwSignal::new(false),
            history: RwSignal::new(Vec::new()),
            has_more: RwSignal::new(false),
            reading: RwSignal::new(false),
            began_anew: RwSignal::new(false),
            scheduled: StoredValue::default(),
            execution: StoredValue::default(),
            waiting: StoredValue::new(false),
            read_at: StoredValue::new(0.0),
        };
        detail.load();
        api::live::listen(move |news| detail.hear(news));
        detail
    }

    /// Name of the hub.
    pub fn hub(self) -> String {
        self.hub.get_value()
    }

    /// Id of the instance.
    pub fn id(self) -> String {
        self.id.get_value()
    }

    /// What ends with an event that names this number.
    pub fn scheduled(self, event_id: i32) -> Option<Scheduled> {
        self.scheduled.with_value(|scheduled| scheduled.get(&event_id).cloned())
    }

    /// Whether there is no such instance.
    pub fn is_missing(self) -> bool {
        let missing = self.error.with(|error| error.as_ref().and_then(Error::code));
        let missing =
            matches!(missing, Some(ErrorCode::InstanceNotFound | ErrorCode::TaskHubNotFound));
        missing && self.instance.with(Option::is_none)
    }

    fn hear(self, news: &News) {
        let concerned = self.id.with_value(|id| match news {
            News::Changes(changes) => {
                if changes.purged.contains(id) {
                    self.purged.set(true);
                }
                changes.rows.iter().any(|row| row.instance_id == *id)
            }
            News::Resync(_) | News::Opened => true,
        });
        if concerned {
            self.load_soon();
        }
    }

    /// Loads again soon, but not more often than once a [`GAP`].
    pub fn load_soon(self) {
        if self.waiting.get_value() {
            return;
        }
        self.waiting.set_value(true);
        let since = js_sys::Date::now() - self.read_at.get_value();
        let wait = Duration::from_secs_f64((GAP - since).clamp(0.0, GAP) / 1000.0);
        set_timeout(
            move || {
                if !self.instance.is_disposed() {
                    self.waiting.set_value(false);
                    self.load();
                }
            },
            wait,
        );
    }

    /// Loads the instance, then what its history has more than is shown.
    pub fn load(self) {
        self.read_at.set_value(js_sys::Date::now());
        let request = GetInstance { hub: self.hub(), id: self.id() };
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.instance.is_disposed() {
                return;
            }
            match answer {
                Ok(instance) => self.take(instance),
                Err(error) => {
                    let gone = error.code() == Some(ErrorCode::InstanceNotFound);
                    if gone && self.instance.with_untracked(Option::is_some) {
                        self.purged.set(true);
                    } else {
                        self.error.set(Some(error));
                    }
                }
            }
        });
    }

    fn take(self, instance: InstanceDetail) {
        let newest = self.instance.with_untracked(|known| {
            known.as_ref().is_none_or(|known| {
                let (old, new) = (&known.summary, &instance.summary);
                new.revision >= old.revision || new.created_at > old.created_at
            })
        });
        if !newest {
            return;
        }
        self.error.set(None);
        self.purged.set(false);
        let execution = instance.summary.execution_id.clone();
        if self.execution.with_value(|known| *known != execution) {
            self.began_anew.set(self.execution.with_value(|known| !known.is_empty()));
            self.execution.set_value(execution);
            self.scheduled.set_value(HashMap::new());
            self.history.set(Vec::new());
            self.has_more.set(false);
        }
        self.instance.set(Some(instance));
        location::return_to_scroll();
        if !self.has_more.get_untracked() {
            self.read_history();
        }
    }

    /// Loads the next events.
    pub fn read_history(self) {
        let last = self.history.with_untracked(|events| events.last().map_or(0, |event| event.seq));
        let length = self.instance.with_untracked(|instance| {
            instance.as_ref().map_or(0, |instance| instance.summary.history_length)
        });
        if self.reading.get_untracked() || last >= length {
            return;
        }
        self.reading.set(true);
        let request = GetHistory {
            hub: self.hub(),
            id: self.id(),
            after: last,
            limit: Some(PAGE),
            inline: Some(64 * 1024),
            ..GetHistory::default()
        };
        let execution = self.execution.get_value();
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.instance.is_disposed() {
                return;
            }
            self.reading.set(false);
            if self.execution.with_value(|now| *now != execution) {
                self.read_history();
                return;
            }
            match answer {
                Ok(HistoryPage { page, .. }) => {
                    let came = !page.items.is_empty();
                    self.has_more.set(page.next.is_some());
                    self.append(page.items);
                    if came && !self.has_more.get_untracked() {
                        // The instance may have gone on meanwhile.
                        self.read_history();
                    }
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    fn append(self, events: Vec<HistoryEvent>) {
        self.scheduled.update_value(|scheduled| {
            for event in &events {
                let name = match &event.kind {
                    EventKind::TaskScheduled { name, .. }
                    | EventKind::SubOrchestrationInstanceCreated { name, .. } => name.clone(),
                    EventKind::TimerCreated { .. } => String::new(),
                    EventKind::OrchestratorStarted
                    | EventKind::ExecutionStarted { .. }
                    | EventKind::ExecutionCompleted { .. }
                    | EventKind::ExecutionTerminated { .. }
                    | EventKind::ExecutionSuspended { .. }
                    | EventKind::ExecutionResumed { .. }
                    | EventKind::ExecutionRewound { .. }
                    | EventKind::TaskCompleted { .. }
                    | EventKind::TaskFailed { .. }
                    | EventKind::SubOrchestrationInstanceCompleted { .. }
                    | EventKind::SubOrchestrationInstanceFailed { .. }
                    | EventKind::TimerFired { .. }
                    | EventKind::EventSent { .. }
                    | EventKind::EventRaised { .. }
                    | EventKind::EntityOperationSignaled { .. }
                    | EventKind::EntityOperationCalled { .. }
                    | EventKind::EntityOperationCompleted { .. }
                    | EventKind::EntityOperationFailed { .. }
                    | EventKind::EntityLockRequested { .. }
                    | EventKind::EntityLockGranted { .. }
                    | EventKind::EntityUnlockSent { .. }
                    | EventKind::Other { .. } => continue,
                };
                scheduled.insert(event.event_id, Scheduled { name, at: event.timestamp });
            }
        });
        self.history.update(|history| {
            let last = history.last().map_or(0, |event| event.seq);
            history.extend(events.into_iter().filter(|event| event.seq > last));
        });
    }
}
