//! A payload: JSON as a tree that opens level by level, other text as it is, large text only on demand.

use leptos::{ev::Event, prelude::*};
use serde_json::value::RawValue;
use wasm_bindgen::JsCast;
use web_sys::HtmlDetailsElement;

use crate::{
    format::preview,
    json::{self, Node, pretty},
    json_path::{self, Step},
    text::{Words, intl, say, text, tr},
    ui::{CopyButton, save_file},
};

/// Entries of one level that are shown at a time.
const STEP: usize = 100;
/// Most places that a search shows.
const HITS: usize = 100;
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
    /// With search, line breaks, download, and the path of what is chosen.
    #[prop(optional)]
    tools: bool,
    /// When the value is only the beginning: the size and the address of the whole.
    large: Signal<Option<(u64, String)>>,
    /// Asks for the whole.
    whole: Callback<()>,
) -> impl IntoView {
    let value = Memo::new(move |_| value.get());
    let large = Memo::new(move |_| large.get());
    let (raw, wrap) = (RwSignal::new(false), RwSignal::new(true));
    let body = move || {
        let Some(content) = value.get() else {
            return view! { <p class="muted">{absent}</p> }.into_any();
        };
        if let Some((bytes, link)) = large.get() {
            return view! { <Cut content bytes link whole=Some(whole) /> }.into_any();
        }
        if tools {
            return view! { <Searched content raw /> }.into_any();
        }
        view! { <Content content raw=raw /> }.into_any()
    };
    let download = move |_| {
        let text = value.get_untracked().unwrap_or_default();
        let ending = if json::check(&text).is_ok() { "json" } else { "txt" };
        save_file(&format!("{testid}.{ending}"), &text);
    };
    view! {
        <section
            class="card payload"
            class:no-wrap=move || !wrap.get()
            aria-labelledby=format!("{testid}-title")
            data-testid=testid
        >
            <div class="card-head">
                <h2 id=format!("{testid}-title")>{tr(title)}</h2>
                <Show when=move || value.with(Option::is_some)>
                    <span class="muted small">
                        {say(move || {
                            let known = value.with(|value| value.as_ref().map_or(0, String::len));
                            let bytes = large.with(|large| large.as_ref().map(|(bytes, _)| *bytes));
                            intl::size(bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or(known))
                        })}
                    </span>
                    <span class="spacer"></span>
                    <Switch words=|t| t.raw on=raw />
                    {tools
                        .then(|| {
                            view! {
                                <Switch words=|t| t.inst.wrap on=wrap />
                                <button
                                    type="button"
                                    class="button quiet small"
                                    data-testid=format!("{testid}-download")
                                    on:click=download
                                >
                                    {tr(|t| t.inst.download)}
                                </button>
                            }
                        })}
                    <CopyButton value=Signal::derive(move || value.get().unwrap_or_default()) what=title />
                </Show>
            </div>
            {body}
        </section>
    }
}

#[component]
fn Switch(words: Words, on: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button quiet small"
            aria-pressed=move || on.get().to_string()
            on:click=move |_| on.update(|on| *on = !*on)
        >
            {tr(words)}
        </button>
    }
}

