//! `get-runtime-status`.

use clap::Args;

use crate::durable::{
    failure::{Code, Failure},
    screen::pretty,
    session::{Session, check},
    state::{self, OrchestrationState, Show},
    value,
};

/// `taskhub durable get-runtime-status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable get-runtime-status --id 0ab8c55a66644d68a3a8b220b12d209c --show-input true --show-output true
  taskhub durable get-runtime-status --id order-17 --output json")]
pub(crate) struct GetRuntimeStatus {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Show the input
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    show_input: Option<bool>,
    /// Show the output
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    show_output: Option<bool>,
}

impl GetRuntimeStatus {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let show = Show {
            input: self.show_input.unwrap_or(false),
            output: self.show_output.unwrap_or(false),
        };
        let screen = session.screen;
        let Some(detail) = session.instance(&self.id).await? else {
            let id = &self.id;
            screen.red(&format!("Could not find an orchestration instance with id '{id}'"))?;
            return Ok(Code::NotFound);
        };
        if screen.format().is_none() {
            screen.print(&pretty(&OrchestrationState::new(detail, show)))?;
        } else {
            screen.record(state::COLUMNS, &state::record(&detail, show))?;
        }
        Ok(Code::Done)
    }
}
