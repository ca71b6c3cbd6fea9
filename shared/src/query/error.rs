//! Why a query cannot be read: [`QueryError`].

use std::fmt;

use super::ast::Span;

/// A query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where it goes wrong, in bytes of the text.
    pub span: Span,
    /// Number of the character where it goes wrong, from 1.
    pub character: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl QueryError {
    pub(super) fn new(text: &str, span: Span, message: impl Into<String>) -> Self {
        let character = text.get(..span.start).map_or(0, |before| before.chars().count()) + 1;
        Self { span, character, message: message.into() }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (character {})", self.message, self.character)
    }
}

impl std::error::Error for QueryError {}

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
