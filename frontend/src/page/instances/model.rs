//! What the list holds, how it is loaded and how live changes come into it.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    live::Changes,
    query::InstanceQuery,
    request::{ListInstances, ListedInstances},
    status::{InstanceSummary, StatusCounts},
};

use super::merge::merge;
use crate::{
    api::{self, Abort, Error, live::News},
    route::{ListAddress, Route, UnreadableFilter},
    state::{clock, location, notices, session},
    text::{intl, text},
};

/// One row. It keeps its place and its signals while the list is shown.
#[derive(Debug, Clone)]
pub struct Row {
    /// Id of the instance.
    pub id: String,
    /// Newest form.
    pub data: ArcRwSignal<InstanceSummary>,
    /// Whether it has been purged since.
    pub purged: ArcRwSignal<bool>,
}

/// Ways to the pages before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub next: Option<String>,
    pub previous: Option<String>,
}

/// What waits to be read again, the larger one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Again {
    Counts,
    Page,
}

/// How an answer is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    /// It becomes the list.
    Whole,
    /// It updates the rows that are shown and offers the others.
    Quietly,
}

/// The list. Copies of it are the same list.
#[derive(Debug, Clone, Copy)]
pub struct List {
    hub: StoredValue<String>,
    /// Filter and page of the address.
    pub address: Memo<Result<ListAddress, UnreadableFilter>>,
    /// Rows, newest first.
    pub rows: RwSignal<Vec<Row>>,
    /// Pages before and after.
    pub neighbours: RwSignal<Neighbours>,
    /// Instances by status that pass the filter without its statuses.
    pub counts: RwSignal<StatusCounts>,
    /// Instances of the whole hub by status, when they are known.
    pub hub_counts: RwSignal<Option<StatusCounts>>,
    /// Ids that belong on the page and are not shown yet.
    pub fresh: RwSignal<BTreeSet<String>>,
    /// Why the last loading failed.
    pub error: RwSignal<Option<Error>>,
    /// Whether loading has taken so long that it is shown.
    pub slow: RwSignal<bool>,
    /// When the rows were loaded.
    pub loaded_at: RwSignal<Option<DateTime<Utc>>>,
    asked: StoredValue<InstanceQuery>,
    seq: StoredValue<u64>,
    turn: StoredValue<u64>,
    again: StoredValue<Option<Again>>,
    /// Whether the rows that are shown are not yet those of the address.
    owed: StoredValue<bool>,
    read_at: StoredValue<f64>,
    abort: StoredValue<Option<Abort>, LocalStorage>,
}

/// Least time between two readings that live changes ask for, in milliseconds.
const GAP: f64 = 1000.0;
/// Loading shows itself only after this time.
const PATIENCE: Duration = Duration::from_millis(300);

impl List {
    /// The list of this hub, which follows the address and the live stream.
    pub fn new(hub: String) -> Self {
        let address = Memo::new(|_| match location::route() {
            Route::Instances { list, .. } => list,
            Route::Home | Route::Instance { .. } | Route::Start { .. } | Route::NotFound => {
                Ok(ListAddress::default())
            }
        });
        let list = Self {
            hub: StoredValue::new(hub),
            address,
            rows: RwSignal::new(Vec::new()),
            neighbours: RwSignal::default(),
            counts: RwSignal::default(),
            hub_counts: RwSignal::new(None),
            fresh: RwSignal::default(),
            error: RwSignal::new(None),
            slow: RwSignal::new(false),
            loaded_at: RwSignal::new(None),
            asked: StoredValue::default(),
            seq: StoredValue::default(),
            turn: StoredValue::default(),
            again: StoredValue::default(),
            owed: StoredValue::default(),
            read_at: StoredValue::new(0.0),
            abort: StoredValue::new_local(None),
        };
        Effect::new(move || {
            if address.with(Result::is_ok) {
                list.load();
            }
        });
        api::live::listen(move |news| match news {
            News::Changes(changes) => list.take_changes(changes),
            News::Resync(resync) => {
                list.hub_counts.set(Some(resync.counts.clone()));
                list.again(Again::Page);
            }
            News::Opened => list.again(Again::Page),
        });
        list
    }

    /// Name of the hub.
    pub fn hub(self) -> String {
        self.hub.get_value()
    }

