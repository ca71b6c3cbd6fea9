//! A list of any length of which only the rows in sight are in the page, all equally high.
//!
//! The focus stays on the list itself and one row is marked as its active one, so rows may come and go under it.

use std::sync::Arc;

use leptos::{ev, html, prelude::*};
use web_sys::KeyboardEvent;

/// Height of a row in CSS pixels; the style sheet says the same.
pub const ROW: f64 = 30.0;
/// Rows that are kept ready above and below those in sight.
const SPARE: usize = 6;

/// Draws one row.
pub type RowView = Arc<dyn Fn(usize) -> AnyView + Send + Sync>;
/// Hears a key that the list does not use itself; true when it does something.
pub type OtherKeys = Arc<dyn Fn(&KeyboardEvent) -> bool + Send + Sync>;

/// The list.
#[component]
pub fn Window(
    /// Id of the list, for tests too; rows are `{id}-{row}`.
    id: &'static str,
    /// Test id of the rows.
    row_testid: &'static str,
    #[prop(into)] count: Signal<usize>,
    /// The row that the keys move.
    active: RwSignal<Option<usize>>,
    #[prop(into)] label: Signal<String>,
    row: RowView,
    /// Enter, or a click.
    open: Callback<usize>,
    other_keys: OtherKeys,
) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    // First row in sight and number of rows that fit.
    let view = RwSignal::new((0_usize, 24_usize));
    let look = move || {
        // A frame may come after the list has gone.
        if view.is_disposed() {
            return;
        }
        let Some(list) = list.get_untracked() else { return };
        let top = rows(f64::from(list.scroll_top()));
        let fit = rows(f64::from(list.client_height())) + 2;
        let seen = (top, fit.max(4));
        if view.get_untracked() != seen {
            view.set(seen);
        }
    };
    let resized = window_event_listener(ev::resize, move |_| look());
    on_cleanup(move || resized.remove());
    Effect::new(move || {
        count.track();
        request_animation_frame(look);
    });
    Effect::new(move || {
        let Some(at) = active.get() else { return };
        if let Some(list) = list.get_untracked() {
            reveal(&list, at);
        }
    });
    let range = Memo::new(move |_| {
        let (top, fit) = view.get();
        let last = (top + fit + SPARE).min(count.get());
        (top.saturating_sub(SPARE).min(last), last)
    });
    let keys = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let last = count.get_untracked().saturating_sub(1);
        let now = active.get_untracked();
        let page = view.get_untracked().1.saturating_sub(3).max(1);
        let to = |to: usize| active.set(Some(to.min(last)));
        let handled = match (event.key().as_str(), now) {
            ("ArrowDown" | "ArrowUp" | "PageDown" | "PageUp", None) => {
                to(view.get_untracked().0);
                true
            }
            ("ArrowDown", Some(at)) => {
                to(at + 1);
                true
            }
            ("ArrowUp", Some(at)) => {
                to(at.saturating_sub(1));
                true
            }
            ("PageDown", Some(at)) => {
                to(at + page);
                true
            }
            ("PageUp", Some(at)) => {
                to(at.saturating_sub(page));
                true
            }
            ("Home", _) => {
                to(0);
                true
            }
            ("End", _) => {
                to(last);
                true
            }
            ("Enter" | " ", Some(at)) => {
                open.run(at.min(last));
                true
            }
            _ => other_keys(&event),
        };
        if handled {
            event.prevent_default();
        }
    };
    let drawn = move || {
        let (first, last) = range.get();
        let all = count.get().to_string();
        (first..last)
            .map(|at| {
                view! {
                    <div
                        class="window-row"
                        role="option"
                        id=format!("{id}-{at}")
                        data-testid=row_testid
                        aria-selected=move || (active.get() == Some(at)).to_string()
                        aria-posinset=(at + 1).to_string()
                        aria-setsize=all.clone()
                        on:click=move |_| {
                            active.set(Some(at));
                            open.run(at);
                        }
                    >
                        {row(at)}
                    </div>
                }
            })
            .collect_view()
    };
    view! {
        <div
            node_ref=list
            class="window"
            id=id
            data-testid=id
            role="listbox"
            tabindex="0"
            aria-label=label
            aria-activedescendant=move || {
                let (first, last) = range.get();
                active.get().filter(|at| (first..last).contains(at)).map(|at| format!("{id}-{at}"))
            }
            on:scroll=move |_| look()
            on:keydown=keys
        >
            <div class="window-space" role="presentation" style:height=move || format!("{}px", pixels(count.get()))>
                <div
                    class="window-rows"
                    role="presentation"
                    style:transform=move || format!("translateY({}px)", pixels(range.get().0))
                >
                    {drawn}
                </div>
            </div>
        </div>
    }
}

/// Scrolls the list, and nothing else, until a row is in sight.
fn reveal(list: &web_sys::HtmlDivElement, at: usize) {
    let (top, bottom) = (pixels(at), pixels(at + 1));
    let (from, height) = (f64::from(list.scroll_top()), f64::from(list.client_height()));
    let to = if top < from {
        top
    } else if bottom > from + height {
        bottom - height
    } else {
        return;
    };
    #[expect(clippy::cast_possible_truncation, reason = "a place in the page")]
    list.set_scroll_top(to as i32);
}

#[expect(clippy::cast_precision_loss, reason = "a number of rows in a page")]
fn pixels(rows: usize) -> f64 {
    rows as f64 * ROW
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in the page is not negative"
)]
fn rows(pixels: f64) -> usize {
    (pixels / ROW).max(0.0) as usize
}
