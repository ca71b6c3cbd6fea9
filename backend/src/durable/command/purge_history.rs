//! `purge-history`: many instances.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Args;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use taskhub_shared::{
    limits::PAGE_MAX, query::InstanceQuery, request::ListInstances, status::RuntimeStatus,
};

use crate::durable::{
    failure::{Code, Failure},
    filter::{self, Created},
    progress::Progress,
    session::Session,
    value::{self, Statuses},
};

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

/// Deletes page by page, so that the bar moves and no request takes long. The server deletes what was created between
/// the page's ends; what has not ended by itself stays.
async fn purge(session: &Session, query: InstanceQuery, total: u64) -> Result<(u64, u64), Failure> {
    let progress = (total > 1000).then(|| Progress::new("purging", Some(total)));
    let (mut instances, mut rows) = (0, 0);
    let mut cursor = None;
    loop {
        let query = InstanceQuery { limit: Some(PAGE_MAX), cursor, ..query.clone() };
        let statuses = query.statuses.clone();
        let call = ListInstances { hub: session.hub.clone(), query };
        let page = session.client.call(&call).await?.page;
        let times = || page.items.iter().map(|row| row.created_at);
        if let (Some(from), Some(to)) = (times().min(), times().max()) {
            instances += purge_between(session, from, to, &statuses).await?;
            // The instance's own row is one.
            rows += page.items.iter().map(|row| row.history_length + 1).sum::<u64>();
        }
        if let Some(progress) = &progress {
            progress.add(page.items.len());
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok((instances, rows));
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purged {
    instances_deleted: u64,
}

async fn purge_between(
    session: &Session,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    statuses: &[RuntimeStatus],
) -> Result<u64, Failure> {
    let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let words: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
    let query = [
        ("taskHub", session.hub.as_str()),
        ("createdTimeFrom", &text(from)),
        ("createdTimeTo", &text(to)),
        ("runtimeStatus", &words.join(",")),
    ];
    let reply = session.client.durable_task(Method::DELETE, &["instances"], &query).await?;
    match reply.status {
        StatusCode::OK => Ok(session.client.json::<Purged>(&reply)?.instances_deleted),
        // Nothing matched any more: somebody else was quicker.
        StatusCode::NOT_FOUND if reply.body.is_empty() => Ok(0),
        _ => Err(session.client.refusal(&reply)),
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
