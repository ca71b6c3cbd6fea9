//! Shortcuts. None of them changes anything on the server.

use std::cell::Cell;

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, KeyboardEvent};

use super::current_hub;
use crate::{
    route::{Place, Route, Tab},
    state::{location, preferences},
};

/// How long `g` waits for its second key, in milliseconds.
const SECOND_KEY: f64 = 1500.0;

/// Begins to hear keys.
pub fn start(help: RwSignal<bool>, palette: RwSignal<bool>) {
    let g_pressed = Cell::new(f64::NEG_INFINITY);
    let _ = window_event_listener(ev::keydown, move |event| {
        let command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        if command && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            // Another dialog stays on top of what the palette would leave.
            let other = document().query_selector("dialog[open]:not(#palette)");
            if !matches!(other, Ok(Some(_))) {
                palette.update(|open| *open = !*open);
            }
            return;
        }
        let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if modified
            || event.default_prevented()
            || event.is_composing()
            || is_typing(&event)
            || !preferences::single_keys()
        {
            return;
        }
        let after_g = event.time_stamp() - g_pressed.replace(f64::NEG_INFINITY) < SECOND_KEY;
        let hub = || untrack(current_hub);
        let handled = match (after_g, event.key().as_str()) {
            (true, "o") => hub().map(|hub| location::go(&Route::overview(&hub))).is_some(),
            (true, "b") => hub().map(|hub| location::go(&Route::batches(&hub))).is_some(),
            (true, "w") => hub().map(|hub| location::go(&Route::workers(&hub))).is_some(),
            (true, "h") => {
                location::go(&Route::Place(Place::Hubs));
                true
            }
            (true, "i") => hub().map(|hub| location::go(&Route::instances(&hub))).is_some(),
            (true, "s") => hub().map(|hub| location::go(&Route::start(&hub))).is_some(),
            (_, "g") => {
                g_pressed.set(event.time_stamp());
                true
            }
            (false, key @ ("1" | "2" | "3" | "4")) => open_tab(key),
            (_, "/") => focus_filter(),
            (_, "?") => {
                help.set(true);
                true
            }
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    });
}

/// Whether the key belongs to an input, or to an open dialog.
pub fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let in_input = target.is_some_and(|target| {
        matches!(
            target.closest("input:not([type=radio], [type=checkbox]), textarea, select"),
            Ok(Some(_))
        )
    });
    in_input || matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// Opens a tab of the instance that is on the screen.
fn open_tab(key: &str) -> bool {
    let Route::Instance { hub, id, .. } = location::current() else { return false };
    let tab = match key {
        "1" => Tab::Timeline,
        "2" => Tab::History { at: None, q: String::new() },
        "3" => Tab::Tree,
        _ => Tab::Data,
    };
    location::go(&Route::tab(&hub, &id, tab));
    true
}

fn focus_filter() -> bool {
    let filter = document().query_selector("#query, #history-filter").ok().flatten();
    let Some(filter) = filter.and_then(|filter| filter.dyn_into::<HtmlInputElement>().ok()) else {
        return false;
    };
    let _ = filter.focus();
    filter.select();
    true
}
