//! `purge-history`: many instances.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use futures::StreamExt as _;
use serde_json::json;
use taskhub_shared::{
    limits::PAGE_MAX,
    query::InstanceQuery,
    request::{ListInstances, PurgeInstance},
    status::{InstanceSummary, RuntimeStatus},
};

use crate::durable::{
    client::Client,
    failure::{Code, Failure},
    filter::{self, Created},
    progress::Progress,
    session::Session,
    value::{self, Statuses},
};

/// Most requests at once.
const AT_ONCE: usize = 16;

/// `taskhub durable purge-history`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable purge-history --created-before 2021-11-14T19:35:00.0000000Z
  taskhub durable purge-history --created-after 2021-11-10 --created-before 2021-11-14 --runtime-status completed")]
pub(crate) struct PurgeHistory {
    #[command(flatten)]
    created: Created,
    /// Only those with one of these statuses, divided by blanks: completed terminated canceled failed
    #[arg(long, value_name = "STATUSES", num_args = 1.., value_parser = value::statuses)]
    runtime_status: Vec<Statuses>,
}

impl PurgeHistory {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        let asked = filter::flat(&self.runtime_status);
        if let Some(live) = asked.iter().find(|status| !status.is_terminal()) {
            let what = format!(
                "{live} instances cannot be purged, since they have not ended; use completed, terminated, canceled or failed"
            );
            return Err(Failure::option("runtime-status", what));
        }
        let statuses = if asked.is_empty() {
            RuntimeStatus::ALL.into_iter().filter(|status| status.is_terminal()).collect()
        } else {
            asked.clone()
        };
        let query = self.created.query(statuses);
        let total = count(session, &query).await?;
        if total > 0 {
            let hub = &session.hub;
            let what =
                format!("This deletes {total} instances of task hub {hub} with their histories.");
            session.confirm(&what, hub)?;
        }
        let (instances, rows) = purge(session, query, total).await?;
        let screen = session.screen;
        screen.say(&summary(&self.created, &asked))?;
        screen.say(&format!("Instances deleted: {instances}"))?;
        screen.say(&format!("Rows deleted: {rows}"))?;
        let record = json!({ "instancesDeleted": instances, "rowsDeleted": rows });
        screen.record(&["instancesDeleted", "rowsDeleted"], &record)?;
        Ok(Code::Done)
    }
}

/// Number of instances that match.
async fn count(session: &Session, query: &InstanceQuery) -> Result<u64, Failure> {
    let query = InstanceQuery { limit: Some(1), ..query.clone() };
    let statuses = query.statuses.clone();
    let listed = session.client.call(&ListInstances { hub: session.hub.clone(), query }).await?;
    // The counts leave the filter's statuses out.
    Ok(statuses.iter().filter_map(|status| listed.counts.get(status)).sum())
}

/// Deletes page by page. What an attempt leaves behind is found by the next, so it ends when a page brings nothing.
async fn purge(session: &Session, query: InstanceQuery, total: u64) -> Result<(u64, u64), Failure> {
    let progress = (total > 100).then(|| Progress::new("purging", Some(total)));
    let (mut instances, mut rows) = (0, 0);
    let mut cursor = None;
    loop {
        let query = InstanceQuery { limit: Some(PAGE_MAX), cursor, ..query.clone() };
        let call = ListInstances { hub: session.hub.clone(), query };
        let page = session.client.call(&call).await?.page;
        let mut purges = futures::stream::iter(page.items)
            .map(|row| purge_one(session, row))
            .buffer_unordered(AT_ONCE);
        while let Some(purged) = purges.next().await {
            if let Some(events) = purged? {
                instances += 1;
                // The instance's own row is one.
                rows += events + 1;
            }
            if let Some(progress) = &progress {
                progress.add(1);
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok((instances, rows));
        }
    }
}

/// Events of an instance that was purged; `None` when it was gone or had begun anew.
async fn purge_one(session: &Session, row: InstanceSummary) -> Result<Option<u64>, Failure> {
    let call = PurgeInstance { hub: session.hub.clone(), id: row.instance_id };
    match session.client.call(&call).await {
        Ok(_) => Ok(Some(row.history_length)),
        Err(failure) if Client::is_missing(&failure) || failure.code == Code::NotAllowed => {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The words of the original, with its times for what was not named.
fn summary(created: &Created, statuses: &[RuntimeStatus]) -> String {
    let from =
        created.created_after.map_or_else(|| "01/01/0001 00:00:00".to_owned(), value::invariant);
    let latest: Option<DateTime<Utc>> = "9999-12-31T23:59:59Z".parse().ok();
    let to = created.created_before.or(latest.map(|latest| latest - TimeDelta::days(1)));
    let to = to.map(value::invariant).unwrap_or_default();
    let mut text = format!(
        "Purged orchestration history for all instances created between '{from}' and '{to}'"
    );
    if !statuses.is_empty() {
        let words: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
        let words = words.join(",");
        text.push_str(&format!(
            " and whose runtime status matched one of the following: [{words}]"
        ));
    }
    text
}
