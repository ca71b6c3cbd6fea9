//! All payloads with their tools, and the addresses of the management API.

use leptos::prelude::*;

use super::{copy_as::curl_line, model::Detail, payloads::Payloads, urls::management_urls};
use crate::{text::tr, ui::CopyButton};

/// The tab.
#[component]
pub fn Data(detail: Detail) -> impl IntoView {
    view! {
        <Payloads detail tools=true />
        <Urls detail />
    }
}

#[component]
fn Urls(detail: Detail) -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let rows: Vec<AnyView> = management_urls(&origin, &detail.hub(), &detail.id())
        .into_iter()
        .map(|one| {
            let curl = curl_line(one.method, &one.url, None);
            view! {
                <li data-testid="management-url">
                    <span class="url-name">{one.name} <span class="tag mono">{one.method}</span></span>
                    <code class="mono url">{one.url.clone()}</code>
                    <span class="url-copy">
                        <CopyButton value=Signal::stored(one.url) what=|t| t.inst.url labelled=true />
                        <CopyButton value=Signal::stored(curl) what=|t| t.inst.as_curl labelled=true words=|_| "curl" />
                    </span>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="card urls" aria-labelledby="urls-title">
            <div class="card-head">
                <h2 id="urls-title">{tr(|t| t.inst.urls)}</h2>
            </div>
            <p class="muted small">{tr(|t| t.inst.urls_hint)}</p>
            <ul class="url-list">{rows}</ul>
        </section>
    }
}
