//! Why the instance failed.

use leptos::prelude::*;
use taskhub_shared::failure::FailureDetails;

use super::model::Detail;
use crate::{
    component::StatusIcon,
    route::{Route, Tab},
    state::location,
    text::{text, tr},
};

/// Most causes that are shown.
const MOST: usize = 32;

/// The panel; nothing when the instance did not fail.
#[component]
pub fn Failure(detail: Detail) -> impl IntoView {
    let failure = Memo::new(move |_| {
        detail
            .instance
            .with(|instance| instance.as_ref().and_then(|instance| instance.failure.clone()))
    });
    // Beside the other tabs its first words must do: they are there to be read.
    let short = Memo::new(|_| {
        let route = location::route();
        !matches!(route, Route::Instance { tab: Tab::Timeline, .. })
    });
    move || {
        failure.get().map(|mut failure| {
            if short.get() {
                failure.inner_failure = None;
            }
            view! {
                <section class="failure" aria-labelledby="failure-title" data-testid="failure">
                    <h2 id="failure-title">
                        <StatusIcon status=taskhub_shared::status::RuntimeStatus::Failed />
                        {tr(|t| t.failure)}
                    </h2>
                    <FailureChain failure />
                </section>
            }
        })
    }
}

/// A failure and its causes, outermost first.
#[component]
pub fn FailureChain(failure: FailureDetails) -> impl IntoView {
    let mut links = Vec::new();
    let mut next = Some(Box::new(failure));
    while let (Some(mut link), true) = (next.take(), links.len() < MOST) {
        next = link.inner_failure.take();
        links.push(*link);
    }
    links
        .into_iter()
        .enumerate()
        .map(|(at, link)| {
            view! {
                <div class="failure-link" class:cause=move || { at > 0 }>
                    {(at > 0).then(|| view! { <p class="muted small">{tr(|t| t.caused_by)}</p> })}
                    <One failure=link />
                </div>
            }
        })
        .collect_view()
}

#[component]
fn One(failure: FailureDetails) -> impl IntoView {
    let FailureDetails {
        error_type, error_message, stack_trace, is_non_retriable, properties, ..
    } = failure;
    let no_message = error_message.trim().is_empty();
    let message =
        move || if no_message { text().no_message.to_owned() } else { error_message.clone() };
    let properties = (!properties.is_empty())
        .then(|| serde_json::to_string_pretty(&properties).unwrap_or_default());
    view! {
        <p class="failure-type">
            <span class="mono">{error_type}</span>
            {is_non_retriable.then(|| view! { <span class="tag">{tr(|t| t.not_retriable)}</span> })}
        </p>
        <p class="failure-message" class:muted=no_message>
            {message}
        </p>
        {properties.map(|properties| view! { <pre class="mono plain" tabindex="0">{properties}</pre> })}
        {stack_trace
            .filter(|stack| !stack.trim().is_empty())
            .map(|stack| {
                view! {
                    <details class="stack">
                        <summary>{tr(|t| t.stack)}</summary>
                        <pre class="mono plain" tabindex="0">{stack}</pre>
                    </details>
                }
            })}
    }
}
