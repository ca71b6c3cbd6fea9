//! Which server or store a command talks to.

use std::{
    env,
    path::{Path, PathBuf},
};

use reqwest::Url;

use super::{
    failure::{Code, Failure},
    settings::{self, Host},
};

/// Setting that is read when no other is named.
pub(crate) const DEFAULT_SETTING: &str = "AzureWebJobsStorage";
/// Environment variable with the address of a server.
const SERVER: &str = "TASKHUB_SERVER";
/// What can be connected to.
const WORKS: &str = "what works: http(s)://HOST:PORT of a running server, and sqlite:PATH of a store that no server holds";

/// A server, or a store that no server holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Base address of a server.
    Server {
        /// The address.
        url: Url,
        /// Task hub that the connection string names.
        hub: Option<String>,
    },
    /// Path of a SQLite database.
    Store(PathBuf),
}

/// What was said about the place.
#[derive(Debug, Default)]
pub(crate) struct Asked<'a> {
    /// `--server`.
    pub(crate) server: Option<&'a str>,
    /// `--connection-string-setting`.
    pub(crate) setting: Option<&'a str>,
}

/// Finds the place: `--server`, `--connection-string-setting`, `TASKHUB_SERVER`, the setting that `host.json` names, the
/// setting `AzureWebJobsStorage`, and without all of them the address at which `taskhub serve` listens by default.
pub(crate) fn find(asked: &Asked<'_>, host: &Host, folder: &Path) -> Result<Place, Failure> {
    if let Some(server) = asked.server {
        return read(&with_scheme(server), "--server", folder);
    }
    if let Some(name) = asked.setting {
        return of_setting(name, "--connection-string-setting", folder);
    }
    if let Ok(server) = env::var(SERVER)
        && !server.trim().is_empty()
    {
        return read(&with_scheme(&server), SERVER, folder);
    }
    if let Some(kind) = host.kind.as_deref().filter(|kind| !is_known(kind)) {
        let text = format!(
            "The {kind} storage provider for Durable Functions is not yet supported by this command. However, it may be \
             supported by an SDK API or an HTTP API. To learn about alternate ways issue commands for Durable Functions, \
             see https://aka.ms/durable-functions-instance-management. (host.json names it; --server URL goes to a \
             server of Taskhub all the same.)"
        );
        return Err(Failure::failed(text));
    }
    if let Some(name) = &host.connection {
        return of_setting(name, "host.json", folder);
    }
    match settings::setting(DEFAULT_SETTING, folder)? {
        Some(found) => read(&found.value, &found.place, folder),
        None => read(&default_server(), "the default", folder),
    }
}

/// Address at which `taskhub serve` listens when it is told nothing else.
pub(crate) fn default_server() -> String {
    format!("http://127.0.0.1:{}", crate::config::DEFAULT_PORT)
}

/// `HOST:PORT` as an address; everything else as it is.
fn with_scheme(server: &str) -> String {
    let server = server.trim();
    match server.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && !host.contains(['/', '=', ' ']) => {
            format!("http://{server}")
        }
        _ => server.to_owned(),
    }
}

fn is_known(kind: &str) -> bool {
    ["AzureStorage", "azureManaged", "sqlite", "taskhub"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(kind))
}

fn of_setting(name: &str, by: &str, folder: &Path) -> Result<Place, Failure> {
    match settings::setting(name, folder)? {
        Some(found) => read(&found.value, &found.place, folder),
        None => Err(Failure::new(
            Code::Usage,
            format!(
                "No storage connection string found. {by} names the setting {name:?}, which is neither an environment \
                 variable nor in the Values of local.settings.json"
            ),
        )),
    }
}

