//! All hubs, and deleting one.

mod danger;
mod me;

use leptos::prelude::*;
use taskhub_shared::{request::HubInfo, status::RuntimeStatus};

use crate::{
    component::StatusIcon,
    route::Route,
    state::session,
    text::{intl, text, tr},
    ui::Heading,
};

pub use danger::page as danger_page;
pub use me::page as me_page;

/// The page of all hubs.
pub fn page() -> AnyView {
    crate::state::remote::every(15, session::refresh);
    let hubs = move || {
        let hubs = session::server().map(|server| server.hubs).unwrap_or_default();
        hubs.iter().enumerate().map(|(at, hub)| card(hub, at == 0)).collect_view()
    };
    let store = || session::server().map(|server| (text().admin.stored_in)(&server.store));
    view! {
        <div class="page-head">
            <div>
                <Heading title=Signal::derive(|| text().admin.hubs.to_owned())>{tr(|t| t.admin.hubs)}</Heading>
                <p class="muted">{store}</p>
            </div>
        </div>
        <ul class="cards" data-testid="hubs">{hubs}</ul>
        <p class="muted small">{tr(|t| t.admin.hubs_text)}</p>
    }
    .into_any()
}

fn card(hub: &HubInfo, is_default: bool) -> AnyView {
    const SHOWN: [RuntimeStatus; 3] =
        [RuntimeStatus::Running, RuntimeStatus::Pending, RuntimeStatus::Failed];
    let facts = SHOWN.map(|status| {
        let count = hub.counts.get(&status).copied().unwrap_or(0);
        view! {
            <div>
                <dt class="with-icon" data-status=status.as_str()>
                    <StatusIcon status />
                    {(text().status)(status)}
                </dt>
                <dd>{intl::number(count)}</dd>
            </div>
        }
    });
    let total = intl::count(hub.counts.values().sum());
    let href = Route::overview(&hub.name).url();
    view! {
        <li class="card hub-card row" data-testid="hub-card" data-hub=hub.name.clone()>
            <h2 class="card-head">
                <a class="row-link" href=href data-row-link="">{hub.name.clone()}</a>
                {is_default.then(|| view! { <span class="tag">{tr(|t| t.admin.default_hub)}</span> })}
            </h2>
            <dl class="facts">{facts.collect_view()}</dl>
            <p class="muted">
                {(text().admin.instances_in_all)(&total)} " · " {(text().workers)(&intl::count(hub.workers))}
            </p>
        </li>
    }
    .into_any()
}