/// A payload with a search above it, and the place that was chosen.
#[component]
fn Searched(content: String, raw: RwSignal<bool>) -> impl IntoView {
    let root = StoredValue::new(content);
    let is_json = root.with_value(|root| Node::read(root).is_some());
    let wanted = RwSignal::new(String::new());
    let place = RwSignal::new(Vec::<Step>::new());
    let chosen = RwSignal::new(None::<Vec<Step>>);
    let hits = Memo::new(move |_| {
        let wanted = wanted.get();
        root.with_value(|root| json_path::search(root, wanted.trim(), HITS))
    });
    let shown = move || {
        let here = place.get();
        if here.is_empty() {
            return view! { <Content content=root.get_value() raw=raw chosen=chosen /> }.into_any();
        }
        let content = root.with_value(|root| json_path::locate(root, &here)).unwrap_or_default();
        view! {
            <p class="json-place">
                <code class="mono">{json_path::spell(&here)}</code>
                <button type="button" class="button quiet small" on:click=move |_| place.set(Vec::new())>
                    {tr(|t| t.inst.whole)}
                </button>
            </p>
            <Content content raw=raw chosen=chosen base=here />
        }
        .into_any()
    };
    let found = move || {
        let hits = hits.get();
        let found_count = hits.len();
        (!wanted.with(|wanted| wanted.trim().is_empty())).then(|| {
            let words = move || {
                let count = intl::count(u64::try_from(found_count).unwrap_or(0));
                (text().inst.hits)(&count, found_count >= HITS)
            };
            let rows = hits_rows(hits, place);
            view! {
                <p class="muted small" role="status">{say(words)}</p>
                <ul class="json-hits">{rows}</ul>
            }
        })
    };
    let path =
        move || chosen.with(|chosen| chosen.as_deref().map(json_path::spell)).unwrap_or_default();
    let value = move || {
        chosen.with(|chosen| root.with_value(|root| json_path::locate(root, chosen.as_deref()?)))
    };
    view! {
        {is_json.then(|| view! {
            <div class="json-tools">
                <input
                    type="search"
                    aria-label=tr(|t| t.inst.find)
                    placeholder=tr(|t| t.inst.find)
                    autocomplete="off"
                    spellcheck="false"
                    on:input:target=move |event| wanted.set(event.target().value())
                />
                <Show when=move || chosen.with(Option::is_some)>
                    <span class="json-place">
                        <code class="mono">{say(path)}</code>
                        <CopyButton value=Signal::derive(path) what=|t| t.inst.path labelled=true />
                        <CopyButton value=Signal::derive(move || value().unwrap_or_default()) what=|t| t.inst.value labelled=true />
                    </span>
                </Show>
            </div>
        })}
        {found}
        {shown}
    }
}

fn hits_rows(hits: Vec<json_path::Hit>, place: RwSignal<Vec<Step>>) -> Vec<AnyView> {
    hits.into_iter()
        .map(|hit| {
            let (path, to) = (json_path::spell(&hit.path), hit.path);
            view! {
                <li>
                    <button type="button" class="link mono" on:click=move |_| place.set(to.clone())>
                        {path}
                    </button>
                    " "
                    <span class="muted mono">{hit.preview}</span>
                </li>
            }
            .into_any()
        })
        .collect()
}

/// What is chosen in a tree, and where the tree hangs in the whole.
#[derive(Debug, Clone, Copy)]
struct Choice {
    chosen: Option<RwSignal<Option<Vec<Step>>>>,
    base: StoredValue<Vec<Step>>,
}

impl Choice {
    fn take(self, path: &[Step]) {
        if let Some(chosen) = self.chosen {
            let whole = self.base.with_value(|base| [base, path].concat());
            chosen.set(Some(whole));
        }
    }
}

/// The payload itself, without a card around it.
#[component]
pub fn Content(
    content: String,
    #[prop(optional, into)] raw: Signal<bool>,
    /// Takes the path of what the person opens or clicks.
    #[prop(optional)]
    chosen: Option<RwSignal<Option<Vec<Step>>>>,
    /// Path of the content inside the whole.
    #[prop(optional)]
    base: Vec<Step>,
) -> impl IntoView {
    // The server keeps back what is large until it is asked for, so all that comes here is to be shown.
    let content = StoredValue::new(content);
    let choice = Choice { chosen, base: StoredValue::new(base) };
    move || {
        let content = content.get_value();
        match Node::read(&content) {
            Some(_) if raw.get() => view! { <Plain content=pretty(&content) /> }.into_any(),
            Some(node) => {
                view! { <div class="json">{value(node, Vec::new(), None, choice)}</div> }.into_any()
            }
            None => view! {
                <p class="muted small">{tr(|t| t.not_json)}</p>
                <Plain content />
            }
            .into_any(),
        }
    }
}

