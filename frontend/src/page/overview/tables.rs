//! What needs somebody, and the figures of each orchestration.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    data::{Data, STUCK},
    shape,
};
use crate::{
    page::workers::{parted, sentence},
    route::Route,
    text::{Words, intl, text, tr},
    ui::{Glyph, Icon},
};

/// Names of each list.
const MOST: usize = 20;

/// Names that nobody serves, instances that are stuck, names that fail.
pub fn attention(data: Data) -> AnyView {
    let item = |glyph: Glyph, words: String, href: String, note: Option<String>| {
        view! {
            <li>
                <a class="with-icon" href=href><Icon glyph />{words}</a>
                {note.map(|note| view! { <span class="muted small">{note}</span> })}
            </li>
        }
        .into_any()
    };
    let items = move || {
        let hub = data.hub();
        let mut items: Vec<AnyView> = Vec::new();
        data.work.value.with(|work| {
            let (vain, _) =
                parted(work.as_ref().map(|work| work.waiting.as_slice()).unwrap_or_default());
            for one in vain.into_iter().take(5) {
                let note = text().admin.nobody_serves.to_owned();
                items.push(item(
                    Glyph::Hourglass,
                    sentence(one),
                    Route::workers(&hub).url(),
                    Some(note),
                ));
            }
        });
        let stuck =
            data.stuck.value.with(|counts| counts.as_ref().map_or(0, |counts| counts.total));
        if stuck > 0 {
            let words = (text().admin.stuck)(&intl::count(stuck));
            items.push(item(Glyph::Warning, words, Route::found(&hub, STUCK).url(), None));
        }
        data.totals.value.with(|totals| {
            let names = totals.as_ref().map(|totals| totals.names.as_slice()).unwrap_or_default();
            for one in shape::failing(names).into_iter().take(8) {
                let words =
                    (text().admin.name_failed)(&intl::count(one.figures.failed), shown(&one.name));
                let q = format!(
                    "status:Failed {} completed:>-{}",
                    shape::named(&one.name),
                    data.span.get().as_str()
                );
                items.push(item(Glyph::Close, words, Route::found(&hub, &q).url(), None));
            }
        });
        if items.is_empty() {
            return view! { <p class="muted with-icon"><Icon glyph=Glyph::Check />{tr(|t| t.admin.all_well)}</p> }.into_any();
        }
        view! { <ul class="lines">{items}</ul> }.into_any()
    };
    view! {
        <section class="card" data-testid="attention">
            <div class="card-head"><h2>{tr(|t| t.admin.attention)}</h2></div>
            {items}
        </section>
    }
    .into_any()
}

fn shown(name: &str) -> &str {
    if name.is_empty() { text().admin.other_names } else { name }
}

/// Each orchestration with its figures.
pub fn by_name(data: Data) -> AnyView {
    const COLUMNS: [Words; 5] = [
        |t| t.admin.started,
        |t| t.admin.running,
        |t| t.admin.failed_share,
        |t| t.admin.p50,
        |t| t.admin.p95,
    ];
    let rows = move || {
        let hub = data.hub();
        let running: BTreeMap<String, u64> = data.running.value.with(|facet| {
            let values = facet.as_ref().map(|facet| facet.values.as_slice()).unwrap_or_default();
            values.iter().map(|value| (value.value.clone(), value.count)).collect()
        });
        data.totals.value.with(|totals| {
            let names = totals.as_ref().map(|totals| totals.names.as_slice()).unwrap_or_default();
            let rows = shape::by_name(names).into_iter().take(MOST).map(|one| {
                let figures = &one.figures;
                let time = |ms: Option<u64>| {
                    ms.map_or_else(|| "–".to_owned(), |ms| intl::duration(i64::try_from(ms).unwrap_or(i64::MAX)))
                };
                let share = shape::failed_share(figures).map_or_else(
                    || "–".to_owned(),
                    |tenths| format!("{}{}{}\u{a0}%", tenths / 10, text().decimal_point, tenths % 10),
                );
                let cells = [
                    intl::number(figures.started),
                    intl::number(running.get(&one.name).copied().unwrap_or(0)),
                    share,
                    time(figures.p50_ms),
                    time(figures.p95_ms),
                ];
                let href = Route::found(&hub, &shape::named(&one.name)).url();
                view! {
                    <tr>
                        <th scope="row" class="break"><a href=href>{shown(&one.name).to_owned()}</a></th>
                        {cells.map(|cell| view! { <td class="figure nowrap">{cell}</td> }).collect_view()}
                    </tr>
                }
            });
            rows.collect_view()
        })
    };
    view! {
        <section class="card" data-testid="by-name">
            <div class="card-head">
                <h2>{tr(|t| t.admin.by_orchestration)}</h2>
            </div>
            <div class="wide" tabindex="0">
                <table class="plain-table" aria-label=tr(|t| t.admin.by_orchestration)>
                    <thead>
                        <tr>
                            <th scope="col">{tr(|t| t.name)}</th>
                            {COLUMNS.map(|word| view! { <th scope="col" class="figure">{tr(word)}</th> }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
