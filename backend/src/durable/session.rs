//! What all commands have: the way to the hub, the screen, the folder.

use std::{env, path::PathBuf};

use taskhub_shared::{
    id::{TaskHubName, check_name},
    request::{GetInstance, GetServer},
    status::{InstanceDetail, LargePayload},
};

use super::{
    client::{Ask, Client},
    confirm,
    failure::{Code, Failure},
    place::{self, Place},
    screen::{Format, Screen, hint},
    settings,
};

/// Environment variable with a task hub's name, which the server reads too.
const HUB: &str = "TASKHUB_TASK_HUB";

/// The common options.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) setting: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) hub: Option<String>,
    pub(crate) format: Option<Format>,
    pub(crate) yes: bool,
    pub(crate) folder: Option<PathBuf>,
}

/// An open way to a task hub.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) hub: String,
    pub(crate) screen: Screen,
    pub(crate) folder: PathBuf,
    yes: bool,
}

impl Session {
    pub(crate) async fn open(asked: Asked) -> Result<Self, Failure> {
        let named = asked.folder.is_some();
        let folder = asked.folder.unwrap_or_default();
        if named && !folder.is_dir() {
            return Err(Failure::option("script-root", format!("there is no folder {folder:?}")));
        }
        let host = settings::host(&folder)?;
        if host.is_none() && named {
            hint("Could not find local host metadata file 'host.json'");
        }
        let host = host.unwrap_or_default();
        let named_hub = match (asked.hub, env::var(HUB).ok()) {
            (Some(hub), _) => Some(("--task-hub-name", hub)),
            (None, Some(hub)) if !hub.trim().is_empty() => {
                let first = hub.split(',').next().unwrap_or_default().trim().to_owned();
                Some((HUB, first))
            }
            (None, _) => match &host.hub {
                Some(hub) => Some(("hubName of host.json", expanded(hub, &folder)?)),
                None => None,
            },
        };
        let place = place::find(
            &place::Asked { server: asked.server.as_deref(), setting: asked.setting.as_deref() },
            &host,
            &folder,
        )?;
        let named_hub = match (named_hub, &place) {
            (None, Place::Server { hub: Some(hub), .. }) => {
                Some(("TaskHub of the connection string", hub.clone()))
            }
            (named, _) => named,
        };
        if let Some((by, hub)) = &named_hub {
            TaskHubName::new(hub.as_str()).map_err(|refused| {
                Failure::new(Code::Usage, format!("{by}: {hub:?} {}", refused.reason))
            })?;
        }
        let client = Client::open(place, named_hub.as_ref().map(|(_, hub)| hub.as_str())).await?;
        let hub = match named_hub {
            Some((_, hub)) => hub,
            None => match default_hub(&client).await {
                Ok(hub) => hub,
                Err(failure) => {
                    client.close().await;
                    return Err(failure);
                }
            },
        };
        tracing::info!(place = client.shown(), hub, "connected");
        let screen = Screen::new(asked.format);
        Ok(Self { client, hub, screen, folder, yes: asked.yes })
    }

    pub(crate) async fn close(self) {
        self.client.close().await;
    }

    /// Asks before something is deleted. Source: [`confirm::ask`].
    pub(crate) fn confirm(&self, what: &str, word: &str) -> Result<(), Failure> {
        confirm::ask(self.yes, what, word)
    }

    /// An instance; `None` when there is none.
    pub(crate) async fn instance(&self, id: &str) -> Result<Option<InstanceDetail>, Failure> {
        let call = GetInstance { hub: self.hub.clone(), id: id.to_owned() };
        match self.client.call(&call).await {
            Ok(detail) => self.whole(detail).await.map(Some),
            Err(failure) if Client::is_missing(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The instance with the payloads that were too large to come along.
    async fn whole(&self, mut detail: InstanceDetail) -> Result<InstanceDetail, Failure> {
        for LargePayload { field, link, .. } in std::mem::take(&mut detail.large) {
            let ask = Ask { verb: http::Method::GET, path: link, token: None, body: None };
            let reply = self.client.send(ask).await?;
            if !reply.status.is_success() {
                return Err(self.client.refusal(&reply));
            }
            let text = Some(String::from_utf8_lossy(&reply.body).into_owned());
            match field.as_str() {
                "input" => detail.input = text,
                "output" => detail.output = text,
                _ => detail.custom_status = text,
            }
        }
        Ok(detail)
    }
}

/// Checks a name or an id that stands in an option.
pub(crate) fn check(option: &'static str, name: &str) -> Result<(), Failure> {
    check_name(option, name).map_err(|refused| Failure::option(option, refused.reason))?;
    // HTTP clients take these segments out of an address, encoded or not.
    if name == "." || name == ".." {
        return Err(Failure::option(option, "must not be . or .., which no address can hold"));
    }
    Ok(())
}

/// The hub when nobody names one: the one that `func` would take, else the server's own.
async fn default_hub(client: &Client) -> Result<String, Failure> {
    let server = client.call(&GetServer).await?;
    let usual = |name: &str| name.eq_ignore_ascii_case(TaskHubName::DEFAULT);
    let names: Vec<String> = server.hubs.into_iter().map(|hub| hub.name).collect();
    if let Some(name) = names.iter().find(|name| usual(name)) {
        return Ok(name.clone());
    }
    let Some(first) = names.first() else {
        return Ok(TaskHubName::DEFAULT.to_owned());
    };
    hint(&format!(
        "task hub: {first}, the default of {}; --task-hub-name names another",
        client.shown()
    ));
    Ok(first.clone())
}

/// A name in which `%SETTING%` stands for a setting's value.
fn expanded(hub: &str, folder: &std::path::Path) -> Result<String, Failure> {
    let Some(name) = hub.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')) else {
        return Ok(hub.to_owned());
    };
    match settings::setting(name, folder)? {
        Some(found) => Ok(found.value),
        None => Err(Failure::failed(format!(
            "hubName of host.json: the setting {name:?} is neither an environment variable nor in local.settings.json"
        ))),
    }
}
