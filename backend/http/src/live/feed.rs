//! One live stream.

use std::{collections::VecDeque, sync::Arc};

use axum::response::sse::Event;
use serde::Serialize;
use taskhub_hub::{Hub, notice::SharedNotice};
use taskhub_shared::live::{BatchChanges, Changes, Resync};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};

use super::{
    PING,
    missed::Missed,
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
    /// Events that can be told at once.
    ready_events: VecDeque<Event>,
}

impl Feed {
    /// Begins to listen. The first event tells the counts, with what the caller missed; or `resync`, when that is not known.
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
        let newest = hub.seq();
        let missed = known.map(|known| hub.changed_since(known));
        let seq = missed.as_ref().and_then(Option::as_ref).map_or(newest, |(_, seq)| *seq);
        let missed = match missed {
            // Nothing is known, so nothing was missed.
            None => Some(Missed::default()),
            Some(None) => None,
            Some(Some((changed, _))) => Missed::read(&hub, changed, only.as_deref()).await?,
        };
        let counts = door.live.counts.read(&hub, seq).await?;
        let mut ready_events = VecDeque::new();
        match missed {
            None => ready_events.extend(event("resync", seq, &Resync { seq, counts })),
            Some(Missed { rows, purged, batches }) => {
                ready_events.extend(event("changes", seq, &Changes { seq, rows, purged, counts }));
                if !batches.is_empty() {
                    ready_events.extend(event("batches", seq, &BatchChanges { seq, batches }));
                }
            }
        }
        if let Some(first) = ready_events.pop_front() {
            ready_events.push_front(first.retry(RETRY));
        }
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
            ready_events,
        })
    }

    /// The next event; `None` when the stream ends.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready_events.pop_front() {
                return Some(event);
            }
            let due = self.due;
            tokio::select! {
                biased;
                () = drained(&mut self.ready) => return None,
                () = reached(due) => self.tell().await?,
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

    /// Makes events of what is pending; `None` when the stream is to end.
    async fn tell(&mut self) -> Option<()> {
        self.due = None;
        let seq = self.seq;
        let batches = self.pending.take_batches();
        if !batches.is_empty() {
            self.ready_events.extend(event("batches", seq, &BatchChanges { seq, batches }));
        }
        if !self.pending.has_instances() {
            return Some(());
        }
        let counts = match self.door.live.counts.read(&self.hub, seq).await {
            Ok(counts) => counts,
            Err(error) => {
                // The browser comes again, and is then told to read the page.
                tracing::warn!(error = %error, "a live stream ends: the counts could not be read");
                return None;
            }
        };
        self.ready_events.extend(match self.pending.take() {
            News::Changes { rows, purged } => {
                event("changes", seq, &Changes { seq, rows, purged, counts })
            }
            News::Resync => event("resync", seq, &Resync { seq, counts }),
        });
        Some(())
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
