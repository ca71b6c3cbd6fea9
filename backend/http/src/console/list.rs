//! The list of instances.

use axum::{Json, extract::RawQuery};
use taskhub_hub::operation::query_instances::summaries;
use taskhub_shared::{page::Page, query::InstanceQuery, request::ListedInstances};

use super::extract::OfHub;
use crate::fault::Fault;

/// Source: `request::ListInstances`.
pub(crate) async fn list_instances(
    OfHub(hub): OfHub,
    RawQuery(query): RawQuery,
) -> Result<Json<ListedInstances>, Fault> {
    let query = InstanceQuery::parse(query.as_deref().unwrap_or_default())?;
    // Read before the rows: a change in between is told twice rather than never.
    let seq = hub.seq();
    let listed = hub.query_instances(&query, false).await?;
    let counts = hub.count_instances(&query).await?;
    let items = summaries(&listed.records);
    let page = Page { items, next: listed.next, previous: listed.previous };
    Ok(Json(ListedInstances { page, counts, seq }))
}
