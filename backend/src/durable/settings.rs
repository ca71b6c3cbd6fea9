//! `host.json` and `local.settings.json` of a functions project.

use std::{env, fs, io, path::Path};

use serde_json::{Map, Value};

use super::failure::{Code, Failure};

/// What `host.json` says about durable functions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) hub: Option<String>,
    /// Name of the setting that holds the connection string.
    pub(crate) connection: Option<String>,
    /// Kind of the store.
    pub(crate) kind: Option<String>,
}

/// Reads `host.json` in the folder; `None` when there is none.
pub(crate) fn host(folder: &Path) -> Result<Option<Host>, Failure> {
    let refuse = |reason: String| {
        Failure::failed(format!(
            "Exception thrown while attempting to parse task hub configuration from 'host.json':\n{reason}\n\
             The command failed due to a configuration issue. See previous error messages for details."
        ))
    };
    let Some(text) = read(&folder.join("host.json")).map_err(|error| refuse(error.to_string()))?
    else {
        return Ok(None);
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let Value::Object(top) = &value else { return Err(refuse("it is no JSON object".to_owned())) };
    parse_host(top).map(Some).map_err(refuse)
}

fn parse_host(top: &Map<String, Value>) -> Result<Host, String> {
    let version = text(top, "version", "version")?;
    let durable = match version.as_deref() {
        Some("2.0") => match object(top, "extensions")? {
            Some(extensions) => object(extensions, "durableTask")?,
            None => None,
        },
        _ => object(top, "durableTask")?,
    };
    let Some(durable) = durable else { return Ok(Host::default()) };
    let provider = object(durable, "storageProvider")?;
    let names = ["connectionStringName", "connectionName"];
    let mut connection = text(durable, "AzureStorageConnectionStringName", "durableTask")?;
    for name in names {
        if let (None, Some(provider)) = (&connection, provider) {
            connection = text(provider, name, "storageProvider")?;
        }
    }
    let kind = match provider {
        Some(provider) => text(provider, "type", "storageProvider")?,
        None => None,
    };
    Ok(Host { hub: text(durable, "hubName", "durableTask")?, connection, kind })
}

fn member<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = of.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

fn object<'a>(
    of: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, String> {
    match member(of, name) {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(other) => Err(format!("{name} is {other}, not an object")),
        None => Ok(None),
    }
}

fn text(of: &Map<String, Value>, name: &str, within: &str) -> Result<Option<String>, String> {
    match member(of, name) {
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(other) => Err(format!("{name} of {within} is {other}, not a text")),
        None => Ok(None),
    }
}

/// Value of a setting, with the place where it was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) value: String,
    pub(crate) place: String,
}

/// Value of a setting: from the environment, else from `Values` in `local.settings.json`.
pub(crate) fn setting(name: &str, folder: &Path) -> Result<Option<Setting>, Failure> {
    // A name with these characters cannot be one of the environment's, and must not be asked for.
    let plain = !name.is_empty() && !name.contains(['=', '\0']);
    if let Some(value) = env::var_os(name).filter(|_| plain) {
        let Ok(value) = value.into_string() else {
            return Err(Failure::failed(format!("the environment variable {name} is not UTF-8")));
        };
        return Ok(Some(Setting { value, place: format!("environment variable {name}") }));
    }
    let file = "local.settings.json";
    let refuse = |reason: String| {
        Failure::new(Code::Failed, format!("read the setting {name} in '{file}': {reason}"))
    };
    let Some(text) = read(&folder.join(file)).map_err(|error| refuse(error.to_string()))? else {
        return Ok(None);
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let Value::Object(top) = &value else { return Err(refuse("it is no JSON object".to_owned())) };
    let Some(values) = object(top, "Values").map_err(refuse)? else { return Ok(None) };
    let found = match member(values, name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => return Err(refuse(format!("it is {other}, not a text"))),
    };
    if member(top, "IsEncrypted") == Some(&Value::Bool(true)) {
        return Err(refuse(
            "its values are encrypted; set an environment variable of that name".to_owned(),
        ));
    }
    Ok(Some(Setting { value: found, place: format!("setting {name} in {file}") }))
}

/// Text of a file without a byte order mark; `None` when there is no such file.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_start_matches('\u{feff}').to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        folder
    }

    fn host_of(text: &str) -> Result<Option<Host>, Failure> {
        host(written("host.json", text).path())
    }

    #[test]
    fn both_versions_of_host_json_in_any_case() {
        let two = r#"{"version":"2.0","extensions":{"DurableTask":{"hubname":"H",
            "storageProvider":{"type":"mssql","connectionStringName":"C"}}}}"#;
        let expected = Host {
            hub: Some("H".to_owned()),
            connection: Some("C".to_owned()),
            kind: Some("mssql".to_owned()),
        };
        assert_eq!(host_of(two).unwrap(), Some(expected));
        let one = r#"{"durableTask":{"HubName":"H","AzureStorageConnectionStringName":"S"}}"#;
        let expected =
            Host { hub: Some("H".to_owned()), connection: Some("S".to_owned()), kind: None };
        assert_eq!(host_of(one).unwrap(), Some(expected));
        for nothing in
            ["{}", r#"{"version":"2.0","durableTask":{"hubName":"H"}}"#, r#"{"durableTask":null}"#]
        {
            assert_eq!(host_of(nothing).unwrap(), Some(Host::default()), "{nothing}");
        }
        assert_eq!(host(tempfile::tempdir().unwrap().path()).unwrap(), None);
    }

    #[test]
    fn a_bad_host_json_says_what_is_wrong() {
        for (text, word) in [
            ("{", "EOF"),
            ("[]", "no JSON object"),
            (r#"{"durableTask":1}"#, "durableTask is 1"),
            (r#"{"durableTask":{"hubName":1}}"#, "hubName of durableTask is 1"),
            (r#"{"durableTask":{"storageProvider":{"type":[]}}}"#, "type of storageProvider"),
        ] {
            let refused = host_of(text).unwrap_err().text;
            assert!(refused.contains(word), "{text}: {refused}");
            assert!(refused.contains("due to a configuration issue"), "{refused}");
        }
    }

    #[test]
    fn settings_of_the_file() {
        let folder = written("local.settings.json", r#"{"Values":{"Taskhub_X":"sqlite:a"}}"#);
        let found = setting("taskhub_x", folder.path()).unwrap().unwrap();
        assert_eq!(found.value, "sqlite:a");
        assert!(found.place.contains("local.settings.json"));
        assert_eq!(setting("taskhub_y", folder.path()).unwrap(), None);
        assert_eq!(setting("", folder.path()).unwrap(), None);
        for (text, word) in [
            (r#"{"IsEncrypted":true,"Values":{"taskhub_x":"a"}}"#, "encrypted"),
            (r#"{"Values":{"taskhub_x":1}}"#, "not a text"),
            (r#"{"Values":[]}"#, "not an object"),
            ("nothing", "expected"),
        ] {
            let folder = written("local.settings.json", text);
            let refused = setting("taskhub_x", folder.path()).unwrap_err().text;
            assert!(refused.contains(word) && refused.contains("taskhub_x"), "{text}: {refused}");
        }
    }
}
