//! The list of a hub's instances: filter, page and live changes.

mod filters;
mod merge;
mod model;
mod nothing;
mod pager;
mod strip;
mod table;

use leptos::prelude::*;
use taskhub_shared::problem::ErrorCode;

use crate::{
    route::Route,
    text::{intl, text, tr},
    ui::{Glyph, Heading, Icon},
};
use model::List;

/// The page.
#[component]
pub fn InstancesPage(hub: String) -> impl IntoView {
    let list = List::new(hub.clone());
    let start = Route::start(&hub).url();
    let title = {
        let hub = hub.clone();
        Signal::derive(move || format!("{} · {hub}", text().instances))
    };
    let no_hub = Memo::new(move |_| {
        list.error.with(|error| error.as_ref().and_then(|error| error.code()))
            == Some(ErrorCode::TaskHubNotFound)
    });
    // An empty hub has nothing to filter: its page says how to begin.
    let empty_hub = Memo::new(move |_| list.is_empty_hub());
    let hub = StoredValue::new(hub);
    let nothing = move || list.rows.with(Vec::is_empty);
    view! {
        <div class="page-head">
            <Heading title>{tr(|t| t.instances)}</Heading>
            <Show when=move || !empty_hub.get()>
                <a class="button primary" href=start.clone() data-testid="start-link">
                    <Icon glyph=Glyph::Play />
                    {tr(|t| t.start_an_instance)}
                </a>
            </Show>
        </div>
        <Show
            when=move || !no_hub.get()
            fallback=move || {
                view! {
                    <div class="empty" role="alert">
                        <p class="empty-title">{move || (text().no_hub)(&hub.get_value())}</p>
                        <a class="button" href="/">
                            {tr(|t| t.back_to_list)}
                        </a>
                    </div>
                }
            }
        >
            <Show when=move || !empty_hub.get()>
                <strip::StatusStrip list />
                <filters::Filters list />
            </Show>
            <Trouble list />
            <div class="list-pill" aria-live="polite">
                <Show when=move || list.fresh.with(|fresh| !fresh.is_empty())>
                    <button type="button" class="pill" data-testid="show-new" on:click=move |_| list.show_new()>
                        {move || {
                            let fresh = list.fresh.with(std::collections::BTreeSet::len);
                            let count = intl::count(u64::try_from(fresh).unwrap_or(u64::MAX));
                            format!("{} — {}", (text().new_rows)(&count), text().show)
                        }}
                    </button>
                </Show>
            </div>
            <Show
                when=nothing
                fallback=move || {
                    view! {
                        <table::Table list />
                        <pager::Pager list />
                    }
                }
            >
                <nothing::Nothing list />
            </Show>
        </Show>
    }
}

/// Why the list is old or absent, and a way to try again.
#[component]
fn Trouble(list: List) -> impl IntoView {
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
