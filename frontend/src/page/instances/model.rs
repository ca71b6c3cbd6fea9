//! What the list holds, how it is loaded and how live changes come into it.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    column::{Column, ColumnField},
    limits::PAGE_DEFAULT,
    live::Changes,
    query::{Condition, InstanceQuery, Pattern, QueryError, Sort},
    request::{ListInstances, ListedInstances},
    status::{InstanceSummary, StatusCounts, WaitingFor},
};

use super::{
    merge::{Asked, merge},
    query_text::{self, Split},
    window::{Sight, Window},
};
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
    /// What the summary does not hold.
    pub more: ArcRwSignal<More>,
    /// Whether it has been purged since.
    pub purged: ArcRwSignal<bool>,
}

/// What a row shows beside its summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct More {
    /// Values of the columns that are paths, in their order.
    pub cells: Vec<Option<String>>,
    /// What it waits for.
    pub waiting: Vec<WaitingFor>,
    /// Revision of the row when the server told `cells`.
    pub cells_at: u64,
    /// Revision of the row when the server told `waiting`; absent when it did not.
    pub waiting_at: Option<u64>,
}

/// A page of the rows that are kept: how many rows, how it was asked for, and what lies beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Mark {
    rows: usize,
    cursor: Option<String>,
    previous: Option<String>,
    next: Option<String>,
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
    /// It follows what is shown.
    Behind,
    /// It precedes what is shown.
    Before,
}

/// What decides which rows the list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct What {
    /// The query.
    pub split: Split,
    /// Order.
    pub sort: Sort,
    /// Columns that the server has to tell.
    pub paths: Vec<Column>,
    /// Whether it is shown what the rows wait for.
    pub waiting: bool,
}

/// The list. Copies of it are the same list.
#[derive(Debug, Clone, Copy)]
pub struct List {
    hub: StoredValue<String>,
    /// What the address says.
    pub address: Memo<Result<ListAddress, UnreadableFilter>>,
    /// What the query says, or why it cannot be read.
    pub what: Memo<Result<What, QueryError>>,
    /// Rows that are kept, in the order of the list.
    pub rows: RwSignal<Vec<Row>>,
    /// Rows of the list before them.
    pub base: RwSignal<usize>,
    /// What stands on the screen.
    pub sight: RwSignal<Sight>,
    /// Pages that the rows came in.
    marks: RwSignal<Vec<Mark>>,
    /// Instances by status that pass the query without its statuses.
    pub counts: RwSignal<StatusCounts>,
    /// Whether the numbers are a part only.
    pub partial: RwSignal<bool>,
    /// Instances of the whole hub by status, when they are known.
    pub hub_counts: RwSignal<Option<StatusCounts>>,
    /// Ids that belong into the list and are not shown yet.
    pub fresh: RwSignal<BTreeSet<String>>,
    /// Why the last loading failed.
    pub error: RwSignal<Option<Error>>,
    /// Whether loading has taken so long that it is shown.
    pub slow: RwSignal<bool>,
    /// When the rows were loaded.
    pub loaded_at: RwSignal<Option<DateTime<Utc>>>,
    /// Whether the rows are those of the whole hub, from its beginning.
    plain: RwSignal<bool>,
    /// Whether the person holds live changes back.
    pub paused: RwSignal<bool>,
    /// Rises with each list that begins anew: whoever shows it scrolls to its place.
    pub anew: RwSignal<u64>,
    asked: StoredValue<What>,
    seq: StoredValue<u64>,
    turn: StoredValue<u64>,
    again: StoredValue<Option<Again>>,
    /// Whether the rows that are shown are not yet those of the address.
    owed: StoredValue<bool>,
    /// What is on its way.
    reading: StoredValue<Option<Take>>,
    telling: StoredValue<bool>,
    read_at: StoredValue<f64>,
    abort: StoredValue<Option<Abort>, LocalStorage>,
}

