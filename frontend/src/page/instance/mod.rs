//! One instance: how it stands, what it waits for, what may be done, its data and its history.

mod actions;
mod confirm;
mod failure;
mod header;
mod history;
mod model;
mod raise;
mod waiting;

use leptos::prelude::*;

use crate::{
    component::Payload,
    format::middle,
    route::Route,
    text::{text, tr},
    ui::{Glyph, Heading, Icon},
};
use model::Detail;

/// The page.
#[component]
pub fn InstancePage(hub: String, id: String) -> impl IntoView {
    let detail = Detail::new(hub, id);
    let loaded = move || detail.instance.with(Option::is_some);
    view! {
        <Show
            when=move || !detail.is_missing()
            fallback=move || view! { <Missing detail /> }
        >
            <Trouble detail />
            <header::Header detail />
            <Show when=loaded>
                <failure::Failure detail />
                <Data detail />
                <history::History detail />
            </Show>
        </Show>
    }
}

#[component]
fn Missing(detail: Detail) -> impl IntoView {
    let (hub, id) = (detail.hub(), detail.id());
    let list = Route::instances(&hub).url();
    let title = Signal::derive(move || tr(|t| t.not_found)().to_owned());
    view! {
        <div class="empty" data-testid="instance-missing">
            <Icon glyph=Glyph::Search />
            <Heading title class="empty-title">
                {move || (text().no_instance)(&id, &hub)}
            </Heading>
            <p class="muted">{tr(|t| t.no_instance_text)}</p>
            <a class="button" href=list>
                {tr(|t| t.back_to_list)}
            </a>
        </div>
    }
}

/// Why the page is old.
#[component]
fn Trouble(detail: Detail) -> impl IntoView {
    view! {
        <Show when=move || detail.purged.get()>
            <div class="banner warning" role="status" data-testid="purged-banner">
                <Icon glyph=Glyph::Trash />
                <span>{tr(|t| t.was_purged)}</span>
                <a class="button small" href=Route::instances(&detail.hub()).url()>
                    {tr(|t| t.back_to_list)}
                </a>
            </div>
        </Show>
        {move || {
            detail
                .error
                .get()
                .map(|error| {
                    view! {
                        <div class="banner error" role="alert">
                            <Icon glyph=Glyph::Warning />
                            <span>{move || (text().could_not_refresh)(&error.sentence())}</span>
                            <button type="button" class="button small" on:click=move |_| detail.load()>
                                {tr(|t| t.retry)}
                            </button>
                        </div>
                    }
                })
        }}
    }
}

/// Input, output and custom status.
#[component]
fn Data(detail: Detail) -> impl IntoView {
    let instance = detail.instance;
    let read = move |value: fn(&taskhub_shared::status::InstanceDetail) -> &Option<String>| {
        Signal::derive(move || instance.with(|instance| value(instance.as_ref()?).clone()))
    };
    let output_absent = Signal::derive(move || {
        let ended = instance.with(|instance| {
            instance.as_ref().is_some_and(|instance| instance.summary.runtime_status.is_terminal())
        });
        if ended { text().none } else { text().no_output_yet }
    });
    let none = Signal::derive(move || text().none);
    view! {
        <div class="cards">
            <Payload title=|t| t.input testid="input" value=read(|instance| &instance.input) absent=none />
            <Payload title=|t| t.output testid="output" value=read(|instance| &instance.output) absent=output_absent />
            <Payload
                title=|t| t.custom_status
                testid="custom-status"
                value=read(|instance| &instance.custom_status)
                absent=none
            />
        </div>
    }
}

/// Id as it stands inside sentences and titles.
fn short_id(detail: Detail) -> String {
    middle(&detail.id(), 36)
}
