//! What the instance waits for, in sentences that tick.

use leptos::prelude::*;
use taskhub_shared::status::WaitingFor;

use super::model::Detail;
use crate::{
    component::since,
    route::Route,
    state::clock,
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// Most sentences; the rest is counted.
const MOST: usize = 4;

/// The sentences.
#[component]
pub fn Waiting(detail: Detail) -> impl IntoView {
    let waiting = Memo::new(move |_| {
        let instance = detail.instance.read();
        instance.as_ref().map(|instance| instance.waiting_for.clone()).unwrap_or_default()
    });
    let more = move || waiting.with(Vec::len).saturating_sub(MOST);
    view! {
        <Show when=move || waiting.with(|waiting| !waiting.is_empty())>
            <ul class="waiting" aria-label=tr(|t| t.waiting_for) data-testid="waiting-for">
                {move || {
                    let shown = waiting.get().into_iter().take(MOST);
                    shown.map(|one| view! { <li>{sentence(&detail.hub(), one)}</li> }).collect_view()
                }}
                <Show when=move || { more() > 0 }>
                    <li class="muted">
                        {move || {
                            (text().waits_more)(&intl::count(u64::try_from(more()).unwrap_or(u64::MAX)))
                        }}
                    </li>
                </Show>
            </ul>
        </Show>
    }
}

fn sentence(hub: &str, waiting: WaitingFor) -> AnyView {
    let unserved = match &waiting {
        WaitingFor::Worker { served, .. } | WaitingFor::Activity { served, .. } => !served,
        WaitingFor::SubOrchestration { .. }
        | WaitingFor::Timer { .. }
        | WaitingFor::ExternalEvent { .. }
        | WaitingFor::Resume { .. }
        | WaitingFor::ScheduledStart { .. } => false,
    };
    let glyph = if unserved { Glyph::Warning } else { glyph(&waiting) };
    let sub = if let WaitingFor::SubOrchestration { name, instance_id, since } = &waiting {
        Some((name.clone(), instance_id.clone(), *since))
    } else {
        None
    };
    let words = match sub {
        Some((name, id, from)) => {
            let href = Route::instance(hub, &id).url();
            view! {
                <span>
                    {move || (text().waits_sub)(&name)} " "
                    <a href=href class="mono">
                        {id}
                    </a> " " {move || (text().waits_sub_since)(&since(from))}
                </span>
            }
            .into_any()
        }
        None => view! { <span>{move || words(&waiting)}</span> }.into_any(),
    };
    view! {
        <span class="waiting-one" class:unserved=unserved>
            <Icon glyph />
            {words}
        </span>
    }
    .into_any()
}

fn glyph(waiting: &WaitingFor) -> Glyph {
    match waiting {
        WaitingFor::ExternalEvent { .. } => Glyph::Event,
        WaitingFor::Resume { .. } => Glyph::Pause,
        WaitingFor::Timer { .. } | WaitingFor::ScheduledStart { .. } => Glyph::Clock,
        WaitingFor::Worker { .. }
        | WaitingFor::Activity { .. }
        | WaitingFor::SubOrchestration { .. } => Glyph::Hourglass,
    }
}

fn words(waiting: &WaitingFor) -> String {
    let now = clock::now();
    match waiting {
        WaitingFor::Worker { name, served: true } => (text().waits_worker)(name),
        WaitingFor::Worker { name, served: false } => (text().waits_worker_unserved)(name),
        WaitingFor::Activity { name, since: from, served: true } => {
            (text().waits_activity)(name, &since(*from))
        }
        WaitingFor::Activity { name, since: from, served: false } => {
            (text().waits_activity_unserved)(name, &since(*from))
        }
        WaitingFor::SubOrchestration { name, since: from, .. } => {
            format!("{} {}", (text().waits_sub)(name), (text().waits_sub_since)(&since(*from)))
        }
        WaitingFor::Timer { fire_at } => {
            let left = (*fire_at - clock::ticking_now()).num_milliseconds();
            let at = intl::short(*fire_at, now);
            if left > 0 {
                (text().waits_timer_in)(&at, &intl::ticking(left))
            } else {
                (text().waits_timer)(&at)
            }
        }
        WaitingFor::ExternalEvent { since: from } => (text().waits_event)(&since(*from)),
        WaitingFor::Resume { since: from } => (text().waits_resume)(&since(*from)),
        WaitingFor::ScheduledStart { at } => (text().waits_start)(&intl::short(*at, now)),
    }
}