/// Least time between two readings that live changes ask for, in milliseconds.
const GAP: f64 = 1000.0;
/// Loading shows itself only after this time.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long scrolling rests before the rows' further words are asked for.
const REST: Duration = Duration::from_millis(120);
/// Most rows whose further words are asked for at once.
const TOLD: usize = 40;

impl List {
    /// The list of this hub, which follows the address and the live stream.
    pub fn new(hub: String) -> Self {
        let address = Memo::new(|_| match location::route() {
            Route::Instances { list, .. } => list,
            Route::Home
            | Route::Instance { .. }
            | Route::Start { .. }
            | Route::Place(_)
            | Route::NotFound => Ok(ListAddress::default()),
        });
        let what = Memo::new(move |_| {
            let address = address.get().unwrap_or_default();
            let split = query_text::read(&address.q)?;
            let columns = super::columns::shown(&address.columns);
            let waiting = columns.contains(&Column::Field(ColumnField::Waiting));
            let is_path = |column: &Column| matches!(column, Column::Value { .. });
            let paths = columns.into_iter().filter(is_path).collect();
            Ok(What { split, sort: address.sort, paths, waiting })
        });
        let list = Self {
            hub: StoredValue::new(hub),
            address,
            what,
            rows: RwSignal::new(Vec::new()),
            base: RwSignal::new(0),
            sight: RwSignal::default(),
            marks: RwSignal::default(),
            counts: RwSignal::default(),
            partial: RwSignal::new(false),
            hub_counts: RwSignal::new(None),
            fresh: RwSignal::default(),
            error: RwSignal::new(None),
            slow: RwSignal::new(false),
            loaded_at: RwSignal::new(None),
            anew: RwSignal::new(0),
            plain: RwSignal::new(false),
            paused: RwSignal::new(false),
            asked: StoredValue::default(),
            seq: StoredValue::default(),
            turn: StoredValue::default(),
            again: StoredValue::default(),
            owed: StoredValue::default(),
            reading: StoredValue::default(),
            telling: StoredValue::default(),
            read_at: StoredValue::new(0.0),
            abort: StoredValue::new_local(None),
        };
        Effect::new(move || {
            if list.address.with(Result::is_ok) && list.what.with(Result::is_ok) {
                list.load();
            }
        });
        Effect::new(move || list.grow());
        api::live::listen(move |news| match news {
            _ if list.paused.get_untracked() => {}
            News::Changes(changes) => list.take_changes(changes),
            News::Resync(resync) => {
                list.hub_counts.set(Some(resync.counts.clone()));
                list.again(Again::Page);
            }
            News::Batches(_) => {}
            News::Opened => list.again(Again::Page),
        });
        list
    }

    /// Name of the hub.
    pub fn hub(self) -> String {
        self.hub.get_value()
    }

    /// What the address says, nothing while it cannot be read.
    pub fn filter(self) -> ListAddress {
        self.address.with(|address| address.clone().unwrap_or_default())
    }

    /// Route of this list changed, from its beginning.
    pub fn route(self, change: impl FnOnce(&mut ListAddress)) -> Route {
        Route::Instances { hub: self.hub(), list: Ok(self.filter().changed(change)) }
    }

    /// Route of this list at the same place, with or without an instance beside it.
    pub fn peeking(self, peek: Option<String>) -> Route {
        Route::Instances { hub: self.hub(), list: Ok(ListAddress { peek, ..self.filter() }) }
    }

    /// Number of instances that match.
    pub fn total(self) -> u64 {
        let statuses = self
            .what
            .with(|what| what.as_ref().map(|what| what.split.statuses.clone()).unwrap_or_default());
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
        let plain = self.filter().q.trim().is_empty() && self.plain.get();
        plain && self.rows.with(Vec::is_empty) && self.address.with(Result::is_ok)
    }

    /// Rows that are kept and where they lie.
    pub fn window(self) -> Window {
        Window { base: self.base.get(), kept: self.rows.with(Vec::len) }
    }

    /// Whether rows follow those that are kept.
    pub fn has_next(self) -> bool {
        self.marks.with(|marks| marks.last().is_some_and(|mark| mark.next.is_some()))
    }

