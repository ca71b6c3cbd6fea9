//! `get-instances`.

use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use taskhub_shared::{
    limits::PAGE_MAX,
    query::{InstanceQuery, Query, Sort},
    request::ListInstances,
    status::{InstanceDetail, InstanceSummary},
};

use crate::durable::{
    failure::{Code, Failure},
    filter::{self, Created},
    progress::Progress,
    screen::{hint, pretty},
    session::Session,
    state::{self, OrchestrationState, Show},
    value::{self, Statuses},
};

/// Most requests at once.
const AT_ONCE: usize = 8;

/// `taskhub durable get-instances`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable get-instances
  taskhub durable get-instances --created-after 2021-03-10T13:57:31Z --created-before 2021-03-10T23:59Z --top 15
  taskhub durable get-instances --runtime-status \"running pending\" --output table
  taskhub durable get-instances --query 'status:failed name:Order* created:>-2d' --sort -duration --output table
  taskhub durable get-instances --top 5000 --output csv > instances.csv")]
pub(crate) struct GetInstances {
    #[command(flatten)]
    created: Created,
    /// Only those with one of these statuses, divided by blanks
    #[arg(long, value_name = "STATUSES", num_args = 1.., value_parser = value::statuses)]
    runtime_status: Vec<Statuses>,
    /// Only those that this query finds, as in the console's search: status:failed name:Order* input.city=\"Tokyo\"
    #[arg(long, value_name = "QUERY")]
    query: Option<Query>,
    /// Order: created, updated, completed, duration, name or status, with - before it for the largest first [default: -created]
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
    sort: Option<Sort>,
    /// Most instances
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    top: u32,
    /// Where to go on, as the call before told
    #[arg(long, value_name = "TOKEN")]
    continuation_token: Option<String>,
}

impl GetInstances {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        let query = InstanceQuery {
            cursor: self.continuation_token.filter(|token| !token.trim().is_empty()),
            q: self.query.unwrap_or_default(),
            sort: self.sort.unwrap_or_default(),
            ..self.created.query(filter::flat(&self.runtime_status))
        };
        let top = usize::try_from(self.top).unwrap_or(usize::MAX);
        let progress =
            (top > PAGE_MAX).then(|| Progress::new("reading instances", Some(u64::from(self.top))));
        let (rows, next) = list(session, query, top, progress.as_ref()).await?;
        drop(progress);
        let screen = session.screen;
        let told = |token: Option<String>| {
            let token = token.unwrap_or_default();
            format!("Continuation token for next set of results: '{token}'")
        };
        match screen.format() {
            None => {
                let states = details(session, rows).await?;
                screen.print(&pretty(&states))?;
                screen.say(&told(next))?;
            }
            Some(format) => {
                let rows: Vec<Value> =
                    rows.iter().filter_map(|row| serde_json::to_value(row).ok()).collect();
                screen.rows(format, state::COLUMNS, &rows)?;
                if next.is_some() {
                    hint(&told(next));
                }
            }
        }
        Ok(Code::Done)
    }
}

/// At most so many instances, and where to go on.
async fn list(
    session: &Session,
    mut query: InstanceQuery,
    top: usize,
    progress: Option<&Progress>,
) -> Result<(Vec<InstanceSummary>, Option<String>), Failure> {
    let mut rows: Vec<InstanceSummary> = Vec::new();
    loop {
        query.limit = Some((top - rows.len()).min(PAGE_MAX));
        let call = ListInstances { hub: session.hub.clone(), query: query.clone() };
        let page = session.client.call(&call).await?.page;
        if let Some(progress) = progress {
            progress.add(page.items.len());
        }
        rows.extend(page.items);
        // A page may be empty and have a next one: the server answers with what it found in its time.
        if page.next.is_none() || rows.len() >= top {
            return Ok((rows, page.next));
        }
        query.cursor = page.next;
    }
}

/// The instances with their payloads. One that was purged meanwhile is left out.
async fn details(
    session: &Session,
    rows: Vec<InstanceSummary>,
) -> Result<Vec<OrchestrationState>, Failure> {
    let steps = u64::try_from(rows.len()).ok();
    let progress = (rows.len() > 100).then(|| Progress::new("reading payloads", steps));
    let show = Show { input: true, output: true };
    let details: Vec<Option<InstanceDetail>> = futures::stream::iter(
        rows.into_iter().map(|row| async move { session.instance(&row.instance_id).await }),
    )
    .buffered(AT_ONCE)
    .inspect_ok(|_| {
        if let Some(progress) = &progress {
            progress.add(1);
        }
    })
    .try_collect()
    .await?;
    Ok(details.into_iter().flatten().map(|detail| OrchestrationState::new(detail, show)).collect())
}
