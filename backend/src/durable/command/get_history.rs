//! `get-history`.

use clap::Args;
use serde_json::{Value, json};
use taskhub_shared::{history::HistoryEvent, limits::PAGE_MAX, request};

use crate::durable::{
    client::Client,
    event,
    failure::{Code, Failure},
    progress::Progress,
    screen::pretty,
    session::{Session, check},
};

/// `taskhub durable get-history`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable get-history --id 0ab8c55a66644d68a3a8b220b12d209c
  taskhub durable get-history --id order-17 --output table")]
pub(crate) struct GetHistory {
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
}

impl GetHistory {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        check("id", &self.id)?;
        let id = &self.id;
        let screen = session.screen;
        let missing = || -> Result<Code, Failure> {
            screen.red(&format!("Could not find an orchestration instance with id '{id}'"))?;
            Ok(Code::NotFound)
        };
        let Some(detail) = session.instance(id).await? else { return missing() };
        let events = match all(session, id, detail.summary.history_length).await {
            Err(failure) if Client::is_missing(&failure) => return missing(),
            events => events?,
        };
        match screen.format() {
            None => {
                let execution = &detail.summary.execution_id;
                let raw: Vec<Value> =
                    events.iter().map(|event| event::raw(event, id, execution)).collect();
                screen.print(&pretty(&raw))?;
            }
            Some(format) => {
                let rows: Vec<Value> = events.iter().map(|event| json!(event)).collect();
                screen.rows(format, event::COLUMNS, &rows)?;
            }
        }
        Ok(Code::Done)
    }
}

async fn all(session: &Session, id: &str, length: u64) -> Result<Vec<HistoryEvent>, Failure> {
    let progress = (length > 1000).then(|| Progress::new("reading the history", Some(length)));
    let mut events: Vec<HistoryEvent> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let page = session
            .client
            .call(&request::GetHistory {
                hub: session.hub.clone(),
                id: id.to_owned(),
                after,
                limit: Some(PAGE_MAX),
                ..request::GetHistory::default()
            })
            .await?
            .page;
        if let Some(progress) = &progress {
            progress.add(page.items.len());
        }
        let last = page.next.is_none() || page.items.is_empty();
        events.extend(page.items);
        if last {
            return Ok(events);
        }
    }
}