    /// Whether rows precede them.
    fn has_previous(self) -> bool {
        self.marks.with(|marks| marks.first().is_some_and(|mark| mark.previous.is_some()))
    }

    /// Fetches the page that comes into sight next, if there is one.
    pub fn grow(self) {
        let (sight, window) = (self.sight.get(), self.window());
        let (next, previous) = (self.has_next(), self.has_previous());
        let is_busy =
            matches!(self.reading.get_value(), Some(Take::Whole | Take::Behind | Take::Before));
        // A page that came before the server had looked far enough may be empty; the next ones go on from there.
        if self.owed.get_value() || is_busy || self.error.with(Option::is_some) {
            return;
        }
        let wants = if next && window.wants_next(sight) {
            Some((Take::Behind, self.marks.with_untracked(|marks| marks.last()?.next.clone())))
        } else if previous && window.wants_previous(sight) {
            Some((Take::Before, self.marks.with_untracked(|marks| marks.first()?.previous.clone())))
        } else {
            None
        };
        if let Some((take, cursor)) = wants {
            let interrupts = self.reading.get_value() == Some(Take::Quietly);
            self.read(take, cursor, 0);
            if interrupts {
                self.again(Again::Page);
            }
        }
    }

    /// How the page is asked for that the top of the screen lies in, and the rows before it.
    fn place(self) -> (Option<String>, usize) {
        let first = self.sight.get_untracked().first;
        let mut begin = self.base.get_untracked();
        self.marks.with_untracked(|marks| {
            for (at, mark) in marks.iter().enumerate() {
                if first < begin + mark.rows || at + 1 == marks.len() {
                    // The beginning of the list needs no cursor, however one came there.
                    let cursor = mark.cursor.clone().filter(|_| mark.previous.is_some());
                    return (cursor, begin);
                }
                begin += mark.rows;
            }
            (None, 0)
        })
    }

    /// Writes the place of the screen into the address, so that a reload comes back to it.
    pub fn remember_place(self) {
        let Ok(address) = self.address.get_untracked() else { return };
        let (cursor, begin) = self.place();
        let skipped = if cursor.is_some() { begin } else { 0 };
        if self.owed.get_value() || (&address.cursor, address.skipped) == (&cursor, skipped) {
            return;
        }
        let list = Ok(ListAddress { cursor, skipped, ..address });
        location::replace(&Route::Instances { hub: self.hub(), list });
    }

    /// Loads what the address asks for.
    pub fn load(self) {
        self.owed.set_value(true);
        let place = untrack(|| self.filter());
        self.read(Take::Whole, place.cursor, place.skipped);
    }

    /// Holds live changes back, or takes them in again with what was missed.
    pub fn pause(self, paused: bool) {
        self.paused.set(paused);
        if !paused {
            self.again(Again::Page);
        }
    }

    /// Loads the list from its beginning, with the rows that were offered.
    pub fn show_new(self) {
        self.owed.set_value(true);
        self.read(Take::Whole, None, 0);
    }

    fn query(self, what: &What, cursor: Option<String>) -> InstanceQuery {
        InstanceQuery {
            statuses: what.split.statuses.clone(),
            q: what.split.rest.clone(),
            sort: what.sort,
            columns: what.paths.clone(),
            cursor,
            ..InstanceQuery::default()
        }
    }

