//! The rail at the left, which becomes a bar at the bottom of narrow screens.

use leptos::{ev::Targeted, prelude::*};
use web_sys::{Event, HtmlSelectElement};

use super::{current_hub, settings::Preferences, workers_words};
use crate::{
    route::{Place, Route, Screen},
    state::{location, session},
    text::{Words, tr},
    ui::{Dialog, Glyph, Icon},
};

/// Navigation and settings.
#[component]
pub fn Rail(help: RwSignal<bool>) -> impl IntoView {
    let settings = RwSignal::new(false);
    view! {
        <aside class="rail" aria-label="Taskhub">
            <a class="brand" href="/">
                <BrandMark />
                <span class="rail-label">"Taskhub"</span>
            </a>
            <div class="rail-hub">
                <HubSwitcher id="hub-switcher" />
            </div>
            <nav class="rail-nav" aria-label=tr(|t| t.main_navigation)>
                <NavLink
                    label=|t| t.admin.overview
                    glyph=Glyph::Chart
                    screens=&[Screen::Overview]
                    route=Route::overview
                    testid="nav-overview"
                />
                <NavLink
                    label=|t| t.instances
                    glyph=Glyph::List
                    screens=&[Screen::Instances, Screen::Instance]
                    route=Route::instances
                    testid="nav-instances"
                />
                <NavLink
                    label=|t| t.start
                    glyph=Glyph::Play
                    screens=&[Screen::Start]
                    route=Route::start
                    testid="nav-start"
                />
                <NavLink
                    label=|t| t.admin.batches
                    glyph=Glyph::Batch
                    screens=&[Screen::Batches]
                    route=Route::batches
                    testid="nav-batches"
                />
                <div class="rail-more">{more_links()}</div>
                <button type="button" class="nav-item rail-settings" on:click=move |_| settings.set(true)>
                    <Icon glyph=Glyph::Settings />
                    <span class="rail-label">{tr(|t| t.admin.more_pages)}</span>
                </button>
            </nav>
            <div class="rail-foot">
                <p class="rail-facts" data-testid="workers">{workers_words}</p>
                <Preferences group="rail" />
                <button type="button" class="nav-item" on:click=move |_| help.set(true)>
                    <Icon glyph=Glyph::Keyboard />
                    <span>{tr(|t| t.keyboard)}</span>
                </button>
                <p class="rail-facts muted">
                    {|| session::server().map(|server| format!("Taskhub {} · {}", server.version, server.store))}
                </p>
            </div>
        </aside>
        <Dialog open=settings id="settings" title=Signal::derive(move || tr(|t| t.admin.more_pages)().to_owned())>
            <div class="settings" on:click=move |_| settings.set(false)>
                {more_links()}
            </div>
            <div class="settings">
                <HubSwitcher id="hub-switcher-narrow" />
                <Preferences group="dialog" />
                <p class="muted small">{workers_words}</p>
            </div>
        </Dialog>
    }
}

/// Links that stand in a dialog on narrow screens.
fn more_links() -> AnyView {
    view! {
        <NavLink
            label=|t| t.admin.workers
            glyph=Glyph::Worker
            screens=&[Screen::Workers]
            route=Route::workers
            testid="nav-workers"
        />
        <NavLink
            label=|t| t.admin.hubs
            glyph=Glyph::Hub
            screens=&[Screen::Hubs]
            route=|_| Route::Place(Place::Hubs)
            testid="nav-hubs"
        />
        <NavLink
            label=|t| t.admin.hub_settings
            glyph=Glyph::Settings
            screens=&[Screen::Settings]
            route=|hub| Route::Place(Place::Danger { hub: hub.to_owned() })
            testid="nav-settings"
        />
        <NavLink
            label=|t| t.admin.me
            glyph=Glyph::Person
            screens=&[Screen::Me]
            route=|_| Route::Place(Place::Me)
            testid="nav-me"
        />
    }
    .into_any()
}

/// The mark: one task that becomes many.
#[component]
pub fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect class="brand-tile" width="32" height="32" rx="8" />
            <path class="brand-line" d="M10 16h4c4 0 3-7 8-7M14 16h8M14 16c4 0 3 7 8 7" />
            <circle class="brand-dot" cx="9" cy="16" r="3" />
            <circle class="brand-dot" cx="23" cy="9" r="2.5" />
            <circle class="brand-dot" cx="23.5" cy="16" r="2.5" />
            <circle class="brand-dot" cx="23" cy="23" r="2.5" />
        </svg>
    }
}

#[component]
fn NavLink(
    label: Words,
    glyph: Glyph,
    screens: &'static [Screen],
    route: fn(&str) -> Route,
    testid: &'static str,
) -> impl IntoView {
    let href = move || current_hub().map_or_else(|| "/".to_owned(), |hub| route(&hub).url());
    let current = move || screens.contains(&location::route().screen()).then_some("page");
    view! {
        <a class="nav-item" href=href title=tr(label) aria-current=current data-testid=testid>
            <Icon glyph />
            <span class="rail-label">{tr(label)}</span>
        </a>
    }
}

/// Chooses the hub when there are several, else names it.
#[component]
fn HubSwitcher(id: &'static str) -> impl IntoView {
    let names = Memo::new(|_| {
        let server = session::server();
        server
            .map(|server| server.hubs.into_iter().map(|hub| hub.name).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    let current = Memo::new(|_| current_hub().unwrap_or_default());
    let go = move |event: Targeted<Event, HtmlSelectElement>| {
        let hub = event.target().value();
        let route = match location::current().screen() {
            Screen::Start => Route::start(&hub),
            Screen::Batches => Route::batches(&hub),
            Screen::Workers => Route::workers(&hub),
            Screen::Overview | Screen::Hubs | Screen::Me | Screen::Settings => {
                Route::overview(&hub)
            }
            Screen::Home | Screen::Instances | Screen::Instance | Screen::NotFound => {
                Route::instances(&hub)
            }
        };
        location::go(&route);
    };
    view! {
        <Show
            when=move || names.with(|names| names.len() > 1)
            fallback=move || {
                view! {
                    <p class="hub-name">
                        <span class="muted small">{tr(|t| t.task_hub)}</span>
                        <span class="hub-name-text">{current}</span>
                    </p>
                }
            }
        >
            <label class="muted small" for=id>
                {tr(|t| t.task_hub)}
            </label>
            <select id=id class="select" data-testid=id on:change:target=go>
                {move || {
                    names
                        .get()
                        .into_iter()
                        .map(|name| {
                            let is_current = current.get().eq_ignore_ascii_case(&name);
                            let shown = name.clone();
                            view! { <option value=name selected=is_current>{shown}</option> }
                        })
                        .collect_view()
                }}
            </select>
        </Show>
    }
}
