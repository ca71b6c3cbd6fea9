//! The canonical text of a query.

use std::fmt;

use chrono::SecondsFormat;

use super::{
    ast::{
        Condition, Expr, Is, JsonTest, Literal, Number, Query, Step, Term, Wait, WaitKind, When,
    },
    pattern::Pattern,
    units,
};
use crate::status::RuntimeStatus;

/// Characters that end a value or mean something in it.
const SPECIAL: &[char] = &['(', ')', '"', ',', '*', '\\', '<', '>', '=', '!'];

/// The text as one value: plain when it can be, else in quotes.
pub(super) fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.contains(SPECIAL)
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if plain { text.to_owned() } else { in_quotes(text) }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A key of a path or a tag: plain when it can be, else in quotes.
fn key(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|letter| letter.is_alphanumeric() || "_-$@".contains(letter));
    if plain { text.to_owned() } else { in_quotes(text) }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.as_ref().map_or(Ok(()), |expr| expr.fmt(f))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    f.write_str(if at > 0 { " " } else { "" })?;
                    match part {
                        Self::Any(_) => write!(f, "({part})")?,
                        Self::All(_) | Self::Not(_) | Self::Term(_) => part.fmt(f)?,
                    }
                }
                Ok(())
            }
            Self::Any(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    f.write_str(if at > 0 { " or " } else { "" })?;
                    part.fmt(f)?;
                }
                Ok(())
            }
            Self::Not(inner) => match inner.as_ref() {
                Self::All(_) | Self::Any(_) => write!(f, "-({inner})"),
                Self::Not(_) | Self::Term(_) => write!(f, "-{inner}"),
            },
            Self::Term(term) => term.fmt(f),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(values) => {
                write!(
                    f,
                    "status:{}",
                    list(values, |status: &RuntimeStatus| status.as_str().to_owned())
                )
            }
            Self::Name(values) => write!(f, "name:{}", list(values, Pattern::to_string)),
            Self::Id(values) => write!(f, "id={}", list(values, Pattern::to_string)),
            Self::Parent(values) => write!(f, "parent:{}", list(values, Pattern::to_string)),
            Self::Version(values) => write!(f, "version:{}", list(values, Pattern::to_string)),
            Self::Error(values) => write!(f, "error={}", list(values, Pattern::to_string)),
            Self::Tag { key: None, values } => {
                write!(f, "tag:{}", list(values, Pattern::to_string))
            }
            Self::Tag { key: Some(name), values } => {
                write!(f, "tag.{}={}", key(name), list(values, Pattern::to_string))
            }
            Self::Is(values) => write!(f, "is:{}", list(values, |is: &Is| is.as_str().to_owned())),
            Self::Wait(values) => write!(f, "wait:{}", list(values, wait)),
            Self::Time { field, order, when } => {
                write!(f, "{}:{}{when}", field.as_str(), order.as_str())
            }
            Self::Duration { order, millis } => {
                write!(f, "duration:{}{}", order.as_str(), units::text(*millis))
            }
            Self::Word(pattern) => f.write_str(&word(pattern)),
            Self::Text { payload, values } => {
                write!(f, "{}:{}", payload.as_str(), list(values, text_pattern))
            }
            Self::Json { payload, path, test } => {
                f.write_str(payload.as_str())?;
                for step in path {
                    match step {
                        Step::Key(name) => write!(f, ".{}", key(name))?,
                        Step::Index(index) => write!(f, "[{index}]")?,
                    }
                }
                test.fmt(f)
            }
        }
    }
}

impl fmt::Display for JsonTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(values) => write!(f, "={}", list(values, Literal::to_string)),
            Self::Number(order, number) => write!(f, "{}{}", order.as_str(), number.as_str()),
            Self::Text(order, text) => write!(f, "{}{}", order.as_str(), in_quotes(text)),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => f.write_str("*"),
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => f.write_str(number.as_str()),
            Self::Text(pattern) => match pattern.as_exact() {
                Some(text) if is_word(text) => f.write_str(&in_quotes(text)),
                _ if pattern.parts().iter().all(String::is_empty) && pattern.parts().len() > 1 => {
                    f.write_str("\"\"*")
                }
                _ => pattern.fmt(f),
            },
        }
    }
}

/// Whether a text without quotes would be something else than a text.
fn is_word(text: &str) -> bool {
    matches!(text, "null" | "true" | "false") || Number::read(text).is_some()
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::FromNow(0) => f.write_str("now"),
            Self::FromNow(millis) => {
                f.write_str(if *millis > 0 { "+" } else { "" })?;
                f.write_str(&units::text(*millis))
            }
        }
    }
}

/// A name in quotes where it would be a kind.
fn wait(wait: &Wait) -> String {
    match wait {
        Wait::Kind(kind) => kind.as_str().to_owned(),
        Wait::Name(pattern) => match pattern.as_exact() {
            Some(text) if WaitKind::read(&text.to_ascii_lowercase()).is_some() => in_quotes(text),
            _ => pattern.to_string(),
        },
    }
}

/// A pattern without a field, in quotes where it would read as one.
fn word(pattern: &Pattern) -> String {
    let part = |part: &String| {
        let plain = part.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if plain { part.clone() } else { in_quotes(part) }
    };
    let parts: Vec<String> = pattern.parts().iter().map(part).collect();
    parts.join("*")
}

/// A pattern behind an operator that looks for the text anywhere, unless there is a wildcard.
fn text_pattern(pattern: &Pattern) -> String {
    match pattern.parts() {
        [before, text, after] if before.is_empty() && after.is_empty() => quoted(text),
        _ => pattern.to_string(),
    }
}

fn list<T>(values: &[T], text: impl Fn(&T) -> String) -> String {
    let texts: Vec<String> = values.iter().map(text).collect();
    texts.join(",")
}