    fn read(self, take: Take, cursor: Option<String>, skipped: usize) {
        let Ok(what) = self.what.get_untracked() else { return };
        if self.address.with_untracked(Result::is_err) {
            return;
        }
        // This reading calls off the one before. If that one would have brought the address's rows, this one does.
        let take = if self.owed.get_value() { Take::Whole } else { take };
        let query = self.query(&what, cursor.clone());
        let request = ListInstances { hub: self.hub(), query };
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        self.read_at.set_value(js_sys::Date::now());
        let abort = Abort::new();
        let signal = abort.signal();
        // Dropping the request before calls it off.
        self.abort.set_value(Some(abort));
        self.reading.set_value(Some(take));
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
            self.reading.set_value(None);
            // From here on the reading is over and no longer current.
            self.turn.set_value(turn + 1);
            match answer {
                Ok(listed) => {
                    self.asked.set_value(what);
                    self.take(listed, take, cursor, skipped);
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    /// Whether this reading is still the newest one of a list that is still shown.
    fn is_current(self, turn: u64) -> bool {
        !self.rows.is_disposed() && self.turn.get_value() == turn
    }

    fn take(self, listed: ListedInstances, take: Take, cursor: Option<String>, skipped: usize) {
        self.error.set(None);
        self.loaded_at.set(Some(clock::now()));
        self.counts.set(listed.counts);
        self.partial.set(listed.partial);
        let page = listed.page;
        let mut cells = listed.cells.into_iter();
        let known: HashMap<String, Row> = self
            .rows
            .with_untracked(|rows| rows.iter().map(|row| (row.id.clone(), row.clone())).collect());
        let mut unknown = Vec::new();
        // Number of unknown rows before the last known one.
        let mut between = 0;
        let rows: Vec<Row> = page
            .items
            .into_iter()
            .map(|data| {
                let cells = cells.next().unwrap_or_default();
                match known.get(&data.instance_id) {
                    Some(row) => {
                        between = unknown.len();
                        row.set_cells(cells, data.revision);
                        row.update(data);
                        row.clone()
                    }
                    None => {
                        unknown.push(data.instance_id.clone());
                        Row::new(data, cells)
                    }
                }
            })
            .collect();
        let mark = Mark { rows: rows.len(), cursor, previous: page.previous, next: page.next };
        let is_first = mark.previous.is_none();
        let new = |rows: Vec<Row>| -> Vec<Row> {
            rows.into_iter().filter(|row| !known.contains_key(&row.id)).collect()
        };
        match take {
            Take::Quietly if !known.is_empty() => {
                self.seq.set_value(listed.seq);
                // What stands behind the last known row comes when one gets there.
                if untrack(|| self.has_next()) && (between > 0 || unknown.len() < rows.len()) {
                    unknown.truncate(between);
                }
                self.fresh.update(|fresh| {
                    if is_first {
                        fresh.clear();
                    }
                    fresh.extend(unknown);
                });
            }
            Take::Quietly | Take::Whole => {
                self.seq.set_value(listed.seq);
                self.owed.set_value(false);
                self.fresh.set(BTreeSet::new());
                self.base.set(if is_first { 0 } else { skipped.max(1) });
                let plain = self.asked.with_value(|asked| asked.split == Split::default());
                self.plain.set(plain && is_first);
                self.marks.set(vec![mark]);
                self.rows.set(rows);
                self.anew.update(|anew| *anew += 1);
                notices::announce(untrack(|| self.words()));
            }
            Take::Behind => {
                let rows = new(rows);
                self.marks.update(|marks| marks.push(Mark { rows: rows.len(), ..mark }));
                self.rows.update(|all| all.extend(rows));
                self.shed(false);
            }
            Take::Before => {
                let rows = new(rows);
                let came = rows.len();
                let base = self.base.get_untracked();
                // Rows that came or went before what is kept show only when one gets there.
                let before = if is_first { 0 } else { base.saturating_sub(came).max(PAGE_DEFAULT) };
                self.base.set(before);
                self.marks.update(|marks| marks.insert(0, Mark { rows: came, ..mark }));
                self.rows.update(|all| drop(all.splice(0..0, rows)));
                super::table::scroll_rows(base, before + came);
                self.shed(true);
            }
        }
        self.tell_soon(REST);
    }

    /// Lets go of the pages at the far end when there are too many rows.
    fn shed(self, at_end: bool) {
        while untrack(|| self.window()).surplus() > 0 {
            let gone = self.marks.try_update(|marks| {
                let one_is_left = marks.len() < 2;
                match (one_is_left, at_end) {
                    (true, _) => None,
                    (false, true) => marks.pop(),
                    (false, false) => Some(marks.remove(0)),
                }
            });
            let Some(Some(gone)) = gone else { return };
            if at_end {
                self.rows.update(|rows| rows.truncate(rows.len().saturating_sub(gone.rows)));
            } else {
                self.base.update(|base| *base += gone.rows);
                self.rows.update(|rows| drop(rows.drain(..gone.rows.min(rows.len()))));
            }
        }
    }

    /// Which rows stand on the screen, in words.
    pub fn words(self) -> String {
        let Window { base, kept } = self.window();
        let sight = self.sight.get();
        if kept == 0 {
            return text().no_rows.to_owned();
        }
        let first = sight.first.clamp(base, base + kept - 1);
        let last = (sight.first + sight.rows).clamp(first + 1, base + kept);
        let number = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        // A page that was counted before others ended can reach past the count for a moment.
        let total = self.total().max(number(last));
        let words = if self.partial.get() { text().rows_at_least } else { text().rows };
        words(&intl::number(number(first + 1)), &intl::number(number(last)), &intl::count(total))
    }

    fn take_changes(self, changes: &Changes) {
        if self.loaded_at.get_untracked().is_none() {
            return;
        }
        let what = self.asked.get_value();
        let asked = Asked { statuses: what.split.statuses, rest: what.split.rest, sort: what.sort };
        if changes.seq > self.seq.get_value() {
            if asked.rest.expr.is_some() {
                self.again(Again::Counts);
            } else {
                self.counts.set(changes.counts.clone());
            }
            self.hub_counts.set(Some(changes.counts.clone()));
        }
        let rows = self.rows.get_untracked();
        let shown: Vec<InstanceSummary> = rows.iter().map(|row| row.data.get_untracked()).collect();
        let is_whole = untrack(|| !self.has_next());
        let merge = merge(&shown, is_whole, &asked, changes, clock::now());
        let any_updated = !merge.updated.is_empty();
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
        if merge.unsure || (rows.is_empty() && !merge.fresh.is_empty()) {
            // Either only the server knows, or nothing is shown that could be pushed away.
            self.again(Again::Page);
        }
        if !rows.is_empty() && changes_fresh {
            self.fresh.update(|fresh| {
                fresh.extend(merge.fresh);
                fresh.retain(|id| !merge.purged.contains(id));
            });
        }
        if any_updated {
            self.tell_soon(Duration::from_secs(1));
        }
    }

    /// Reads again soon, but not more often than once a [`GAP`].
    fn again(self, what: Again) {
        let waiting = self.again.get_value();
        self.again.set_value(waiting.max(Some(what)));
        if waiting.is_none() {
            self.wait_again();
        }
    }

    fn wait_again(self) {
        let since = js_sys::Date::now() - self.read_at.get_value();
        let wait = Duration::from_secs_f64((GAP - since).clamp(50.0, GAP) / 1000.0);
        set_timeout(
            move || {
                if self.rows.is_disposed() {
                    return;
                }
                if self.reading.get_value().is_some() {
                    return self.wait_again();
                }
                let what = self.again.get_value();
                self.again.set_value(None);
                match what {
                    Some(Again::Page) => {
                        let (cursor, _) = self.place();
                        self.read(Take::Quietly, cursor, 0);
                    }
                    Some(Again::Counts) => self.read_counts(),
                    None => {}
                }
            },
            wait,
        );
    }

    fn read_counts(self) {
        let Ok(what) = self.what.get_untracked() else { return };
        let query =
            InstanceQuery { limit: Some(1), columns: Vec::new(), ..self.query(&what, None) };
        let request = ListInstances { hub: self.hub(), query };
        let turn = self.turn.get_value();
        self.read_at.set_value(js_sys::Date::now());
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if let (true, Ok(listed)) = (self.is_current(turn), answer) {
                self.counts.set(listed.counts);
                self.partial.set(listed.partial);
            }
        });
    }

    /// Asks for what the rows on the screen wait for, when that is shown and not known, after a rest.
    pub fn tell_soon(self, rest: Duration) {
        if self.telling.get_value() {
            return;
        }
        self.telling.set_value(true);
        set_timeout(
            move || {
                if !self.rows.is_disposed() {
                    self.telling.set_value(false);
                    self.tell();
                }
            },
            rest,
        );
    }

    fn tell(self) {
        let what = self.asked.get_value();
        let (first, end) = untrack(|| self.window().drawn(self.sight.get()));
        let mut room = 6000_usize;
        let asked: Vec<Row> = self.rows.with_untracked(|rows| {
            let drawn = rows.get(first..end).unwrap_or_default().iter();
            let lacks = drawn.filter(|row| row.lacks(&what));
            let fits = lacks.take_while(|row| {
                room = room.saturating_sub(row.id.len());
                room > 0
            });
            fits.take(TOLD).cloned().collect()
        });
        if asked.is_empty() {
            return;
        }
        let ids = asked.iter().map(|row| Pattern::exact(row.id.clone())).collect();
        let waiting = what.waiting.then_some(Column::Field(ColumnField::Waiting));
        let query = InstanceQuery {
            q: Condition::Id(ids).into(),
            limit: Some(TOLD),
            columns: what.paths.into_iter().chain(waiting).collect(),
            ..InstanceQuery::default()
        };
        let request = ListInstances { hub: self.hub(), query };
        self.telling.set_value(true);
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.rows.is_disposed() {
                return;
            }
            self.telling.set_value(false);
            let Ok(mut listed) = answer else { return };
            for row in &asked {
                // One that is not in the answer is gone: it is not asked for again.
                let at = row.data.with_untracked(|data| data.revision);
                row.more.update(|more| more.waiting_at = Some(at));
            }
            let mut cells = listed.cells.into_iter();
            for data in listed.page.items {
                let mut cells = cells.next().unwrap_or_default();
                let Some(row) = asked.iter().find(|row| row.id == data.instance_id) else {
                    continue;
                };
                // The last one is that of `waiting`, whose words come apart.
                cells.truncate(
                    cells.len().saturating_sub(usize::from(waiting_asked(&request.query))),
                );
                let waiting = listed.waiting.remove(&row.id).unwrap_or_default();
                let at = data.revision;
                row.set_cells(cells, at);
                row.more.update(|more| {
                    more.waiting = waiting;
                    more.waiting_at = Some(at);
                });
                row.update(data);
            }
            self.tell_soon(Duration::from_secs(1));
        });
    }
}

