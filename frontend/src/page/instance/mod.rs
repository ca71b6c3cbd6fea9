//! One instance: how it stands, what it waits for, what may be done, its data and its history.

mod actions;
mod clauses;
mod confirm;
mod copy_as;
mod copy_view;
mod data;
mod failure;
mod header;
mod history;
mod model;
mod outline;
mod payloads;
mod raise;
mod snapshot;
mod tabs;
mod timeline;
mod tree;
mod urls;
mod waiting;

pub use waiting::waiting_words;

use leptos::prelude::*;

pub use copy_as::Call;
pub use copy_view::{CopyAs, call_of_start};
pub use history::Clock;
pub use outline::{Kind, Mark};

use crate::{
    format::middle,
    route::Route,
    text::{say, text, tr},
    ui::{Glyph, Heading, Icon},
};
use model::Detail;

/// The page.
#[component]
pub fn InstancePage(hub: String, id: String) -> impl IntoView {
    let detail = Detail::new(hub, id);
    let loaded = move || detail.instance.with(Option::is_some);
    view! {
        <Show
            when=move || !detail.is_missing()
            fallback=move || view! { <Missing detail /> }
        >
            <Trouble detail />
            <header::Header detail />
            <Show when=loaded>
                <failure::Failure detail />
                <tabs::Tabs detail />
            </Show>
        </Show>
    }
}

#[component]
fn Missing(detail: Detail) -> impl IntoView {
    let (hub, id) = (detail.hub(), detail.id());
    let list = Route::instances(&hub).url();
    let title = Signal::derive(move || tr(|t| t.not_found)().to_owned());
    view! {
        <div class="empty" data-testid="instance-missing">
            <Icon glyph=Glyph::Search />
            <Heading title class="empty-title">
                {say(move || (text().no_instance)(&id, &hub))}
            </Heading>
            <p class="muted">{tr(|t| t.no_instance_text)}</p>
            <a class="button" href=list>
                {tr(|t| t.back_to_list)}
            </a>
        </div>
    }
}

/// Why the page is old.
#[component]
fn Trouble(detail: Detail) -> impl IntoView {
    view! {
        <Show when=move || detail.purged.get()>
            <div class="banner warning" role="status" data-testid="purged-banner">
                <Icon glyph=Glyph::Trash />
                <span>{tr(|t| t.was_purged)}</span>
                <a class="button small" href=Route::instances(&detail.hub()).url()>
                    {tr(|t| t.back_to_list)}
                </a>
            </div>
        </Show>
        {move || {
            detail
                .error
                .get()
                .map(|error| {
                    view! {
                        <div class="banner error" role="alert">
                            <Icon glyph=Glyph::Warning />
                            <span>{say(move || (text().could_not_refresh)(&error.sentence()))}</span>
                            <button type="button" class="button small" on:click=move |_| detail.load()>
                                {tr(|t| t.retry)}
                            </button>
                        </div>
                    }
                })
        }}
    }
}

/// Id as it stands inside sentences and titles.
fn short_id(detail: Detail) -> String {
    middle(&detail.id(), 36)
}