/// The beginning of a payload that the server keeps back, and the ways to all of it.
#[component]
pub fn Cut(
    content: String,
    bytes: u64,
    link: String,
    whole: Option<Callback<()>>,
) -> impl IntoView {
    let mut beginning = content;
    beginning.push('…');
    let size = usize::try_from(bytes).unwrap_or(usize::MAX);
    view! {
        <p class="muted small">{say(move || (text().too_large)(&intl::size(size)))}</p>
        <Plain content=beginning />
        <div class="cut-foot">
            {whole.map(|whole| view! {
                <button type="button" class="button" on:click=move |_| whole.run(())>
                    {tr(|t| t.show_all)}
                </button>
            })}
            <a class="button" href=link download>{tr(|t| t.inst.download)}</a>
        </div>
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
fn value(node: Node, path: Vec<Step>, label: Option<Label>, choice: Choice) -> AnyView {
    let (class, words) = match node {
        Node::Array(items) if !items.is_empty() => {
            let entries = items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item));
            return view! { <Level entries=entries.collect() is_array=true path label choice /> }
                .into_any();
        }
        Node::Object(entries) if !entries.is_empty() => {
            return view! { <Level entries is_array=false path label choice /> }.into_any();
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
    let words = view! { <span class=class>{words}</span> };
    match (label, choice.chosen) {
        (Some(label), Some(_)) => view! {
            <button type="button" class=format!("json-choose {}", label.class) on:click=move |_| choice.take(&path)>
                {label.text}
            </button>
            <span class="json-colon">": "</span>
            {words}
        }
        .into_any(),
        (label, _) => view! { {label.map(Label::view)} {words} }.into_any(),
    }
}

/// One level of an array or object, which reads what is inside only when it is opened.
#[component]
fn Level(
    entries: Vec<(String, Box<RawValue>)>,
    is_array: bool,
    path: Vec<Step>,
    label: Option<Label>,
    choice: Choice,
) -> impl IntoView {
    let length = entries.len();
    let depth = path.len();
    let path = StoredValue::new(path);
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
            let visible = entries.iter().take(visible).enumerate();
            visible
                .map(|(at, (key, value))| {
                    let step = if is_array { Step::Index(at) } else { Step::Key(key.clone()) };
                    let path = path.with_value(|path| [path.as_slice(), &[step]].concat());
                    row(key.clone(), value, is_array, path, choice)
                })
                .collect_view()
        })
    };
    view! {
           <details class="json-level" prop:open=open on:toggle=toggled>
               <summary on:click=move |_| path.with_value(|path| choice.take(path))>
                   {label.map(Label::view)}
                   <span class="json-bracket">{if is_array { "[ ]" } else { "{ }" }}</span>
                   " "
                   <span class="muted">{say(summary)}</span>
               </summary>
               <Show when=move || open.get()>
                   <ul class="json-rows">{rows}</ul>
                   <Show when=move || shown.get() < length>
                       <button
                           type="button"
                           class="button quiet small"
                           on:click=move |_| shown.update(|shown| *shown += STEP)
                       >
                           {say(move || {
                               let left = length.saturating_sub(shown.get()).min(STEP);
                               (text().show_more)(&intl::count(u64::try_from(left).unwrap_or(u64::MAX)))
    })}
                       </button>
                   </Show>
               </Show>
           </details>
       }
}

fn row(key: String, raw: &RawValue, is_array: bool, path: Vec<Step>, choice: Choice) -> AnyView {
    let node = if path.len() <= DEPTH { Node::read(raw.get()) } else { None };
    let node = node.unwrap_or_else(|| Node::Plain(preview(raw.get(), 200)));
    let class = if is_array { "json-index" } else { "json-key" };
    view! { <li>{value(node, path, Some(Label { text: key, class }), choice)}</li> }.into_any()
}
