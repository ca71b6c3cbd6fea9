//! Where the person is, and whether what they see is fresh.

use leptos::prelude::*;

use super::{current_hub, rail::BrandMark};
use crate::{
    api::live::{self, Connection},
    format::middle,
    route::Route,
    state::location,
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// Breadcrumb and live dot.
#[component]
pub fn TopBar(help: RwSignal<bool>) -> impl IntoView {
    view! {
        <header class="top-bar">
            <a class="top-brand" href="/" aria-label="Taskhub">
                <BrandMark />
            </a>
            <nav class="breadcrumb" aria-label=tr(|t| t.breadcrumb)>
                <ol>{crumbs}</ol>
            </nav>
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
    let instances = hub.as_deref().map(|hub| Route::instances(hub).url());
    let mut crumbs: Vec<(String, Option<String>)> = Vec::new();
    crumbs.extend(hub.map(|hub| (hub, instances.clone())));
    match location::route() {
        Route::Home => {}
        Route::Instances { .. } => crumbs.push((text().instances.to_owned(), None)),
        Route::Instance { id, .. } => {
            crumbs.push((text().instances.to_owned(), instances));
            crumbs.push((middle(&id, 40), None));
        }
        Route::Start { .. } => crumbs.push((text().start.to_owned(), None)),
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
