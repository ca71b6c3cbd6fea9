//! Looking for instances: counts, facets, histogram, and the search that tells what it finds as it finds it.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderValue, header};
use taskhub_hub::{
    Hub,
    operation::{query_instances::summaries, select::Groups},
    store::select::{Grouping, SelectRequest},
};
use taskhub_shared::{
    query::{InstanceQuery, OtherFields, Sort, TimeField},
    request::{
        Counts, Facet, FacetValue, FacetValues, Found, Histogram,
        search::{FACET_DEFAULT, FACET_MAX, STEPS_DEFAULT, STEPS_MAX},
    },
    status::StatusCounts,
};
use tokio::time::Instant;

use super::extract::OfHub;
use crate::fault::Fault;

/// How long numbers are worked on before they come as far as they got. Nobody else waits for them meanwhile, and a client
/// that goes away ends the work.
const WITHIN: Duration = Duration::from_secs(30);
/// Longest silence of a search that finds nothing.
const SILENCE: Duration = Duration::from_millis(250);

/// A filter, and further fields; what belongs to pages stays out.
fn filter(
    text: Option<&str>,
    others: &[&'static str],
) -> Result<(InstanceQuery, OtherFields), Fault> {
    let (query, found) = InstanceQuery::parse_with(text.unwrap_or_default(), others)?;
    let paged = [
        ("sort", query.sort != Sort::default()),
        ("limit", query.limit.is_some()),
        ("cursor", query.cursor.is_some()),
        ("cols", !query.columns.is_empty()),
    ];
    match paged.into_iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(Fault::field(field, "there are no pages here; leave it out")),
        None => Ok((query, found)),
    }
}

