//! Times as the original writes and reads them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

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
///
/// Source: what `DateTime.TryParse` takes, the basic forms of ISO 8601 besides.
pub(super) fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = pad_year(text.trim()).to_ascii_uppercase();
    if text.len() > LONGEST {
        return None;
    }
    if let Ok(time) = DateTime::parse_from_rfc2822(&text) {
        return Some(time.to_utc());
    }
    // ISO 8601 allows a comma before the fraction of a second.
    let text = match text.split_once(',') {
        Some((whole, fraction)) if whole.contains(':') => format!("{whole}.{fraction}"),
        _ => text,
    };
    let (text, offset) = split_offset(&text);
    let time = TIMES.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || DAYS.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    let month = || NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
    let time = time.or_else(|| month().or_else(day)?.and_hms_opt(0, 0, 0))?;
    time.checked_sub_signed(offset).map(|time| time.and_utc())
}

/// Longest text that can be a time.
const LONGEST: usize = 64;
const TIMES: [&str; 9] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y%m%dT%H%M%S%.f",
    "%Y%m%dT%H%M",
    "%G-W%V-%uT%H:%M:%S%.f",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
];
const DAYS: [&str; 5] = ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%G-W%V-%u", "%m/%d/%Y"];

/// The time without its offset, and the offset. A plus sign that was not encoded has become a blank.
fn split_offset(text: &str) -> (&str, TimeDelta) {
    if let Some(text) = text.strip_suffix('Z') {
        return (text.trim_end(), TimeDelta::zero());
    }
    let found = || {
        // After the time of day only: a day has dashes of its own.
        let day = text.find(['T', ':'])?;
        let at = text.get(day..)?.rfind(['+', '-', ' '])? + day;
        let (time, offset) = text.split_at_checked(at)?;
        let sign = if offset.starts_with('-') { -1 } else { 1 };
        let digits = offset.get(1..)?;
        let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
            (Some(parts), 4..=5) => parts,
            (None, 4) => digits.split_at_checked(2)?,
            (None, 1..=2) => (digits, "0"),
            _ => return None,
        };
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok());
        let (hours, minutes): (i64, i64) = (number(hours)??, number(minutes)??);
        let fits = hours <= 14 && minutes < 60;
        fits.then(|| (time.trim_end(), TimeDelta::minutes(sign * (hours * 60 + minutes))))
    };
    found().unwrap_or((text, TimeDelta::zero()))
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
            ("2026-11-23t14:02:11z", Some("2026-11-23T14:02:11Z")),
            ("2026-11-23T14:02:11 Z", Some("2026-11-23T14:02:11Z")),
            ("2026-11-23T14:02:11-0330", Some("2026-11-23T17:32:11Z")),
            ("2026-11-23T14:02:11+02", Some("2026-11-23T12:02:11Z")),
            ("2026-11-23 14:02:11.25 +02:00", Some("2026-11-23T12:02:11.25Z")),
            ("2026-11-23 14:02:11.25  02:00", Some("2026-11-23T12:02:11.25Z")),
            ("2026-11-23T14:02Z", Some("2026-11-23T14:02:00Z")),
            ("2026-11-23T14:02+01:00", Some("2026-11-23T13:02:00Z")),
            ("2026-11-23T14:02:11,5Z", Some("2026-11-23T14:02:11.5Z")),
            ("20261123T140211Z", Some("2026-11-23T14:02:11Z")),
            ("20261123T1402+0100", Some("2026-11-23T13:02:00Z")),
            ("20261123", Some("2026-11-23T00:00:00Z")),
            ("2026-11", Some("2026-11-01T00:00:00Z")),
            ("2026-W48-1", Some("2026-11-23T00:00:00Z")),
            ("2026-W48-1T14:02:11Z", Some("2026-11-23T14:02:11Z")),
            ("2026-327", None),
            ("2026/11/23", Some("2026-11-23T00:00:00Z")),
            ("Mon, 23 Nov 2026 14:02:11 GMT", Some("2026-11-23T14:02:11Z")),
            ("2026-11-23T14:02:11+25:00", None),
            ("2026-11-23T25:00:00Z", None),
            ("2026-02-30", None),
            ("2026-11-23T14:02:11Z,2026-11-24T14:02:11Z", None),
            ("2026-11-23T14:02:11,2026-11-24T14:02:11", None),
            ("2026-13", None),
            ("", None),
            ("Z", None),
            ("soon", None),
            ("1764000000", None),
            ("now-1d", None),
            ("999999-01-01", None),
            ("2026-11-23,2026-11-24", None),
        ] {
            assert_eq!(read(text), expected.map(|time| time.parse().unwrap()), "{text}");
        }
    }
}
