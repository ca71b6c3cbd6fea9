//! Exact counts by status; each is a switch of the filter.

use leptos::prelude::*;
use taskhub_shared::status::RuntimeStatus;

use super::{model::List, query_text};
use crate::{
    component::StatusIcon,
    state::location,
    text::{intl, text, tr},
};

/// The order of a life: waiting, at work, held, ended.
const ORDER: [RuntimeStatus; 8] = [
    RuntimeStatus::Pending,
    RuntimeStatus::Running,
    RuntimeStatus::Suspended,
    RuntimeStatus::ContinuedAsNew,
    RuntimeStatus::Completed,
    RuntimeStatus::Failed,
    RuntimeStatus::Terminated,
    RuntimeStatus::Canceled,
];

/// The strip.
#[component]
pub fn StatusStrip(list: List) -> impl IntoView {
    view! {
        <div class="strip" role="group" aria-label=tr(|t| t.status_filter) data-testid="status-strip">
            {ORDER.map(|status| view! { <StatusSwitch list status /> }).collect_view()}
        </div>
    }
}

#[component]
fn StatusSwitch(list: List, status: RuntimeStatus) -> impl IntoView {
    let count =
        Memo::new(move |_| list.counts.with(|counts| counts.get(&status).copied().unwrap_or(0)));
    let pressed = Memo::new(move |_| {
        list.what.with(|what| what.as_ref().is_ok_and(|what| what.split.statuses.contains(&status)))
    });
    let known = move || list.loaded_at.get().is_some();
    let toggle = move |_| {
        let route =
            untrack(|| list.route(|address| address.q = query_text::toggled(&address.q, status)));
        location::go(&route);
    };
    view! {
        <button
            type="button"
            class="strip-switch"
            class:zero=move || count.get() == 0
            data-status=status.as_str()
            data-testid=format!("status-{}", status.as_str())
            aria-pressed=move || pressed.get().to_string()
            on:click=toggle
        >
            <span class="strip-word">
                <StatusIcon status />
                <span>{move || (text().status)(status)}</span>
            </span>
            <span class="strip-count">
                {move || {
                    let sign = if list.partial.get() { "≥\u{a0}" } else { "" };
                    if known() { format!("{sign}{}", intl::number(count.get())) } else { "–".to_owned() }
                }}
            </span>
        </button>
    }
}
