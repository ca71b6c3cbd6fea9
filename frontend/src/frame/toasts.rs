//! Outcomes of actions at the edge of the screen.

use leptos::prelude::*;

use crate::{
    state::notices::{self, Notice},
    text::tr,
    ui::{Glyph, Icon},
};

/// All messages that stand now. The regions exist from the start, so that screen readers hear what comes into them.
#[component]
pub fn Toasts() -> impl IntoView {
    let of_kind = |is_error: bool| {
        move || {
            notices::notices()
                .into_iter()
                .filter(|notice| notice.is_error == is_error)
                .collect::<Vec<_>>()
        }
    };
    view! {
        <section class="toasts" aria-label=tr(|t| t.notices)>
            <div role="status" aria-live="polite">
                <For each=of_kind(false) key=|notice| notice.id let:notice>
                    <Toast notice />
                </For>
            </div>
            <div role="alert">
                <For each=of_kind(true) key=|notice| notice.id let:notice>
                    <Toast notice />
                </For>
            </div>
        </section>
    }
}

#[component]
fn Toast(notice: Notice) -> impl IntoView {
    let Notice { id, message, is_error, link } = notice;
    let glyph = if is_error { Glyph::Warning } else { Glyph::Check };
    view! {
        <div class="toast" class:error=is_error data-testid="toast">
            <Icon glyph />
            <p>{message}</p>
            {link.map(|(words, route)| view! { <a class="button small" href=route.url()>{words}</a> })}
            <button
                type="button"
                class="button quiet icon-button"
                aria-label=tr(|t| t.dismiss)
                on:click=move |_| notices::dismiss(id)
            >
                <Icon glyph=Glyph::Close />
            </button>
        </div>
    }
}
