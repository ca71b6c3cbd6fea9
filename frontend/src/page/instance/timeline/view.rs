//! The time line on the screen.

use std::{collections::HashSet, sync::Arc};

use leptos::prelude::*;
use web_sys::{KeyboardEvent, WheelEvent};

use super::{
    bars::{self, Frame},
    lines::{self, Line},
    scale::{Scale, Sight},
    selected::Selected,
};
use crate::{
    page::instance::{
        model::Detail,
        outline::{Kind, Mark, Outline},
    },
    route::{Route, Tab},
    state::clock,
    text::{intl, say, text, tr},
    ui::{Glyph, Icon, RowView, Window},
};

/// Step of the zoom.
const STEP: f64 = 0.6;

/// The tab.
#[component]
pub fn Timeline(detail: Detail) -> impl IntoView {
    let outline = detail.outline;
    let opened = RwSignal::new(HashSet::<usize>::new());
    let sight = RwSignal::new(Sight::ALL);
    let active = RwSignal::new(None::<usize>);
    let selected = RwSignal::new(None::<Line>);
    let lines = Memo::new(move |_| outline.with(|outline| lines::lines(outline, &opened.read())));
    // While it runs, the right edge is now.
    let until = Memo::new(move |_| {
        let (ended, last) = outline.with(|outline| (outline.ended, outline.last));
        match ended {
            Some((_, at)) => at.max(last),
            None => clock::ticking_now().timestamp_millis().max(last),
        }
    });
    let scale = Memo::new(move |_| {
        let until = until.get();
        outline.with(|outline| {
            let first = outline.first.unwrap_or(until);
            Scale::new(first, until, &idle(outline, until))
        })
    });
    let frame = Memo::new(move |_| Frame {
        scale: scale.get(),
        sight: sight.get(),
        until: until.get(),
        runs: outline.with(|outline| outline.ended.is_none()),
    });
    let zoom = move |factor: f64, at: f64| sight.update(|sight| *sight = sight.zoomed(factor, at));
    let open = move |at: usize| {
        let Some(line) = lines.with_untracked(|lines| lines.get(at).copied()) else { return };
        if let Line::Group { group, .. } = line {
            opened.update(|opened| {
                if !opened.remove(&group) {
                    opened.insert(group);
                }
            });
        }
        selected.set(Some(line));
    };
    let keys = move |event: &KeyboardEvent| {
        match event.key().as_str() {
            "+" | "=" => zoom(STEP, 0.5),
            "-" => zoom(1.0 / STEP, 0.5),
            "0" => sight.set(Sight::ALL),
            "ArrowLeft" => sight.update(|sight| *sight = sight.moved(-0.2)),
            "ArrowRight" => sight.update(|sight| *sight = sight.moved(0.2)),
            _ => return false,
        }
        true
    };
    let wheel = move |event: WheelEvent| {
        let step = event.delta_y().signum();
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            event.prevent_default();
            let box_ = event.current_target().map(wasm_bindgen::JsCast::unchecked_into);
            let at = box_.map_or(0.5, |list: web_sys::Element| part_of(&list, &event));
            zoom(if step < 0.0 { STEP } else { 1.0 / STEP }, at);
        } else if event.shift_key() && sight.get_untracked() != Sight::ALL {
            event.prevent_default();
            sight.update(|sight| *sight = sight.moved(step * 0.15));
        }
    };
    let row: RowView = Arc::new(move |at: usize| {
        let drawn = move || {
            let line = lines.with(|lines| lines.get(at).copied())?;
            frame.with(|frame| Some(outline.with(|outline| one_line(outline, line, frame))))
        };
        drawn.into_any()
    });
    let has_lines = Memo::new(move |_| lines.with(|lines| !lines.is_empty()));
    let history =
        Route::tab(&detail.hub(), &detail.id(), Tab::History { at: None, q: String::new() });
    let button = move |label: &'static str, words: crate::text::Words, act: Callback<()>| {
        view! {
            <button type="button" class="button small" aria-label=tr(words) title=tr(words) on:click=move |_| act.run(())>
                {label}
            </button>
        }
    };
    view! {
        <section class="timeline" aria-labelledby="timeline-title">
            <div class="section-head">
                <h2 id="timeline-title">{tr(|t| t.inst.timeline)}</h2>
                <p class="muted small">{say(move || progress_words(detail))}</p>
                <span class="spacer"></span>
                <a class="small" href=history.url()>{tr(|t| t.inst.as_list)}</a>
                <div class="zoom" role="group" aria-label=tr(|t| t.inst.zoom)>
                    {button("−", |t| t.inst.zoom_out, Callback::new(move |()| zoom(1.0 / STEP, 0.5)))}
                    {button("+", |t| t.inst.zoom_in, Callback::new(move |()| zoom(STEP, 0.5)))}
                    {button("⤢", |t| t.inst.zoom_all, Callback::new(move |()| sight.set(Sight::ALL)))}
                </div>
            </div>
            <Show
                when=move || has_lines.get()
                fallback=move || view! { <p class="muted" role="status">{move || nothing_words(detail)}</p> }
            >
                <div class="window-box" on:wheel=wheel>
                    <Axis frame />
                    <Window
                        id="timeline"
                        row_testid="timeline-row"
                        count=Signal::derive(move || lines.with(Vec::len))
                        active
                        label=Signal::derive(|| text().inst.timeline_label.to_owned())
                        row=Arc::clone(&row)
                        open=Callback::new(open)
                        other_keys=Arc::new(keys)
                    />
                </div>
                <p class="muted small keys-hint">{tr(|t| t.inst.timeline_keys)}</p>
            </Show>
            <Selected detail selected until />
        </section>
    }
}

