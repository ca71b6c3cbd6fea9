//! The heading of a page: it names the browser's tab and takes the focus when the person arrives.

use leptos::{html, prelude::*};

use super::focus;
use crate::state::location;

/// The page's `<h1>`. `title` names the tab.
#[component]
pub fn Heading(
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] class: &'static str,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    heading.on_load(|heading| {
        // Not on the first page: there the skip link comes first.
        if location::moved() {
            request_animation_frame(move || focus(&heading));
        }
    });
    Effect::new(move || document().set_title(&format!("{} · Taskhub", title.get())));
    view! {
        <h1 node_ref=heading class=class tabindex="-1">
            {children()}
        </h1>
    }
}
