//! `suspend`.

use clap::Args;
use taskhub_shared::request::{ReasonBody, SuspendInstance};

use super::resume::tell;
use crate::durable::{
    failure::{Code, Failure},
    session::{Session, check},
};

/// `taskhub durable suspend`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable suspend --id 0ab8c55a66644d68a3a8b220b12d209c --reason \"Need to pause\"")]
pub(crate) struct Suspend {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Suspend {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let body = ReasonBody { reason: self.reason };
        let call = SuspendInstance { hub: session.hub.clone(), id: self.id.clone(), body };
        tell(session, &self.id, "suspended", session.client.call(&call).await)
    }
}