    /// Filter and page, empty while the address cannot be read.
    pub fn filter(self) -> ListAddress {
        self.address.with(|address| address.clone().unwrap_or_default())
    }

    /// Route of this list with its filter changed.
    pub fn route(self, change: impl FnOnce(&mut ListAddress)) -> Route {
        Route::Instances { hub: self.hub(), list: Ok(self.filter().changed(change)) }
    }

    /// Number of instances that the filter with its statuses lets through.
    pub fn total(self) -> u64 {
        let statuses = self.filter().statuses;
        self.counts.with(|counts| {
            let chosen = |status| statuses.is_empty() || statuses.contains(status);
            counts.iter().filter(|(status, _)| chosen(status)).map(|(_, n)| n).sum()
        })
    }

    /// Number of instances of the hub, as far as is known.
    pub fn hub_total(self) -> Option<u64> {
        let told = self.hub_counts.with(|counts| Some(counts.as_ref()?.values().sum()));
        told.or_else(|| {
            let (hub, server) = (self.hub(), session::server()?);
            let info = server.hubs.iter().find(|info| info.name.eq_ignore_ascii_case(&hub))?;
            Some(info.counts.values().sum())
        })
    }

    /// Whether the hub is known to hold no instance at all.
    pub fn is_empty_hub(self) -> bool {
        let filter = self.filter();
        let unfiltered = !filter.is_filtered() && filter.cursor.is_none();
        let loaded = self.loaded_at.with(Option::is_some) && self.rows.with(Vec::is_empty);
        unfiltered && loaded && self.address.with(Result::is_ok)
    }

    /// Loads what the address asks for.
    pub fn load(self) {
        self.owed.set_value(true);
        self.read(Take::Whole);
    }

    /// Loads the list with the rows that were offered, and shows its beginning.
    pub fn show_new(self) {
        self.load();
        window().scroll_to_with_x_and_y(0.0, 0.0);
        if let Ok(Some(heading)) = document().query_selector("h1") {
            crate::ui::focus(wasm_bindgen::JsCast::unchecked_ref(&heading));
        }
    }

    fn read(self, take: Take) {
        let Ok(address) = self.address.get_untracked() else { return };
        // This reading calls off the one before. If that one would have brought the address's rows, this one does.
        let take = if self.owed.get_value() { Take::Whole } else { take };
        let query = address.to_query(clock::now());
        let request = ListInstances { hub: self.hub(), query: query.clone() };
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        self.read_at.set_value(js_sys::Date::now());
        let abort = Abort::new();
        let signal = abort.signal();
        // Dropping the request before calls it off.
        self.abort.set_value(Some(abort));
        if take == Take::Whole {
            let show = move || {
                if self.is_current(turn) {
                    self.slow.set(true);
                }
            };
            set_timeout(show, PATIENCE);
        }
        spawn_local(async move {
            let answer = api::send(&request, signal.as_ref()).await;
            if !self.is_current(turn) {
                return;
            }
            self.slow.set(false);
            match answer {
                Ok(listed) => {
                    self.asked.set_value(query);
                    self.take(listed, take);
                }
                Err(error) => self.error.set(Some(error)),
            }
            // From here on the reading is over and no longer current.
            self.turn.set_value(turn + 1);
        });
    }

    /// Whether this reading is still the newest one of a list that is still shown.
    fn is_current(self, turn: u64) -> bool {
        !self.rows.is_disposed() && self.turn.get_value() == turn
    }

    fn take(self, listed: ListedInstances, take: Take) {
        self.error.set(None);
        self.loaded_at.set(Some(clock::now()));
        self.seq.set_value(listed.seq);
        self.counts.set(listed.counts);
        let page = listed.page;
        let known: HashMap<String, Row> = self
            .rows
            .with_untracked(|rows| rows.iter().map(|row| (row.id.clone(), row.clone())).collect());
        if take == Take::Quietly && !known.is_empty() {
            let mut fresh = BTreeSet::new();
            for data in page.items {
                match known.get(&data.instance_id) {
                    Some(row) => row.update(data),
                    None => {
                        fresh.insert(data.instance_id);
                    }
                }
            }
            let first_page = self.asked.with_value(|asked| asked.cursor.is_none());
            self.fresh.set(if first_page { fresh } else { BTreeSet::new() });
            return;
        }
        self.owed.set_value(false);
        self.neighbours.set(Neighbours { next: page.next, previous: page.previous });
        self.fresh.set(BTreeSet::new());
        let rows: Vec<Row> = page
            .items
            .into_iter()
            .map(|data| match known.get(&data.instance_id) {
                Some(row) => {
                    row.update(data);
                    row.clone()
                }
                None => Row {
                    id: data.instance_id.clone(),
                    data: ArcRwSignal::new(data),
                    purged: ArcRwSignal::new(false),
                },
            })
            .collect();
        self.rows.set(rows);
        notices::announce(untrack(|| self.words()));
        location::return_to_scroll();
    }

