//! The list of events.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::{ev::Targeted, prelude::*};
use taskhub_shared::history::HistoryEvent;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, KeyboardEvent};

use super::{
    facts::{self, Facts},
    filter::Filter,
    panel::Panel,
};
use crate::{
    format::preview,
    page::instance::{
        model::Detail,
        outline::Outline,
        timeline::{nothing_words, progress_words},
    },
    route::{Route, Tab},
    state::{location, preferences},
    text::{intl, say, text, tr},
    ui::{RowView, Window},
};

/// How times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Local time.
    Absolute,
    /// Time since the first event.
    FromStart,
    /// Time since the event before.
    FromPrevious,
}

const CLOCK_KEY: &str = "taskhub.history.clock";

impl Clock {
    const ALL: [Self; 3] = [Self::Absolute, Self::FromStart, Self::FromPrevious];

    fn word(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::FromStart => "start",
            Self::FromPrevious => "previous",
        }
    }

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|clock| clock.word() == word).unwrap_or(Self::Absolute)
    }
}

/// The tab.
#[component]
pub fn History(detail: Detail) -> impl IntoView {
    let address = Memo::new(|_| match location::route() {
        Route::Instance { tab: Tab::History { at, q }, .. } => (at, q),
        Route::Home
        | Route::Instances { .. }
        | Route::Instance { .. }
        | Route::Start { .. }
        | Route::Place(_)
        | Route::NotFound => (None, String::new()),
    });
    let at = Memo::new(move |_| address.get().0);
    let go = move |at: Option<u64>, q: String| {
        location::replace(&Route::tab(&detail.hub(), &detail.id(), Tab::History { at, q }));
    };
    let look_at = move |seq: Option<u64>| go(seq, address.get_untracked().1);
    let filter = Memo::new(move |_| Filter::read(&address.get().1));
    // Positions of the events that pass; absent when all do, so that nothing is made for a plain list.
    let passing = Memo::new(move |_| {
        let filter = filter.get();
        (!filter.is_empty()).then(|| {
            detail.history.with(|events| {
                detail.outline.with(|outline| {
                    let passes = |event: &&HistoryEvent| {
                        filter.passes(event, facts::name(events, outline, event))
                    };
                    events.iter().filter(passes).map(|event| event.seq).collect::<Vec<u64>>()
                })
            })
        })
    });
    let count = Memo::new(move |_| {
        passing.with(|passing| match passing {
            Some(passing) => passing.len(),
            None => detail.history.with(Vec::len),
        })
    });
    let seq_of = move |row: usize| {
        passing.with_untracked(|passing| match passing {
            Some(passing) => passing.get(row).copied(),
            None => u64::try_from(row).ok().map(|row| row + 1),
        })
    };
    let row_of = move |seq: u64| {
        passing.with_untracked(|passing| match passing {
            Some(passing) => passing.binary_search(&seq).ok(),
            None => usize::try_from(seq.checked_sub(1)?).ok(),
        })
    };
    let active = RwSignal::new(None::<usize>);
    // The address leads the list: a shared link opens at its event, once that is there.
    Effect::new(move || {
        let rows = count.get();
        let row = at.get().and_then(row_of).filter(|row| *row < rows);
        if row.is_some() && active.get_untracked() != row {
            active.set(row);
        }
    });
    let clock = RwSignal::new(Clock::of(&preferences::stored(CLOCK_KEY).unwrap_or_default()));
    let row: RowView = Arc::new(move |row: usize| event_row(detail, seq_of(row), at, clock));
    let words = move || {
        let known = count.get();
        if passing.with(Option::is_some) {
            let number = intl::number(u64::try_from(known).unwrap_or(u64::MAX));
            (text().inst.passing)(&number, &progress_words(detail))
        } else {
            progress_words(detail)
        }
    };
    // A key moves the active row; the event is opened with Enter or a click, and then it is in the address.
    let open = move |row: usize| look_at(seq_of(row));
    let keys = move |event: &KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            _ => return false,
        };
        let Some(seq) = at.get_untracked() else { return false };
        let Some(row) = row_of(seq).and_then(|row| row.checked_add_signed(step)) else {
            return false;
        };
        if row < count.get_untracked() {
            open(row);
        }
        true
    };
    // When the filter changes, the rows are others though their numbers are the same.
    let listing = Memo::new(move |_| (filter.get(), detail.outline.with(|outline| outline.first)));
    view! {
        <section class="history" aria-labelledby="history-title">
            <div class="section-head">
                <h2 id="history-title">{tr(|t| t.history)}</h2>
                <p class="muted small" aria-live="polite">{say(words)}</p>
            </div>
            <Show when=move || detail.began_anew.get()>
                <p class="banner">{tr(|t| t.new_generation)}</p>
            </Show>
            <Tools address look_at=Callback::new(look_at) filter=Callback::new(move |q| go(address.get_untracked().0, q)) clock />
            <div class="split" class:open=move || at.get().is_some()>
                <Show
                    when=move || { count.get() > 0 }
                    fallback=move || view! {
                        <p class="muted" role="status">
                            {move || if passing.with(Option::is_some) { text().inst.none_passes } else { nothing_words(detail) }}
                        </p>
                    }
                >
                    {
                        let row = Arc::clone(&row);
                        move || {
                            listing.track();
                            view! {
                                <Window
                                    id="history-table"
                                    row_testid="history-row"
                                    count
                                    active
                                    label=Signal::derive(|| text().inst.history_label.to_owned())
                                    row=Arc::clone(&row)
                                    open=Callback::new(open)
                                    other_keys=Arc::new(keys)
                                />
                            }
                        }
                    }
                </Show>
                <Panel detail at look_at=Callback::new(look_at) />
            </div>
        </section>
    }
}

