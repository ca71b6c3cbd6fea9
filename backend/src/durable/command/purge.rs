//! `purge`: one instance.

use clap::Args;
use taskhub_shared::request::PurgeInstance;

use super::resume::tell;
use crate::durable::{
    failure::{Code, Failure},
    session::{Session, check},
};

/// `taskhub durable purge`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable purge --id 0ab8c55a66644d68a3a8b220b12d209c")]
pub(crate) struct Purge {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
}

impl Purge {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let id = &self.id;
        let what = format!(
            "This deletes the instance '{id}' of task hub {} with its history.",
            session.hub
        );
        session.confirm(&what, id)?;
        let call = PurgeInstance { hub: session.hub.clone(), id: id.clone() };
        tell(session, id, "purged", session.client.call(&call).await)
    }
}