    /// Which rows are shown, in words.
    pub fn words(self) -> String {
        let rows = u64::try_from(self.rows.with(Vec::len)).unwrap_or(u64::MAX);
        let skipped = self.filter().skipped;
        if rows == 0 {
            return text().no_rows.to_owned();
        }
        let (first, last) = (intl::number(skipped + 1), intl::number(skipped + rows));
        // A page that was counted before others ended can reach past the count for a moment.
        (text().rows)(&first, &last, &intl::count(self.total().max(skipped + rows)))
    }

    fn take_changes(self, changes: &Changes) {
        if self.loaded_at.get_untracked().is_none() {
            return;
        }
        if changes.seq > self.seq.get_value() {
            let narrowed =
                matches!(self.address.get_untracked(), Ok(list) if list.narrows_counts());
            if narrowed {
                self.again(Again::Counts);
            } else {
                self.counts.set(changes.counts.clone());
            }
            self.hub_counts.set(Some(changes.counts.clone()));
        }
        let rows = self.rows.get_untracked();
        let shown: Vec<InstanceSummary> = rows.iter().map(|row| row.data.get_untracked()).collect();
        let is_last_page = self.neighbours.with_untracked(|page| page.next.is_none());
        let merge = self.asked.with_value(|asked| merge(&shown, is_last_page, asked, changes));
        for (at, data) in merge.updated {
            if let Some(row) = rows.get(at) {
                row.update(data);
            }
        }
        for row in rows.iter().filter(|row| merge.purged.contains(&row.id)) {
            row.purged.set(true);
        }
        let changes_fresh = !merge.fresh.is_empty()
            || self.fresh.with_untracked(|fresh| merge.purged.iter().any(|id| fresh.contains(id)));
        if rows.is_empty() && !merge.fresh.is_empty() {
            // Nothing is shown that could be pushed away.
            self.again(Again::Page);
        } else if changes_fresh {
            self.fresh.update(|fresh| {
                fresh.extend(merge.fresh);
                fresh.retain(|id| !merge.purged.contains(id));
            });
        }
    }

    /// Reads again soon, but not more often than once a [`GAP`].
    fn again(self, what: Again) {
        let waiting = self.again.get_value();
        self.again.set_value(waiting.max(Some(what)));
        if waiting.is_some() {
            return;
        }
        let since = js_sys::Date::now() - self.read_at.get_value();
        let wait = Duration::from_secs_f64((GAP - since).clamp(0.0, GAP) / 1000.0);
        set_timeout(
            move || {
                if self.rows.is_disposed() {
                    return;
                }
                let what = self.again.get_value();
                self.again.set_value(None);
                match what {
                    Some(Again::Page) => self.read(Take::Quietly),
                    Some(Again::Counts) => self.read_counts(),
                    None => {}
                }
            },
            wait,
        );
    }

    fn read_counts(self) {
        let Ok(address) = self.address.get_untracked() else { return };
        let query =
            InstanceQuery { limit: Some(1), cursor: None, ..address.to_query(clock::now()) };
        let request = ListInstances { hub: self.hub(), query };
        let turn = self.turn.get_value();
        self.read_at.set_value(js_sys::Date::now());
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if let (true, Ok(listed)) = (self.is_current(turn), answer) {
                self.counts.set(listed.counts);
            }
        });
    }
}

impl Row {
    /// Takes a form that may be newer; the same form changes nothing on screen.
    fn update(&self, data: InstanceSummary) {
        if self.purged.get_untracked() {
            self.purged.set(false);
        }
        if self.data.with_untracked(|known| *known != data) {
            self.data.set(data);
        }
    }
}