fn waiting_asked(query: &InstanceQuery) -> bool {
    query.columns.contains(&Column::Field(ColumnField::Waiting))
}

impl Row {
    fn new(data: InstanceSummary, cells: Vec<Option<String>>) -> Self {
        let more = More { cells, cells_at: data.revision, ..More::default() };
        Self {
            id: data.instance_id.clone(),
            data: ArcRwSignal::new(data),
            more: ArcRwSignal::new(more),
            purged: ArcRwSignal::new(false),
        }
    }

    /// Takes a form that may be newer; the same form changes nothing on screen.
    fn update(&self, data: InstanceSummary) {
        if self.purged.get_untracked() {
            self.purged.set(false);
        }
        if self.data.with_untracked(|known| *known != data) {
            self.data.set(data);
        }
    }

    fn set_cells(&self, cells: Vec<Option<String>>, at: u64) {
        if self.more.with_untracked(|more| more.cells != cells || more.cells_at != at) {
            self.more.update(|more| (more.cells, more.cells_at) = (cells, at));
        }
    }

    /// Whether it shows something that the server has to tell again.
    fn lacks(&self, what: &What) -> bool {
        let (revision, ended) =
            self.data.with_untracked(|data| (data.revision, data.runtime_status.is_terminal()));
        let waits = what.waiting && !ended;
        self.more.with_untracked(|more| {
            (waits && more.waiting_at != Some(revision))
                || (!what.paths.is_empty()
                    && more.cells_at != revision
                    && more.waiting_at != Some(revision))
        })
    }
}
