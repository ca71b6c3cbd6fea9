//! `watch`: the live stream, line by line.

use std::{collections::HashMap, time::Duration};

use clap::Args;
use serde_json::{Value, json};
use taskhub_shared::{
    live::{Changes, Resync},
    status::{InstanceSummary, RuntimeStatus, StatusCounts},
};

use crate::durable::{
    failure::{Code, Failure},
    screen::{Format, Screen, hint},
    session::{Session, check},
    table::{self, csv_line},
};

/// How long to wait before a broken stream is taken up again, and the longest such wait.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// `taskhub durable watch`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable watch
  taskhub durable watch --id order-17 --exit-code && echo it has completed
  taskhub durable watch --output jsonl | jq .instanceId")]
pub(crate) struct Watch {
    /// Only this instance; ends when the instance has ended
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

impl Watch {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        let mut printer = Printer { screen: session.screen, begun: false, told: HashMap::new() };
        if let Some(id) = &self.id {
            check("id", id)?;
        }
        let mut known: Option<u64> = None;
        let mut pause = PAUSE.0;
        loop {
            let opened = session.client.live(&session.hub, self.id.as_deref(), known).await;
            let mut live = match opened {
                Ok(live) => live,
                // It was there before: it comes back.
                Err(failure) if known.is_some() && failure.code == Code::Unreachable => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE.1);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            if self.id.is_none() {
                let (hub, place) = (&session.hub, session.client.shown());
                hint(&format!("watching task hub {hub} of {place}; Ctrl-C ends it"));
            }
            // Read after the stream was opened, so that nothing slips by in between.
            if let Some(id) = &self.id
                && let Some(code) = self.look(session, &mut printer, id).await?
            {
                return Ok(code);
            }
            while let Some(event) = live.next().await {
                pause = PAUSE.0;
                let ended = match event.name.as_str() {
                    "changes" => {
                        let changes: Changes = read(&event.data)?;
                        known = Some(changes.seq);
                        printer.changes(&changes)?;
                        changes
                            .rows
                            .iter()
                            .find(|row| self.id.is_some() && row.runtime_status.is_terminal())
                            .map(|row| code_of(row.runtime_status))
                            .or_else(|| {
                                let purged = self.id.is_some() && !changes.purged.is_empty();
                                purged.then_some(Code::NotFound)
                            })
                    }
                    "resync" => {
                        let resync: Resync = read(&event.data)?;
                        let first = known.is_none();
                        known = Some(resync.seq);
                        match &self.id {
                            Some(id) => self.look(session, &mut printer, id).await?,
                            None if first => None,
                            None => {
                                hint(&format!(
                                    "many instances changed; now {}",
                                    counted(&resync.counts)
                                ));
                                None
                            }
                        }
                    }
                    // Pings, and what a newer server may tell.
                    _ => None,
                };
                if let Some(code) = ended {
                    return Ok(code);
                }
            }
            hint("the live stream has ended; taking it up again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Shows how the instance stands now; a code when there is nothing more to come.
    async fn look(
        &self,
        session: &Session,
        printer: &mut Printer,
        id: &str,
    ) -> Result<Option<Code>, Failure> {
        let Some(detail) = session.instance(id).await? else {
            let text = format!("Could not find an orchestration instance with id '{id}'");
            session.screen.red(&text)?;
            return Ok(Some(Code::NotFound));
        };
        printer.row(&detail.summary)?;
        let status = detail.summary.runtime_status;
        Ok(status.is_terminal().then(|| code_of(status)))
    }
}

fn code_of(status: RuntimeStatus) -> Code {
    if status == RuntimeStatus::Completed { Code::Done } else { Code::EndedOtherwise }
}

fn read<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, Failure> {
    serde_json::from_str(data).map_err(|error| {
        Failure::failed(format!("an event of the live stream cannot be read: {error}"))
    })
}

fn counted(counts: &StatusCounts) -> String {
    let counts: Vec<String> =
        counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    if counts.is_empty() { "there are none".to_owned() } else { counts.join(", ") }
}

/// Writes a line for each change.
struct Printer {
    screen: Screen,
    begun: bool,
    /// Revision of each row that was written.
    told: HashMap<String, u64>,
}

const COLUMNS: &[&str] = &["lastUpdatedAt", "runtimeStatus", "name", "instanceId"];

impl Printer {
    fn changes(&mut self, changes: &Changes) -> Result<(), Failure> {
        for row in &changes.rows {
            self.row(row)?;
        }
        for id in &changes.purged {
            self.told.remove(id);
            self.line(&json!({ "instanceId": id, "purged": true, "runtimeStatus": "Purged" }))?;
        }
        Ok(())
    }

    fn row(&mut self, row: &InstanceSummary) -> Result<(), Failure> {
        let before = self.told.insert(row.instance_id.clone(), row.revision);
        if before.is_some_and(|before| before >= row.revision) {
            return Ok(());
        }
        // What has ended says no more; the map must not grow for ever.
        if row.runtime_status.is_terminal() {
            self.told.remove(&row.instance_id);
        }
        self.line(&serde_json::to_value(row).unwrap_or_default())
    }

    fn line(&mut self, row: &Value) -> Result<(), Failure> {
        let cells = |row: &Value| {
            COLUMNS.iter().map(|column| table::cell(row.get(column))).collect::<Vec<_>>()
        };
        let first = !std::mem::replace(&mut self.begun, true);
        match self.screen.format() {
            Some(Format::Json | Format::Jsonl) => self.screen.print(&row.to_string())?,
            Some(Format::Csv) => {
                if first {
                    self.screen
                        .print(&csv_line(COLUMNS.iter().map(|column| (*column).to_owned())))?;
                }
                self.screen.print(&csv_line(cells(row).into_iter()))?;
            }
            None | Some(Format::Table) => {
                if first {
                    self.screen.print(&people(&[
                        "LAST UPDATED",
                        "STATUS",
                        "NAME",
                        "INSTANCE ID",
                    ]))?;
                }
                let cells = cells(row);
                let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                self.screen.print(&people(&cells))?;
            }
        }
        Ok(())
    }
}

/// A line of columns whose widths are not known beforehand.
fn people(cells: &[&str]) -> String {
    let widths = [27, 14, 24, 0];
    let padded = cells.iter().zip(widths).map(|(cell, width)| {
        let clean: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{clean:width$}")
    });
    let line = padded.collect::<Vec<_>>().join("  ");
    line.trim_end().to_owned()
}
