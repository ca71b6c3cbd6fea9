//! `terminate`.

use clap::Args;
use serde_json::json;
use taskhub_shared::{
    problem::ErrorCode,
    request::{TerminateBody, TerminateInstance},
    status::RuntimeStatus,
};

use crate::durable::{
    client::Client,
    failure::{Code, Failure},
    screen::hint,
    session::{Session, check},
    value,
};

/// `taskhub durable terminate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable terminate --id 0ab8c55a66644d68a3a8b220b12d209c --reason \"Found a bug\"
  taskhub durable terminate --id order-17 --recursive")]
pub(crate) struct Terminate {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Why; becomes the instance's output
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Terminate its sub-orchestrations too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    recursive: Option<bool>,
}

impl Terminate {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let id = self.id;
        let screen = session.screen;
        let finish = |code: Code, outcome: &str| -> Result<Code, Failure> {
            let record = json!({ "instanceId": id, "outcome": outcome });
            screen.record(&["instanceId", "outcome"], &record)?;
            Ok(code)
        };
        let Some(before) = session.instance(&id).await? else {
            screen.warn(&missing(&id))?;
            return finish(Code::NotFound, "notFound");
        };
        if before.summary.runtime_status.is_terminal() {
            return ended(session, &id, before.summary.runtime_status)
                .and_then(|(code, outcome)| finish(code, outcome));
        }
        screen.say(&format!(
            "Sent a termination message to instance '{id}'. Waiting up to 30 seconds for the orchestration to actually \
             terminate..."
        ))?;
        let body =
            TerminateBody { reason: self.reason, recursive: self.recursive.unwrap_or(false) };
        let call = TerminateInstance { hub: session.hub.clone(), id: id.clone(), body };
        match session.client.call(&call).await {
            // The server answers when the instance has ended.
            Ok(_) => {
                screen.say(&format!("Successfully terminated '{id}'"))?;
                finish(Code::Done, "terminated")
            }
            Err(failure) if Client::is_missing(&failure) => {
                screen.warn(&missing(&id))?;
                finish(Code::NotFound, "notFound")
            }
            Err(failure) if failure.problem_code() == Some(ErrorCode::NotAllowedNow) => {
                let text =
                    "Instance did not terminate within the given timeout. It ended by itself.";
                Err(Failure::new(Code::NotAllowed, text))
            }
            Err(failure) => Err(failure),
        }
    }
}

fn missing(id: &str) -> String {
    format!("Failed to find instance '{id}'. No instance was terminated.")
}

/// The original says this of every instance that has ended; how it really ended is told beside it.
fn ended(
    session: &Session,
    id: &str,
    status: RuntimeStatus,
) -> Result<(Code, &'static str), Failure> {
    session.screen.say(&format!("Successfully terminated '{id}'"))?;
    if status == RuntimeStatus::Terminated {
        return Ok((Code::Done, "terminated"));
    }
    hint(&format!("instance '{id}' had ended before, as {status}; nothing was changed"));
    Ok((Code::NotAllowed, "alreadyEnded"))
}
