//! Why what is shown is old or absent, and a way to try again.

use leptos::prelude::*;

use crate::{
    state::remote::Health,
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// A banner while the last reading has failed.
#[component]
pub fn Trouble(health: RwSignal<Health>, again: Callback<()>) -> impl IntoView {
    move || {
        let Health { error, read_at } = health.get();
        let error = error?;
        let request = error.request_id().map(str::to_owned);
        Some(view! {
            <div class="banner error" role="alert" data-testid="page-error">
                <Icon glyph=Glyph::Warning />
                <span>
                    {(text().could_not_refresh)(&error.sentence())} " "
                    {read_at.map(|at| (text().showing_data_from)(&intl::time(at)))}
                    {request.map(|id| view! { " " <span class="mono small">{id}</span> })}
                </span>
                <button
                    type="button"
                    class="button small"
                    on:click=move |_| again.run(())
                >
                    {tr(|t| t.retry)}
                </button>
            </div>
        })
    }
}