/// Idle stretches, with the one that lasts until now.
fn idle(outline: &Outline, until: i64) -> Vec<(i64, i64)> {
    let mut idle = outline.idle.clone();
    let outstanding = outline.outstanding();
    let busy = outstanding.iter().any(|row| !matches!(row.kind, Kind::Timer | Kind::Event));
    if !busy && until > outline.last {
        idle.push((outline.last, until));
    }
    idle
}

/// Where the pointer is over the drawings, 0 to 1.
fn part_of(list: &web_sys::Element, event: &WheelEvent) -> f64 {
    let drawing = list.query_selector(".tl-bars").ok().flatten();
    let Some(drawing) = drawing.map(|drawing| drawing.get_bounding_client_rect()) else {
        return 0.5;
    };
    ((f64::from(event.client_x()) - drawing.left()) / drawing.width().max(1.0)).clamp(0.0, 1.0)
}

/// How much of the history is there.
pub fn progress_words(detail: Detail) -> String {
    let (known, length) = (detail.outline.with(Outline::len), detail.history_length());
    (text().events_shown)(&intl::number(known), &intl::count(length.max(known)))
}

/// Why there is nothing to show.
pub fn nothing_words(detail: Detail) -> &'static str {
    let nothing = detail.history_length() == 0;
    match (nothing, detail.is_complete()) {
        (true, _) => text().no_events,
        (false, false) => text().loading,
        (false, true) => text().inst.no_steps,
    }
}

/// Times above the lines, and how much time is left out where.
#[component]
fn Axis(frame: Memo<Frame>) -> impl IntoView {
    let ticks = move || {
        frame.with(|frame| {
            let first = frame.scale.time(0.0);
            let mut before = None;
            [0.0, 0.25, 0.5, 0.75]
                .map(|part| {
                    let time = frame.scale.time(frame.sight.at(part));
                    // Times are in milliseconds: those between two of them have no words of their own.
                    let words = if before.replace(time) == Some(time) {
                        String::new()
                    } else if time <= first {
                        "0".to_owned()
                    } else {
                        format!("+{}", intl::duration(time - first))
                    };
                    view! { <span>{words}</span> }
                })
                .collect_view()
        })
    };
    let gaps = move || {
        frame.with(|frame| {
            let in_sight = frame.scale.gaps.iter().filter_map(|gap| {
                let (left, right) = (frame.x(gap.from) / 100.0, frame.x(gap.to) / 100.0);
                let (left, right) = (left.max(0.0), right.min(100.0));
                (right - left > 4.0).then(|| {
                    let words = format!("⟶ {}", intl::duration(gap.to - gap.from));
                    view! {
                        <span class="tl-gap" title=move || text().inst.idle style:left=format!("{left}%") style:width=format!("{}%", right - left)>
                            {words}
                        </span>
                    }
                })
            });
            in_sight.take(12).collect_view()
        })
    };
    view! {
        <div class="tl-axis" aria-hidden="true">
            <span class="tl-label muted">{tr(|t| t.inst.step)}</span>
            <span class="tl-scale">{ticks}<span class="tl-gaps">{gaps}</span></span>
            <span class="tl-took muted">{tr(|t| t.duration)}</span>
        </div>
    }
}

