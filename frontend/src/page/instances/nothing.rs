//! What stands in place of rows: loading, nothing that matches, an empty hub.

use leptos::prelude::*;

use super::{model::List, query_text};
use crate::{
    format::preview,
    route::Route,
    state::session,
    text::{intl, text, tr},
    ui::{CopyButton, Glyph, Icon},
};

/// Number of grey rows while the first page loads.
const SKELETON: usize = 8;
/// Most conditions that are offered to be taken away.
const MOST: usize = 5;

/// The right one of the states.
#[component]
pub fn Nothing(list: List) -> impl IntoView {
    move || {
        // What is wrong is told above.
        if list.address.with(Result::is_err) || list.what.with(Result::is_err) {
            return ().into_any();
        }
        if list.loaded_at.get().is_none() {
            return view! { <Skeleton list /> }.into_any();
        }
        if list.has_next() {
            return view! {
                <p class="empty muted" role="status" data-testid="still-looking">
                    {tr(|t| t.still_looking)}
                </p>
            }
            .into_any();
        }
        if list.is_empty_hub() {
            view! { <EmptyHub list /> }.into_any()
        } else {
            view! { <NoMatch list /> }.into_any()
        }
    }
}

#[component]
fn Skeleton(list: List) -> impl IntoView {
    view! {
        <Show when=move || list.slow.get()>
            <div class="skeleton" role="status" aria-label=tr(|t| t.loading)>
                {(0..SKELETON).map(|_| view! { <div class="skeleton-row"></div> }).collect_view()}
            </div>
        </Show>
    }
}

/// Conditions that may be taken away one by one.
#[component]
fn NoMatch(list: List) -> impl IntoView {
    let elsewhere = move || {
        let total = list.hub_total().filter(|total| *total > 0)?;
        Some((text().empty_filter_elsewhere)(&intl::count(total)))
    };
    let without = move || {
        let q = list.filter().q;
        let parts = query_text::parts(&q);
        let many = parts.len() > 1;
        parts
            .into_iter()
            .filter(move |_| many)
            .take(MOST)
            .map(move |part| {
                let href =
                    list.route(|address| address.q = query_text::without(&q, part.span)).url();
                view! {
                    <a class="button small" href=href>
                        {(text().without_condition)(&preview(&part.text, 60))}
                    </a>
                }
            })
            .collect_view()
    };
    view! {
        <div class="empty" data-testid="empty-filter">
            <Icon glyph=Glyph::Search />
            <p class="empty-title">{tr(|t| t.empty_filter)}</p>
            <p class="muted">{elsewhere}</p>
            <p class="empty-ways">
                {without}
                <a class="button small" href=Route::instances(&list.hub()).url()>
                    {tr(|t| t.clear_all)}
                </a>
            </p>
        </div>
    }
}

#[component]
fn EmptyHub(list: List) -> impl IntoView {
    let hub = list.hub();
    let code = Signal::derive(move || {
        let address = session::server().map(|server| server.grpc_address).unwrap_or_default();
        let address = address.strip_prefix("http://").unwrap_or(&address).to_owned();
        format!(
            "# pip install durabletask\n\
             from durabletask import task, worker\n\n\
             def hello(ctx: task.OrchestrationContext, name: str):\n    \
                 return f\"Hello {{name}}!\"\n\n\
             with worker.TaskHubGrpcWorker(host_address=\"{address}\") as w:\n    \
                 w.add_orchestrator(hello)\n    \
                 w.start()\n    \
                 input(\"Press Enter to stop\\n\")"
        )
    });
    view! {
        <div class="empty" data-testid="empty-hub">
            <Icon glyph=Glyph::List />
            <p class="empty-title">{tr(|t| t.empty_hub)}</p>
            <p class="muted">{tr(|t| t.empty_hub_text)}</p>
            <a class="button primary" href=Route::start(&hub).url()>
                <Icon glyph=Glyph::Play />
                {tr(|t| t.start_an_instance)}
            </a>
            <div class="card code-card">
                <div class="card-head">
                    <h2>{tr(|t| t.connect_worker)}</h2>
                    <span class="spacer"></span>
                    <CopyButton value=code what=|t| t.worker_code />
                </div>
                <p class="muted small">{tr(|t| t.connect_worker_text)}</p>
                <pre class="mono plain" tabindex="0">{code}</pre>
            </div>
        </div>
    }
}