#[component]
fn Tools(
    address: Memo<(Option<u64>, String)>,
    look_at: Callback<Option<u64>>,
    filter: Callback<String>,
    clock: RwSignal<Clock>,
) -> impl IntoView {
    let typed = RwSignal::new(address.get_untracked().1);
    let type_filter = move |event: Targeted<Event, HtmlInputElement>| {
        let value = event.target().value();
        typed.set(value.clone());
        // Not with every letter: a long history is searched in its payloads.
        set_timeout(
            move || {
                if typed.try_get_untracked().as_ref() == Some(&value) {
                    filter.run(value);
                }
            },
            std::time::Duration::from_millis(150),
        );
    };
    let jump = move |event: Targeted<Event, HtmlInputElement>| {
        let seq = event.target().value().trim().trim_start_matches('#').parse::<u64>().ok();
        look_at.run(seq.filter(|seq| *seq > 0));
    };
    let choose = move |event: Targeted<Event, HtmlSelectElement>| {
        let chosen = Clock::of(&event.target().value());
        preferences::store(CLOCK_KEY, chosen.word());
        clock.set(chosen);
    };
    view! {
        <div class="tools" role="search">
            <div class="tool wide">
                <label for="history-filter">{tr(|t| t.inst.filter)}</label>
                <input
                    id="history-filter"
                    data-testid="history-filter"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="history-filter-hint"
                    prop:value=move || address.get().1
                    on:input:target=type_filter
                />
                <p class="field-hint" id="history-filter-hint">{tr(|t| t.inst.filter_hint)}</p>
            </div>
            <div class="tool">
                <label for="history-jump">{tr(|t| t.inst.jump)}</label>
                <input
                    id="history-jump"
                    data-testid="history-jump"
                    inputmode="numeric"
                    autocomplete="off"
                    prop:value=move || address.get().0.map(|at| at.to_string()).unwrap_or_default()
                    on:change:target=jump
                />
            </div>
            <div class="tool">
                <label for="history-clock">{tr(|t| t.time)}</label>
                <select id="history-clock" data-testid="history-clock" class="select" on:change:target=choose>
                    {Clock::ALL
                        .map(|one| view! {
                            <option value=one.word() selected=move || clock.get() == one>
                                {move || (text().inst.clock)(one)}
                            </option>
                        })
                        .collect_view()}
                </select>
            </div>
        </div>
    }
}

/// A time as it is shown beside other events.
fn time_words(
    event: &HistoryEvent,
    before: Option<DateTime<Utc>>,
    first: i64,
    clock: Clock,
) -> String {
    match clock {
        Clock::Absolute => intl::precise_beside(event.timestamp, crate::state::clock::now()),
        Clock::FromStart => {
            format!("+{}", intl::duration(event.timestamp.timestamp_millis() - first))
        }
        Clock::FromPrevious => {
            let since = before.map_or(0, |before| (event.timestamp - before).num_milliseconds());
            format!("+{}", intl::duration(since))
        }
    }
}

fn event_row(
    detail: Detail,
    seq: Option<u64>,
    at: Memo<Option<u64>>,
    clock: RwSignal<Clock>,
) -> AnyView {
    // All of it is drawn again together, so that a row in sight costs one effect.
    let drawn = move || {
        let (at, clock) = (at.get(), clock.get());
        detail.history.with_untracked(|events| {
            detail.outline.with_untracked(|outline| row_view(events, outline, seq?, at, clock))
        })
    };
    drawn.into_any()
}

fn row_view(
    events: &[HistoryEvent],
    outline: &Outline,
    seq: u64,
    at: Option<u64>,
    clock: Clock,
) -> Option<impl IntoView + use<>> {
    let event = facts::event_at(events, seq)?;
    let before = facts::event_at(events, seq - 1).map(|event| event.timestamp);
    let facts = Facts::of(events, outline, event);
    let gist = match (facts.failure, facts.payload) {
        (Some(failure), _) => {
            format!("{}: {}", failure.error_type, preview(&failure.error_message, 120))
        }
        (None, Some(payload)) => preview(payload, 120),
        (None, None) => facts.link.unwrap_or_default().to_owned(),
    };
    let stamp = event.timestamp;
    let more = match (facts.fires_at, facts.began) {
        (Some(at), _) => (text().fires_at)(&intl::precise_beside(at, stamp)),
        (None, Some(began)) => (text().took)(&intl::duration((stamp - began).num_milliseconds())),
        (None, None) => String::new(),
    };
    let is_pair = at.is_some_and(|at| outline.pair(at) == Some(seq));
    let class = match (at == Some(seq), is_pair) {
        (true, _) => "event h-cells chosen",
        (false, true) => "event h-cells pair",
        (false, false) => "event h-cells",
    };
    let time = time_words(event, before, outline.first.unwrap_or(0), clock);
    Some(view! {
        <span class=class data-tone=facts::tone(&event.kind)>
            <span class="h-seq">{seq.to_string()}</span>
            <span class="h-time" title=intl::utc(stamp)>{time}</span>
            <span class="event-type cut">{event.kind.name().to_owned()}</span>
            <span class="h-name cut">{facts.name}</span>
            <span class="h-gist cut mono">{gist}</span>
            <span class="h-more muted">{more}</span>
        </span>
    })
}
