//! `resume`.

use clap::Args;
use serde_json::json;
use taskhub_shared::{
    problem::ErrorCode,
    request::{Accepted, ReasonBody, ResumeInstance},
};

use crate::durable::{
    client::Client,
    failure::{Code, Failure},
    session::{Session, check},
};

/// `taskhub durable resume`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable resume --id 0ab8c55a66644d68a3a8b220b12d209c --reason \"Go on\"")]
pub(crate) struct Resume {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Resume {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let body = ReasonBody { reason: self.reason };
        let call = ResumeInstance { hub: session.hub.clone(), id: self.id.clone(), body };
        tell(session, &self.id, "resumed", session.client.call(&call).await)
    }
}

/// Tells how a change of an instance went.
pub(super) fn tell(
    session: &Session,
    id: &str,
    done: &str,
    answer: Result<Accepted, Failure>,
) -> Result<Code, Failure> {
    let screen = session.screen;
    let (code, outcome) = match answer {
        Ok(_) => {
            screen.say(&format!("Successfully {done} '{id}'"))?;
            (Code::Done, done)
        }
        Err(failure) if Client::is_missing(&failure) => {
            screen.warn(&format!("Failed to find instance '{id}'. No instance was {done}."))?;
            (Code::NotFound, "notFound")
        }
        Err(failure) if failure.problem_code() == Some(ErrorCode::NotAllowedNow) => {
            screen.warn(&format!("Instance '{id}' was not {done}: {}", failure.text))?;
            (Code::NotAllowed, "notAllowed")
        }
        Err(failure) => return Err(failure),
    };
    screen.record(&["instanceId", "outcome"], &json!({ "instanceId": id, "outcome": outcome }))?;
    Ok(code)
}
