//! Values of options: switches, statuses, times.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use taskhub_shared::status::RuntimeStatus;

/// Reads a switch.
pub(crate) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "on" => Ok(true),
        "false" | "off" => Ok(false),
        _ => Err("use true, false, on or off".to_owned()),
    }
}

/// Statuses, divided by blanks or commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statuses(pub(crate) Vec<RuntimeStatus>);

/// Reads statuses in any case.
pub(crate) fn statuses(text: &str) -> Result<Statuses, String> {
    let mut all = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let status: RuntimeStatus = word.parse()?;
        if !all.contains(&status) {
            all.push(status);
        }
    }
    if all.is_empty() {
        return Err(format!(
            "name at least one of {}",
            RuntimeStatus::ALL.map(RuntimeStatus::as_str).join(", ")
        ));
    }
    Ok(Statuses(all))
}

/// Reads a time in one of the usual forms of ISO 8601; without an offset it is UTC.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    parse(text).ok_or_else(|| {
        "this is no time; write it like 2026-11-23T14:02:11Z, 2026-11-23T14:02 or 2026-11-23"
            .to_owned()
    })
}

fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let offsets = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y%m%dT%H%M%S%.f%#z"];
    let spaced = text.replacen(' ', "T", 1);
    let with_offset = spaced.strip_suffix(['Z', 'z']).map(|rest| format!("{rest}+00:00"));
    let with_offset = with_offset.as_deref().unwrap_or(&spaced);
    let time = offsets.iter().find_map(|form| DateTime::parse_from_str(with_offset, form).ok());
    if let Some(time) = time {
        return Some(time.to_utc());
    }
    let plain = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y%m%dT%H%M%S%.f",
        "%m/%d/%YT%H:%M:%S%.f",
        "%m/%d/%YT%H:%M",
    ];
    if let Some(time) =
        plain.iter().find_map(|form| NaiveDateTime::parse_from_str(&spaced, form).ok())
    {
        return Some(time.and_utc());
    }
    let days = ["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%G-W%V-%u", "%Y-%j"];
    let day = days.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc())
}

/// A time as .NET writes it where the culture is invariant.
pub(crate) fn invariant(time: DateTime<Utc>) -> String {
    time.format("%m/%d/%Y %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches() {
        for (text, expected) in [
            ("true", Some(true)),
            ("ON", Some(true)),
            ("False", Some(false)),
            ("off", Some(false)),
            ("yes", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(switch(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn statuses_in_any_case_and_order() {
        use RuntimeStatus::{Completed, Failed, Running};
        assert_eq!(statuses("running  COMPLETED").unwrap().0, [Running, Completed]);
        assert_eq!(statuses("Failed,failed").unwrap().0, [Failed]);
        assert!(statuses("done").unwrap_err().contains("Completed"));
        assert!(statuses(" ").unwrap_err().contains("at least one"));
    }

    #[test]
    fn times_in_the_forms_of_the_examples_and_of_iso_8601() {
        for (text, expected) in [
            ("2021-03-10T13:57:31Z", Some("2021-03-10T13:57:31Z")),
            ("2021-03-10T23:59Z", Some("2021-03-10T23:59:00Z")),
            ("2021-11-14T19:35:00.0000000Z", Some("2021-11-14T19:35:00Z")),
            ("2026-11-23T14:02:11.1234567", Some("2026-11-23T14:02:11.1234567Z")),
            ("2026-11-23T14:02:11+02:00", Some("2026-11-23T12:02:11Z")),
            ("2026-11-23T14:02:11+0200", Some("2026-11-23T12:02:11Z")),
            ("2026-11-23T14:02+02", Some("2026-11-23T12:02:00Z")),
            ("2026-11-23 14:02", Some("2026-11-23T14:02:00Z")),
            ("2026-11-23 14:02:03Z", Some("2026-11-23T14:02:03Z")),
            ("20261123T140203Z", Some("2026-11-23T14:02:03Z")),
            ("20261123", Some("2026-11-23T00:00:00Z")),
            ("2026-11-23", Some("2026-11-23T00:00:00Z")),
            ("2026-W48-1", Some("2026-11-23T00:00:00Z")),
            ("2026-327", Some("2026-11-23T00:00:00Z")),
            ("11/23/2026", Some("2026-11-23T00:00:00Z")),
            ("11/23/2026 14:02:03", Some("2026-11-23T14:02:03Z")),
            (" 0001-01-01 ", Some("0001-01-01T00:00:00Z")),
            ("soon", None),
            ("", None),
            ("2026-13-01", None),
            ("2026-11-23T25:00Z", None),
        ] {
            let expected = expected.map(|time| time.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(time(text).ok(), expected, "{text:?}");
        }
    }
}
