//! Lengths of time: `5m`, `1h30m`, `-24h`, `500ms`.

/// Units, the largest first, in milliseconds.
const UNITS: [(&str, i64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Milliseconds that a length of time stands for.
pub(super) fn read(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
        let (word, after) = after.split_at_checked(letters)?;
        let (_, millis) = UNITS.into_iter().find(|(unit, _)| unit.eq_ignore_ascii_case(word))?;
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(millis)?)?;
        rest = after;
    }
    Some(if negative { -sum } else { sum })
}

/// How a length of time is written, in the largest unit that it is a multiple of.
pub(super) fn text(millis: i64) -> String {
    let unit = UNITS.into_iter().find(|(_, size)| millis % size == 0);
    let (word, size) = unit.filter(|_| millis != 0).unwrap_or(("s", 1000));
    format!("{}{word}", millis / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_back() {
        for (written, millis) in [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("-24h", -86_400_000),
            ("500ms", 500),
            ("0s", 0),
        ] {
            assert_eq!(read(written), Some(millis), "{written}");
            assert_eq!(read(&text(millis)), Some(millis), "{written}");
        }
        assert_eq!(text(5_400_000), "90m");
        for wrong in
            ["", "-", "5", "m", "5x", "1h 2m", "99999999999999999999s", "9999999999999999d"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
