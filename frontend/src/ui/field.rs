//! Labelled inputs with a hint and an error beside them.

use leptos::{ev::Targeted, html, prelude::*};
use web_sys::{Event, HtmlInputElement, HtmlTextAreaElement};

use super::{Glyph, Icon};
use crate::text::{Words, tr};

/// Label, hint and error around an input whose id is `id`.
#[component]
pub fn Field(
    id: &'static str,
    label: Words,
    #[prop(optional)] hint: Option<Words>,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field" class:invalid=move || error.with(Option::is_some)>
            <label for=id>
                {tr(label)}
                {optional.then(|| view! { " " <span class="muted">{tr(|t| t.optional)}</span> })}
            </label>
            {children()}
            <p class="field-error" id=format!("{id}-error") data-testid=format!("{id}-error")>
                {move || {
                    error.get().map(|error| view! { <Icon glyph=Glyph::Warning /> <span>{error}</span> })
                }}
            </p>
            {hint.map(|hint| view! { <p class="field-hint" id=format!("{id}-hint")>{tr(hint)}</p> })}
        </div>
    }
}

/// Ids of the texts that describe an input.
fn described_by(id: &'static str, has_hint: bool) -> String {
    if has_hint { format!("{id}-error {id}-hint") } else { format!("{id}-error") }
}

/// One line of text.
#[component]
pub fn TextField(
    id: &'static str,
    label: Words,
    value: RwSignal<String>,
    #[prop(optional)] hint: Option<Words>,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// Id of a `<datalist>` with values on offer.
    #[prop(optional)]
    list: Option<&'static str>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] mono: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] input_ref: NodeRef<html::Input>,
    /// Buttons beside the input.
    #[prop(optional)]
    beside: Option<Children>,
) -> impl IntoView {
    let described = described_by(id, hint.is_some());
    let on_input =
        move |event: Targeted<Event, HtmlInputElement>| value.set(event.target().value());
    let input = view! {
        <div class="field-row">
            <input
                node_ref=input_ref
                id=id
                data-testid=id
                type=kind
                class:mono=mono
                list=list
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-required=required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described
                autofocus=autofocus
                prop:value=value
                on:input:target=on_input
            />
            {beside.map(|beside| beside())}
        </div>
    };
    match hint {
        Some(hint) => view! { <Field id label hint optional error>{input}</Field> }.into_any(),
        None => view! { <Field id label optional error>{input}</Field> }.into_any(),
    }
}

/// Several lines of JSON.
#[component]
pub fn TextArea(
    id: &'static str,
    label: Words,
    value: RwSignal<String>,
    hint: Words,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(default = 6)] rows: u32,
    #[prop(optional)] area_ref: NodeRef<html::Textarea>,
) -> impl IntoView {
    let on_input =
        move |event: Targeted<Event, HtmlTextAreaElement>| value.set(event.target().value());
    view! {
        <Field id label hint optional error>
            <textarea
                node_ref=area_ref
                id=id
                data-testid=id
                class="mono"
                rows=rows.to_string()
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by(id, true)
                prop:value=value
                on:input:target=on_input
            ></textarea>
        </Field>
    }
}
