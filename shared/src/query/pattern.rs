//! Texts with wildcards: [`Pattern`].

use std::fmt;

use super::display::quoted;

/// A text in which `*` stands for any characters, or for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What stands between the wildcards, in order; one part when there is no wildcard. No part but the first and the
    /// last is empty.
    parts: Vec<String>,
}

impl Pattern {
    /// Exactly this text.
    #[must_use]
    pub fn exact(text: impl Into<String>) -> Self {
        Self { parts: vec![text.into()] }
    }

    /// Texts that begin like this.
    #[must_use]
    pub fn prefix(text: impl Into<String>) -> Self {
        Self::of([text.into(), String::new()])
    }

    /// Texts that hold this.
    #[must_use]
    pub fn contains(text: impl Into<String>) -> Self {
        Self::of([String::new(), text.into(), String::new()])
    }

    /// The pattern whose wildcards stand between these parts.
    #[must_use]
    pub fn of(parts: impl IntoIterator<Item = String>) -> Self {
        let parts: Vec<String> = parts.into_iter().collect();
        let last = parts.len().saturating_sub(1);
        let kept = |(at, part): (usize, String)| {
            (at == 0 || at == last || !part.is_empty()).then_some(part)
        };
        let mut parts: Vec<String> = parts.into_iter().enumerate().filter_map(kept).collect();
        if parts.is_empty() {
            parts.push(String::new());
        }
        Self { parts }
    }

    /// What stands between the wildcards.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The text, when there is no wildcard.
    #[must_use]
    pub fn as_exact(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// The beginning, when the one wildcard stands at the end.
    #[must_use]
    pub fn as_prefix(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [prefix, end] if end.is_empty() => Some(prefix),
            _ => None,
        }
    }

    /// The beginning of every text that fits; the whole text when there is no wildcard.
    #[must_use]
    pub fn head(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether the text fits, to the letter. Takes time in proportion to the text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (Some((first, rest)), last) = (self.parts.split_first(), self.parts.last()) else {
            return false;
        };
        let Some(last) = last.filter(|_| !rest.is_empty()) else { return text == first };
        let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
        for part in rest.iter().take(rest.len() - 1) {
            let Some((_, after)) = text.split_once(part.as_str()) else { return false };
            text = after;
        }
        text.ends_with(last.as_str())
    }

    /// The pattern for texts in small letters.
    #[must_use]
    pub fn lowercase(&self) -> Self {
        Self { parts: self.parts.iter().map(|part| part.to_lowercase()).collect() }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.as_exact() == Some("") {
            return f.write_str("\"\"");
        }
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                f.write_str("*")?;
            }
            if !part.is_empty() {
                f.write_str(&quoted(part))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_characters() {
        let of = |parts: &[&str]| Pattern::of(parts.iter().map(|part| (*part).to_owned()));
        assert!(Pattern::exact("a*b").matches("a*b"));
        assert!(!Pattern::exact("a").matches("ab"));
        assert!(Pattern::prefix("a").matches("a"));
        assert!(Pattern::contains("b").matches("abc"));
        assert!(!Pattern::contains("b").matches("ac"));
        assert!(of(&["a", "b", "c"]).matches("a-b-b-c"));
        assert!(of(&["a", "a"]).matches("aa"));
        assert!(!of(&["a", "a"]).matches("a"));
        assert!(of(&["", "ab", "b"]).matches("abb"));
        assert!(!of(&["", "ab", "b"]).matches("ab"));
        assert!(of(&["", ""]).matches(""));
        assert_eq!(of(&["a", "", "", "b"]), of(&["a", "b"]));
    }

    #[test]
    fn many_wildcards_take_little_time() {
        let pattern = Pattern::of((0..60).map(|_| "a".to_owned()).chain(["b".to_owned()]));
        assert!(!pattern.matches(&"a".repeat(1_000_000)));
    }
}
