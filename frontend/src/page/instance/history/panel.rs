//! One event with all there is to it, and how the instance stood after it.

use leptos::prelude::*;
use taskhub_shared::{failure::FailureDetails, history::HistoryEvent};

use super::facts::{Facts, event_at};
use crate::{
    component::{StatusBadge, Time},
    page::instance::{
        clauses::clauses,
        failure::FailureChain,
        model::Detail,
        outline::{Kind, Row},
        payloads,
        snapshot::{self, Snapshot},
        timeline::{kind_glyph, row_name},
        waiting,
    },
    route::{Route, Tab},
    text::{intl, say, text, tr},
    ui::{Glyph, Icon},
};

/// Most steps that are named of those that were under way.
const MOST: usize = 12;

/// What the panel shows of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    seq: u64,
    at: chrono::DateTime<chrono::Utc>,
    kind: String,
    name: String,
    event: HistoryEvent,
    payload: Option<String>,
    failure: Option<FailureDetails>,
    link: Option<String>,
    pair: Option<u64>,
    took: Option<i64>,
}

/// The panel; nothing while no event is chosen.
#[component]
pub fn Panel(
    detail: Detail,
    at: Memo<Option<u64>>,
    look_at: Callback<Option<u64>>,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let seq = at.get()?;
        detail.history.with(|events| {
            detail.outline.with(|outline| {
                let event = event_at(events, seq)?;
                let facts = Facts::of(events, outline, event);
                Some(Shown {
                    seq,
                    at: event.timestamp,
                    event: event.clone(),
                    kind: event.kind.name().to_owned(),
                    took: facts.began.map(|began| (event.timestamp - began).num_milliseconds()),
                    payload: facts.payload.map(str::to_owned),
                    failure: facts.failure.cloned(),
                    link: facts.link.map(str::to_owned),
                    name: facts.name,
                    pair: outline.pair(seq),
                })
            })
        })
    });
    let length = move || detail.history.with(|events| u64::try_from(events.len()).unwrap_or(0));
    let step = move |to: u64, glyph: Glyph, words: crate::text::Words, testid: &'static str| {
        let out = move || to == 0 || to > length();
        view! {
            <button
                type="button"
                class="button quiet icon-button"
                class:mirrored=glyph == Glyph::Chevron
                aria-label=tr(words)
                title=tr(words)
                data-testid=testid
                aria-disabled=move || out().then_some("true")
                on:click=move |_| if !untrack(out) { look_at.run(Some(to)) }
            >
                <Icon glyph />
            </button>
        }
    };
    let missing = move || {
        let beyond = at.get().filter(|_| shown.with(Option::is_none))?;
        let words = if detail.is_complete() {
            (text().inst.no_such_event)(&intl::number(beyond))
        } else {
            text().loading.to_owned()
        };
        Some(view! { <p class="card muted" role="status">{words}</p> })
    };
    move || match shown.get() {
        None => missing().into_any(),
        Some(event) => {
            let seq = event.seq;
            view! {
                <section class="card panel" aria-labelledby="event-title" data-testid="event-panel" data-seq=seq.to_string()>
                    <div class="card-head">
                        <h3 id="event-title">{format!("#{seq} {}", event.kind)}</h3>
                        <span class="spacer"></span>
                        {step(seq - 1, Glyph::Back, |t| t.inst.event_before, "event-before")}
                        {step(seq + 1, Glyph::Chevron, |t| t.inst.event_after, "event-after")}
                        <button type="button" class="button quiet icon-button" aria-label=tr(|t| t.close) on:click=move |_| look_at.run(None)>
                            <Icon glyph=Glyph::Close />
                        </button>
                    </div>
                    {about(detail, event)}
                    <StateAfter detail seq />
                </section>
            }
            .into_any()
        }
    }
}

fn about(detail: Detail, event: Shown) -> AnyView {
    let (hub, id) = (detail.hub(), detail.id());
    let pair = event.pair.map(|pair| {
        let href = Route::tab(&hub, &id, Tab::event(pair)).url();
        view! { <a href=href data-testid="event-pair">{say(move || (text().inst.pair)(&intl::number(pair)))}</a> }
    });
    let link = event.link.map(|id| {
        let href = Route::instance(&hub, &id).url();
        view! { <p><a class="mono" href=href>{id}</a></p> }
    });
    view! {
        <p class="panel-facts">
            <Time at=Signal::stored(event.at) />
            {event.took.map(|took| view! { <span>{say(move || (text().took)(&intl::duration(took)))}</span> })}
            {pair}
        </p>
        {(!event.name.is_empty()).then(|| view! { <p class="panel-name">{event.name}</p> })}
        {link}
        {event.failure.map(|failure| view! { <FailureChain failure /> })}
        {payloads::of_event(&event.event, event.payload.as_deref())}
    }
    .into_any()
}

/// How the instance stood after the event.
#[component]
fn StateAfter(detail: Detail, seq: u64) -> impl IntoView {
    // The events before it never change, so this is worked out once.
    let state = detail.history.with_untracked(|events| snapshot::at(events, seq));
    state.map(|state| state_view(&detail.hub(), state))
}

fn state_view(hub: &str, state: Snapshot) -> AnyView {
    let Snapshot { seq, status, waiting, outline } = state;
    let now = outline.last;
    let sentences: Vec<AnyView> = clauses(&waiting, Some(&outline))
        .into_iter()
        .map(|clause| view! { <li>{waiting::sentence(hub, clause, Some(now))}</li> }.into_any())
        .collect();
    let pending: Vec<&Row> = outline.outstanding();
    let more = pending.len().saturating_sub(MOST);
    let pending: Vec<AnyView> =
        pending.into_iter().take(MOST).map(|row| pending_view(row, now)).collect();
    view! {
        <h4>{say(move || (text().inst.state_after)(&intl::number(seq)))}</h4>
        <div data-testid="state-after">
            <p><StatusBadge status=Signal::stored(status) /></p>
            <ul class="waiting">{sentences}</ul>
            {(!pending.is_empty()).then(|| view! {
                <h5>{tr(|t| t.inst.under_way)}</h5>
                <ul class="pending">{pending}</ul>
            })}
            {(more > 0).then(|| {
                let more = u64::try_from(more).unwrap_or(u64::MAX);
                view! { <p class="muted">{say(move || (text().waits_more)(&intl::count(more)))}</p> }
            })}
        </div>
    }
    .into_any()
}

fn pending_view(row: &Row, now: i64) -> AnyView {
    let (kind, name) = (row.kind, row.name.clone());
    let since = now - row.segments.last().map_or(now, |segment| segment.begin);
    let due = row.due.filter(|_| kind == Kind::Timer);
    let words = move || match due {
        Some(due) => (text().inst.due_in)(&intl::duration(due - now)),
        None => intl::duration(since),
    };
    view! {
        <li class="with-icon">
            <Icon glyph=kind_glyph(kind) />
            <span>{say(move || row_name(kind, &name))}</span>
            <span class="muted">{say(words)}</span>
        </li>
    }
    .into_any()
}
