//! `delete-task-hub`.

use clap::Args;
use serde_json::json;
use taskhub_shared::request::DeleteHub;

use crate::durable::{
    failure::{Code, Failure},
    session::Session,
};

/// `taskhub durable delete-task-hub`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable delete-task-hub --task-hub-name UserTest")]
pub(crate) struct DeleteTaskHub {}

impl DeleteTaskHub {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        let Self {} = self;
        let hub = &session.hub;
        let what = format!(
            "This deletes the task hub {hub} of {} with all its instances and entities.",
            session.client.shown()
        );
        session.confirm(&what, hub)?;
        session.client.call(&DeleteHub { hub: hub.clone() }).await?;
        session.screen.say(&format!("Task hub '{hub}' successfully deleted."))?;
        let record = json!({ "taskHub": hub, "outcome": "deleted" });
        session.screen.record(&["taskHub", "outcome"], &record)?;
        Ok(Code::Done)
    }
}
