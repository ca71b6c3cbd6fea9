//! The live stream of a task hub: what changed, told as it becomes durable.
//!
//! Source: `taskhub_shared::live`.

mod counts;
mod feed;
mod missed;
mod pending;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use http::{HeaderMap, HeaderValue, header};
use tokio::time::Instant;

use crate::{
    console::extract::{OfHub, once},
    door::Door,
    fault::Fault,
};
use counts::Counts;
use feed::Feed;

/// How long changes are collected before they are told.
const TICK: Duration = Duration::from_millis(250);
/// Longest silence.
const PING: Duration = Duration::from_secs(15);

/// What all streams share.
#[derive(Debug)]
pub(crate) struct Live {
    /// All streams tick together, so that they share one reading of the counts.
    began: Instant,
    counts: Counts,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), counts: Counts::default() }
    }

    /// The next common tick.
    fn next_tick(&self) -> Instant {
        let passed = self.began.elapsed().as_millis() / TICK.as_millis();
        let ticks = u32::try_from(passed).unwrap_or(u32::MAX).saturating_add(1);
        self.began + TICK * ticks
    }
}

/// `GET /api/v1/hubs/{hub}/live`.
///
/// Query: `instanceId` for one instance only; `after`, the number up to which the caller knows the hub, as
/// `Last-Event-ID` tells it when a stream is taken up again. What was missed comes first; when the hub does not know that
/// any more, the caller is told to `resync`.
pub(crate) async fn stream(
    State(door): State<Arc<Door>>,
    OfHub(hub): OfHub,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let (mut instance, mut known) = (None, None);
    for (name, value) in once(query.as_deref(), &["instanceId", "after"])? {
        if name == "after" {
            let wrong = |_| Fault::field("after", format!("{value:?} is no whole number"));
            known = Some(value.parse::<u64>().map_err(wrong)?);
        } else {
            instance = Some(value);
        }
    }
    // A number that cannot be read comes from another server: it knows nothing of this one.
    let last = headers.get("last-event-id").filter(|last| !last.is_empty());
    let last = last.map(|last| last.to_str().ok().and_then(|last| last.parse().ok()));
    let known = last.map(|last: Option<u64>| last.unwrap_or(u64::MAX)).or(known);
    let feed = Feed::open(door, hub, instance, known).await?;
    let events = futures::stream::unfold(feed, |mut feed| async move {
        let event: Event = feed.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), feed))
    });
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects answers would hold the news back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
