//! What happened, event by event.

use leptos::prelude::*;
use taskhub_shared::{
    failure::FailureDetails,
    history::{EventKind, HistoryEvent},
};

use super::{
    failure::FailureChain,
    model::{Detail, Scheduled},
};
use crate::{
    component::{Content, StatusBadge},
    format::preview,
    route::Route,
    state::clock,
    text::{Words, intl, text, tr},
};

const COLUMNS: [(&str, Words); 5] = [
    ("h-seq", |_| "#"),
    ("h-time", |t| t.time),
    ("h-type", |t| t.event_type),
    ("h-name", |t| t.name),
    ("h-details", |t| t.details),
];

/// The section with the table.
#[component]
pub fn History(detail: Detail) -> impl IntoView {
    let length = move || {
        detail
            .instance
            .with(|instance| instance.as_ref().map_or(0, |one| one.summary.history_length))
    };
    let shown = move || u64::try_from(detail.history.with(Vec::len)).unwrap_or(u64::MAX);
    let words =
        move || (text().events_shown)(&intl::number(shown()), &intl::count(length().max(shown())));
    // Each event with the time of the one before it.
    let rows = move || {
        let events = detail.history.get();
        let times: Vec<_> = events.iter().map(|event| event.timestamp).collect();
        let before = std::iter::once(None).chain(times.into_iter().map(Some));
        events.into_iter().zip(before).collect::<Vec<_>>()
    };
    let execution = Memo::new(move |_| {
        detail.instance.with(|instance| Some(instance.as_ref()?.summary.execution_id.clone()))
    });
    view! {
        <section class="history" aria-labelledby="history-title">
            <div class="section-head">
                <h2 id="history-title">{tr(|t| t.history)}</h2>
                <p class="muted small">{words}</p>
            </div>
            <Show when=move || detail.began_anew.get()>
                <p class="banner">{tr(|t| t.new_generation)}</p>
            </Show>
            <Show
                when=move || { shown() > 0 }
                fallback=move || {
                    view! {
                        <p class="muted" role="status">
                            {move || if length() > 0 || detail.reading.get() { text().loading } else { text().no_events }}
                        </p>
                    }
                }
            >
                <div class="table-box">
                    <table class="table history-table" role="table" aria-labelledby="history-title" data-testid="history-table">
                        <thead role="rowgroup">
                            <tr role="row">
                                {COLUMNS
                                    .map(|(class, label)| {
                                        view! {
                                            <th role="columnheader" scope="col" class=class>
                                                {tr(label)}
                                            </th>
                                        }
                                    })
                                    .collect_view()}
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            <For
                                each=rows
                                key=move |(event, _)| (execution.get_untracked(), event.seq)
                                children=move |(event, before)| {
                                    let since = before.map(|before| (event.timestamp - before).num_milliseconds());
                                    view! { <EventRow detail event since /> }
                                }
                            />
                        </tbody>
                    </table>
                </div>
            </Show>
            <Show when=move || detail.has_more.get()>
                <button
                    type="button"
                    class="button"
                    data-testid="load-more"
                    aria-disabled=move || detail.reading.get().then_some("true")
                    on:click=move |_| detail.read_history()
                >
                    {move || if detail.reading.get() { text().loading } else { text().load_more }}
                </button>
            </Show>
        </section>
    }
}

#[component]
fn EventRow(detail: Detail, event: HistoryEvent, since: Option<i64>) -> impl IntoView {
    let HistoryEvent { seq, event_id: _, timestamp, kind, large: _ } = event;
    let kind_name = kind.name().to_owned();
    let tone = tone(&kind);
    let facts = Facts::of(detail, kind);
    let took = facts.started.map(|started| (timestamp - started).num_milliseconds());
    let delta = move || {
        since.filter(|since| *since > 0).map(|since| {
            let words = format!("+{}", intl::duration(since));
            view! { <span class="delta" title=tr(|t| t.since_previous)>{words}</span> }
        })
    };
    view! {
        <tr role="row" class="row event" data-tone=tone data-testid="history-row">
            <td role="cell" class="h-seq">{move || intl::number(seq)}</td>
            <td role="cell" class="h-time">
                <time datetime=timestamp.to_rfc3339() title=move || intl::utc(timestamp)>
                    {move || intl::precise_beside(timestamp, clock::now())}
                </time>
                {delta}
            </td>
            <td role="cell" class="h-type"><span class="event-type">{kind_name}</span></td>
            <td role="cell" class="h-name">
                <span class="cut" title=facts.name.clone()>{facts.name.clone()}</span>
                {took.map(|took| view! { <span class="delta">{move || (text().took)(&intl::duration(took))}</span> })}
            </td>
            <td role="cell" class="h-details">
                {facts.status.map(|status| view! { <StatusBadge status=Signal::stored(status) /> })}
                {facts
                    .link
                    .map(|id| {
                        let href = Route::instance(&detail.hub(), &id).url();
                        view! { <a class="mono cut" href=href>{id}</a> }
                    })}
                {facts.fires_at.map(|at| view! { <span>{move || (text().fires_at)(&intl::precise_beside(at, timestamp))}</span> })}
                {facts.payload.map(|payload| view! { <Folded payload /> })}
                {facts.failure.map(|failure| view! { <FoldedFailure failure /> })}
            </td>
        </tr>
    }
}

/// A payload behind its first characters.
#[component]
fn Folded(payload: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let short = preview(&payload, 120);
    let payload = StoredValue::new(payload);
    view! {
        <details class="folded" prop:open=open on:toggle=move |event| open.set(is_open(&event))>
            <summary class="mono cut">{short}</summary>
            <Show when=move || open.get()>
                <Content content=payload.get_value() />
            </Show>
        </details>
    }
}

