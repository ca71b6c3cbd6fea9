//! `get-entity`.

use clap::Args;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::durable::{
    failure::{Code, Failure},
    screen::{Format, pretty},
    session::{Session, check},
};

/// Names an entity.
#[derive(Debug, Args)]
pub(crate) struct Entity {
    /// Name of the entity function, in any case
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Key of the entity
    #[arg(long, value_name = "KEY")]
    pub(crate) key: String,
}

impl Entity {
    /// Checks name and key.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        check("name", &self.name)?;
        if self.name.contains('@') {
            return Err(Failure::option("name", "must not hold @"));
        }
        if self.key.is_empty() {
            return Ok(());
        }
        // Paths of the management API are decoded before they are matched, so these do not survive in one.
        if let Some(bad) = self.key.chars().find(|c| matches!(c, '/' | '\\' | '#' | '?')) {
            return Err(Failure::option("key", format!("must not hold {bad:?}")));
        }
        check("key", &self.key)
    }

    /// The key as it stands in an address; an empty one cannot.
    pub(crate) fn key_segment(&self) -> &str {
        if self.key.is_empty() { "$" } else { &self.key }
    }

    /// `@name@key`.
    pub(crate) fn id(&self) -> String {
        format!("@{}@{}", self.name.to_lowercase(), self.key)
    }
}

/// `taskhub durable get-entity`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable get-entity --name counter --key a")]
pub(crate) struct GetEntity {
    #[command(flatten)]
    entity: Entity,
}

impl GetEntity {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        let entity = self.entity;
        entity.check()?;
        let segments = ["entities", &entity.name, entity.key_segment()];
        let query = [("taskHub", session.hub.as_str())];
        let reply = session.client.durable_task(Method::GET, &segments, &query).await?;
        let screen = session.screen;
        if reply.status == StatusCode::NOT_FOUND && reply.body.is_empty() {
            screen.red(&format!("Could not find an entity with id '{}'", entity.id()))?;
            return Ok(Code::NotFound);
        }
        if !reply.status.is_success() {
            return Err(session.client.refusal(&reply));
        }
        let state: Value = session.client.json(&reply)?;
        match screen.format() {
            None | Some(Format::Json) => screen.print(&pretty(&state))?,
            Some(Format::Jsonl | Format::Csv | Format::Table) => {
                let id = entity.id();
                let record = json!({ "id": id, "state": state });
                screen.record(&["id", "state"], &record)?;
            }
        }
        Ok(Code::Done)
    }
}
