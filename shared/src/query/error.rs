//! Why a query cannot be read: [`QueryError`].

use std::fmt;

use super::{
    ast::{Order, Span, TimeField},
    field::Field,
};
use crate::limits::{QUERY_BYTES, QUERY_DEPTH, QUERY_TERMS};

/// A query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where it goes wrong, in bytes of the text.
    pub span: Span,
    /// Number of the character where it goes wrong, from 1.
    pub character: usize,
    /// What is wrong.
    pub mistake: Mistake,
}

/// What is wrong with a query. Its `Display` says it in English, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// The text has so many bytes, which is too long.
    TooLong(usize),
    /// Parentheses stand in each other too deep.
    TooDeep,
    /// There are too many conditions and values.
    TooMany,
    /// A parenthesis is not closed.
    NotClosed,
    /// A parenthesis is closed that was never opened.
    NotOpened,
    /// Nothing stands in a parenthesis.
    EmptyParenthesis,
    /// A quote has no end.
    OpenQuote,
    /// A condition is missing.
    NoCondition,
    /// A comma stands before no value.
    BareComma,
    /// There is no such field; the one that was meant, perhaps.
    UnknownField(String, Option<&'static str>),
    /// The field has no such value; the one that was meant, perhaps.
    UnknownValue(Field, String, Option<&'static str>),
    /// An operator is missing behind the field.
    NoOperator(Field),
    /// A value is missing.
    NoValue(Field),
    /// There are several values, or wildcards, where one text must stand.
    OneValue(Field),
    /// The field cannot be compared like this.
    NoOrder(Field, Order),
    /// The field can only be compared.
    OnlyOrders(Field),
    /// A key is missing behind a dot.
    NoKey,
    /// A number is missing behind a bracket.
    NoIndex,
    /// The field has no parts.
    NoParts(Field),
    /// This is no time.
    NoTime(String),
    /// It is not said on which side of the time.
    NoSide(TimeField),
    /// This is no length of time.
    NoLength,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => write!(
                f,
                "This query has {bytes} bytes; the longest has {QUERY_BYTES}. Shorten it."
            ),
            Self::TooDeep => write!(
                f,
                "Parentheses stand in each other at most {QUERY_DEPTH} deep. Take this one out."
            ),
            Self::TooMany => {
                write!(f, "A query has at most {QUERY_TERMS} conditions and values. Take some out.")
            }
            Self::NotClosed => {
                f.write_str("This parenthesis is not closed. Write ) behind its last condition.")
            }
            Self::NotOpened => f.write_str("No parenthesis is open here. Take this ) away."),
            Self::EmptyParenthesis => f.write_str("Nothing stands in this parenthesis."),
            Self::OpenQuote => {
                f.write_str("This quote has no end. Write another \" behind the text.")
            }
            Self::NoCondition => {
                f.write_str("A condition is missing here. Write one like status:failed.")
            }
            Self::BareComma => {
                f.write_str("This comma stands before no value. Write values without blanks: a,b.")
            }
            Self::UnknownField(word, Some(near)) => {
                write!(f, "Unknown field '{word}'. Did you mean {near}?")
            }
            Self::UnknownField(word, None) => write!(
                f,
                "Unknown field '{word}'. Use one of {}, or put the text in quotes to look for it.",
                Field::ALL.map(Field::as_str).join(", ")
            ),
            Self::UnknownValue(field, word, Some(near)) => {
                write!(f, "Unknown {} '{word}'. Did you mean {near}?", field.as_str())
            }
            Self::UnknownValue(field, word, None) => write!(
                f,
                "Unknown {} '{word}'. Use one of {}.",
                field.as_str(),
                field.values().join(", ")
            ),
            Self::NoOperator(field) => {
                write!(f, "An operator is missing here. Write for example {}.", field.example())
            }
            Self::NoValue(field) => {
                write!(f, "A value is missing here. Write for example {}.", field.example())
            }
            Self::OneValue(field) => {
                write!(f, "One value without * stands here. Write for example {}.", field.example())
            }
            Self::NoOrder(field, order) => write!(
                f,
                "{} cannot be compared by {}. Write for example {}.",
                field.as_str(),
                order.as_str(),
                field.example()
            ),
            Self::OnlyOrders(field) => write!(
                f,
                "{} is compared by >, >=, < or <=. Write for example {}.",
                field.as_str(),
                field.example()
            ),
            Self::NoKey => f.write_str(
                "A key is missing behind this dot. Put one with other letters in quotes.",
            ),
            Self::NoIndex => {
                f.write_str("A whole number and ] are missing here, as in input.items[0].")
            }
            Self::NoParts(field) => {
                write!(f, "{} has no parts. Write for example {}.", field.as_str(), field.example())
            }
            Self::NoTime(text) => {
                write!(f, "'{text}' is no time. Write -24h, 2026-11-23 or 2026-11-23T14:02:11Z.")
            }
            Self::NoSide(field) => {
                let name = field.as_str();
                write!(
                    f,
                    "Say on which side of the time: write {name}:>-24h, {name}:<-24h or a day, {name}:2026-11-23."
                )
            }
            Self::NoLength => f.write_str("This is no length of time. Write 500ms, 5m or 1h30m."),
        }
    }
}

impl QueryError {
    pub(super) fn new(text: &str, span: Span, mistake: Mistake) -> Self {
        let character = text.get(..span.start).map_or(0, |before| before.chars().count()) + 1;
        Self { span, character, mistake }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (character {})", self.mistake, self.character)
    }
}

impl std::error::Error for QueryError {}

/// Beginning of a stranger's text, long enough to know it again.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The candidate that is spelled most like the word, if one is near.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    // What is longer is no slip of the finger.
    if word.len() > 20 || word.is_empty() {
        return None;
    }
    let distance = |candidate: &str| {
        let lower = candidate.to_ascii_lowercase();
        if lower.starts_with(&word) { 0 } else { edits(&word, &lower) }
    };
    let scored = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    let (best, found) = scored.min_by_key(|(distance, _)| *distance)?;
    (best <= 2 && best < word.len()).then_some(found)
}

/// Number of letters that one has to add, take or change.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for ((to, above_left), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let change = above_left + usize::from(from != *to);
            left = change.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_found() {
        let fields = ["status", "name", "created", "custom"];
        assert_eq!(nearest("stat", fields), Some("status"));
        assert_eq!(nearest("Statsu", fields), Some("status"));
        assert_eq!(nearest("nmae", fields), Some("name"));
        assert_eq!(nearest("weather", fields), None);
        assert_eq!(nearest("x", fields), None);
    }
}
