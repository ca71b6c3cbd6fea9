//! Timestamps.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use tonic::Status;

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

/// A time that a caller may leave out. One that is there and cannot be read is refused: a filter must not widen by it.
pub(crate) fn read(field: &str, time: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, Status> {
    let read = |time| {
        from_wire(time).ok_or_else(|| Status::invalid_argument(format!("{field}: no valid time")))
    };
    time.map(read).transpose()
}

/// A time from the wire, if it is one.
pub(crate) fn from_wire(time: &Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}
