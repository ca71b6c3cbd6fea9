//! `raise-event`.

use clap::Args;
use serde_json::json;
use taskhub_hub::clock::{IdSource as _, RandomIds};
use taskhub_shared::{problem::ErrorCode, request};

use crate::durable::{
    client::Client,
    failure::{Code, Failure},
    input,
    session::{Session, check},
    value,
};

/// `taskhub durable raise-event`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable raise-event --id 0ab8c55a66644d68a3a8b220b12d209c --event-name MyEvent --event-data @eventdata.json
  taskhub durable raise-event --id 1234567 --event-name MyOtherEvent --event-data 3")]
pub(crate) struct RaiseEvent {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Name of the event [default: Event_ and 32 digits]
    #[arg(long, value_name = "NAME")]
    event_name: Option<String>,
    /// Data of the event: JSON, text, @FILE with JSON, or @- for JSON from the standard input
    #[arg(long, value_name = "DATA")]
    event_data: Option<String>,
    /// Pass data that is not @FILE as a JSON string, as func does
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    as_text: Option<bool>,
}

impl RaiseEvent {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let name = self.event_name.unwrap_or_else(|| format!("Event_{}", RandomIds.hex()));
        check("event-name", &name)?;
        let as_text = self.as_text.unwrap_or(false);
        let read = |text: &String| input::read("event-data", text, as_text, &session.folder);
        let input = self.event_data.as_ref().map(read).transpose()?;
        let id = self.id;
        let call = request::RaiseEvent {
            hub: session.hub.clone(),
            id: id.clone(),
            body: request::RaiseEventBody { name: name.clone(), input },
        };
        let screen = session.screen;
        let (code, outcome) = match session.client.call(&call).await {
            Ok(_) => {
                screen.say(&format!("Raised event '{name}' to instance '{id}'."))?;
                (Code::Done, "raised")
            }
            Err(failure) if Client::is_missing(&failure) => {
                let text = format!("Failed to find instance '{id}'. No event was raised.");
                screen.warn(&text)?;
                (Code::NotFound, "notFound")
            }
            Err(failure) if failure.problem_code() == Some(ErrorCode::NotAllowedNow) => {
                screen.warn(&format!("Instance '{id}' has ended. No event was raised."))?;
                (Code::NotAllowed, "ended")
            }
            Err(mut failure) => {
                failure.text = failure.text.replacen("--input:", "--event-data:", 1).replacen(
                    "--function-name:",
                    "--event-name:",
                    1,
                );
                return Err(failure);
            }
        };
        let record = json!({ "instanceId": id, "eventName": name, "outcome": outcome });
        screen.record(&["instanceId", "eventName", "outcome"], &record)?;
        Ok(code)
    }
}