/// Reads a connection string.
fn read(value: &str, from: &str, folder: &Path) -> Result<Place, Failure> {
    let value = value.trim();
    let refuse = |what: &str| Failure::new(Code::Usage, format!("{from}: {what}; {WORKS}"));
    if value.is_empty() {
        return Err(Failure::new(
            Code::Usage,
            format!("No storage connection string found. {from} is empty; {WORKS}"),
        ));
    }
    let lower = value.to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return server(value, None).map_err(|what| refuse(&what));
    }
    if let Some(path) = value.strip_prefix("sqlite:") {
        return match path {
            "" => Err(refuse("sqlite: needs the path of the database")),
            ":memory:" => {
                Err(refuse("a store in memory ends with its server; name the server instead"))
            }
            path => Ok(Place::Store(folder.join(path))),
        };
    }
    let part = |name: &str| {
        let parts = value.split(';').filter_map(|part| part.trim().split_once('='));
        parts.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, of)| of)
    };
    if let Some(url) = part("Endpoint") {
        let named = part("TaskHub").map(str::trim).filter(|hub| !hub.is_empty());
        return server(url.trim(), named).map_err(|what| refuse(&what));
    }
    let what = if lower.starts_with("postgres://") || lower.starts_with("postgresql://") {
        "a PostgreSQL database cannot be opened by this version"
    } else if ["usedevelopmentstorage", "accountname=", "defaultendpointsprotocol="]
        .iter()
        .any(|word| lower.contains(word))
    {
        "an Azure storage account cannot be opened by this version"
    } else {
        "this is no connection string that is known here"
    };
    Err(refuse(what))
}

fn server(text: &str, hub: Option<&str>) -> Result<Place, String> {
    let mut url = Url::parse(text).map_err(|error| format!("this is no address: {error}"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("this address names no host".to_owned());
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let bases = ["/runtime/webhooks/durabletask", "/durabletask"];
    let path = bases.iter().find_map(|base| path.strip_suffix(base)).unwrap_or(&path);
    url.set_path(path);
    Ok(Place::Server { url, hub: hub.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(value: &str) -> Result<Place, Failure> {
        read(value, "X", Path::new("f"))
    }

    #[test]
    fn addresses_and_paths() {
        for (value, expected) in [
            ("http://127.0.0.1:7071", "http://127.0.0.1:7071/"),
            ("HTTP://h/", "http://h/"),
            ("https://h:8443/tasks/", "https://h:8443/tasks"),
            ("Endpoint=https://h;TaskHub=default", "https://h/"),
            ("http://user:key@h:1/tasks/?x=1#y", "http://user:key@h:1/tasks"),
            ("http://h/runtime/webhooks/durabletask/", "http://h/"),
            ("http://h/a/durabletask", "http://h/a"),
            ("Endpoint=http://h:8080;TaskHub=default;Authentication=None", "http://h:8080/"),
        ] {
            let hub = value.contains("TaskHub").then(|| "default".to_owned());
            let expected = Place::Server { url: expected.parse().unwrap(), hub };
            assert_eq!(place(value).unwrap(), expected, "{value}");
        }
        assert_eq!(place("sqlite:a/b.db").unwrap(), Place::Store(PathBuf::from("f/a/b.db")));
    }

    #[test]
    fn a_server_needs_no_scheme() {
        for (text, expected) in [
            ("127.0.0.1:7071", "http://127.0.0.1:7071"),
            (" localhost:80 ", "http://localhost:80"),
            ("[::1]:80", "http://[::1]:80"),
            ("http://h:80", "http://h:80"),
            ("localhost", "localhost"),
            ("sqlite:a", "sqlite:a"),
            ("h:99999", "h:99999"),
        ] {
            assert_eq!(with_scheme(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_what_can() {
        for (value, word) in [
            ("", "No storage connection string found."),
            ("http://", "address"),
            ("http://a b", "address"),
            ("sqlite:", "path"),
            ("sqlite::memory:", "in memory"),
            ("postgres://h/d", "PostgreSQL"),
            ("UseDevelopmentStorage=true", "Azure storage"),
            ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=secret", "Azure storage"),
            ("C:\\taskhub.db", "known here"),
        ] {
            let text = place(value).unwrap_err().text;
            assert!(text.contains(word) && text.contains("sqlite:PATH"), "{value}: {text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn other_storage_providers_are_refused_unless_a_server_is_named() {
        let host = Host { kind: Some("mssql".to_owned()), ..Host::default() };
        let folder = tempfile::tempdir().unwrap();
        let asked = Asked { server: Some("http://h"), setting: None };
        assert!(find(&asked, &host, folder.path()).is_ok());
        let asked = Asked { server: None, setting: Some("NOT_SET_ANYWHERE") };
        let text = find(&asked, &host, folder.path()).unwrap_err().text;
        assert!(text.starts_with("No storage connection string found."), "{text}");
    }
}
