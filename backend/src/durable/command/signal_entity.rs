//! `signal-entity`.

use clap::Args;
use http::{Method, StatusCode};
use serde_json::json;

use super::get_entity::Entity;
use crate::durable::{
    client::{Ask, durable_task_path},
    failure::{Code, Failure},
    input,
    session::{Session, check},
    value,
};

/// `taskhub durable signal-entity`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable signal-entity --name counter --key a --operation add --input 5")]
pub(crate) struct SignalEntity {
    #[command(flatten)]
    entity: Entity,
    /// Name of the operation
    #[arg(long, value_name = "NAME")]
    operation: String,
    /// Input: JSON, text, @FILE with JSON, or @- for JSON from the standard input
    #[arg(long, value_name = "INPUT")]
    input: Option<String>,
    /// Pass an input that is not @FILE as a JSON string
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    as_text: Option<bool>,
}

impl SignalEntity {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("operation", &self.operation)?;
        let as_text = self.as_text.unwrap_or(false);
        let read = |text: &String| input::read("input", text, as_text, &session.folder);
        let input = self.input.as_ref().map(read).transpose()?;
        let input = input.map(|input| input.get().to_owned());
        send(session, &self.entity, &self.operation, input).await
    }
}

/// Signals an entity and tells so.
pub(super) async fn send(
    session: &Session,
    entity: &Entity,
    operation: &str,
    body: Option<String>,
) -> Result<Code, Failure> {
    entity.check()?;
    let segments = ["entities", &entity.name, entity.key_segment()];
    let query = [("taskHub", session.hub.as_str()), ("op", operation)];
    let path = durable_task_path(&segments, &query);
    let reply = session.client.send(Ask { verb: Method::POST, path, token: None, body }).await?;
    if reply.status != StatusCode::ACCEPTED {
        return Err(session.client.refusal(&reply));
    }
    let id = entity.id();
    let screen = session.screen;
    screen.say(&format!("Sent operation '{operation}' to entity '{id}'."))?;
    let record = json!({ "id": id, "operation": operation, "outcome": "sent" });
    screen.record(&["id", "operation", "outcome"], &record)?;
    Ok(Code::Done)
}
