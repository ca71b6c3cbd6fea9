//! Timestamps.

use chrono::{DateTime, Datelike as _, Utc};
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

/// A time from the wire, if it is one: the protocol knows the years 1 to 9999, and SDKs cannot read others back.
pub(crate) fn from_wire(time: &Timestamp) -> Option<DateTime<Utc>> {
    let nanos = u32::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    let time = DateTime::from_timestamp(time.seconds, nanos)?;
    (1..=9999).contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_protocol_are_read_and_no_others() {
        // Source: google/protobuf/timestamp.proto.
        let (first, last) = (-62_135_596_800, 253_402_300_799);
        let read = |seconds, nanos| read("at", Some(&Timestamp { seconds, nanos }));
        for (seconds, nanos) in [(first, 0), (0, 0), (last, 999_999_999)] {
            let time = read(seconds, nanos).unwrap().unwrap();
            assert_eq!(to_wire(time), Timestamp { seconds, nanos });
        }
        let bad = [
            (first - 1, 0),
            (last + 1, 0),
            (i64::MAX, 0),
            (0, -1),
            (0, 1_000_000_000),
            (59, 1_500_000_000),
        ];
        for (seconds, nanos) in bad {
            let refused = read(seconds, nanos).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{seconds} {nanos}");
        }
    }
}
