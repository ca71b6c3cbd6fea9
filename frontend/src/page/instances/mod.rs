//! The list of a hub's instances: query, views, rows and live changes.

mod columns;
mod complete;
mod keys;
mod merge;
mod model;
mod nothing;
mod peek;
mod query_bar;
mod query_text;
mod selection;
mod strip;
mod table;
mod toolbar;
mod views;
mod window;

use leptos::prelude::*;
use taskhub_shared::problem::ErrorCode;

use crate::{
    route::Route,
    text::{text, tr},
    ui::{Glyph, Heading, Icon},
};
use model::List;
use selection::Selection;

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
                <views::ViewTabs list />
                <query_bar::QueryBar list />
                <strip::StatusStrip list />
            </Show>
            <toolbar::Trouble list />
            <Content list />
        </Show>
    }
}

/// Rows with what is around them, or what stands in their place.
#[component]
fn Content(list: List) -> impl IntoView {
    let selection = RwSignal::new(Selection::default());
    let anchor = StoredValue::new(None::<String>);
    keys::start(list, selection, anchor);
    // Another query means other instances; another order does not.
    Effect::new(move |before: Option<Option<query_text::Split>>| {
        let split = list.what.with(|what| what.as_ref().ok().map(|what| what.split.clone()));
        if before.is_some_and(|before| before != split) {
            selection.set(Selection::default());
        }
        split
    });
    let columns = RwSignal::new(false);
    let nothing = Memo::new(move |_| list.rows.with(Vec::is_empty));
    let peeks = Memo::new(move |_| list.filter().peek.is_some());
    view! {
        <Show when=move || !nothing.get() fallback=move || view! { <nothing::Nothing list /> }>
            <toolbar::Toolbar list selection columns />
            <div class="list-pill" aria-live="polite">
                <toolbar::NewRows list />
            </div>
            <div class="list-area" class:peeking=peeks>
                <table::Table list selection anchor />
                <peek::Peek list />
            </div>
            <p class="list-end">
                <Show when=move || list.has_next()>{tr(|t| t.loading)}</Show>
            </p>
        </Show>
        <selection::SelectionBar list selection />
        <columns::Columns list open=columns />
    }
}
