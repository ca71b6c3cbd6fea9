//! A modal dialog: the browser's own, which keeps focus inside, closes with Esc and gives focus back.

use leptos::{ev::Event, html, prelude::*};

use super::{Glyph, Icon};
use crate::text::tr;

/// Shows its children over the page while `open` holds.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    /// Name of the dialog.
    #[prop(into)]
    title: Signal<String>,
    /// Unique id on the page; the title's id is made of it.
    id: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if open.get() && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let children = StoredValue::new(children);
    view! {
        <dialog
            node_ref=dialog
            id=id
            class="dialog"
            data-testid=id
            aria-labelledby=format!("{id}-title")
            on:close=move |_: Event| {
                // The browser tells of a close a moment later; by then the dialog may have been opened again.
                if dialog.get_untracked().is_none_or(|dialog| !dialog.open()) {
                    open.set(false);
                }
            }
        >
            <Show when=move || open.get()>
                <div class="dialog-head">
                    <h2 id=format!("{id}-title")>{title}</h2>
                    <button
                        type="button"
                        class="button quiet icon-button"
                        aria-label=tr(|t| t.close)
                        on:click=move |_| open.set(false)
                    >
                        <Icon glyph=Glyph::Close />
                    </button>
                </div>
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
}
