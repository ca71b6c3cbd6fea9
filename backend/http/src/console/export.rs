//! The list as a file: CSV or JSON lines, written slice by slice as it is found, however long it is.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::{Map, Value};
use taskhub_hub::{
    Hub, HubError,
    operation::columns,
    store::{model::InstanceRecord, select::SelectRequest},
};
use taskhub_shared::{
    column::{Column, ColumnField},
    query::InstanceQuery,
};

use super::extract::OfHub;
use crate::fault::Fault;

/// Most rows that are read at once. What they weigh is bounded by the store.
const SLICE: usize = 500;

/// Columns when none are named.
const USUAL: [ColumnField; 10] = [
    ColumnField::Id,
    ColumnField::Name,
    ColumnField::Status,
    ColumnField::Created,
    ColumnField::Updated,
    ColumnField::Completed,
    ColumnField::Duration,
    ColumnField::Parent,
    ColumnField::Version,
    ColumnField::Error,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

/// `GET /api/v1/hubs/{hub}/export?format=csv|jsonl`, with filter, order and columns of the list.
///
/// The connection breaks off when the store fails on the way, so that half a file does not pass for the whole.
pub(crate) async fn export(OfHub(hub): OfHub, RawQuery(text): RawQuery) -> Result<Response, Fault> {
    let text = text.unwrap_or_default();
    let (mut query, others) = InstanceQuery::parse_with(&text, &["format"])?;
    let format = match others.first().map(|(_, value)| value.as_str()) {
        Some("csv") => Format::Csv,
        Some("jsonl") => Format::JsonLines,
        _ => return Err(Fault::field("format", "name one: csv or jsonl")),
    };
    if query.cursor.is_some() || query.limit.is_some() {
        let field = if query.cursor.is_some() { "cursor" } else { "limit" };
        return Err(Fault::field(field, "there are no pages here; leave it out"));
    }
    if query.columns.contains(&Column::Field(ColumnField::Waiting)) {
        return Err(Fault::field("cols", "waiting is told by the list alone; leave it out"));
    }
    if query.columns.is_empty() {
        query.columns = USUAL.map(Column::Field).to_vec();
    }
    let export = Export::begin(hub, query, format)?;
    let parts = futures::stream::unfold(export, |mut export| async move {
        let part = export.part().await?;
        Some((part, export))
    });
    let (kind, file) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"instances.csv\""),
        Format::JsonLines => ("application/x-ndjson", "attachment; filename=\"instances.jsonl\""),
    };
    let mut response = Body::from_stream(parts).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(file));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// An export under way. It holds what it needs to go on, and no row.
struct Export {
    hub: Hub,
    columns: Arc<[Column]>,
    format: Format,
    /// What to ask for next; absent at the end.
    next: Option<SelectRequest>,
    begun: bool,
}

impl Export {
    fn begin(hub: Hub, query: InstanceQuery, format: Format) -> Result<Self, Fault> {
        let payloads = query.columns.iter().any(columns::reads_payloads)
            || query.columns.contains(&Column::Field(ColumnField::Error));
        let request = SelectRequest { limit: SLICE, payloads, ..hub.list_request(&query)? };
        Ok(Self { hub, columns: query.columns.into(), format, next: Some(request), begun: false })
    }

    /// The next part: the head, or the rows of a slice that has some.
    async fn part(&mut self) -> Option<Result<Bytes, HubError>> {
        if !std::mem::replace(&mut self.begun, true) && self.format == Format::Csv {
            let names: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
            return Some(Ok(line(names.iter().map(String::as_str)).into()));
        }
        while let Some(request) = self.next.take() {
            let found = match self.hub.select(request.clone()).await {
                Ok(found) => found,
                Err(error) => {
                    // Nobody reads the error of a stream; the log does.
                    let Fault(problem) = Fault::from(error);
                    tracing::warn!(problem = %problem.detail, "an export broke off");
                    return Some(Err(HubError::Draining));
                }
            };
            self.next = found.rest.map(|rest| SelectRequest { after: Some(rest), ..request });
            if !found.records.is_empty() {
                let rows: String = found.records.iter().map(|record| self.row(record)).collect();
                return Some(Ok(rows.into()));
            }
        }
        None
    }

    fn row(&self, record: &InstanceRecord) -> String {
        let now = self.hub.now();
        let values = self.columns.iter().map(|column| columns::value(record, column, now));
        match self.format {
            Format::Csv => {
                let texts: Vec<String> =
                    values.map(|value| value.map(columns::text).unwrap_or_default()).collect();
                line(texts.iter().map(String::as_str))
            }
            Format::JsonLines => {
                let names = self.columns.iter().map(ToString::to_string);
                let row: Map<String, Value> = names
                    .zip(values)
                    .map(|(name, value)| (name, value.unwrap_or_default()))
                    .collect();
                format!("{}\n", Value::Object(row))
            }
        }
    }
}

/// A line of CSV. Source: RFC 4180.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_defused() {
        for (text, written) in [
            ("plain é", "plain é"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+2", "'=1+2"),
            ("+33", "'+33"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("a=1", "a=1"),
        ] {
            assert_eq!(cell(text), written);
        }
        assert_eq!(line(["a", "b,c"].into_iter()), "a,\"b,c\"\r\n");
    }
}
