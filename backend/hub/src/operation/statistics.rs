//! Figures of a hub over time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_shared::statistics::{
    KEPT_DAYS, MOST_POINTS, NamedFigures, StatisticKind, StatisticPoint, Statistics,
};

use crate::{
    error::HubError,
    hub::Hub,
    statistics::{figures, minute},
    store::statistics::{Minute, Tally},
};

/// Minutes of which the figures are in memory at once.
const SLICE: Minute = 60;

impl Hub {
    /// What was started, how it ended and how long it took, from one time to another, in steps of so many seconds.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] that names the field, [`HubError::Store`] when the store cannot be read.
    pub async fn statistics(
        &self,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        step: Option<u64>,
    ) -> Result<Statistics, HubError> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let to = to.unwrap_or(now);
        let from = from.unwrap_or(to - TimeDelta::hours(1));
        let span = to - from;
        if span <= TimeDelta::zero() || span > TimeDelta::days(KEPT_DAYS) {
            let reason = format!("it must lie before \"to\", by at most {KEPT_DAYS} days");
            return Err(HubError::InvalidInput { field: "from", reason });
        }
        let (first, last) = (minute(from), minute(to - TimeDelta::microseconds(1)) + 1);
        let step = step_minutes(step, last - first)?;
        // What is counted in memory is stored first: one source for all.
        inner.store_statistics().await?;
        let mut steps: BTreeMap<Minute, [Tally; 3]> = BTreeMap::new();
        let mut names: BTreeMap<(StatisticKind, String), Tally> = BTreeMap::new();
        let mut from = first;
        while from < last {
            let to = last.min(from + SLICE);
            for row in inner.store.statistics_store().statistics(inner.id, from, to).await? {
                let tallies = steps.entry((row.minute - first) / step).or_default();
                if let Some(tally) = tallies.get_mut(usize::from(row.kind.code())) {
                    tally.merge(&row.tally);
                }
                names.entry((row.kind, row.name)).or_default().merge(&row.tally);
            }
            from = to;
        }
        let nothing = <[Tally; 3]>::default();
        let points = (0..(last - first + step - 1) / step).map(|number| {
            let [orchestrations, turns, activities] = steps.get(&number).unwrap_or(&nothing);
            StatisticPoint {
                at: time(first + number * step),
                orchestrations: figures(orchestrations),
                turns: turns.completed,
                activities: figures(activities),
            }
        });
        Ok(Statistics {
            from: time(first),
            to: time(last),
            step_seconds: u64::try_from(step * 60).unwrap_or(0),
            points: points.collect(),
            names: names
                .into_iter()
                .map(|((kind, name), tally)| NamedFigures { kind, name, figures: figures(&tally) })
                .collect(),
        })
    }
}

/// Length of a step in minutes: as asked for, or such that there are not too many.
fn step_minutes(seconds: Option<u64>, minutes: i64) -> Result<i64, HubError> {
    let least = (minutes + MOST_POINTS - 1) / MOST_POINTS;
    let Some(seconds) = seconds else { return Ok(least.max(1)) };
    let step = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0 && seconds % 60 == 0);
    let step = step.map(|seconds| seconds / 60).filter(|step| *step >= least);
    step.ok_or_else(|| HubError::InvalidInput {
        field: "step",
        reason: format!(
            "it must be whole minutes, in seconds, and give at most {MOST_POINTS} points: {} or more",
            least.max(1) * 60
        ),
    })
}

fn time(minute: Minute) -> DateTime<Utc> {
    DateTime::from_timestamp(minute * 60, 0).unwrap_or_default()
}
