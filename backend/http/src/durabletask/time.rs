//! Times as the original writes and reads them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Timelike, Utc};

/// Time of a status, in whole seconds.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Time of a history event, with up to seven digits behind the second.
pub(super) fn ticks(time: DateTime<Utc>) -> String {
    let whole = time.format("%Y-%m-%dT%H:%M:%S");
    let part = format!("{:07}", time.nanosecond() % 1_000_000_000 / 100);
    match part.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        part => format!("{whole}.{part}Z"),
    }
}

/// Reads a time in one of the usual forms; without an offset it is UTC.
pub(super) fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = pad_year(text.trim());
    if let Some(time) = with_offset(&text) {
        return Some(time);
    }
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%m/%d/%Y %H:%M:%S%.f",
        "%m/%d/%Y %H:%M",
    ];
    let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
    let days = ["%Y-%m-%d", "%m/%d/%Y"];
    let day = || days.iter().find_map(|form| NaiveDate::parse_from_str(&text, form).ok());
    time.or_else(|| day()?.and_hms_opt(0, 0, 0)).map(|time| time.and_utc())
}

fn with_offset(text: &str) -> Option<DateTime<Utc>> {
    let read = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    // An offset's plus sign that was not encoded has become a blank.
    let repaired = || {
        let (time, offset) = text.rsplit_once(' ').filter(|(time, _)| time.contains('T'))?;
        read(&format!("{time}+{offset}"))
    };
    read(text).or_else(repaired).map(|time| time.to_utc())
}

/// Python writes the first years with fewer digits on some systems.
fn pad_year(text: &str) -> String {
    match text.split_once('-') {
        Some((year, rest)) if (1..4).contains(&year.len()) && year.parse::<u16>().is_ok() => {
            format!("{year:0>4}-{rest}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_few_digits() {
        let time: DateTime<Utc> = "2026-11-23T14:02:11.123450Z".parse().unwrap();
        assert_eq!(seconds(time), "2026-11-23T14:02:11Z");
        assert_eq!(ticks(time), "2026-11-23T14:02:11.12345Z");
        assert_eq!(ticks("2026-11-23T14:02:11Z".parse().unwrap()), "2026-11-23T14:02:11Z");
    }

    #[test]
    fn times_are_read_in_many_forms() {
        for (text, expected) in [
            ("2026-11-23T14:02:11.5Z", Some("2026-11-23T14:02:11.5Z")),
            ("2026-11-23T14:02:11+02:00", Some("2026-11-23T12:02:11Z")),
            ("2026-11-23T14:02:11 02:00", Some("2026-11-23T12:02:11Z")),
            ("2026-11-23T14:02:11.1234567", Some("2026-11-23T14:02:11.1234567Z")),
            ("2026-11-23 14:02", Some("2026-11-23T14:02:00Z")),
            ("2026-11-23", Some("2026-11-23T00:00:00Z")),
            ("11/23/2026", Some("2026-11-23T00:00:00Z")),
            ("1-01-01T00:00:00.000000Z", Some("0001-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.9999999Z")),
            ("soon", None),
            ("2026-11-23,2026-11-24", None),
        ] {
            assert_eq!(read(text), expected.map(|time| time.parse().unwrap()), "{text}");
        }
    }
}
