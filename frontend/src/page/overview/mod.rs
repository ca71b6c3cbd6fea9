//! How a hub stands: six numbers, figures over time, what needs somebody, and each orchestration.

mod cards;
mod chart;
mod data;
mod first_run;
mod shape;
mod snippets;
mod tables;

use leptos::prelude::*;

use crate::{
    component::Trouble,
    route::{Place, Route, Span},
    text::{text, tr},
    ui::Heading,
};
use data::Data;

/// The page.
pub fn page(hub: String) -> AnyView {
    let data = Data::new(hub);
    let title = Signal::derive(move || format!("{} · {}", text().admin.overview, data.hub()));
    let teaches = move || data.teaches.get();
    view! {
        <div class="page-head">
            <Heading title>{tr(|t| t.admin.overview)}</Heading>
            <Show when=move || teaches() == Some(false)>{move || ranges(data)}</Show>
        </div>
        <Trouble health=data.totals.health again=Callback::new(move |()| data.load()) />
        {move || match teaches() {
            None => ().into_any(),
            Some(true) => first_run::view(data),
            Some(false) => {
                view! {
                    {cards::view(data)}
                    {chart::view(data)}
                    <div class="cards two">{tables::attention(data)} {tables::by_name(data)}</div>
                }
                    .into_any()
            }
        }}
    }
    .into_any()
}

/// The lengths of time on offer; the address holds the choice.
fn ranges(data: Data) -> AnyView {
    let link = |span: Span| {
        let place = Place::Overview { hub: data.hub(), range: span };
        view! {
            <a
                class="tab"
                href=Route::Place(place).url()
                aria-current=move || (data.span.get() == span).then_some("true")
                data-testid=format!("range-{}", span.as_str())
            >
                {move || (text().admin.span)(span)}
            </a>
        }
    };
    view! { <nav class="tabs" aria-label=tr(|t| t.admin.time_range)>{Span::ALL.map(link).collect_view()}</nav> }
        .into_any()
}
