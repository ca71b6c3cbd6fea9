//! The list of instances.

use std::time::Duration;

use axum::{Json, extract::RawQuery};
use taskhub_hub::{
    Hub,
    operation::{
        columns,
        query_instances::{Listed, summaries},
    },
    store::select::Grouping,
};
use taskhub_shared::{
    column::{Column, ColumnField},
    limits::CELL_CHARS,
    page::Page,
    query::InstanceQuery,
    request::ListedInstances,
};

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
    let payloads = query.columns.iter().any(columns::reads_payloads);
    let listed = hub.query_within(&query, payloads, Some(WITHIN)).await?;
    let all = InstanceQuery { statuses: Vec::new(), ..query.clone() };
    let groups = hub.groups(&all, Grouping::Status, Some(WITHIN)).await?;
    let waits = query.columns.contains(&Column::Field(ColumnField::Waiting));
    let waiting =
        if waits { hub.waiting_for_each(&listed.records).await? } else { Default::default() };
    let cells = cells(&hub, &query.columns, &listed);
    let items = summaries(&listed.records);
    let page = Page { items, next: listed.next, previous: listed.previous };
    let partial = listed.partial || !groups.complete;
    let counts = groups.by_status();
    Ok(Json(ListedInstances { page, counts, partial, cells, waiting, seq }))
}

/// Beginnings of the values of each row.
fn cells(hub: &Hub, columns: &[Column], listed: &Listed) -> Vec<Vec<Option<String>>> {
    if columns.is_empty() {
        return Vec::new();
    }
    let now = hub.now();
    let cell = |text: String| match text.char_indices().nth(CELL_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    let row = |record| {
        let value = |column| columns::value(record, column, now).map(columns::text).map(cell);
        columns.iter().map(value).collect()
    };
    listed.records.iter().map(row).collect()
}
