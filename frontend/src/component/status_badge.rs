//! How an instance stands: shape, word and colour together.

use leptos::prelude::*;
use taskhub_shared::status::RuntimeStatus;

use crate::text::text;

/// The status' own shape. Shapes differ by outline, so that they tell the status without colour.
#[component]
pub fn StatusIcon(status: RuntimeStatus) -> impl IntoView {
    let shape = match status {
        RuntimeStatus::Running => view! {
            <circle class="line faint" cx="8" cy="8" r="6" />
            <path class="line turning" d="M8 2a6 6 0 0 1 6 6" />
        }
        .into_any(),
        RuntimeStatus::Completed => view! {
            <circle class="fill" cx="8" cy="8" r="7" />
            <path class="cut" d="M4.8 8.3 7 10.5l4.2-4.7" />
        }
        .into_any(),
        RuntimeStatus::Failed => view! {
            <path class="fill" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" />
            <path class="cut" d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" />
        }
        .into_any(),
        RuntimeStatus::Suspended => {
            view! { <path class="fill" d="M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z" /> }.into_any()
        }
        RuntimeStatus::Pending => {
            view! { <circle class="line dotted" cx="8" cy="8" r="6" /> }.into_any()
        }
        RuntimeStatus::Terminated => {
            view! { <path class="fill" d="M2.5 2.5h11v11h-11z" /> }.into_any()
        }
        RuntimeStatus::Canceled => view! {
            <circle class="line" cx="8" cy="8" r="6" />
            <path class="line" d="M3.9 12.1l8.2-8.2" />
        }
        .into_any(),
        RuntimeStatus::ContinuedAsNew => view! {
            <path class="line" d="M13.6 8a5.6 5.6 0 1 1-1.7-4" />
            <path class="line" d="M12.6 1v3.4H9.2" />
        }
        .into_any(),
    };
    view! {
        <svg class="icon status-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            {shape}
        </svg>
    }
}

/// The status with its word; the tooltip holds the API's value.
#[component]
pub fn StatusBadge(
    #[prop(into)] status: Signal<RuntimeStatus>,
    #[prop(optional)] large: bool,
) -> impl IntoView {
    // A text is set again only when it differs, so that the icon's motion does not begin anew with each change.
    let status = Memo::new(move |_| status.get());
    view! {
        <span
            class="badge"
            class:large=large
            data-status=move || status.get().as_str()
            data-testid=large.then_some("instance-status")
            title=move || status.get().as_str()
        >
            {move || view! { <StatusIcon status=status.get() /> }}
            <span>{move || (text().status)(status.get())}</span>
        </span>
    }
}
