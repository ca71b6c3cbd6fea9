//! The six numbers. Each leads to the list with the query behind it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use taskhub_shared::{request::Counts, status::RuntimeStatus};

use super::{
    data::{Data, FAILED, LATELY, WAITING},
    shape,
};
use crate::{
    route::Route,
    state::{clock, remote::Remote},
    text::{Words, intl, text, tr},
};

/// The cards.
pub fn view(data: Data) -> AnyView {
    let number = |count: Option<u64>| count.map_or_else(dash, intl::number);
    let slow = move || {
        let figures = data.totals.value.with(|totals| shape::whole(&totals.as_ref()?.points));
        figures.and_then(|figures| figures.p95_ms)
    };
    let span = move || data.span.get();
    let slow_query = move || {
        let p95 = slow().unwrap_or(0);
        format!("completed:>-{} duration:>{p95}ms", span().as_str())
    };
    let card = move |status: &'static str,
                     word: Words,
                     value: AnyView,
                     note: AnyView,
                     q: Signal<String>| {
        let href = move || Route::found(&data.hub(), &q.get()).url();
        view! {
            <a class="number" href=href data-status=status data-testid=format!("card-{status}")>
                <span class="number-word">{tr(word)}</span>
                <span class="number-value">{value}</span>
                <span class="number-note">{note}</span>
            </a>
        }
        .into_any()
    };
    let fixed = |q: &str| Signal::stored(q.to_owned());
    let nothing = || ().into_any();
    let counted = move |status| move || number(data.count(status));
    let pending_note = move || {
        let some = data.count(RuntimeStatus::Pending).is_some_and(|count| count > 0);
        let oldest = data.oldest.get().filter(|_| some)?;
        Some((text().admin.oldest)(&age(oldest)))
    };
    let per_minute = move || {
        let tenths =
            data.lately.value.with(|counts| counts.as_ref().map(|counts| counts.total * 2));
        match tenths {
            Some(tenths) if tenths < 100 && tenths % 10 > 0 => {
                format!("{}{}{}", tenths / 10, text().decimal_point, tenths % 10)
            }
            Some(tenths) => intl::number(tenths / 10),
            None => dash(),
        }
    };
    let duration = move || {
        slow().map_or_else(dash, |ms| intl::duration(i64::try_from(ms).unwrap_or(i64::MAX)))
    };
    let span_note = move || (text().admin.span)(span());
    view! {
        <div class="numbers">
            {card("Running", |t| t.admin.running, counted(RuntimeStatus::Running).into_any(), nothing(), fixed("status:Running"))}
            {card("Pending", |t| t.admin.pending_card, counted(RuntimeStatus::Pending).into_any(), pending_note.into_any(), fixed("status:Pending"))}
            {card("waiting", |t| t.admin.waiting, exact(data.waiting), tr(|t| t.admin.waiting_note).into_any(), fixed(WAITING))}
            {card("Failed", |t| t.admin.failed_card, exact(data.failed), tr(|t| t.admin.last_day).into_any(), fixed(FAILED))}
            {card("Completed", |t| t.admin.completed_card, per_minute.into_any(), tr(|t| t.admin.per_minute_note).into_any(), fixed(LATELY))}
            {card("slow", |t| t.admin.slow_card, duration.into_any(), span_note.into_any(), Signal::derive(slow_query))}
        </div>
    }
    .into_any()
}

fn dash() -> String {
    "–".to_owned()
}

/// How old something is now.
fn age(since: DateTime<Utc>) -> String {
    intl::ticking((clock::ticking_now() - since).num_milliseconds())
}

/// A number that was counted; it says when it is no more than a lower bound.
fn exact(number: Remote<Counts>) -> AnyView {
    let words = move || {
        number.value.with(|counts| match counts {
            Some(counts) if counts.complete => intl::number(counts.total),
            Some(counts) => format!("≥ {}", intl::number(counts.total)),
            None => dash(),
        })
    };
    words.into_any()
}
