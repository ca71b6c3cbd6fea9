//! What the instance waits for, in sentences that tick.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use taskhub_shared::status::WaitingFor;

use super::{
    clauses::{Clause, clauses},
    model::Detail,
};
use crate::{
    route::Route,
    state::clock,
    text::{intl, say, text, tr},
    ui::{Glyph, Icon},
};

/// Most sentences; the rest is counted.
const MOST: usize = 4;

/// The sentences.
#[component]
pub fn Waiting(detail: Detail) -> impl IntoView {
    let all = Memo::new(move |_| {
        let instance = detail.instance.read();
        let Some(instance) = instance.as_ref() else { return Vec::new() };
        // The page does not wait for the history; once all of it is there, it adds what it knows.
        let complete = detail.is_complete();
        detail.outline.with(|outline| clauses(&instance.waiting_for, complete.then_some(outline)))
    });
    let more = move || all.with(Vec::len).saturating_sub(MOST);
    view! {
        <Show when=move || all.with(|all| !all.is_empty())>
            <ul class="waiting" aria-label=tr(|t| t.waiting_for) data-testid="waiting-for">
                {move || {
                    let shown = all.get().into_iter().take(MOST);
                    shown.map(|one| view! { <li>{sentence(&detail.hub(), one, None)}</li> }).collect_view()
                }}
                <Show when=move || { more() > 0 }>
                    <li class="muted">
                        {say(move || (text().waits_more)(&intl::count(u64::try_from(more()).unwrap_or(u64::MAX))))}
                    </li>
                </Show>
            </ul>
        </Show>
    }
}

/// One sentence. `then` is the time from which it is said; without it, it ticks.
pub fn sentence(hub: &str, clause: Clause, then: Option<i64>) -> AnyView {
    let unserved = matches!(
        &clause,
        Clause::Worker { served: false, .. }
            | Clause::Activity { served: false, .. }
            | Clause::Unserved { .. }
    );
    let glyph = if unserved { Glyph::Warning } else { glyph(&clause) };
    let link = match &clause {
        Clause::Child { id, .. } | Clause::Children { id, .. } => {
            let href = Route::instance(hub, id).url();
            Some(view! { " " <a href=href class="mono">{id.clone()}</a> })
        }
        Clause::Worker { .. }
        | Clause::Activity { .. }
        | Clause::Activities { .. }
        | Clause::Unserved { .. }
        | Clause::Retry { .. }
        | Clause::Timer { .. }
        | Clause::Event { .. }
        | Clause::Entity { .. }
        | Clause::Resume { .. }
        | Clause::Start { .. } => None,
    };
    view! {
        <span class="waiting-one" class:unserved=unserved>
            <Icon glyph />
            <span>{say(move || words(&clause, then))}{link}</span>
        </span>
    }
    .into_any()
}

fn glyph(clause: &Clause) -> Glyph {
    match clause {
        Clause::Event { .. } => Glyph::Event,
        Clause::Resume { .. } => Glyph::Pause,
        Clause::Timer { .. } | Clause::Start { .. } | Clause::Retry { .. } => Glyph::Clock,
        Clause::Worker { .. }
        | Clause::Activity { .. }
        | Clause::Activities { .. }
        | Clause::Unserved { .. }
        | Clause::Child { .. }
        | Clause::Children { .. }
        | Clause::Entity { .. } => Glyph::Hourglass,
    }
}

/// What a list shows of one thing that an instance waits for; it ticks.
pub fn waiting_words(waiting: &WaitingFor) -> String {
    let all = clauses(std::slice::from_ref(waiting), None);
    all.first().map(|clause| words(clause, None)).unwrap_or_default()
}

fn words(clause: &Clause, then: Option<i64>) -> String {
    let now = || match then {
        Some(then) => DateTime::from_timestamp_millis(then).unwrap_or_default(),
        None => clock::ticking_now(),
    };
    let since = |from: DateTime<Utc>| intl::ticking((now() - from).num_milliseconds());
    let left = |to: DateTime<Utc>| Some((to - now()).num_milliseconds()).filter(|left| *left > 0);
    let at = |time: DateTime<Utc>| intl::short(time, now());
    let number = |number: usize| intl::number(u64::try_from(number).unwrap_or(u64::MAX));
    let t = text();
    match clause {
        Clause::Worker { name, served: true } => (t.waits_worker)(name),
        Clause::Worker { name, served: false } => (t.waits_worker_unserved)(name),
        Clause::Activity { name, since: from, served: true } => {
            (t.waits_activity)(name, &since(*from))
        }
        Clause::Activity { name, since: from, served: false } => {
            (t.waits_activity_unserved)(name, &since(*from))
        }
        Clause::Activities { done, all, slowest, since: from } => {
            (t.inst.waits_activities)(&number(*done), &number(*all), slowest, &since(*from))
        }
        Clause::Unserved { name, count, since: from } => {
            let count = intl::count(u64::try_from(*count).unwrap_or(u64::MAX));
            (t.inst.waits_unserved)(name, &count, &since(*from))
        }
        Clause::Child { name, since: from, .. } => (t.inst.waits_child)(name, &since(*from)),
        Clause::Children { done, all, name, since: from, .. } => {
            (t.inst.waits_children)(&number(*done), &number(*all), name, &since(*from))
        }
        Clause::Retry { name, attempts, at: due } => {
            let next = number(*attempts + 1);
            let left = intl::ticking(left(*due).unwrap_or(0));
            (t.inst.waits_retry)(name, &next, &left)
        }
        Clause::Timer { at: due } => match left(*due) {
            Some(left) => (t.waits_timer_in)(&at(*due), &intl::ticking(left)),
            None => (t.waits_timer)(&at(*due)),
        },
        Clause::Event { since: from, times_out: None } => (t.waits_event)(&since(*from)),
        Clause::Event { since: from, times_out: Some(due) } => {
            let left = intl::ticking(left(*due).unwrap_or(0));
            (t.inst.waits_event_until)(&since(*from), &left)
        }
        Clause::Entity { operation, id, since: from } => {
            (t.inst.waits_entity)(operation, id, &since(*from))
        }
        Clause::Resume { since: from } => (t.waits_resume)(&since(*from)),
        Clause::Start { at: time } => (t.waits_start)(&at(*time)),
    }
}
