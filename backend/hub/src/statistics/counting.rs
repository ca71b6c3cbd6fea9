//! What was counted and may still change.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::{
    statistics::{Figures, StatisticKind},
    status::RuntimeStatus,
};

use super::sketch;
use crate::store::{
    model::InstanceRecord,
    statistics::{Minute, StatisticRow, Tally},
};

/// Names of one kind and minute that are told apart; the others share one without a name.
const MOST_NAMES: usize = 500;

/// Figures that may still change, or are not stored.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    minutes: Mutex<BTreeMap<Minute, OfMinute>>,
    /// Held while figures are stored: whoever comes next finds them there.
    pub(super) storing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct OfMinute {
    kinds: [HashMap<String, Cell>; 3],
}

#[derive(Debug, Default)]
struct Cell {
    tally: Tally,
    stored: bool,
}

/// How something ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ended {
    Completed,
    Failed,
    Terminated,
}

impl Counting {
    fn change(
        &self,
        at: DateTime<Utc>,
        kind: StatisticKind,
        name: &str,
        change: impl FnOnce(&mut Tally),
    ) {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let of = minutes.entry(minute(at)).or_default();
        let Some(names) = of.kinds.get_mut(usize::from(kind.code())) else { return };
        // Names are few, so an owned one is made once a minute for each.
        let known = names.contains_key(name);
        let key = if known || names.len() < MOST_NAMES { name } else { "" };
        if !names.contains_key(key) {
            names.insert(key.to_owned(), Cell::default());
        }
        let Some(cell) = names.get_mut(key) else { return };
        change(&mut cell.tally);
        cell.stored = false;
    }

    /// Takes in what became durable of an orchestration.
    pub(crate) fn note(&self, record: &InstanceRecord, now: DateTime<Utc>) {
        if record.entity.is_some() {
            return;
        }
        let end = match record.status {
            RuntimeStatus::Completed => Some(Ended::Completed),
            RuntimeStatus::Failed => Some(Ended::Failed),
            RuntimeStatus::Terminated | RuntimeStatus::Canceled => Some(Ended::Terminated),
            RuntimeStatus::Running
            | RuntimeStatus::ContinuedAsNew
            | RuntimeStatus::Pending
            | RuntimeStatus::Suspended => None,
        };
        if record.revision > 1 && end.is_none() {
            return;
        }
        let began = record.scheduled_start_at.unwrap_or(record.created_at);
        let took = record.completed_at.map(|at| at - began);
        self.change(now, StatisticKind::Orchestration, &record.name, |tally| {
            tally.started += u64::from(record.revision == 1);
            if let Some(end) = end {
                count(tally, end, took);
            }
        });
    }

    /// Something ended that took so long.
    pub(crate) fn ended(
        &self,
        kind: StatisticKind,
        name: &str,
        now: DateTime<Utc>,
        end: Ended,
        took: Option<TimeDelta>,
    ) {
        self.change(now, kind, name, |tally| count(tally, end, took));
    }

    /// Rows that are not stored; each counts as stored from now on.
    pub(super) fn take(&self) -> Vec<StatisticRow> {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = Vec::new();
        for (minute, of) in minutes.iter_mut() {
            for (kind, names) in StatisticKind::ALL.into_iter().zip(&mut of.kinds) {
                for (name, cell) in names.iter_mut().filter(|(_, cell)| !cell.stored) {
                    cell.stored = true;
                    let (name, tally) = (name.clone(), cell.tally.clone());
                    rows.push(StatisticRow { minute: *minute, kind, name, tally });
                }
            }
        }
        rows
    }

    /// The rows were not stored after all.
    pub(super) fn put_back(&self, rows: &[StatisticRow]) {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let kinds = minutes.get_mut(&row.minute).map(|of| &mut of.kinds);
            let names = kinds.and_then(|kinds| kinds.get_mut(usize::from(row.kind.code())));
            if let Some(cell) = names.and_then(|names| names.get_mut(&row.name)) {
                cell.stored = false;
            }
        }
    }

    /// Forgets minutes that are over and stored.
    pub(super) fn forget(&self, now: DateTime<Utc>) {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.retain(|at, of| {
            let mut cells = of.kinds.iter().flat_map(HashMap::values);
            *at >= minute(now) || cells.any(|cell| !cell.stored)
        });
    }

    /// Goes on with what is stored of the minute that is not over.
    pub(super) fn go_on(&self, rows: Vec<StatisticRow>) {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        for StatisticRow { minute, kind, name, tally } in rows {
            let of = minutes.entry(minute).or_default();
            if let Some(names) = of.kinds.get_mut(usize::from(kind.code())) {
                names.insert(name, Cell { tally, stored: true });
            }
        }
    }
}

fn count(tally: &mut Tally, end: Ended, took: Option<TimeDelta>) {
    let counter = match end {
        Ended::Completed => &mut tally.completed,
        Ended::Failed => &mut tally.failed,
        Ended::Terminated => &mut tally.terminated,
    };
    *counter += 1;
    if let Some(took) = took {
        *tally.durations.entry(sketch::bucket(took)).or_default() += 1;
    }
}

/// Minute of a time.
pub(crate) fn minute(at: DateTime<Utc>) -> Minute {
    at.timestamp().div_euclid(60)
}

/// A tally for people.
pub(crate) fn figures(tally: &Tally) -> Figures {
    Figures {
        started: tally.started,
        completed: tally.completed,
        failed: tally.failed,
        terminated: tally.terminated,
        p50_ms: sketch::percentile(&tally.durations, 50),
        p95_ms: sketch::percentile(&tally.durations, 95),
    }
}
