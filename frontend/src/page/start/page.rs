//! The page with the form.

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlDetailsElement;

use super::form::{Form, WHOLE, random_id};
use crate::{
    format::middle,
    page::instance::CopyAs,
    text::{text, tr},
    ui::{Glyph, Heading, Icon, TextArea, TextField},
};
/// The page.
#[component]
pub fn StartPage(hub: String, name: Option<String>, like: Option<String>) -> impl IntoView {
    let title = {
        let hub = hub.clone();
        Signal::derive(move || format!("{} · {hub}", text().start_an_instance))
    };
    let form = Form::new(hub, name.unwrap_or_default());
    let like_words = like.clone().map(|id| middle(&id, 48));
    if let Some(like) = like {
        form.fill_like(like);
    }
    view! {
        <div class="page-head">
            <div>
                <Heading title>{tr(|t| t.start_an_instance)}</Heading>
                <p class="muted">
                    {move || match &like_words {
                        Some(id) => (text().start_like_text)(id),
                        None => text().start_text.to_owned(),
                    }}
                </p>
            </div>
        </div>
        <form
            class="card form"
            novalidate=true
            data-testid="start-form"
            on:submit=move |event| {
                event.prevent_default();
                form.submit();
            }
        >
            <TextField
                id="start-name"
                label=|t| t.orchestrator
                value=form.name
                hint=|t| t.orchestrator_hint
                error=form.error("name")
                list="start-names"
                required=true
            />
            <datalist id="start-names">
                {move || {
                    form.known
                        .get()
                        .into_iter()
                        .map(|known| view! { <option value=known.name></option> })
                        .collect_view()
                }}
            </datalist>
            <Served form />
            <TextField
                id="start-id"
                label=|t| t.instance_id
                value=form.id
                hint=|t| t.id_hint
                optional=true
                mono=true
                error=form.error("instanceId")
                beside=Box::new(move || {
                    view! {
                        <button
                            type="button"
                            class="button"
                            data-testid="start-random-id"
                            on:click=move |_| form.id.set(random_id())
                        >
                            {tr(|t| t.random_id)}
                        </button>
                    }
                    .into_any()
                })
            />
            <div class="with-format">
                <TextArea
                    id="start-input"
                    label=|t| t.input
                    value=form.input
                    hint=|t| t.input_hint
                    optional=true
                    rows=10
                    error=form.error("input")
                />
                <button
                    type="button"
                    class="button quiet small format-button"
                    on:click=move |_| form.format_input()
                >
                    {tr(|t| t.format_json)}
                </button>
            </div>
            <details
                class="more"
                prop:open=form.more
                on:toggle=move |event: Event| {
                    let target = event.target();
                    let details = target.and_then(|target| target.dyn_into::<HtmlDetailsElement>().ok());
                    if let Some(details) = details {
                        form.more.set(details.open());
                    }
                }
            >
                <summary>{tr(|t| t.more)}</summary>
                <TextField
                    id="start-at"
                    label=|t| t.start_at
                    value=form.start_at
                    hint=|t| t.start_at_hint
                    optional=true
                    kind="datetime-local"
                    error=form.error("scheduledStartAt")
                />
                <TextField
                    id="start-version"
                    label=|t| t.version
                    value=form.version
                    hint=|t| t.version_hint
                    optional=true
                    error=form.error("version")
                />
            </details>
            <CopyAs id="start-copy" call=Signal::derive(move || Some(form.call())) />
            <div role="alert">
                {move || {
                    form.error(WHOLE)
                        .get()
                        .map(|sentence| {
                            view! {
                                <p class="banner error">
                                    <Icon glyph=Glyph::Warning />
                                    <span>{sentence}</span>
                                </p>
                            }
                        })
                }}
            </div>
            <div class="form-foot">
                <button
                    type="submit"
                    class="button primary large"
                    data-testid="start-submit"
                    aria-disabled=move || form.sending.get().then_some("true")
                >
                    <Icon glyph=Glyph::Play />
                    {move || if form.sending.get() { text().sending } else { text().start_submit }}
                </button>
            </div>
        </form>
    }
}

/// Whether a connected worker serves the name.
#[component]
fn Served(form: Form) -> impl IntoView {
    let served = Memo::new(move |_| {
        let name = form.name.get();
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        form.known.with(|known| {
            // A worker that does not tell its names leaves every name open.
            let unsure = known.iter().any(|known| known.served.is_none());
            let found = known.iter().find(|known| known.name == name);
            Some(found.map_or(if unsure { None } else { Some(false) }, |known| known.served))
        })
    });
    view! {
        <p class="served" role="status" data-testid="served">
            {move || {
                served
                    .get()
                    .map(|served| {
                        let (glyph, words, class) = match served {
                            Some(true) => (Glyph::Check, text().served, "good"),
                            Some(false) => (Glyph::Warning, text().not_served, "warn"),
                            None => (Glyph::Hourglass, text().maybe_served, "muted"),
                        };
                        view! {
                            <span class=format!("with-icon {class}")>
                                <Icon glyph />
                                <span>{words}</span>
                            </span>
                        }
                    })
            }}
        </p>
    }
}
