//! `rewind`.

use clap::Args;
use serde_json::json;
use taskhub_shared::{
    problem::ErrorCode,
    request::{ReasonBody, RewindInstance},
    status::RuntimeStatus,
};

use crate::durable::{
    client::Client,
    failure::{Code, Failure},
    session::{Session, check},
};

/// `taskhub durable rewind`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable rewind --id 0ab8c55a66644d68a3a8b220b12d209c --reason \"Orchestrator failed and needs to be revived.\"")]
pub(crate) struct Rewind {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Rewind {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let id = &self.id;
        let screen = session.screen;
        let Some(before) = status(session, id).await? else { return missing(session, id) };
        let body = ReasonBody { reason: self.reason.clone() };
        let call = RewindInstance { hub: session.hub.clone(), id: id.clone(), body };
        match session.client.call(&call).await {
            Ok(_) => {}
            Err(failure) if Client::is_missing(&failure) => return missing(session, id),
            Err(failure) if failure.problem_code() == Some(ErrorCode::NotAllowedNow) => {
                let text = "Orchestration instance not rewound. Must have a status of 'Failed', or an EventType of \
                            'TaskFailed' or 'SubOrchestrationInstanceFailed' to be rewound.";
                return Err(Failure::new(Code::NotAllowed, text));
            }
            Err(failure) => return Err(failure),
        }
        // The original waits for three seconds; here the rewind is stored when the answer comes.
        screen.say(&format!(
            "Rewind message sent to instance '{id}'. Retrieving new status now..."
        ))?;
        let after = status(session, id).await?;
        let shown = after.map_or("Purged", RuntimeStatus::as_str);
        screen.say(&format!("Status before rewind: {before}"))?;
        screen.say(&format!("Status after rewind: {shown}"))?;
        let record = json!({
            "instanceId": id, "outcome": "rewound", "statusBefore": before, "statusAfter": after,
        });
        screen.record(&["instanceId", "outcome", "statusBefore", "statusAfter"], &record)?;
        Ok(Code::Done)
    }
}

async fn status(session: &Session, id: &str) -> Result<Option<RuntimeStatus>, Failure> {
    Ok(session.instance(id).await?.map(|detail| detail.summary.runtime_status))
}

fn missing(session: &Session, id: &str) -> Result<Code, Failure> {
    let screen = session.screen;
    screen.warn(&format!("Failed to find instance '{id}'. No instance was rewound."))?;
    let record = json!({ "instanceId": id, "outcome": "notFound" });
    screen.record(&["instanceId", "outcome"], &record)?;
    Ok(Code::NotFound)
}
