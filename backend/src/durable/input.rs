//! Inputs: text on the command line, or `@FILE`.

use std::{io::Read as _, path::Path};

use serde_json::value::{RawValue, to_raw_value};

use super::failure::Failure;

/// Reads the value of an option that is JSON, text or `@FILE`; `@-` is the standard input.
///
/// Inline text that is JSON is that JSON, unless `as_text`, which makes it a JSON string as `func` does.
pub(crate) fn read(
    option: &str,
    value: &str,
    as_text: bool,
    folder: &Path,
) -> Result<Box<RawValue>, Failure> {
    let Some(path) = value.strip_prefix('@') else {
        return match parse(value) {
            Ok(json) if !as_text => Ok(json),
            _ => to_raw_value(value).map_err(|error| Failure::option(option, error)),
        };
    };
    let text = if path == "-" { from_stdin(option)? } else { from_file(option, path, folder)? };
    parse(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let text = "Could not deserialize the input to the orchestration instance into a valid JSON object.";
        Failure::option(option, format!("{text} ({path}: {error})"))
    })
}

fn from_file(option: &str, path: &str, folder: &Path) -> Result<String, Failure> {
    match std::fs::read(folder.join(path)) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| Failure::option(option, format!("the file '{path}' is not UTF-8"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::option(option, format!("Could not find input file at '{path}'")))
        }
        Err(error) => Err(Failure::option(option, format!("read the file '{path}': {error}"))),
    }
}

fn from_stdin(option: &str) -> Result<String, Failure> {
    let mut text = String::new();
    match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::option(option, format!("read the standard input: {error}"))),
    }
}

fn parse(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(value: &str, as_text: bool) -> String {
        read("input", value, as_text, Path::new("")).unwrap().get().to_owned()
    }

    #[test]
    fn inline_text_is_json_when_it_can_be() {
        for (value, json, text) in [
            ("3", "3", r#""3""#),
            (r#"{"a": 1.0}"#, r#"{"a": 1.0}"#, r#""{\"a\": 1.0}""#),
            ("Tokyo", r#""Tokyo""#, r#""Tokyo""#),
            (r#""Tokyo""#, r#""Tokyo""#, r#""\"Tokyo\"""#),
            ("null", "null", r#""null""#),
            ("", r#""""#, r#""""#),
            ("{", r#""{""#, r#""{""#),
            ("1e400", "1e400", r#""1e400""#),
        ] {
            assert_eq!(inline(value, false), json, "{value:?}");
            assert_eq!(inline(value, true), text, "{value:?}");
        }
    }

    #[test]
    fn files_must_hold_json() {
        let folder = tempfile::tempdir().unwrap();
        let read = |value: &str| read("input", value, false, folder.path());
        std::fs::write(folder.path().join("a.json"), "\u{feff} {\"a\":\n1}").unwrap();
        assert_eq!(read("@a.json").unwrap().get(), "{\"a\":\n1}");
        std::fs::write(folder.path().join("b.json"), "{").unwrap();
        let text = read("@b.json").unwrap_err().text;
        assert!(text.contains("--input: Could not deserialize the input"), "{text}");
        let text = read("@c.json").unwrap_err().text;
        assert!(text.contains("Could not find input file at 'c.json'"), "{text}");
        std::fs::write(folder.path().join("d.json"), [0xff, 0xfe]).unwrap();
        assert!(read("@d.json").unwrap_err().text.contains("not UTF-8"));
        assert!(read("@").unwrap_err().text.contains("--input: "));
    }
}
