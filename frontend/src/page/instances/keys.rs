//! Keys of the list. None of them changes anything on the server.

use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    model::List,
    selection::Selection,
    table::{focused_row, link_of, reveal, toggle},
};
use crate::{
    frame::is_typing,
    state::{location, notices},
    text::text,
    ui::{copy_text, focus},
};

/// Begins to hear keys, until the page is left.
pub fn start(list: List, selection: RwSignal<Selection>, anchor: StoredValue<Option<String>>) {
    // The row that had the focus last; it may not be drawn any more.
    let active = StoredValue::new(None::<String>);
    let star = StoredValue::new(false);
    // Whether the focus is on its way to that row.
    let moving = StoredValue::new(false);
    let focused = move || {
        if let Some(id) = focused_row().filter(|_| !moving.get_value()) {
            active.set_value(Some(id));
        }
        active
            .get_value()
            .filter(|id| list.rows.with_untracked(|rows| rows.iter().any(|row| row.id == *id)))
    };
    let step = move |down: bool| {
        let now = focused();
        let (base, at) = list.rows.with_untracked(|rows| {
            let base = list.base.get_untracked();
            let first = list.sight.get_untracked().first.saturating_sub(base);
            let at = match now.and_then(|id| rows.iter().position(|row| row.id == id)) {
                Some(at) if down => at + 1,
                Some(at) => at.saturating_sub(1),
                None => first,
            };
            (base, at.min(rows.len().saturating_sub(1)))
        });
        let id = list.rows.with_untracked(|rows| rows.get(at).map(|row| row.id.clone()));
        let Some(id) = id else { return false };
        reveal(list, base + at);
        active.set_value(Some(id.clone()));
        if let Some(link) = link_of(&id) {
            focus(&link);
            return true;
        }
        moving.set_value(true);
        // Only after the rows of the new place are drawn.
        request_animation_frame(move || {
            if moving.try_set_value(false).is_some() {
                return;
            }
            if let Some(link) = link_of(&id) {
                focus(&link);
            }
        });
        true
    };
    let peek = move |id: String| {
        let open = untrack(|| list.filter().peek);
        let wanted = (open.as_ref() != Some(&id)).then_some(id);
        location::replace(&untrack(|| list.peeking(wanted)));
    };
    let handle = window_event_listener(ev::keydown, move |event| {
        let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if modified || event.default_prevented() || event.is_composing() || is_typing(&event) {
            return;
        }
        let after_star = star.get_value();
        star.set_value(false);
        let on_row = focused_row().is_some();
        let key = event.key();
        let handled = match key.as_str() {
            "a" if after_star => {
                selection.set(Selection::Matching);
                true
            }
            "*" => {
                star.set_value(true);
                true
            }
            "j" => step(true),
            "k" => step(false),
            "x" | "X" => focused().is_some_and(|id| {
                let from = if key == "X" { anchor.get_value() } else { None };
                toggle(list, selection, anchor, &id, from.as_deref());
                true
            }),
            "o" => focused().is_some_and(|id| {
                peek(id);
                true
            }),
            " " if on_row && link_has_focus() => focused().is_some_and(|id| {
                peek(id);
                true
            }),
            "c" => focused().is_some_and(|id| {
                spawn_local(async move {
                    if copy_text(&id).await {
                        notices::done(text().copied.to_owned(), None);
                    } else {
                        notices::failed(text().copy_failed.to_owned());
                    }
                });
                true
            }),
            "r" => {
                list.load();
                true
            }
            "p" => {
                list.pause(!list.paused.get_untracked());
                true
            }
            "Escape" => untrack(|| list.filter().peek).is_some_and(|id| {
                location::replace(&untrack(|| list.peeking(None)));
                if let Some(link) = link_of(&id) {
                    focus(&link);
                }
                true
            }),
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether the focus is on the row's link; on its buttons the blank presses them.
fn link_has_focus() -> bool {
    document().active_element().is_some_and(|element| element.has_attribute("data-row-link"))
}
