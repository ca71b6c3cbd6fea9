//! Durations in buckets whose width grows with them: small, mergeable, and within 4 % of the truth.

use std::collections::BTreeMap;

use chrono::TimeDelta;

/// Buckets for each doubling, as a power of two.
const BITS: u32 = 4;
const PARTS: u64 = 1 << BITS;

/// Bucket of a duration.
pub(super) fn bucket(took: TimeDelta) -> u16 {
    let micros = u64::try_from(took.num_microseconds().unwrap_or(i64::MAX)).unwrap_or(0);
    let Some(shift) = micros.checked_ilog2().and_then(|log| log.checked_sub(BITS)) else {
        return u16::try_from(micros).unwrap_or(0);
    };
    let part = (micros >> shift) - PARTS;
    let bucket = u64::from(shift + 1) * PARTS + part;
    u16::try_from(bucket).unwrap_or(u16::MAX)
}

/// Middle of a bucket in microseconds.
fn middle(bucket: u16) -> u64 {
    let (doubling, part) = (u64::from(bucket) / PARTS, u64::from(bucket) % PARTS);
    match doubling.checked_sub(1) {
        None => part,
        Some(shift) => ((PARTS + part) << shift) + (1 << shift) / 2,
    }
}

/// Duration in milliseconds that so many of a hundred did not exceed.
pub(super) fn percentile(durations: &BTreeMap<u16, u64>, percent: u64) -> Option<u64> {
    let all: u64 = durations.values().sum();
    let rank = (all * percent).div_ceil(100).max(1);
    let mut passed = 0;
    let reaches = |(_, count): &(&u16, &u64)| {
        passed += **count;
        passed >= rank
    };
    let (bucket, _) = durations.iter().find(reaches)?;
    Some((middle(*bucket) + 500) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_within_four_percent() {
        for micros in (0_i64..1000).chain((10..60).map(|n| (1 << n) + 12_345)) {
            let found = middle(bucket(TimeDelta::microseconds(micros)));
            let truth = u64::try_from(micros).unwrap();
            assert!(found.abs_diff(truth) * 25 <= truth, "{micros} became {found}");
        }
        assert_eq!(bucket(TimeDelta::microseconds(-5)), 0);
        assert!(bucket(TimeDelta::MAX) < 1000);
    }

    #[test]
    fn percentiles_are_those_of_all_that_was_counted() {
        assert_eq!(percentile(&BTreeMap::new(), 50), None);
        let mut durations = BTreeMap::new();
        for ms in 1..=100 {
            *durations.entry(bucket(TimeDelta::milliseconds(ms))).or_default() += 1;
        }
        for percent in [50, 95] {
            let found = percentile(&durations, percent).unwrap();
            assert!(found.abs_diff(percent) <= 4, "{percent}: {found}");
        }
    }
}
