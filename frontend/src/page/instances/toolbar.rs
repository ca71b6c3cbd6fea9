//! What stands around the rows: their number, buttons, rows that came, and why the list is old.

use leptos::prelude::*;

use super::{
    model::List,
    selection::{Exports, Selection},
    table,
};
use crate::{
    route::Route,
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// What the list shows, and how.
#[component]
pub fn Toolbar(
    list: List,
    selection: RwSignal<Selection>,
    columns: RwSignal<bool>,
) -> impl IntoView {
    let none = Memo::new(move |_| selection.read().is_empty());
    view! {
        <div class="toolbar">
            <p data-testid="row-count">{move || list.words()}</p>
            <Show when=move || list.paused.get()>
                <button type="button" class="button small" data-testid="resume-live" on:click=move |_| list.pause(false)>
                    <Icon glyph=Glyph::Pause />
                    {tr(|t| t.paused_resume)}
                </button>
            </Show>
            <span class="spacer"></span>
            <Show when=move || none.get()>
                <Exports list selection />
            </Show>
            <button type="button" class="button small" data-testid="choose-columns" on:click=move |_| columns.set(true)>
                <Icon glyph=Glyph::Settings />
                {tr(|t| t.columns)}
            </button>
        </div>
    }
}

/// Rows that came and are not shown yet.
#[component]
pub fn NewRows(list: List) -> impl IntoView {
    view! {
        <Show when=move || list.fresh.with(|fresh| !fresh.is_empty())>
            <button
                type="button"
                class="pill"
                data-testid="show-new"
                on:click=move |_| {
                    list.show_new();
                    window().scroll_to_with_x_and_y(0.0, 0.0);
                    table::focus_table();
                }
            >
                {move || {
                    let fresh = list.fresh.with(std::collections::BTreeSet::len);
                    let count = intl::count(u64::try_from(fresh).unwrap_or(u64::MAX));
                    format!("{} — {}", (text().new_rows)(&count), text().show)
                }}
            </button>
        </Show>
    }
}

/// Why the list is old or absent, and a way to try again.
#[component]
pub fn Trouble(list: List) -> impl IntoView {
    let part = move || {
        list.address
            .with(|address| address.as_ref().err().map(|unreadable| unreadable.part.clone()))
    };
    view! {
        {move || {
            part()
                .map(|part| {
                    view! {
                        <div class="banner error" role="alert">
                            <Icon glyph=Glyph::Warning />
                            <span>{move || (text().unreadable_filter)(&part)}</span>
                            <a class="button small" href=Route::instances(&list.hub()).url()>
                                {tr(|t| t.clear_all)}
                            </a>
                        </div>
                    }
                })
        }}
        {move || {
            list.error
                .get()
                .map(|error| {
                    let request = error.request_id().map(str::to_owned);
                    view! {
                        <div class="banner error" role="alert" data-testid="list-error">
                            <Icon glyph=Glyph::Warning />
                            <span>
                                {move || (text().could_not_refresh)(&error.sentence())} " "
                                {move || {
                                    list.loaded_at
                                        .get()
                                        .map(|at| (text().showing_data_from)(&intl::time(at)))
                                }}
                                {request.map(|id| view! { " " <span class="mono small">{id}</span> })}
                            </span>
                            <button type="button" class="button small" on:click=move |_| list.load()>
                                {tr(|t| t.retry)}
                            </button>
                        </div>
                    }
                })
        }}
    }
}
