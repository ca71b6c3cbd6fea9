//! `delete-entity`.

use clap::Args;

use super::{get_entity::Entity, signal_entity::send};
use crate::durable::{
    failure::{Code, Failure},
    session::Session,
};

/// `taskhub durable delete-entity`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable delete-entity --name counter --key a")]
pub(crate) struct DeleteEntity {
    #[command(flatten)]
    entity: Entity,
}

impl DeleteEntity {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        self.entity.check()?;
        let id = self.entity.id();
        let what =
            format!("This deletes the state of the entity '{id}' of task hub {}.", session.hub);
        session.confirm(&what, &id)?;
        send(session, &self.entity, "delete", None).await
    }
}
