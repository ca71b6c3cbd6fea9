//! What stands around every page: rail, top bar, banners, toasts, help and shortcuts.

mod help;
mod keyboard;
mod palette;
mod places;
mod rail;
mod settings;
mod toasts;
mod top_bar;

pub use keyboard::is_typing;

use leptos::prelude::*;

use crate::{
    api::{self, live::Connection},
    page::{InstancePage, InstancesPage, NotFoundPage, StartPage},
    route::{Place, Route},
    state::{location, notices, session},
    text::{text, tr},
    ui::{Glyph, Icon},
};

/// What decides that a page is built anew; a changed filter is the same page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PageKey {
    Home,
    Instances(String),
    Instance(String, String),
    Start { hub: String, name: Option<String>, like: Option<String> },
    Place(Place),
    NotFound,
}

/// The whole console.
#[component]
pub fn App() -> impl IntoView {
    let help = RwSignal::new(false);
    let palette = RwSignal::new(false);
    keyboard::start(help, palette);
    Effect::new(|| {
        if let (Route::Home, Some(server)) = (location::route(), session::server())
            && let Some(hub) = server.hubs.first()
        {
            location::replace(&Route::instances(&hub.name));
        }
    });
    Effect::new(|| api::live::follow(location::route().hub().map(str::to_owned)));
    // The server may be another one after a break; counts of workers come with each new page.
    Effect::new(|before: Option<Connection>| {
        let now = api::live::connection();
        if now == Connection::Live && matches!(before, Some(Connection::Lost(_))) {
            session::refresh();
        }
        now
    });
    view! {
        <a class="skip" href="#main">
            {tr(|t| t.skip)}
        </a>
        <div class="app">
            <rail::Rail help />
            <div class="column">
                <top_bar::TopBar help palette />
                <Banners />
                <main id="main" tabindex="-1">
                    <Page />
                </main>
            </div>
        </div>
        <toasts::Toasts />
        <help::Help open=help />
        <palette::Palette open=palette />
        <div class="visually-hidden" role="status" aria-live="polite">
            {notices::announced}
        </div>
    }
}

#[component]
fn Page() -> impl IntoView {
    let key = Memo::new(|_| match location::route() {
        Route::Home => PageKey::Home,
        Route::Instances { hub, .. } => PageKey::Instances(hub),
        Route::Instance { hub, id, .. } => PageKey::Instance(hub, id),
        Route::Start { hub, name, like } => PageKey::Start { hub, name, like },
        Route::Place(place) => PageKey::Place(places::same_page(place)),
        Route::NotFound => PageKey::NotFound,
    });
    Effect::new(move || {
        key.track();
        session::refresh();
    });
    move || match key.get() {
        PageKey::Home => view! { <HomePage /> }.into_any(),
        PageKey::Instances(hub) => view! { <InstancesPage hub /> }.into_any(),
        PageKey::Instance(hub, id) => view! { <InstancePage hub id /> }.into_any(),
        PageKey::Start { hub, name, like } => view! { <StartPage hub name like /> }.into_any(),
        // What a page reads while it is made does not make it anew.
        PageKey::Place(place) => untrack(|| places::show(place)),
        PageKey::NotFound => view! { <NotFoundPage /> }.into_any(),
    }
}

/// Stands only until the server has named its hubs.
#[component]
fn HomePage() -> impl IntoView {
    view! {
        <Show when=|| session::failure().is_some()>
            <div class="empty" role="alert">
                <h1>{tr(|t| t.could_not_load)}</h1>
                <p>{|| session::failure().map(|error| error.sentence())}</p>
                <button type="button" class="button primary" on:click=|_| session::refresh()>
                    {tr(|t| t.retry)}
                </button>
            </div>
        </Show>
    }
}

#[component]
fn Banners() -> impl IntoView {
    let is_open = || session::server().is_some_and(|server| server.insecure_open);
    view! {
        <section class="banners" aria-label=tr(|t| t.server)>
        <Show when=is_open>
            <div class="banner warning" role="note" data-testid="insecure-banner">
                <Icon glyph=Glyph::Warning />
                <span>{tr(|t| t.insecure_open)}</span>
            </div>
        </Show>
        <Show when=session::has_newer_build>
            <div class="banner" role="status">
                <span>{tr(|t| t.new_build)}</span>
                <button
                    type="button"
                    class="button small"
                    on:click=|_| {
                        let _ = window().location().reload();
                    }
                >
                    {tr(|t| t.reload)}
                </button>
            </div>
        </Show>
        </section>
    }
}

/// Hub of the page, or the default one on pages without a hub.
fn current_hub() -> Option<String> {
    let of_page = location::route().hub().map(str::to_owned);
    of_page.or_else(|| session::server()?.hubs.first().map(|hub| hub.name.clone()))
}

/// Words for the connected workers of the current hub.
fn workers_words() -> Option<String> {
    let (hub, server) = (current_hub()?, session::server()?);
    let info = server.hubs.iter().find(|info| info.name.eq_ignore_ascii_case(&hub))?;
    Some((text().workers)(&crate::text::intl::count(info.workers)))
}
