//! JSON text that is carried, not read: checked for syntax and depth, kept to the letter.

use serde_json::value::RawValue;

/// Deepest nesting of JSON that the server takes.
pub(crate) const DEPTH: usize = 128;

/// What is wrong with a text that should be JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJson(pub(crate) String);

/// JSON in a request body, to the letter but for the blanks around it.
///
/// # Errors
/// What is wrong and where.
pub(crate) fn check(body: &[u8]) -> Result<&str, NotJson> {
    let text = text(body)?;
    let value: &RawValue =
        serde_json::from_str(text).map_err(|error| NotJson(error.to_string()))?;
    Ok(value.get())
}

/// Text of a body that is to be JSON, with its nesting checked and nothing else.
///
/// # Errors
/// What is wrong.
pub(crate) fn text(body: &[u8]) -> Result<&str, NotJson> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|error| {
        NotJson(format!("the body is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    if is_deeper(text, DEPTH) {
        return Err(NotJson(format!("the JSON is nested deeper than {DEPTH} levels")));
    }
    Ok(text)
}

/// Whether arrays and objects are nested deeper than `most`.
fn is_deeper(text: &str, most: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Stored text as JSON: to the letter when it is JSON, otherwise as a JSON string. Blank text is the empty string.
///
/// Source: Durable Functions HTTP API, status query.
pub(crate) fn stored(text: Option<&str>) -> Option<Box<RawValue>> {
    let text = text?;
    if text.trim().is_empty() {
        return string("");
    }
    // Depth was checked at the door for clients, but not for workers.
    let carried = (!is_deeper(text, DEPTH)).then(|| RawValue::from_string(text.to_owned()).ok());
    carried.flatten().or_else(|| string(text))
}

/// A text as a JSON string.
pub(crate) fn string(text: &str) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(text).ok()
}

/// Text of a stored JSON string; any other text as it is.
pub(crate) fn plain(text: &str) -> String {
    serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_kept_to_the_letter() {
        for text in [
            r#""{\"a\": 1}""#,
            "123456789012345678901234567890.10",
            r#"{"b":1,  "a":2,"a":3}"#,
            r#""\ud800""#,
            "null",
        ] {
            assert_eq!(check(format!("\u{feff} {text}\n").as_bytes()).unwrap(), text);
            assert_eq!(stored(Some(text)).unwrap().get(), text);
        }
        for bad in ["", " ", "{", "'a'", "{\"a\":1,}", "1 2", "NaN"] {
            assert!(check(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert_eq!(check(b"\"\xFF\"").unwrap_err().0, "the body is not UTF-8 at byte 1");
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(check(nested(128).as_bytes()).is_ok());
        assert!(check(nested(129).as_bytes()).unwrap_err().0.contains("128"));
        assert!(check(format!("\"\\\"{}\"", nested(500)).as_bytes()).is_ok(), "brackets in a text");
    }

    #[test]
    fn stored_text_that_is_no_json_is_a_string() {
        let shown = |text: &str| stored(Some(text)).unwrap().get().to_owned();
        assert_eq!(
            shown("Orchestrator function 'X' failed: \"a\""),
            r#""Orchestrator function 'X' failed: \"a\"""#
        );
        assert_eq!(shown("  "), "\"\"");
        assert!(stored(None).is_none());
        assert_eq!(plain("\"a b\""), "a b");
        assert_eq!(plain("a b"), "a b");
    }
}
