//! A payload: JSON as a tree that opens level by level, other text as it is, large text only on demand.

use leptos::{ev::Event, prelude::*};
use serde_json::value::RawValue;
use wasm_bindgen::JsCast;
use web_sys::HtmlDetailsElement;

use crate::{
    format::{first_bytes, preview},
    json::{Node, pretty},
    text::{Words, intl, text, tr},
    ui::CopyButton,
};

/// Text above this size shows only its beginning first.
const LARGE: usize = 256 * 1024;
/// Bytes of the beginning.
const BEGINNING: usize = 4 * 1024;
/// Entries of one level that are shown at a time.
const STEP: usize = 100;
/// Levels that are open from the start, if they are short.
const OPEN_DEPTH: usize = 2;
/// Most entries of a level that is open from the start.
const OPEN_ENTRIES: usize = 20;
/// Levels below which only text is shown: nobody reads further, and the page would be pushed off the screen.
const DEPTH: usize = 40;

/// A card with a payload, or with `absent` when there is none.
#[component]
pub fn Payload(
    title: Words,
    testid: &'static str,
    #[prop(into)] value: Signal<Option<String>>,
    #[prop(into)] absent: Signal<&'static str>,
) -> impl IntoView {
    let value = Memo::new(move |_| value.get());
    let raw = RwSignal::new(false);
    let body = move || {
        let Some(content) = value.get() else {
            return view! { <p class="muted">{absent}</p> }.into_any();
        };
        view! { <Content content raw=raw /> }.into_any()
    };
    view! {
        <section class="card payload" aria-labelledby=format!("{testid}-title") data-testid=testid>
            <div class="card-head">
                <h2 id=format!("{testid}-title")>{tr(title)}</h2>
                <Show when=move || value.with(Option::is_some)>
                    <span class="muted small">
                        {move || value.with(|value| intl::size(value.as_ref().map_or(0, String::len)))}
                    </span>
                    <span class="spacer"></span>
                    <button
                        type="button"
                        class="button quiet small"
                        aria-pressed=move || raw.get().to_string()
                        on:click=move |_| raw.update(|raw| *raw = !*raw)
                    >
                        {tr(|t| t.raw)}
                    </button>
                    <CopyButton value=Signal::derive(move || value.get().unwrap_or_default()) what=title />
                </Show>
            </div>
            {body}
        </section>
    }
}

/// The payload itself, without a card around it.
#[component]
pub fn Content(content: String, #[prop(optional, into)] raw: Signal<bool>) -> impl IntoView {
    let all = RwSignal::new(content.len() <= LARGE);
    let content = StoredValue::new(content);
    move || {
        let content = content.get_value();
        if !all.get() {
            return view! { <Beginning content all /> }.into_any();
        }
        match Node::read(&content) {
            Some(_) if raw.get() => view! { <Plain content=pretty(&content) /> }.into_any(),
            Some(node) => view! { <div class="json">{value(node, 0, None)}</div> }.into_any(),
            None => view! {
                <p class="muted small">{tr(|t| t.not_json)}</p>
                <Plain content />
            }
            .into_any(),
        }
    }
}

/// The first part of large text and a way to all of it.
#[component]
fn Beginning(content: String, all: RwSignal<bool>) -> impl IntoView {
    let bytes = content.len();
    let beginning = format!("{}…", first_bytes(&content, BEGINNING));
    view! {
        <p class="muted small">{move || (text().too_large)(&intl::size(bytes))}</p>
        <Plain content=beginning />
        <button type="button" class="button" on:click=move |_| all.set(true)>
            {tr(|t| t.show_all)}
        </button>
    }
}

/// Text as it is. Long text can be scrolled with the keyboard.
#[component]
fn Plain(content: String) -> impl IntoView {
    view! {
        <pre class="mono plain" tabindex="0">
            {content}
        </pre>
    }
}

/// What stands before a value: a key, or the position in an array.
#[derive(Debug, Clone)]
struct Label {
    text: String,
    class: &'static str,
}

impl Label {
    fn view(self) -> impl IntoView {
        view! {
            <span class=self.class>{self.text}</span>
            <span class="json-colon">": "</span>
        }
    }
}

/// One value with what stands before it.
fn value(node: Node, depth: usize, label: Option<Label>) -> AnyView {
    let (class, words) = match node {
        Node::Array(items) if !items.is_empty() => {
            let entries = items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item));
            return view! { <Level entries=entries.collect() is_array=true depth label /> }
                .into_any();
        }
        Node::Object(entries) if !entries.is_empty() => {
            return view! { <Level entries is_array=false depth label /> }.into_any();
        }
        Node::Array(_) => ("json-null", "[]".to_owned()),
        Node::Object(_) => ("json-null", "{}".to_owned()),
        Node::Text(text) => ("json-text", format!("\"{text}\"")),
        Node::Plain(plain) => {
            let class = match plain.chars().next() {
                Some('t' | 'f') => "json-bool",
                Some('n') => "json-null",
                _ => "json-number",
            };
            (class, plain)
        }
    };
    view! {
        {label.map(Label::view)}
        <span class=class>{words}</span>
    }
    .into_any()
}

/// One level of an array or object, which reads what is inside only when it is opened.
#[component]
fn Level(
    entries: Vec<(String, Box<RawValue>)>,
    is_array: bool,
    depth: usize,
    label: Option<Label>,
) -> impl IntoView {
    let length = entries.len();
    let open = RwSignal::new(depth < OPEN_DEPTH && (depth == 0 || length <= OPEN_ENTRIES));
    let shown = RwSignal::new(STEP);
    let entries = StoredValue::new(entries);
    let summary = move || {
        let count = intl::count(u64::try_from(length).unwrap_or(u64::MAX));
        if is_array { (text().items)(&count) } else { (text().keys)(&count) }
    };
    let toggled = move |event: Event| {
        let details =
            event.target().and_then(|target| target.dyn_into::<HtmlDetailsElement>().ok());
        if let Some(details) = details {
            open.set(details.open());
        }
    };
    let rows = move || {
        let visible = shown.get();
        entries.with_value(|entries| {
            let visible = entries.iter().take(visible);
            visible.map(|(key, value)| row(key.clone(), value, is_array, depth)).collect_view()
        })
    };
    view! {
        <details class="json-level" prop:open=open on:toggle=toggled>
            <summary>
                {label.map(Label::view)}
                <span class="json-bracket">{if is_array { "[ ]" } else { "{ }" }}</span>
                " "
                <span class="muted">{summary}</span>
            </summary>
            <Show when=move || open.get()>
                <ul class="json-rows">{rows}</ul>
                <Show when=move || shown.get() < length>
                    <button
                        type="button"
                        class="button quiet small"
                        on:click=move |_| shown.update(|shown| *shown += STEP)
                    >
                        {move || {
                            let left = length.saturating_sub(shown.get()).min(STEP);
                            (text().show_more)(&intl::count(u64::try_from(left).unwrap_or(u64::MAX)))
                        }}
                    </button>
                </Show>
            </Show>
        </details>
    }
}

fn row(key: String, raw: &RawValue, is_array: bool, depth: usize) -> AnyView {
    let node = if depth < DEPTH { Node::read(raw.get()) } else { None };
    let node = node.unwrap_or_else(|| Node::Plain(preview(raw.get(), 200)));
    let class = if is_array { "json-index" } else { "json-key" };
    view! { <li>{value(node, depth + 1, Some(Label { text: key, class }))}</li> }.into_any()
}
