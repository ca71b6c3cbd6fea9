//! Places inside JSON text: their spelling, what lies there, and where a text is found.
//!
//! Nothing here recurses, so text of any depth is searched.

use serde_json::value::RawValue;

use crate::{format::preview, json::Node};

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into an object, by key.
    Key(String),
    /// Into an array, by position.
    Index(usize),
}

/// A place where a text was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The way there.
    pub path: Vec<Step>,
    /// The beginning of what lies there.
    pub preview: String,
}

/// Characters of a value that a hit shows.
const PREVIEW: usize = 80;

/// Writes a path: `$.items[3]["unit price"]`.
pub fn spell(path: &[Step]) -> String {
    let mut out = String::from("$");
    for step in path {
        match step {
            Step::Index(at) => out.push_str(&format!("[{at}]")),
            Step::Key(key) if is_plain(key) => {
                out.push('.');
                out.push_str(key);
            }
            Step::Key(key) => out.push_str(&format!("[{}]", serde_json::Value::from(key.as_str()))),
        }
    }
    out
}

fn is_plain(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

/// The text of what lies at a path.
pub fn locate(text: &str, path: &[Step]) -> Option<String> {
    let mut here: Box<RawValue> = serde_json::from_str(text).ok()?;
    for step in path {
        here = match (Node::read(here.get())?, step) {
            (Node::Array(mut items), Step::Index(at)) => {
                if *at >= items.len() {
                    return None;
                }
                items.swap_remove(*at)
            }
            (Node::Object(entries), Step::Key(key)) => {
                entries.into_iter().find(|(name, _)| name == key)?.1
            }
            _ => return None,
        };
    }
    Some(here.get().to_owned())
}

struct Frame {
    is_array: bool,
    index: usize,
    key: Option<String>,
}

/// Finds the first `most` keys and plain values that hold `wanted`, in any case; text must be JSON.
pub fn search(text: &str, wanted: &str, most: usize) -> Vec<Hit> {
    let wanted = wanted.to_lowercase();
    let mut hits: Vec<Hit> = Vec::new();
    if wanted.is_empty() {
        return hits;
    }
    let bytes = text.as_bytes();
    let mut stack: Vec<Frame> = Vec::new();
    let mut wants_key = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if hits.len() >= most {
            break;
        }
        match byte {
            b'{' | b'[' => {
                wants_key = *byte == b'{';
                stack.push(Frame { is_array: !wants_key, index: 0, key: None });
                at += 1;
            }
            b'}' | b']' => {
                stack.pop();
                at += 1;
            }
            b',' => {
                if let Some(frame) = stack.last_mut() {
                    frame.index += 1;
                    wants_key = !frame.is_array;
                }
                at += 1;
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            _ => {
                let end = end_of(bytes, at);
                let token = text.get(at..end).unwrap_or_default();
                at = end;
                let is_key = std::mem::take(&mut wants_key);
                if is_key && let Some(frame) = stack.last_mut() {
                    frame.key = serde_json::from_str(token).ok();
                }
                if token.to_lowercase().contains(&wanted) {
                    let rest = text.get(end..).unwrap_or_default();
                    let shown =
                        if is_key { rest.trim_start_matches([':', ' ', '\n']) } else { token };
                    let path = path_of(&stack);
                    if hits.last().is_none_or(|hit| hit.path != path) {
                        hits.push(Hit { path, preview: preview(value_start(shown), PREVIEW) });
                    }
                }
            }
        }
    }
    hits
}

/// A plain value alone, or the beginning of a larger one.
fn value_start(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(b'{' | b'[') | None => text,
        Some(_) => text.get(..end_of(text.as_bytes(), 0)).unwrap_or(text),
    }
}

/// End of the text, number or word that begins at `at`.
fn end_of(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = if rest.first() == Some(&b'"') {
        let mut escaped = false;
        let close = rest.iter().skip(1).position(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        close.map_or(rest.len(), |close| close + 2)
    } else {
        let ends = |byte: &u8| b",:]} \t\r\n".contains(byte);
        rest.iter().position(ends).unwrap_or(rest.len()).max(1)
    };
    at + length
}

fn path_of(stack: &[Frame]) -> Vec<Step> {
    stack
        .iter()
        .filter_map(|frame| {
            if frame.is_array {
                Some(Step::Index(frame.index))
            } else {
                frame.key.clone().map(Step::Key)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#"{"items": [{"name": "Pen, \"red\""}, {"unit price": 3.50}], "name": null, "é": "Å"}"#;

    fn found(wanted: &str) -> Vec<(String, String)> {
        let hits = search(TEXT, wanted, 10);
        hits.into_iter().map(|hit| (spell(&hit.path), hit.preview)).collect()
    }

    fn pair(path: &str, preview: &str) -> (String, String) {
        (path.to_owned(), preview.to_owned())
    }

    #[test]
    fn keys_and_values_are_found_with_their_way() {
        assert_eq!(found("RED"), [pair("$.items[0].name", r#""Pen, \"red\"""#)]);
        assert_eq!(found("3.5"), [pair("$.items[1][\"unit price\"]", "3.50")]);
        assert_eq!(found("unit"), [pair("$.items[1][\"unit price\"]", "3.50")]);
        assert_eq!(found("name").len(), 2);
        assert_eq!(found("null"), [pair("$.name", "null")]);
        assert_eq!(found("å"), [pair("$.é", "\"Å\"")]);
        assert_eq!(found("nothing"), []);
        assert_eq!(search("\"word\"", "or", 1)[0].path, []);
    }

    #[test]
    fn a_found_place_can_be_gone_to() {
        for wanted in ["red", "3.5", "å", "items"] {
            let hit = &search(TEXT, wanted, 1)[0];
            assert!(locate(TEXT, &hit.path).is_some(), "{wanted}");
        }
        let price = [Step::Key("items".into()), Step::Index(1), Step::Key("unit price".into())];
        assert_eq!(locate(TEXT, &price).as_deref(), Some("3.50"));
        assert_eq!(locate(TEXT, &[]).as_deref(), Some(TEXT));
        assert_eq!(locate(TEXT, &[Step::Index(0)]), None);
    }

    #[test]
    fn five_mebibytes_and_great_depth_are_searched() {
        let row = r#"{"id":17,"text":"some words that fill the row until it is long enough"},"#;
        let mut text = String::from("[");
        while text.len() < 5 * 1024 * 1024 {
            text.push_str(row);
        }
        text.push_str("{\"needle\":1}]");
        assert!(matches!(Node::read(&text), Some(Node::Array(_))));
        assert_eq!(search(&text, "needle", 5).len(), 1);
        assert_eq!(search(&text, "words", 100).len(), 100);
        let deep = format!("{}\"x\"{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(search(&deep, "x", 1)[0].path.len(), 100_000);
    }
}
