//! Durations, sizes and long ids for people, in no particular language.
//!
//! Unit signs (ms, s, min, h, d) are the same in English and French but for the day, which the caller passes in. Dates
//! and numbers are in [`crate::text::intl`], which needs a browser.

/// Writes a duration with its two largest units: `0.24 s`, `12 s`, `3 min 05 s`, `2 h 14 min`, `5 d 3 h`.
///
/// `point` is the decimal sign and `day` the sign of a day. A negative duration, from clocks that differ, reads as 0.
pub fn duration(milliseconds: i64, point: char, day: &str) -> String {
    let ms = milliseconds.max(0);
    let s = ms / 1000;
    if ms < 1000 {
        format!("{ms} ms")
    } else if s < 10 {
        format!("{s}{point}{} s", ms % 1000 / 100)
    } else if s < 60 {
        format!("{s} s")
    } else if s < 3600 {
        format!("{} min {:02} s", s / 60, s % 60)
    } else if s < 86_400 {
        format!("{} h {:02} min", s / 3600, s % 3600 / 60)
    } else {
        format!("{} {day} {} h", s / 86_400, s % 86_400 / 3600)
    }
}

/// Writes a running duration without tenths, so that it ticks evenly.
pub fn ticking(milliseconds: i64, day: &str) -> String {
    let ms = milliseconds.max(0);
    if ms < 60_000 { format!("{} s", ms / 1000) } else { duration(ms, '.', day) }
}

/// Writes a number of bytes: `812`, `4.0 Ki`, `3.2 Mi`; the caller adds the unit of its language.
pub fn size(bytes: usize, point: char) -> String {
    let tenths = |unit: usize| {
        let tenths = bytes.saturating_mul(10) / unit;
        format!("{}{point}{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1024 => bytes.to_string(),
        1024..1_048_576 => format!("{} Ki", tenths(1024)),
        _ => format!("{} Mi", tenths(1_048_576)),
    }
}

/// Splits text before its last `tail` characters, so that a narrow place can cut the front part and keep the end.
pub fn split_tail(text: &str, tail: usize) -> (&str, &str) {
    let at = text.char_indices().rev().nth(tail.saturating_sub(1)).map_or(0, |(at, _)| at);
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Shortens text to at most `most` characters by leaving out its middle.
pub fn middle(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most || most < 3 {
        return text.to_owned();
    }
    let tail = (most - 1) / 2;
    let head: String = text.chars().take(most - 1 - tail).collect();
    let (_, tail) = split_tail(text, tail);
    format!("{head}…{tail}")
}

/// First `most` characters of text on one line, with `…` when something is left out.
pub fn preview(text: &str, most: usize) -> String {
    let line: String =
        text.chars().take(most + 1).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() > most {
        let cut: String = line.chars().take(most).collect();
        format!("{cut}…")
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_show_their_two_largest_units() {
        for (ms, text) in [
            (-5, "0 ms"),
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (9_999, "9.9 s"),
            (59_999, "59 s"),
            (60_000, "1 min 00 s"),
            (3_599_000, "59 min 59 s"),
            (3_600_000, "1 h 00 min"),
            (86_400_000, "1 d 0 h"),
            (i64::MAX, "106751991167 d 7 h"),
        ] {
            assert_eq!(duration(ms, '.', "d"), text);
        }
        assert_eq!(duration(1_500, ',', "j"), "1,5 s");
        assert_eq!(ticking(1_999, "d"), "1 s");
        assert_eq!(ticking(61_000, "d"), "1 min 01 s");
    }

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0 Ki"),
            (262_144, "256.0 Ki"),
            (20_971_520, "20.0 Mi"),
        ] {
            assert_eq!(size(bytes, '.'), text);
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(split_tail("order-17", 2), ("order-", "17"));
        assert_eq!(split_tail("é漢", 8), ("", "é漢"));
        assert_eq!(split_tail("", 3), ("", ""));
        assert_eq!(middle("0123456789abcdef", 9), "0123…cdef");
        assert_eq!(middle("short", 9), "short");
        assert_eq!(middle("é漢é漢é漢", 5), "é漢…é漢");
        assert_eq!(preview("a\nb", 5), "a b");
        assert_eq!(preview("漢字漢字", 2), "漢字…");
    }
}
