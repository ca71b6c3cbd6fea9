//! Payloads are JSON text; nothing is `null`, an empty or an absent text.
//!
//! Knows serde, does not know who sends the payload.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A payload that does not have the shape the code asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", .field.as_ref().map(|f| format!("field {f:?}: ")).unwrap_or_default())]
pub(crate) struct Unreadable {
    field: Option<String>,
    reason: String,
}

/// JSON text of `value`; `None` when it is `null`, as the other SDKs send it.
pub(crate) fn encode(value: &impl Serialize) -> Result<Option<String>, serde_json::Error> {
    let text = serde_json::to_string(value)?;
    Ok((text != "null").then_some(text))
}

/// Reads JSON text; an absent or empty text reads as `null`.
///
/// So does the empty JSON string where no string is asked for: the Node.js client of Durable Functions sends it when
/// there is no input.
pub(crate) fn decode<T: DeserializeOwned>(text: Option<&str>) -> Result<T, Unreadable> {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("null");
    match read(text) {
        Err(refused) if text == "\"\"" => read("null").map_err(|_| refused),
        outcome => outcome,
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let field = (path != "." && path != "?").then_some(path);
        Unreadable { field, reason: error.into_inner().to_string() }
    })?;
    deserializer.end().map_err(|error| Unreadable { field: None, reason: error.to_string() })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Order {
        #[expect(dead_code, reason = "only read by serde")]
        count: u32,
    }

    #[test]
    fn nothing_is_absent() {
        assert_eq!(encode(&()).unwrap(), None);
        assert_eq!(encode(&None::<u8>).unwrap(), None);
        assert_eq!(encode(&"").unwrap(), Some("\"\"".to_owned()));
        assert_eq!(decode::<Option<u8>>(None), Ok(None));
        assert_eq!(decode::<Option<u8>>(Some("")), Ok(None));
        assert_eq!(decode::<()>(Some("null")), Ok(()));
        assert_eq!(decode::<()>(Some("\"\"")), Ok(()));
        assert_eq!(decode::<String>(Some("\"\"")), Ok(String::new()));
        assert!(decode::<u8>(Some("\"\"")).unwrap_err().to_string().contains("string \"\""));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let message = |text| decode::<Order>(Some(text)).unwrap_err().to_string();
        assert!(message(r#"{"count":"x"}"#).starts_with(r#"field "count": invalid type"#));
        assert!(message("{}").contains("missing field `count`"));
        assert!(message(r#"{"count":1} 2"#).contains("trailing characters"));
    }
}
