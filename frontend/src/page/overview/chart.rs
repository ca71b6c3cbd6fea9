//! Started, completed and failed over time: three lines, and the same as a table.

use leptos::prelude::*;
use taskhub_shared::statistics::{Figures, StatisticPoint, Statistics};

use super::{
    data::Data,
    shape::{HEIGHT, WIDTH, line, top},
};
use crate::{
    state::clock,
    text::{Words, intl, text, tr},
};

/// Takes a number out of figures.
type Pick = fn(&Figures) -> u64;

/// What is drawn: its colour's status, its word, its number.
const LINES: [(&str, Words, Pick); 3] = [
    ("Running", |t| t.admin.started, |figures| figures.started),
    ("Completed", |t| t.admin.completed, |figures| figures.completed),
    ("Failed", |t| t.admin.failed, |figures| figures.failed),
];

/// The chart.
pub fn view(data: Data) -> AnyView {
    view! {
        <section class="card chart" aria-labelledby="chart-title">
            <div class="card-head">
                <h2 id="chart-title">{tr(|t| t.admin.over_time)}</h2>
            </div>
            {move || data.steps.value.with(|steps| steps.as_ref().map(drawn))}
        </section>
    }
    .into_any()
}

fn drawn(steps: &Statistics) -> AnyView {
    let values = |pick: fn(&Figures) -> u64| -> Vec<u64> {
        steps.points.iter().map(|point| pick(&point.orchestrations)).collect()
    };
    let all: Vec<(&str, Words, Vec<u64>)> =
        LINES.into_iter().map(|(status, word, pick)| (status, word, values(pick))).collect();
    let most = all.iter().flat_map(|(_, _, values)| values).copied().max().unwrap_or(0);
    let end = top(most);
    let key = all.iter().map(|(status, word, values)| {
        let sum = intl::number(values.iter().sum());
        let word = *word;
        view! {
            <li data-status=*status>
                <span class="key-line" aria-hidden="true"></span>
                {word(text())}
                " "
                <strong>{sum}</strong>
            </li>
        }
    });
    let key = key.collect_view();
    let paths = all.iter().map(|(status, _, values)| {
        // Only what completed is filled; three areas would hide each other.
        let area = (*status == "Completed")
            .then(|| view! { <path class="area" d=line(values, end, true) /> });
        view! { <g data-status=*status>{area} <path class="line" d=line(values, end, false) /></g> }
    });
    let paths = paths.collect_view();
    let time = |at| intl::short(at, clock::now());
    let summary = (text().admin.chart_summary)(
        &time(steps.from),
        &time(steps.to),
        &intl::number(all.first().map_or(0, |(_, _, values)| values.iter().sum())),
        &intl::number(all.get(1).map_or(0, |(_, _, values)| values.iter().sum())),
        &intl::number(all.get(2).map_or(0, |(_, _, values)| values.iter().sum())),
    );
    let busy = steps.points.iter().filter(|point| point.orchestrations != Figures::default());
    let rows = busy.rev().map(row).collect_view();
    let minutes = intl::duration(i64::try_from(steps.step_seconds * 1000).unwrap_or(0));
    view! {
        <ul class="key">{key}<li class="muted">{(text().admin.each_step)(&minutes)}</li></ul>
        <div class="plot">
            <span class="axis-top" aria-hidden="true">{intl::number(end)}</span>
            <span class="axis-middle" aria-hidden="true">{intl::number(end / 2)}</span>
            <span class="axis-zero" aria-hidden="true">"0"</span>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=summary>
                <path class="grid" d=format!("M0 0H{WIDTH}M0 {}H{WIDTH}M0 {HEIGHT}H{WIDTH}", HEIGHT / 2) />
                {paths}
            </svg>
            <span class="axis-from">{time(steps.from)}</span>
            <span class="axis-to">{time(steps.to)}</span>
        </div>
        <details class="more">
            <summary>{tr(|t| t.admin.as_table)}</summary>
            <div class="wide" tabindex="0">
                <table class="plain-table" aria-label=tr(|t| t.admin.over_time)>
                    <thead>
                        <tr>
                            <th scope="col">{tr(|t| t.time)}</th>
                            {LINES.map(|(_, word, _)| view! { <th scope="col" class="figure">{tr(word)}</th> }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn row(point: &StatisticPoint) -> AnyView {
    let cells = LINES.map(|(_, _, pick)| {
        view! { <td class="figure">{intl::number(pick(&point.orchestrations))}</td> }
    });
    view! {
        <tr>
            <th scope="row">{intl::short(point.at, clock::now())}</th>
            {cells.collect_view()}
        </tr>
    }
    .into_any()
}
