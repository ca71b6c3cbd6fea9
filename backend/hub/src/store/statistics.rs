//! The part of the store port that keeps figures by minute: [`StatisticsStore`].

use std::{collections::BTreeMap, fmt::Debug};

use serde::{Deserialize, Serialize};
use taskhub_shared::statistics::StatisticKind;

use super::{Answer, model::HubId};

/// Figures by minute, kind and name.
pub trait StatisticsStore: Debug + Send + Sync {
    /// Stores rows; one of the same minute, kind and name is replaced. Rows of minutes before `keep_from` go.
    fn write_statistics(
        &self,
        hub: HubId,
        rows: Vec<StatisticRow>,
        keep_from: Minute,
    ) -> Answer<()>;

    /// Rows from one minute, inclusive, to another, exclusive, the oldest first.
    fn statistics(&self, hub: HubId, from: Minute, to: Minute) -> Answer<Vec<StatisticRow>>;
}

/// Minutes since 1970, UTC.
pub type Minute = i64;

/// Figures of one minute, kind and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticRow {
    /// The minute.
    pub minute: Minute,
    /// What the name stands for.
    pub kind: StatisticKind,
    /// The name.
    pub name: String,
    /// The figures.
    pub tally: Tally,
}

/// Counters, and how long things took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of Figures, which explains them")]
pub struct Tally {
    #[serde(skip_serializing_if = "is_zero")]
    pub started: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub completed: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub terminated: u64,
    /// Numbers of durations by bucket, of `crate::statistics`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub durations: BTreeMap<u16, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Tally {
    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        self.started += other.started;
        self.completed += other.completed;
        self.failed += other.failed;
        self.terminated += other.terminated;
        for (bucket, count) in &other.durations {
            *self.durations.entry(*bucket).or_default() += count;
        }
    }
}