fn value<'f>(fields: &'f [(&'static str, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(of, _)| *of == name).map(|(_, value)| value.as_str())
}

fn whole(
    fields: &[(&'static str, String)],
    name: &'static str,
    default: u32,
    most: u32,
) -> Result<u32, Fault> {
    let Some(text) = value(fields, name) else { return Ok(default) };
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
        Fault::field(name, format!("{:?} is no whole number from 1 to {most}", short(text)))
    })
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn sum(counts: &StatusCounts) -> u64 {
    counts.values().sum()
}

/// Source: `request::CountInstances`.
pub(crate) async fn counts(
    OfHub(hub): OfHub,
    RawQuery(text): RawQuery,
) -> Result<Json<Counts>, Fault> {
    let (query, _) = filter(text.as_deref(), &[])?;
    let groups = hub.groups(&query, Grouping::Status, Some(WITHIN)).await?;
    let counts = groups.by_status();
    Ok(Json(Counts { total: sum(&counts), counts, complete: groups.complete }))
}

/// Source: `request::ListFacets`.
pub(crate) async fn facets(
    OfHub(hub): OfHub,
    RawQuery(text): RawQuery,
) -> Result<Json<FacetValues>, Fault> {
    let (query, fields) = filter(text.as_deref(), &["facet", "top"])?;
    let most = u32::try_from(FACET_MAX).unwrap_or(u32::MAX);
    let default = u32::try_from(FACET_DEFAULT).unwrap_or(most);
    let top = usize::try_from(whole(&fields, "top", default, most)?).unwrap_or(FACET_MAX);
    let wanted = value(&fields, "facet").unwrap_or_default();
    let Some(facet) = Facet::ALL.into_iter().find(|facet| facet.as_str() == wanted) else {
        let all = Facet::ALL.map(Facet::as_str).join(", ");
        return Err(Fault::field(
            "facet",
            format!("{:?} is no facet; use one of {all}", short(wanted)),
        ));
    };
    let grouping = match facet {
        Facet::Status => Grouping::Status,
        Facet::Name => Grouping::Name,
        Facet::Version => Grouping::Version,
        Facet::Tag => Grouping::Tag,
        Facet::Error => Grouping::Error,
    };
    let Groups { counts, complete } = hub.groups(&query, grouping, Some(WITHIN)).await?;
    let mut values: Vec<FacetValue> = if facet == Facet::Status {
        let all = counts.into_values().next().unwrap_or_default();
        all.into_iter()
            .map(|(status, count)| FacetValue {
                value: status.to_string(),
                count,
                counts: StatusCounts::from([(status, count)]),
            })
            .collect()
    } else {
        let value = |(value, counts)| FacetValue { value, count: sum(&counts), counts };
        counts.into_iter().map(value).collect()
    };
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    let others = u64::try_from(values.len().saturating_sub(top)).unwrap_or(u64::MAX);
    values.truncate(top);
    Ok(Json(FacetValues { values, others, complete }))
}

/// Source: `request::GetHistogram`.
pub(crate) async fn histogram(
    OfHub(hub): OfHub,
    RawQuery(text): RawQuery,
) -> Result<Json<Histogram>, Fault> {
    let (query, fields) = filter(text.as_deref(), &["field", "from", "to", "steps"])?;
    let steps = whole(&fields, "steps", STEPS_DEFAULT, STEPS_MAX)?;
    let times = [TimeField::Created, TimeField::Updated, TimeField::Completed];
    let field = match value(&fields, "field") {
        None => TimeField::Created,
        Some(word) => times.into_iter().find(|field| field.as_str() == word).ok_or_else(|| {
            let all = times.map(TimeField::as_str).join(", ");
            Fault::field("field", format!("{:?} is no time; use one of {all}", short(word)))
        })?,
    };
    let to = time(&fields, "to")?.unwrap_or_else(|| hub.now());
    let day = to.checked_sub_signed(TimeDelta::days(1));
    let from = time(&fields, "from")?.or(day).unwrap_or(to);
    let length = to.timestamp_micros().saturating_sub(from.timestamp_micros());
    if length < i64::from(steps) {
        let detail = "it must be later than from, by a microsecond for each step at least";
        return Err(Fault::field("to", detail));
    }
    // The last step may reach beyond the end, where nothing is looked at.
    let step = length / i64::from(steps) + i64::from(length % i64::from(steps) > 0);
    let grouping = Grouping::Time { field, from, step, steps };
    let Groups { mut counts, complete } = hub.groups(&query, grouping, Some(WITHIN)).await?;
    let step_at = |number: u32| counts.remove(&number.to_string()).unwrap_or_default();
    let end = from.timestamp_micros().saturating_add(step.saturating_mul(i64::from(steps)));
    Ok(Json(Histogram {
        from,
        to: DateTime::from_timestamp_micros(end).unwrap_or(to),
        steps: (0..steps).map(step_at).collect(),
        complete,
    }))
}

fn time(
    fields: &[(&'static str, String)],
    name: &'static str,
) -> Result<Option<DateTime<Utc>>, Fault> {
    let read = |text: &str| {
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
        let micros =
            time.ok().and_then(|at| DateTime::from_timestamp_micros(at.timestamp_micros()));
        micros.ok_or_else(|| {
            let detail =
                format!("{:?} is no time; write it like 2026-11-23T14:02:11Z", short(text));
            Fault::field(name, detail)
        })
    };
    value(fields, name).map(read).transpose()
}

/// Source: `request::SearchInstances`.
pub(crate) async fn search(OfHub(hub): OfHub, RawQuery(text): RawQuery) -> Result<Response, Fault> {
    let query = InstanceQuery::parse(text.as_deref().unwrap_or_default())?;
    if !query.columns.is_empty() {
        return Err(Fault::field("cols", "the list alone has columns; leave it out"));
    }
    let search = Search::begin(hub, &query)?;
    // A client that goes away drops the body, and with it the search between two slices.
    let lines = futures::stream::unfold(search, |mut search| async move {
        let line = search.line().await?;
        Some((Ok::<_, Infallible>(line), search))
    });
    let mut response = Body::from_stream(lines).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects answers would hold the rows back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// A search under way.
struct Search {
    hub: Hub,
    query: InstanceQuery,
    /// What to ask for next; absent when the search has ended.
    next: Option<SelectRequest>,
    scanned: u64,
    left: usize,
}

impl Search {
    fn begin(hub: Hub, query: &InstanceQuery) -> Result<Self, Fault> {
        let request = hub.list_request(query)?;
        let left = query.page_size();
        Ok(Self { hub, query: query.clone(), next: Some(request), scanned: 0, left })
    }

    /// The next line: as soon as there are rows, or when nothing was told for long.
    async fn line(&mut self) -> Option<Bytes> {
        let began = Instant::now();
        let mut found = Found::default();
        while let Some(mut request) = self.next.take() {
            request.limit = self.left;
            let slice = match self.hub.select(request.clone()).await {
                Ok(slice) => slice,
                Err(error) => {
                    found.problem = Some(*Fault::from(error).0);
                    return Some(self.told(found));
                }
            };
            self.scanned += slice.scanned;
            self.left -= slice.records.len().min(self.left);
            found.items.extend(summaries(&slice.records));
            let Some(rest) = slice.rest else {
                found.done = true;
                return Some(self.told(found));
            };
            if self.left == 0 {
                found.done = true;
                found.next = Some(self.hub.cursor(&self.query, request.backwards, &rest));
                return Some(self.told(found));
            }
            self.next = Some(SelectRequest { after: Some(rest), ..request });
            if !found.items.is_empty() || began.elapsed() >= SILENCE {
                return Some(self.told(found));
            }
        }
        None
    }

    fn told(&self, mut found: Found) -> Bytes {
        found.scanned = self.scanned;
        let mut line = serde_json::to_vec(&found).unwrap_or_default();
        line.push(b'\n');
        Bytes::from(line)
    }
}
