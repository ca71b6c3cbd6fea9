//! Times of the protocol and times of chrono.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use prost_types::Timestamp;

/// The last second a protobuf timestamp can name, 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

/// Reads a timestamp; one out of range reads as 1970.
pub(crate) fn from_proto(timestamp: &Timestamp) -> DateTime<Utc> {
    let nanos = u32::try_from(timestamp.nanos).unwrap_or(0);
    DateTime::from_timestamp(timestamp.seconds, nanos).unwrap_or_default()
}

/// Writes a timestamp; one after the year 9999 becomes its last second.
pub(crate) fn to_proto(time: DateTime<Utc>) -> Timestamp {
    if time.timestamp() > LAST_SECOND {
        return Timestamp { seconds: LAST_SECOND, nanos: 0 };
    }
    // A leap second counts as the last nanosecond of its minute.
    let nanos = time.timestamp_subsec_nanos().min(999_999_999);
    Timestamp { seconds: time.timestamp(), nanos: i32::try_from(nanos).unwrap_or(0) }
}

/// `time + delay`, the end of time when that does not exist.
pub(crate) fn after(time: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(delay)
        .ok()
        .and_then(|delay| time.checked_add_signed(delay))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
