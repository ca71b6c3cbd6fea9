//! What a history amounts to, event by event: one row for each activity, timer, event, sub-orchestration and entity call.
//!
//! [`Outline::push`] takes the events in their order, so what a page of history adds costs only that page. Time line,
//! time travel, pairs of events and the sentences of what is waited for all read the same outline. Knows no browser.

mod apply;
#[cfg(test)]
pub mod tests;

use std::collections::{HashMap, VecDeque};

use taskhub_shared::status::RuntimeStatus;

/// Rows of one turn with the same kind and name, from which they are folded into one.
pub const FOLD: usize = 6;

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An activity.
    Activity,
    /// A durable timer.
    Timer,
    /// An external event that came.
    Event,
    /// A sub-orchestration.
    Child,
    /// An operation of an entity whose result is awaited.
    Entity,
    /// A lock of entities.
    Lock,
    /// Something sent without an answer: an event, a signal.
    Sent,
}

/// How a stretch of a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It goes on.
    Open,
    /// It ended well.
    Done,
    /// It failed.
    Failed,
    /// The wait before it is tried again.
    Pause,
}

/// One stretch of a row: an attempt, or the wait between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// When it began, in milliseconds since 1970.
    pub begin: i64,
    /// When it ended.
    pub end: Option<i64>,
    /// How it stands.
    pub mark: Mark,
    /// Event that began it.
    pub first: u64,
    /// Event that ended it, 0 while there is none.
    pub last: u64,
}

/// One line of the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub kind: Kind,
    /// Its name; empty for timers.
    pub name: String,
    /// Other instance or entity that it speaks of.
    pub target: Option<String>,
    /// When a timer is due.
    pub due: Option<i64>,
    /// Attempts and waits, in their order.
    pub segments: Vec<Segment>,
    /// Number of its group.
    pub group: usize,
    /// A timer that stands in another row, as the wait before its next attempt.
    pub merged: bool,
}

/// Rows that one turn began, of one kind and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its rows, oldest first.
    pub rows: Vec<usize>,
}

/// Key of what a later event ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Task(i32),
    Child(i32),
    Timer(i32),
    Call(String),
    Lock(String),
}

/// The fold of a history.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// Rows in the order in which they began.
    pub rows: Vec<Row>,
    /// Groups of rows.
    pub groups: Vec<Group>,
    /// For each event the other one of its pair, 0 when it has none; position 0 is event 1.
    pub pairs: Vec<u64>,
    /// Stretches of time in which nothing but timers and events was waited for.
    pub idle: Vec<(i64, i64)>,
    /// Time of the first event.
    pub first: Option<i64>,
    /// Latest time of any event.
    pub last: i64,
    /// How it ended, and when.
    pub ended: Option<(RuntimeStatus, i64)>,
    /// Since when it is suspended.
    pub suspended: Option<i64>,
    /// Whether its beginning is there.
    pub started: bool,
    /// Name of the orchestrator.
    pub name: String,
    open: HashMap<Key, usize>,
    busy: usize,
    /// Time at which the turn before this one began.
    turn_at: i64,
    /// Rows that failed in this turn, for which no timer has been made.
    failed: VecDeque<usize>,
    /// Timers that may be the wait before another attempt of a row.
    waits: HashMap<usize, usize>,
    /// The same, once they have fired in this turn: timer and row.
    ready: Vec<(usize, usize)>,
    in_turn: HashMap<(Kind, String), usize>,
}

impl Outline {
    /// Outline of these events.
    pub fn of<'a>(
        events: impl IntoIterator<Item = &'a taskhub_shared::history::HistoryEvent>,
    ) -> Self {
        let mut outline = Self::default();
        for event in events {
            outline.push(event);
        }
        outline
    }

    /// Number of events that were taken in.
    pub fn len(&self) -> u64 {
        u64::try_from(self.pairs.len()).unwrap_or(u64::MAX)
    }

    /// The other event of the pair that this event belongs to.
    pub fn pair(&self, seq: u64) -> Option<u64> {
        let at = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.pairs.get(at).copied().filter(|pair| *pair != 0)
    }

    /// Rows that are outstanding, with the time since when.
    pub fn outstanding(&self) -> Vec<&Row> {
        let mut rows: Vec<usize> = self.open.values().copied().collect();
        rows.sort_unstable();
        rows.into_iter().filter_map(|row| self.rows.get(row)).collect()
    }

    /// Of the activities that the row's turn began with its name: how many have ended, and of how many.
    pub fn progress(&self, kind: Kind) -> (usize, usize) {
        self.rows.iter().filter(|row| row.kind == kind).fold((0, 0), |(done, all), row| {
            let open = row.segments.last().is_some_and(|segment| segment.mark == Mark::Open);
            (done + usize::from(!open), all + 1)
        })
    }

    /// Rows that wait to be tried again: the row and when it is due.
    pub fn retries(&self) -> Vec<(&Row, i64)> {
        let mut found: Vec<(usize, usize)> = self
            .waits
            .iter()
            .filter(|(timer, _)| {
                let timer = self.rows.get(**timer);
                timer.is_some_and(|timer| timer.merged && timer.is_open())
            })
            .map(|(timer, row)| (*row, *timer))
            .collect();
        found.sort_unstable();
        let due = |timer: usize| self.rows.get(timer).and_then(|timer| timer.due);
        found
            .into_iter()
            .filter_map(|(row, timer)| Some((self.rows.get(row)?, due(timer)?)))
            .collect()
    }
}

impl Row {
    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.segments.last().is_some_and(|segment| segment.end.is_none())
    }

    /// When it began.
    pub fn begin(&self) -> i64 {
        self.segments.first().map_or(0, |segment| segment.begin)
    }

    /// When it ended.
    pub fn end(&self) -> Option<i64> {
        self.segments.last().and_then(|segment| segment.end)
    }

    /// How its last attempt stands.
    pub fn mark(&self) -> Mark {
        self.segments.last().map_or(Mark::Open, |segment| segment.mark)
    }

    /// Number of attempts.
    pub fn attempts(&self) -> usize {
        self.segments.iter().filter(|segment| segment.mark != Mark::Pause).count()
    }

    /// The event that says most about it: the one that ended it, or else the one that began it.
    pub fn telling_event(&self) -> u64 {
        let last = self.segments.iter().rev().find(|segment| segment.mark != Mark::Pause);
        last.map_or(0, |segment| if segment.last == 0 { segment.first } else { segment.last })
    }
}