#[component]
fn FoldedFailure(failure: FailureDetails) -> impl IntoView {
    let short = format!("{}: {}", failure.error_type, preview(&failure.error_message, 120));
    view! {
        <details class="folded failed">
            <summary class="cut">{short}</summary>
            <FailureChain failure />
        </details>
    }
}

fn is_open(event: &web_sys::Event) -> bool {
    use wasm_bindgen::JsCast;
    let details =
        event.target().and_then(|target| target.dyn_into::<web_sys::HtmlDetailsElement>().ok());
    details.is_some_and(|details| details.open())
}

/// What a row shows of an event.
#[derive(Debug, Default)]
struct Facts {
    name: String,
    payload: Option<String>,
    failure: Option<FailureDetails>,
    link: Option<String>,
    fires_at: Option<chrono::DateTime<chrono::Utc>>,
    status: Option<taskhub_shared::status::RuntimeStatus>,
    started: Option<chrono::DateTime<chrono::Utc>>,
}

impl Facts {
    fn of(detail: Detail, kind: EventKind) -> Self {
        let ended = |scheduled_id: i32| {
            let scheduled = detail.scheduled(scheduled_id);
            let started = scheduled.as_ref().map(|scheduled| scheduled.at);
            let name = scheduled.map(|Scheduled { name, .. }| name).unwrap_or_default();
            Self { name, started, ..Self::default() }
        };
        let none = Self::default();
        match kind {
            EventKind::OrchestratorStarted => none,
            EventKind::ExecutionStarted { name, input, parent_instance_id, .. } => {
                Self { name, payload: input, link: parent_instance_id, ..none }
            }
            EventKind::ExecutionCompleted { status, result, failure } => {
                Self { status: Some(status), payload: result, failure, ..none }
            }
            EventKind::ExecutionTerminated { reason, recurse: _ }
            | EventKind::ExecutionSuspended { reason }
            | EventKind::ExecutionResumed { reason }
            | EventKind::ExecutionRewound { reason } => Self { payload: reason, ..none },
            EventKind::TaskScheduled { name, input, .. } => Self { name, payload: input, ..none },
            EventKind::TaskCompleted { scheduled_id, result }
            | EventKind::SubOrchestrationInstanceCompleted { scheduled_id, result } => {
                Self { payload: result, ..ended(scheduled_id) }
            }
            EventKind::TaskFailed { scheduled_id, failure }
            | EventKind::SubOrchestrationInstanceFailed { scheduled_id, failure } => {
                Self { failure, ..ended(scheduled_id) }
            }
            EventKind::SubOrchestrationInstanceCreated { instance_id, name, input, .. } => {
                Self { name, payload: input, link: Some(instance_id), ..none }
            }
            EventKind::TimerCreated { fire_at } => Self { fires_at: Some(fire_at), ..none },
            EventKind::TimerFired { fire_at: _, timer_id } => ended(timer_id),
            EventKind::EventSent { instance_id, name, input } => {
                Self { name, payload: input, link: Some(instance_id), ..none }
            }
            EventKind::EventRaised { name, input } => Self { name, payload: input, ..none },
            EventKind::EntityOperationSignaled { instance_id, operation, input, scheduled_at } => {
                let name = format!("{operation} {instance_id}");
                Self { name, payload: input, fires_at: scheduled_at, ..none }
            }
            EventKind::EntityOperationCalled { instance_id, operation, input, .. } => {
                Self { name: format!("{operation} {instance_id}"), payload: input, ..none }
            }
            EventKind::EntityOperationCompleted { result, .. } => Self { payload: result, ..none },
            EventKind::EntityOperationFailed { failure, .. } => Self { failure, ..none },
            EventKind::EntityLockRequested { lock_set, .. } => {
                Self { name: lock_set.join(", "), ..none }
            }
            EventKind::EntityLockGranted { .. } => none,
            EventKind::EntityUnlockSent { instance_id, .. } => Self { name: instance_id, ..none },
            EventKind::Other { name: _, data } => Self { payload: data, ..none },
        }
    }
}

/// Colour of an event's mark: it groups the kinds, and the kind's name says the rest.
fn tone(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::OrchestratorStarted => "turn",
        EventKind::ExecutionStarted { .. }
        | EventKind::ExecutionResumed { .. }
        | EventKind::ExecutionRewound { .. }
        | EventKind::TaskScheduled { .. }
        | EventKind::SubOrchestrationInstanceCreated { .. }
        | EventKind::EntityOperationCalled { .. }
        | EventKind::EntityLockRequested { .. } => "begin",
        EventKind::TaskCompleted { .. }
        | EventKind::SubOrchestrationInstanceCompleted { .. }
        | EventKind::EntityOperationCompleted { .. }
        | EventKind::EntityLockGranted { .. } => "good",
        EventKind::ExecutionCompleted { failure, .. } => {
            if failure.is_some() {
                "bad"
            } else {
                "good"
            }
        }
        EventKind::TaskFailed { .. }
        | EventKind::SubOrchestrationInstanceFailed { .. }
        | EventKind::EntityOperationFailed { .. } => "bad",
        EventKind::ExecutionTerminated { .. } | EventKind::ExecutionSuspended { .. } => "held",
        EventKind::TimerCreated { .. } | EventKind::TimerFired { .. } => "timer",
        EventKind::EventSent { .. }
        | EventKind::EventRaised { .. }
        | EventKind::EntityOperationSignaled { .. }
        | EventKind::EntityUnlockSent { .. } => "event",
        EventKind::Other { .. } => "turn",
    }
}
