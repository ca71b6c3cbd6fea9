//! Timestamps.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

/// Wire form of a time.
#[expect(
    clippy::cast_possible_wrap,
    reason = "chrono's subsecond nanoseconds are below two billion"
)]
pub(crate) fn to_wire(time: DateTime<Utc>) -> Timestamp {
    Timestamp {
        seconds: time.timestamp(),
        nanos: time.timestamp_subsec_nanos().min(999_999_999) as i32,
    }
}

/// A time from the wire; one out of range counts as absent.
pub(crate) fn from_wire(time: &Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}