/// One line. All of it is drawn again together, so that a row in sight costs one effect.
fn one_line(outline: &Outline, line: Line, frame: &Frame) -> impl IntoView + use<> {
    let (glyph, name, times) = label(outline, line);
    let bars = bars::bars(outline, line, frame);
    let gaps = frame.scale.gaps.iter().filter_map(|gap| frame.bar(gap.from, gap.to, 0.0, 30.0));
    let gaps = gaps.take(200).collect::<String>();
    let inside = matches!(line, Line::Row { inside: true, .. });
    view! {
        <span class=if inside { "tl-label inside" } else { "tl-label" }>
            <Icon glyph />
            <span class="cut">{name}</span>
            <span class="times">{times}</span>
        </span>
        <svg class="tl-bars" viewBox="0 0 10000 30" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <path class="m-gap" d=gaps />
            <path class="m-now" d=frame.now_line() />
            <path class="m-track" d=bars.track />
            <path class="m-waits" d=bars.waits />
            <path class="m-pause" d=bars.pause />
            <path class="m-open" d=bars.open />
            <path class="m-done" d=bars.done />
            <path class="m-failed" d=bars.failed />
        </svg>
        <span class="tl-took">{took_words(outline, line, frame.until)}</span>
    }
}

/// Icon, name and number of a line.
fn label(outline: &Outline, line: Line) -> (Glyph, String, String) {
    let name = |row: usize| {
        outline
            .rows
            .get(row)
            .map(|row| (kind_glyph(row.kind), row_name(row.kind, &row.name), row.attempts()))
    };
    let count = |number: usize| intl::number(u64::try_from(number).unwrap_or(u64::MAX));
    match line {
        Line::Row { row, .. } => {
            let (glyph, name, attempts) = name(row).unwrap_or((Glyph::Clock, String::new(), 1));
            let times =
                if attempts > 1 { (text().inst.attempts)(&count(attempts)) } else { String::new() };
            (glyph, name, times)
        }
        Line::Group { group, open } => {
            let rows =
                outline.groups.get(group).map(|group| group.rows.as_slice()).unwrap_or_default();
            let first = rows.first().and_then(|row| name(*row));
            let (_, name, _) = first.unwrap_or((Glyph::List, String::new(), 1));
            let glyph = if open { Glyph::Down } else { Glyph::Chevron };
            (glyph, name, format!("× {}", count(rows.len())))
        }
    }
}

/// How long it took, and how it ended when it did not end well.
fn took_words(outline: &Outline, line: Line, until: i64) -> String {
    let (begin, end, failed) = match line {
        Line::Row { row, .. } => {
            let Some(row) = outline.rows.get(row) else { return String::new() };
            (row.begin(), row.end(), usize::from(row.mark() == Mark::Failed))
        }
        Line::Group { group, .. } => {
            let sum = lines::sum(outline, group);
            (sum.begin, sum.end, sum.failed)
        }
    };
    let took = match end {
        Some(end) => intl::duration(end - begin),
        None if outline.ended.is_some() => text().inst.left_open.to_owned(),
        None => intl::ticking(until - begin),
    };
    match (failed, line) {
        (0, _) => took,
        (_, Line::Row { .. }) => format!("✕ {took}"),
        (failed, Line::Group { .. }) => format!("✕ {failed} · {took}"),
    }
}

/// Icon of a kind.
pub fn kind_glyph(kind: Kind) -> Glyph {
    match kind {
        Kind::Activity => Glyph::Play,
        Kind::Timer => Glyph::Clock,
        Kind::Event | Kind::Sent => Glyph::Event,
        Kind::Child => Glyph::Parent,
        Kind::Entity | Kind::Lock => Glyph::Settings,
    }
}

/// What a row is called: its name, or its kind when it has none.
pub fn row_name(kind: Kind, name: &str) -> String {
    if name.is_empty() { (text().inst.kind)(kind).to_owned() } else { name.to_owned() }
}
