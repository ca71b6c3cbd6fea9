//! Where the person is: the [`Route`] of the address bar, links, Back and scroll positions.

use std::cell::Cell;

use js_sys::Reflect;
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, MouseEvent};

use crate::route::Route;

thread_local! {
    static ROUTE: ArcRwSignal<Route> = ArcRwSignal::new(Route::Home);
    /// Whether the person has moved inside the console, so that focus follows to the new heading.
    static MOVED: Cell<bool> = const { Cell::new(false) };
    /// Scroll position to return to once the page that Back leads to has its content.
    static RETURN_TO: Cell<Option<f64>> = const { Cell::new(None) };
}

/// The route, followed by views that read it.
pub fn route() -> Route {
    ROUTE.with(ArcRwSignal::get)
}

/// The route as it is now.
pub fn current() -> Route {
    ROUTE.with(ArcRwSignal::get_untracked)
}

/// Goes to a route; Back returns from it.
pub fn go(route: &Route) {
    remember_scroll();
    RETURN_TO.set(None);
    let url = route.url();
    let beside = current().is_beside(route);
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&url));
    }
    MOVED.set(true);
    arrive();
    // A tab of the same page opens where the person is.
    if !beside {
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Changes the route in place; Back leads past it. The person has not moved, so the focus stays where it is.
pub fn replace(route: &Route) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&route.url()));
    }
    arrive();
}

/// Whether the person has moved inside the console since it was loaded.
pub fn moved() -> bool {
    MOVED.get()
}

/// Scrolls to where the person was when they left the page that Back has led to. Called when its content is there.
pub fn return_to_scroll() {
    if let Some(top) = RETURN_TO.take() {
        request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, top));
    }
}

/// Begins to follow links and the Back button.
pub fn start() {
    if let Ok(history) = window().history() {
        let _ = history.set_scroll_restoration(web_sys::ScrollRestoration::Manual);
    }
    ROUTE.with(|route| route.set(read()));
    let _ = window_event_listener(ev::popstate, |event| {
        let top = Reflect::get(&event.state(), &"top".into()).ok().and_then(|top| top.as_f64());
        RETURN_TO.set(Some(top.unwrap_or(0.0)));
        MOVED.set(true);
        arrive();
    });
    let _ = window_event_listener(ev::click, |event| follow(&event));
}

fn arrive() {
    let route = read();
    ROUTE.with(|signal| {
        if signal.get_untracked() != route {
            signal.set(route);
        }
    });
}

fn read() -> Route {
    let location = window().location();
    let query = location.search().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    Route::parse(&path, query.strip_prefix('?').unwrap_or(&query))
}

/// Keeps the scroll position with the page that is left.
fn remember_scroll() {
    let (Ok(history), Ok(top)) = (window().history(), window().scroll_y()) else { return };
    let state = js_sys::Object::new();
    let _ = Reflect::set(&state, &"top".into(), &top.into());
    let _ = history.replace_state(&state, "");
}

/// Follows a plain click on a link of the console; leaves all others to the browser.
fn follow(event: &MouseEvent) {
    let special = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || special {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(link) = target.and_then(|target| target.closest("a[href]").ok().flatten()) else {
        return;
    };
    let href = link.get_attribute("href").unwrap_or_default();
    if !href.starts_with('/') || link.has_attribute("target") || link.has_attribute("download") {
        return;
    }
    let (path, query) = href.split_once('?').unwrap_or((&href, ""));
    let route = Route::parse(path, query);
    if route != Route::NotFound {
        event.prevent_default();
        go(&route);
    }
}
