//! Name, id and time; all of it lives in the address.

use std::{cell::RefCell, time::Duration};

use leptos::{ev::Targeted, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use taskhub_shared::request::{KnownName, ListNames};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};

use super::model::List;
use crate::{
    api,
    route::{ListAddress, Preset, Range, Route},
    state::{clock, location},
    text::{Words, text, tr},
    ui::{Glyph, Icon, from_local_input, to_local_input},
};

/// How long typing rests before the list follows.
const REST: Duration = Duration::from_millis(150);

thread_local! {
    static TYPING: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

/// The filters and the button that clears them.
#[component]
pub fn Filters(list: List) -> impl IntoView {
    let names = RwSignal::new(Vec::<KnownName>::new());
    let request = ListNames { hub: list.hub() };
    spawn_local(async move {
        if let Ok(known) = api::send(&request, None).await {
            names.try_set(known);
        }
    });
    let is_filtered = Memo::new(move |_| list.filter().is_filtered());
    let range = Memo::new(move |_| list.filter().range);
    // On narrow screens the fields are folded away until they are wanted.
    let open = RwSignal::new(untrack(|| list.filter().narrows_counts()));
    let shown = move || open.get().to_string();
    let clear = move |_| {
        location::go(&Route::instances(&list.hub()));
        if let Some(filter) = document().get_element_by_id("filter-name") {
            crate::ui::focus(wasm_bindgen::JsCast::unchecked_ref(&filter));
        }
    };
    view! {
        <form
            class="filters"
            role="search"
            aria-label=tr(|t| t.filters)
            data-open=shown
            on:submit=|event| event.prevent_default()
        >
            <button
                type="button"
                class="button filters-switch"
                aria-expanded=shown
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <Icon glyph=Glyph::Search />
                {tr(|t| t.filters)}
            </button>
            <TypedFilter
                list
                id="filter-name"
                label=|t| t.name
                placeholder=|t| t.name_hint
                names="known-names"
                read=|filter| filter.name.clone()
                write=|filter, value| filter.name = value
            />
            <datalist id="known-names">
                {move || names.get().into_iter().map(|known| view! { <option value=known.name></option> }).collect_view()}
            </datalist>
            <TypedFilter
                list
                id="filter-id"
                label=|t| t.id_prefix
                placeholder=|t| t.id_prefix_hint
                names=""
                read=|filter| filter.id_prefix.clone()
                write=|filter, value| filter.id_prefix = value
            />
            <RangeFilter list range />
            <Show when=move || is_filtered.get()>
                <button type="button" class="button quiet" data-testid="clear-filters" on:click=clear>
                    <Icon glyph=Glyph::Close />
                    {tr(|t| t.clear_all)}
                </button>
            </Show>
        </form>
    }
}

/// A filter that is typed; the list follows when typing rests.
#[component]
fn TypedFilter(
    list: List,
    id: &'static str,
    label: Words,
    placeholder: Words,
    names: &'static str,
    read: fn(&ListAddress) -> Option<String>,
    write: fn(&mut ListAddress, Option<String>),
) -> impl IntoView {
    let value = Memo::new(move |_| read(&list.filter()).unwrap_or_default());
    let typed = move |event: Targeted<Event, HtmlInputElement>| {
        let text = event.target().value();
        let follow = move || {
            if list.rows.is_disposed() {
                return;
            }
            let value = (!text.is_empty()).then_some(text);
            location::replace(&untrack(|| list.route(|filter| write(filter, value))));
        };
        let timer = set_timeout_with_handle(follow, REST).ok();
        if let Some(before) = TYPING.replace(timer) {
            before.clear();
        }
    };
    view! {
        <div class="filter">
            <label for=id>{tr(label)}</label>
            <input
                id=id
                data-testid=id
                type="text"
                list=(!names.is_empty()).then_some(names)
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=tr(placeholder)
                prop:value=value
                on:input:target=typed
            />
        </div>
    }
}

#[component]
fn RangeFilter(list: List, range: Memo<Range>) -> impl IntoView {
    let choose = move |event: Targeted<Event, HtmlSelectElement>| {
        let value = event.target().value();
        let preset = Preset::ALL.into_iter().find(|preset| preset.as_str() == value);
        let range = match (value.as_str(), preset) {
            (_, Some(preset)) => Range::Last(preset),
            ("custom", None) => Range::Between(Some(clock::now() - Preset::Day.length()), None),
            _ => Range::All,
        };
        location::go(&list.route(|filter| filter.range = range));
    };
    let value = Memo::new(move |_| match range.get() {
        Range::All => "all",
        Range::Last(preset) => preset.as_str(),
        Range::Between(..) => "custom",
    });
    let is_custom = move || value.get() == "custom";
    view! {
        <div class="filter narrow">
            <label for="filter-range">{tr(|t| t.created)}</label>
            <select id="filter-range" data-testid="filter-range" class="select" on:change:target=choose prop:value=value>
                <option value="all">{tr(|t| t.range_all)}</option>
                {Preset::ALL
                    .map(|preset| {
                        view! {
                            <option value=preset.as_str()>{move || (text().range)(preset)}</option>
                        }
                    })
                    .collect_view()}
                <option value="custom">{tr(|t| t.range_custom)}</option>
            </select>
        </div>
        <Show when=is_custom>
            <Bound list range id="filter-from" label=|t| t.from is_later=false />
            <Bound list range id="filter-to" label=|t| t.to is_later=true />
        </Show>
    }
}

/// One end of a custom time.
#[component]
fn Bound(
    list: List,
    range: Memo<Range>,
    id: &'static str,
    label: Words,
    is_later: bool,
) -> impl IntoView {
    let bounds = move || match range.get() {
        Range::Between(from, to) => (from, to),
        Range::All | Range::Last(_) => (None, None),
    };
    let value = move || {
        let (from, to) = bounds();
        (if is_later { to } else { from }).map(to_local_input).unwrap_or_default()
    };
    let change = move |event: Targeted<Event, HtmlInputElement>| {
        let time = from_local_input(&event.target().value());
        let (from, to) = untrack(bounds);
        let range = if is_later { Range::Between(from, time) } else { Range::Between(time, to) };
        location::go(&list.route(|filter| filter.range = range));
    };
    view! {
        <div class="filter narrow">
            <label for=id>{tr(label)}</label>
            <input id=id data-testid=id type="datetime-local" prop:value=value on:change:target=change />
        </div>
    }
}
