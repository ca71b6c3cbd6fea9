//! JSON text as people read and write it: one level at a time for the tree, and where a mistake is.
//!
//! A level keeps the order of its keys and the digits of its numbers, because it never goes through numbers of the
//! machine. Deep or large text costs only what is opened.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One value of a JSON text, with what is inside it still unread.
#[derive(Debug, Clone)]
pub enum Node {
    /// `null`, `true`, `false` or a number, to the letter.
    Plain(String),
    /// Text, unescaped.
    Text(String),
    /// Elements of an array.
    Array(Vec<Box<RawValue>>),
    /// Keys and values of an object, in their order.
    Object(Vec<(String, Box<RawValue>)>),
}

/// Why and where text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: MistakeKind,
}

/// What is wrong with a text that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MistakeKind {
    /// It ends in the middle of a value.
    EndsEarly,
    /// A value is expected: text needs double quotes.
    NoValue,
    /// A comma or the closing bracket is missing.
    NoComma,
    /// A comma stands before a closing bracket.
    TrailingComma,
    /// A colon is missing after a key.
    NoColon,
    /// A key has no double quotes.
    KeyWithoutQuotes,
    /// Something follows the value.
    TrailingText,
    /// A line break or another control character stands inside text.
    ControlCharacter,
    /// A backslash begins nothing that is known.
    BadEscape,
    /// A number is not written as JSON writes it.
    BadNumber,
    /// Something else.
    Other,
}

impl Node {
    /// Reads one level of JSON text; absent when the text is not JSON.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.chars().next()? {
            '{' => {
                serde_json::from_str::<Entries>(text).ok().map(|entries| Self::Object(entries.0))
            }
            '[' => serde_json::from_str(text).ok().map(Self::Array),
            '"' => serde_json::from_str(text).ok().map(Self::Text),
            _ => serde_json::from_str::<&RawValue>(text)
                .ok()
                .map(|raw| Self::Plain(raw.get().to_owned())),
        }
    }
}

/// Checks JSON text and keeps it to the letter.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(text: &str) -> Result<Box<RawValue>, Mistake> {
    serde_json::from_str(text).map_err(|error| {
        let line = error.line().max(1);
        let column = column(text, line, error.column());
        let before: String = text.split('\n').take(line).collect::<Vec<_>>().join("\n");
        let at = before.len() - text.split('\n').nth(line - 1).map_or(0, str::len) + error.column();
        let kind =
            if follows_comma(&before, at) { MistakeKind::TrailingComma } else { kind(&error) };
        Mistake { line, column, kind }
    })
}

/// Whether a closing bracket ends the first `at` bytes and a comma stands before it.
fn follows_comma(text: &str, at: usize) -> bool {
    let until = text.get(..at).unwrap_or(text).trim_end();
    let inside = until.strip_suffix(['}', ']']).map(str::trim_end);
    inside.is_some_and(|inside| inside.ends_with(','))
}

/// Column in characters for a column in bytes.
fn column(text: &str, line: usize, bytes: usize) -> usize {
    let line = text.split('\n').nth(line - 1).unwrap_or_default();
    let before = line.char_indices().filter(|(at, _)| *at < bytes).count();
    before.max(1)
}

fn kind(error: &serde_json::Error) -> MistakeKind {
    if error.is_eof() {
        return MistakeKind::EndsEarly;
    }
    let text = error.to_string();
    let known = [
        ("expected value", MistakeKind::NoValue),
        ("expected ident", MistakeKind::NoValue),
        ("expected `,`", MistakeKind::NoComma),
        ("trailing comma", MistakeKind::TrailingComma),
        ("expected `:`", MistakeKind::NoColon),
        ("key must be a string", MistakeKind::KeyWithoutQuotes),
        ("trailing characters", MistakeKind::TrailingText),
        ("control character", MistakeKind::ControlCharacter),
        ("invalid escape", MistakeKind::BadEscape),
        ("invalid number", MistakeKind::BadNumber),
    ];
    let found = known.into_iter().find(|(beginning, _)| text.starts_with(beginning));
    found.map_or(MistakeKind::Other, |(_, kind)| kind)
}

/// Writes JSON text with one entry a line, two blanks a level. Text that is not JSON comes back unchanged.
pub fn pretty(text: &str) -> String {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut inside_text = false;
    let mut escaped = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if inside_text {
            out.push(c);
            inside_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                inside_text = true;
                out.push(c);
            }
            '{' | '[' => {
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                out.push(c);
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    // Text of a thousand brackets must not become a million blanks.
    out.extend(std::iter::repeat_n("  ", depth.min(64)));
}

struct Entries(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Entries, A::Error> {
                Ok(Entries(Vec::new()))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> (usize, usize, MistakeKind) {
        let mistake = check(text).unwrap_err();
        (mistake.line, mistake.column, mistake.kind)
    }

    #[test]
    fn mistakes_have_a_place_and_a_reason() {
        assert_eq!(mistake("hello"), (1, 1, MistakeKind::NoValue));
        assert_eq!(mistake("{\n  \"é\": 1,\n}"), (3, 1, MistakeKind::TrailingComma));
        assert_eq!(mistake("{\"é漢\" 1}"), (1, 7, MistakeKind::NoColon));
        assert_eq!(mistake("[1 2]"), (1, 4, MistakeKind::NoComma));
        assert_eq!(mistake("{a: 1}"), (1, 2, MistakeKind::KeyWithoutQuotes));
        assert_eq!(mistake("{} x"), (1, 4, MistakeKind::TrailingText));
        assert_eq!(mistake("[1,").2, MistakeKind::EndsEarly);
        assert_eq!(mistake("\"a\nb\"").2, MistakeKind::ControlCharacter);
        assert_eq!(mistake("\"\\x\"").2, MistakeKind::BadEscape);
    }

    #[test]
    fn a_level_keeps_order_and_digits() {
        let Some(Node::Object(entries)) =
            Node::read(r#" {"z": 12345678901234567890123, "a": [1, {"b": null}], "z2": 1.10} "#)
        else {
            panic!("no object");
        };
        let shown: Vec<(&str, &str)> =
            entries.iter().map(|(key, value)| (key.as_str(), value.get())).collect();
        let expected =
            [("z", "12345678901234567890123"), ("a", r#"[1, {"b": null}]"#), ("z2", "1.10")];
        assert_eq!(shown, expected);
        assert!(Node::read("plain words").is_none());
        assert!(Node::read("").is_none());
    }

    #[test]
    fn very_deep_text_is_read_level_by_level() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(Node::read(&deep), Some(Node::Array(inner)) if inner.len() == 1));
    }

    #[test]
    fn pretty_changes_blanks_only() {
        let text = r#"{"a":[1,{"b":"x, [y] \" {z}"}],"c":{},"d":[ ]}"#;
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x, [y] \\\" {z}\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(pretty(text), expected);
        assert_eq!(pretty("not json"), "not json");
    }
}
