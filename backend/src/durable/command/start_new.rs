//! `start-new`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use taskhub_hub::clock::{IdSource as _, RandomIds};
use taskhub_shared::{
    problem::ErrorCode,
    request::{StartBody, StartInstance},
    status::WaitingFor,
};

use crate::durable::{
    failure::{Code, Failure},
    input,
    screen::tip,
    session::{Session, check},
    value,
};

/// `taskhub durable start-new`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable start-new --function-name HelloWorld --input @counter-data.json --task-hub-name TestTaskHub
  taskhub durable start-new --function-name FanOutFanIn --input '{\"count\": 10}' --id order-17
  echo '\"Tokyo\"' | taskhub durable start-new --function-name HelloWorld --input @-")]
pub(crate) struct StartNew {
    /// Name of the orchestrator function
    #[arg(long, value_name = "NAME")]
    function_name: String,
    /// Id of the instance [default: a new one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Input: JSON, text, @FILE with JSON, or @- for JSON from the standard input
    #[arg(long, value_name = "INPUT")]
    input: Option<String>,
    /// Pass an input that is not @FILE as a JSON string, as func does
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    as_text: Option<bool>,
    /// Version of the orchestrator
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// When to begin, ISO 8601 [default: at once]
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    start_at: Option<DateTime<Utc>>,
}

impl StartNew {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("function-name", &self.function_name)?;
        if let Some(id) = &self.id {
            check("id", id)?;
        }
        let as_text = self.as_text.unwrap_or(false);
        let read = |text: &String| input::read("input", text, as_text, &session.folder);
        let input = self.input.as_ref().map(read).transpose()?;
        let id = self.id.unwrap_or_else(|| RandomIds.hex());
        let call = StartInstance {
            hub: session.hub.clone(),
            body: StartBody {
                name: self.function_name.clone(),
                instance_id: Some(id.clone()),
                input,
                version: self.version,
                scheduled_start_at: self.start_at,
                tags: BTreeMap::new(),
            },
        };
        if let Err(mut failure) = session.client.call(&call).await {
            if failure.problem_code() == Some(ErrorCode::InstanceExists) {
                failure.text = format!("Could not start new instance '{id}'. {}", failure.text);
            }
            return Err(failure);
        }
        let name = self.function_name;
        // Purged already by somebody else: it was started all the same.
        let started = session.instance(&id).await?;
        let created = started.as_ref().map(|started| started.summary.created_at);
        let at = created.map(value::invariant).unwrap_or_default();
        if started.is_some_and(|started| started.waiting_for.iter().any(is_unserved)) {
            tip(&format!("no connected worker serves '{name}' now; the instance waits for one"));
        }
        let screen = session.screen;
        if screen.format().is_none() {
            screen.say(&format!("Started '{name}' at {at}. Instance ID: '{id}'."))?;
        }
        let record = json!({ "instanceId": id, "name": name, "createdAt": created });
        screen.record(&["instanceId", "name", "createdAt"], &record)?;
        Ok(Code::Done)
    }
}

fn is_unserved(waiting: &WaitingFor) -> bool {
    match waiting {
        WaitingFor::Worker { served, .. } => !served,
        WaitingFor::Activity { .. }
        | WaitingFor::SubOrchestration { .. }
        | WaitingFor::Timer { .. }
        | WaitingFor::ExternalEvent { .. }
        | WaitingFor::Resume { .. }
        | WaitingFor::ScheduledStart { .. } => false,
    }
}
