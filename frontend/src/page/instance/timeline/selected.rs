//! Details of the line that was opened.

use leptos::prelude::*;

use super::{
    lines,
    lines::Line,
    view::{kind_glyph, row_name},
};
use crate::{
    page::instance::{
        failure::FailureChain,
        history::facts::{Facts, event_at},
        model::Detail,
        outline::{Kind, Mark, Row},
        payloads,
    },
    route::{Route, Tab},
    text::{intl, say, text},
    ui::Icon,
};

/// The details; nothing when no line is opened.
#[component]
pub fn Selected(
    detail: Detail,
    selected: RwSignal<Option<Line>>,
    until: Memo<i64>,
) -> impl IntoView {
    // What is told changes with the history, not with every second.
    let known = Memo::new(move |_| {
        let line = selected.get()?;
        detail.outline.with(|outline| match line {
            Line::Row { row, .. } => outline.rows.get(row).cloned().map(|row| (row, None)),
            Line::Group { group, .. } => {
                let first = outline.groups.get(group)?.rows.first()?;
                let row = outline.rows.get(*first).cloned()?;
                Some((row, Some(lines::sum(outline, group))))
            }
        })
    });
    move || {
        let (row, sum) = known.get()?;
        let title = row_name(row.kind, &row.name);
        let kind = row.kind;
        let body = match sum {
            Some(sum) => {
                let number =
                    |number: usize| intl::number(u64::try_from(number).unwrap_or(u64::MAX));
                let open = sum.all - sum.done - sum.failed;
                let words = move || {
                    (text().inst.group_sum)(
                        &number(sum.all),
                        &number(sum.done),
                        &number(sum.failed),
                        &number(open),
                    )
                };
                view! { <p>{say(words)}</p> }.into_any()
            }
            None => attempts(detail, &row, until),
        };
        Some(view! {
            <section class="card selected" aria-labelledby="selected-title" data-testid="timeline-selected" aria-live="polite">
                <div class="card-head">
                    <h3 id="selected-title" class="with-icon">
                        <Icon glyph=kind_glyph(kind) />
                        {title}
                    </h3>
                    <span class="muted small">{move || (text().inst.kind)(kind)}</span>
                </div>
                {body}
            </section>
        })
    }
}

fn attempts(detail: Detail, row: &Row, until: Memo<i64>) -> AnyView {
    let (hub, id) = (detail.hub(), detail.id());
    let target = row.target.clone().map(|target| {
        if row.kind == Kind::Child {
            let href = Route::instance(&hub, &target).url();
            view! { <p><a class="mono" href=href data-testid="child-link">{target}</a></p> }
                .into_any()
        } else {
            view! { <p class="mono">{target}</p> }.into_any()
        }
    });
    let telling = row.telling_event();
    let several = row.attempts() > 1;
    let mut number = 0_u64;
    let items: Vec<AnyView> = row
        .segments
        .iter()
        .map(|segment| {
            let segment = *segment;
            number += u64::from(segment.mark != Mark::Pause);
            let attempt = number;
            let open_end = detail.outline.with_untracked(|outline| outline.ended.is_some());
            let words = move || {
                let took = match segment.end {
                    Some(end) => intl::duration(end - segment.begin),
                    None if open_end => text().inst.left_open.to_owned(),
                    None => intl::ticking(until.get() - segment.begin),
                };
                let how = (text().inst.mark)(segment.mark);
                if several && segment.mark != Mark::Pause {
                    format!("{} · {how} · {took}", (text().inst.attempt)(&intl::number(attempt)))
                } else {
                    format!("{how} · {took}")
                }
            };
            let event = |seq: u64| {
                let href = Route::tab(&hub, &id, Tab::event(seq)).url();
                (seq > 0).then(|| view! { <a href=href>{format!("#{seq}")}</a> })
            };
            view! { <li><span>{say(words)}</span>" "{event(segment.first)}" "{event(segment.last)}</li> }
                .into_any()
        })
        .collect();
    let due = row.due.filter(|_| row.is_open()).map(|due| {
        let due = chrono::DateTime::from_timestamp_millis(due).unwrap_or_default();
        view! { <p>{say(move || (text().fires_at)(&intl::full(due)))}</p> }
    });
    let outcome = detail.history.with_untracked(|events| {
        detail.outline.with_untracked(|outline| {
            let event = event_at(events, telling)?;
            let facts = Facts::of(events, outline, event);
            let failure = facts.failure.cloned().map(|failure| view! { <FailureChain failure /> });
            Some((failure, payloads::of_event(event, facts.payload)))
        })
    });
    view! {
        {target}
        {due}
        <ol class="attempts">{items}</ol>
        {outcome}
    }
    .into_any()
}
