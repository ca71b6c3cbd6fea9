//! `restart`.

use clap::Args;
use serde_json::json;
use taskhub_shared::request::{RestartBody, RestartInstance};

use crate::durable::{
    client::Client,
    failure::{Code, Failure},
    session::{Session, check},
    value,
};

/// `taskhub durable restart`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable restart --id order-17
  taskhub durable restart --id order-17 --same-id
  taskhub durable restart --id order-17 --new-id order-17b")]
pub(crate) struct Restart {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Id of the new instance [default: a new one]
    #[arg(long, value_name = "ID", conflicts_with = "same_id")]
    new_id: Option<String>,
    /// Take the place of the instance, which must have ended
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    same_id: Option<bool>,
    /// Version of the orchestrator [default: that of the instance]
    #[arg(long, value_name = "VERSION", requires = "new_id")]
    version: Option<String>,
}

impl Restart {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        if let Some(new_id) = &self.new_id {
            check("new-id", new_id)?;
        }
        let id = &self.id;
        let screen = session.screen;
        let body = RestartBody {
            same_id: self.same_id.unwrap_or(false),
            new_instance_id: self.new_id,
            version: self.version,
        };
        let call = RestartInstance { hub: session.hub.clone(), id: id.clone(), body };
        let new_id = match session.client.call(&call).await {
            Ok(accepted) => accepted.instance_id,
            Err(failure) if Client::is_missing(&failure) => {
                screen
                    .warn(&format!("Failed to find instance '{id}'. No instance was restarted."))?;
                let record = json!({ "instanceId": id, "outcome": "notFound" });
                screen.record(&["instanceId", "outcome"], &record)?;
                return Ok(Code::NotFound);
            }
            Err(failure) => return Err(failure),
        };
        screen.say(&format!("Restarted '{id}'. Instance ID: '{new_id}'."))?;
        let record = json!({ "instanceId": id, "newInstanceId": new_id, "outcome": "restarted" });
        screen.record(&["instanceId", "newInstanceId", "outcome"], &record)?;
        Ok(Code::Done)
    }
}
