//! Times and durations of instances.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{state::clock, text::intl};

/// A local time; the tooltip holds it in UTC.
#[component]
pub fn Time(
    #[prop(into)] at: Signal<DateTime<Utc>>,
    /// Leave the day out when it is today.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let at = Memo::new(move |_| at.get());
    let shown = move || {
        if short { intl::short(at.get(), clock::now()) } else { intl::full(at.get()) }
    };
    view! {
        <time datetime=move || at.get().to_rfc3339() title=move || intl::utc(at.get())>
            {shown}
        </time>
    }
}

/// How long something has lasted: it ticks until it has an end.
#[component]
pub fn Elapsed(
    #[prop(into)] from: Signal<DateTime<Utc>>,
    #[prop(into)] to: Signal<Option<DateTime<Utc>>>,
) -> impl IntoView {
    let span = Memo::new(move |_| (from.get(), to.get()));
    move || match span.get() {
        (from, Some(to)) => intl::duration((to - from).num_milliseconds()),
        (from, None) => intl::ticking((clock::ticking_now() - from).num_milliseconds()),
    }
}
