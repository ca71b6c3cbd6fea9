//! The list of instances.

use std::time::Duration;

use axum::{Json, extract::RawQuery};
use taskhub_hub::{operation::query_instances::summaries, store::select::Grouping};
use taskhub_shared::{page::Page, query::InstanceQuery, request::ListedInstances};

use super::extract::OfHub;
use crate::fault::Fault;

/// How long a page is worked on before it comes as far as it got.
const WITHIN: Duration = Duration::from_secs(2);

/// Source: `request::ListInstances`.
pub(crate) async fn list_instances(
    OfHub(hub): OfHub,
    RawQuery(query): RawQuery,
) -> Result<Json<ListedInstances>, Fault> {
    let query = InstanceQuery::parse(query.as_deref().unwrap_or_default())?;
    // Read before the rows: a change in between is told twice rather than never.
    let seq = hub.seq();
    let listed = hub.query_within(&query, false, Some(WITHIN)).await?;
    let all = InstanceQuery { statuses: Vec::new(), ..query };
    let groups = hub.groups(&all, Grouping::Status, Some(WITHIN)).await?;
    let items = summaries(&listed.records);
    let page = Page { items, next: listed.next, previous: listed.previous };
    let partial = listed.partial || !groups.complete;
    Ok(Json(ListedInstances { page, counts: groups.by_status(), partial, seq }))
}
