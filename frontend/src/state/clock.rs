//! The server's time, and the one timer by which running durations tick.

use std::{cell::Cell, time::Duration};

use chrono::{DateTime, Utc};
use leptos::prelude::*;

thread_local! {
    /// Milliseconds by which the server's clock is ahead of this one.
    static AHEAD: Cell<f64> = const { Cell::new(0.0) };
    static TICK: ArcRwSignal<u64> = ArcRwSignal::new(0);
}

/// Time of the server now, as far as is known.
pub fn now() -> DateTime<Utc> {
    from_milliseconds(js_sys::Date::now() + AHEAD.get())
}

/// Time of the server, followed by views that read it: they are drawn again each second.
pub fn ticking_now() -> DateTime<Utc> {
    TICK.with(ArcRwSignal::track);
    now()
}

/// Learns the server's time from an answer that has just come.
pub fn learn(server: DateTime<Utc>) {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this age fit into f64")]
    let ahead = server.timestamp_millis() as f64 - js_sys::Date::now();
    // Less than a second is the way of the answer, not the clock.
    AHEAD.set(if ahead.abs() < 1000.0 { 0.0 } else { ahead });
}

/// Starts the timer. It rests while nobody looks at the page.
pub fn start() {
    let tick = || {
        if !document().hidden() {
            TICK.with(|tick| tick.update(|n| *n += 1));
        }
    };
    let _ = set_interval_with_handle(tick, Duration::from_secs(1));
}

/// Time of so many milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "a date of the browser is far from the bounds")]
pub fn from_milliseconds(milliseconds: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds as i64).unwrap_or_default()
}
