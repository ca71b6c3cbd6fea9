//! What the page of one instance holds and how it follows the instance.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    history::HistoryEvent,
    problem::ErrorCode,
    request::{GetHistory, GetInstance, HistoryPage},
    status::InstanceDetail,
};

use super::outline::Outline;
use crate::{
    api::{self, Error, live::News},
    state::location,
};

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
    /// The fold of these events.
    pub outline: RwSignal<Outline>,
    /// Whether events are being loaded.
    pub reading: RwSignal<bool>,
    /// Whether a new generation took the place of the one that was shown first.
    pub began_anew: RwSignal<bool>,
    execution: StoredValue<String>,
    /// Number of histories that were begun to be read.
    asked: StoredValue<u64>,
    waiting: StoredValue<bool>,
    read_at: StoredValue<f64>,
}

/// Least time between two readings that live changes ask for, in milliseconds.
const GAP: f64 = 250.0;
/// Events of the first call, which the person waits for.
const FIRST_PAGE: usize = 500;
/// Bytes past which a payload of an event comes cut, with a link to the whole.
const INLINE: usize = 64 * 1024;
/// Events of the calls after it.
const PAGE: usize = 1000;

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
            outline: RwSignal::default(),
            reading: RwSignal::new(false),
            began_anew: RwSignal::new(false),
            execution: StoredValue::default(),
            asked: StoredValue::new(0),
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
            News::Batches(_) => false,
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
        // What has ended changes no more, unless it is rewound: that writes its history anew.
        let rewound = self.instance.with_untracked(|known| {
            known.as_ref().is_some_and(|known| {
                let (old, new) = (&known.summary, &instance.summary);
                old.runtime_status.is_terminal() && new.revision != old.revision
            })
        });
        if rewound {
            self.forget_history();
        }
        if self.execution.with_value(|known| *known != execution) {
            // One that was restarted under its id is another one; only a new generation goes on with the old one's work.
            let goes_on = self.instance.with_untracked(|known| {
                known
                    .as_ref()
                    .is_some_and(|known| known.summary.created_at == instance.summary.created_at)
            });
            self.began_anew.set(goes_on);
            self.execution.set_value(execution);
            self.forget_history();
        }
        self.instance.set(Some(instance));
        location::return_to_scroll();
        self.read_history();
    }

    fn forget_history(self) {
        self.outline.set(Outline::default());
        self.history.set(Vec::new());
        // An answer to what was asked before is of another history.
        self.asked.update_value(|asked| *asked += 1);
        self.reading.set(false);
    }

    /// Number of events of this generation, as far as the server has told.
    pub fn history_length(self) -> u64 {
        self.instance.with(|instance| instance.as_ref().map_or(0, |one| one.summary.history_length))
    }

    /// Whether the whole history is there.
    pub fn is_complete(self) -> bool {
        self.outline.with(Outline::len) >= self.history_length()
    }

    /// Loads the next events, and those after them, page by page.
    pub fn read_history(self) {
        let last = self.outline.with_untracked(Outline::len);
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
            limit: Some(if last == 0 { FIRST_PAGE } else { PAGE }),
            inline: Some(INLINE),
            ..GetHistory::default()
        };
        let asked = self.asked.get_value();
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.instance.is_disposed() || self.asked.get_value() != asked {
                return;
            }
            self.reading.set(false);
            match answer {
                Ok(HistoryPage { page, execution_id, .. }) => {
                    // Of a generation that the page does not know yet; it will be loaded soon.
                    if self.execution.with_value(|known| *known != execution_id) {
                        self.load_soon();
                        return;
                    }
                    let came = !page.items.is_empty();
                    self.append(page.items);
                    if came {
                        self.read_history();
                    }
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    fn append(self, mut events: Vec<HistoryEvent>) {
        let known = self.outline.with_untracked(Outline::len);
        events.retain(|event| event.seq > known);
        self.outline.update(|outline| events.iter().for_each(|event| outline.push(event)));
        self.history.update(|history| history.append(&mut events));
    }
}
