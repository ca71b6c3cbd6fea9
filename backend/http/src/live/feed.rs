//! One live stream.

use std::sync::Arc;

use axum::response::sse::Event;
use serde::Serialize;
use taskhub_hub::{Hub, notice::SharedNotice};
use taskhub_shared::live::{Changes, Resync};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};

use super::{
    PING,
    pending::{News, Pending},
};
use crate::{door::Door, fault::Fault};

/// How long a browser waits before it takes a broken stream up again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(2);

/// A stream and what it has still to tell.
pub(super) struct Feed {
    door: Arc<Door>,
    hub: Hub,
    /// The only instance that is watched.
    only: Option<String>,
    notices: broadcast::Receiver<SharedNotice>,
    ready: watch::Receiver<bool>,
    ping: Interval,
    pending: Pending,
    /// When to tell what is pending.
    due: Option<Instant>,
    /// Number of the newest notice that came.
    seq: u64,
    first: Option<Event>,
}

impl Feed {
    /// Begins to listen. The first event tells the counts; or `resync`, when the caller knows another state than now.
    pub(super) async fn open(
        door: Arc<Door>,
        hub: Hub,
        only: Option<String>,
        known: Option<u64>,
    ) -> Result<Self, Fault> {
        // Before anything is read, so that nothing slips by in between.
        let notices = hub.subscribe();
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let seq = hub.seq();
        let counts = door.live.counts.read(&hub, seq).await?;
        let first = if known.is_some_and(|known| known != seq) {
            event("resync", seq, &Resync { seq, counts })
        } else {
            event("changes", seq, &Changes { seq, rows: Vec::new(), purged: Vec::new(), counts })
        };
        Ok(Self {
            ready: door.options.ready.clone(),
            door,
            hub,
            only,
            notices,
            ping,
            pending: Pending::default(),
            due: None,
            seq,
            first: first.map(|first| first.retry(RETRY)),
        })
    }

    /// The next event; `None` when the stream ends.
    pub(super) async fn next(&mut self) -> Option<Event> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let due = self.due;
            tokio::select! {
                biased;
                () = drained(&mut self.ready) => return None,
                () = reached(due) => return self.tell().await,
                _ = self.ping.tick() => return Some(ping(self.seq)),
                notice = self.notices.recv() => match notice {
                    Ok(notice) => {
                        self.seq = self.seq.max(notice.seq);
                        self.pending.add(&notice, self.only.as_deref());
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => self.pending.lose(),
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
            if self.due.is_none() && !self.pending.is_empty() {
                self.due = Some(self.door.live.next_tick());
            }
        }
    }

    async fn tell(&mut self) -> Option<Event> {
        self.due = None;
        let seq = self.seq;
        let counts = match self.door.live.counts.read(&self.hub, seq).await {
            Ok(counts) => counts,
            Err(error) => {
                // The browser comes again, and is then told to read the page.
                tracing::warn!(error = %error, "a live stream ends: the counts could not be read");
                return None;
            }
        };
        match self.pending.take() {
            News::Changes { rows, purged } => {
                event("changes", seq, &Changes { seq, rows, purged, counts })
            }
            News::Resync => event("resync", seq, &Resync { seq, counts }),
        }
    }
}

async fn drained(ready: &mut watch::Receiver<bool>) {
    if ready.wait_for(|ready| !*ready).await.is_err() {
        // Nobody is left who could begin to drain.
        std::future::pending::<()>().await;
    }
}

async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// An event; its types can always be written as JSON.
fn event<T: Serialize>(name: &str, seq: u64, data: &T) -> Option<Event> {
    Event::default().event(name).id(seq.to_string()).json_data(data).ok()
}

fn ping(seq: u64) -> Event {
    Event::default().event("ping").id(seq.to_string()).data("{}")
}
