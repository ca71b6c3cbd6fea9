//! A button that copies text and says so.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{Glyph, Icon, copy_text};
use crate::{
    state::notices,
    text::{Words, text, tr},
};

/// Copies `value`. `what` names it for the button's label.
#[component]
pub fn CopyButton(
    #[prop(into)] value: Signal<String>,
    what: Words,
    #[prop(optional)] labelled: bool,
    /// Words beside the icon; the label stays.
    #[prop(optional)]
    words: Option<Words>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let label = move || {
        if copied.get() { text().copied.to_owned() } else { (text().copy_what)(what(text())) }
    };
    let copy = move |_| {
        let value = value.get_untracked();
        spawn_local(async move {
            if copy_text(&value).await {
                let _ = copied.try_set(true);
                notices::announce(text().copied.to_owned());
                set_timeout(
                    move || {
                        copied.try_set(false);
                    },
                    Duration::from_secs(2),
                );
            } else {
                notices::failed(text().copy_failed.to_owned());
            }
        });
    };
    view! {
        <button
            type="button"
            class="button quiet icon-button"
            class:with-label=labelled
            aria-label=label
            title=label
            on:click=copy
        >
            {move || {
                let glyph = if copied.get() { Glyph::Check } else { Glyph::Copy };
                view! { <Icon glyph /> }
            }}
            {labelled
                .then(|| view! { <span aria-hidden="true">{tr(words.unwrap_or(what))}</span> })}
        </button>
    }
}
