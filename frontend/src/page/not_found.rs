//! The screen for addresses that lead nowhere.

use leptos::prelude::*;

use crate::{text::tr, ui::Heading};

/// Says so and leads back.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <div class="empty">
            <Heading title=Signal::derive(move || tr(|t| t.not_found)().to_owned())>
                {tr(|t| t.not_found)}
            </Heading>
            <p>{tr(|t| t.not_found_text)}</p>
            <a class="button primary" href="/">
                {tr(|t| t.back_to_list)}
            </a>
        </div>
    }
}
