//! Where the person is, and whether what they see is fresh.

use leptos::prelude::*;

use super::{current_hub, rail::BrandMark};
use crate::{
    api::live::{self, Connection},
    format::middle,
    route::{Place, Route},
    state::{location, preferences},
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// Breadcrumb and live dot.
#[component]
pub fn TopBar(help: RwSignal<bool>, palette: RwSignal<bool>) -> impl IntoView {
    view! {
        <header class="top-bar">
            <a class="top-brand" href="/" aria-label="Taskhub">
                <BrandMark />
            </a>
            <nav class="breadcrumb" aria-label=tr(|t| t.breadcrumb)>
                <ol>{crumbs}</ol>
            </nav>
            <button
                type="button"
                class="button quiet search"
                data-testid="open-palette"
                aria-haspopup="dialog"
                on:click=move |_| palette.set(true)
            >
                <Icon glyph=Glyph::Search />
                <span class="search-words">{tr(|t| t.admin.palette)}</span>
                <kbd>"Ctrl K"</kbd>
            </button>
            <button
                type="button"
                class="button quiet zone"
                data-testid="zone"
                title=tr(|t| t.admin.zone_tooltip)
                on:click=move |_| preferences::set_utc(!preferences::utc())
            >
                {move || if preferences::utc() { "UTC" } else { text().admin.zone_local }}
            </button>
            <LiveDot />
            <button
                type="button"
                class="button quiet icon-button top-help"
                aria-label=tr(|t| t.keyboard)
                title=tr(|t| t.keyboard)
                on:click=move |_| help.set(true)
            >
                <Icon glyph=Glyph::Keyboard />
            </button>
        </header>
    }
}

fn crumbs() -> impl IntoView {
    let hub = current_hub();
    // Pages that are of no hub have none before them.
    let hub = match location::route() {
        Route::Place(Place::Hubs | Place::Me) => None,
        Route::Home
        | Route::Instances { .. }
        | Route::Instance { .. }
        | Route::Start { .. }
        | Route::Place(_)
        | Route::NotFound => hub,
    };
    let instances = hub.as_deref().map(|hub| Route::instances(hub).url());
    let overview = hub.as_deref().map(|hub| Route::overview(hub).url());
    let mut crumbs: Vec<(String, Option<String>)> = Vec::new();
    crumbs.extend(hub.map(|hub| (hub, overview)));
    match location::route() {
        Route::Home => {}
        Route::Instances { .. } => crumbs.push((text().instances.to_owned(), None)),
        Route::Instance { id, .. } => {
            crumbs.push((text().instances.to_owned(), instances));
            crumbs.push((middle(&id, 40), None));
        }
        Route::Start { .. } => crumbs.push((text().start.to_owned(), None)),
        Route::Place(place) => {
            let batches = match &place {
                Place::NewBatch { hub, .. } | Place::Batch { hub, .. } => {
                    Some(Route::batches(hub).url())
                }
                Place::Hubs
                | Place::Me
                | Place::Overview { .. }
                | Place::Batches { .. }
                | Place::Workers { .. }
                | Place::Danger { .. } => None,
            };
            if batches.is_some() {
                crumbs.push((text().admin.batches.to_owned(), batches));
            }
            let words = match place {
                Place::Hubs => text().admin.hubs.to_owned(),
                Place::Me => text().admin.me.to_owned(),
                Place::Overview { .. } => text().admin.overview.to_owned(),
                Place::Batches { .. } => text().admin.batches.to_owned(),
                Place::NewBatch { .. } => text().admin.new_batch.to_owned(),
                Place::Batch { id, .. } => id,
                Place::Workers { .. } => text().admin.workers.to_owned(),
                Place::Danger { .. } => text().admin.hub_settings.to_owned(),
            };
            crumbs.push((words, None));
        }
        Route::NotFound => crumbs.push((text().not_found.to_owned(), None)),
    }
    crumbs
        .into_iter()
        .map(|(words, href)| match href {
            Some(href) => view! { <li><a href=href>{words}</a></li> }.into_any(),
            None => view! { <li><span aria-current="page">{words}</span></li> }.into_any(),
        })
        .collect_view()
}

#[component]
fn LiveDot() -> impl IntoView {
    let state = || match live::connection() {
        Connection::Off => "off",
        Connection::Connecting => "connecting",
        Connection::Live => "live",
        Connection::Lost(_) => "lost",
    };
    let words = || match live::connection() {
        Connection::Off => String::new(),
        Connection::Connecting => text().connecting.to_owned(),
        Connection::Live => text().live.to_owned(),
        Connection::Lost(at) => (text().reconnecting)(&intl::time(at)),
    };
    view! {
        <p class="live" data-state=state data-testid="live" title=tr(|t| t.live_tooltip)>
            <span class="live-dot" aria-hidden="true"></span>
            <span>{words}</span>
        </p>
    }
}
