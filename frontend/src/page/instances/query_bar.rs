//! The query: its text, its conditions as chips, what may be written next, and what is wrong with it.

use std::{cell::RefCell, time::Duration};

use leptos::{
    ev::{KeyboardEvent, Targeted},
    html,
    leptos_dom::helpers::TimeoutHandle,
    prelude::*,
};
use web_sys::{Event, HtmlInputElement};

use super::{complete::Offers, model::List, query_text};
use crate::{
    state::location,
    text::{text, tr},
    ui::{Glyph, Icon, focus},
};

/// How long typing rests before the list follows.
const REST: Duration = Duration::from_millis(150);

thread_local! {
    static TYPING: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

/// Runs this when typing has rested, unless more is typed first.
fn after_typing(follow: impl FnOnce() + 'static) {
    let timer = set_timeout_with_handle(follow, REST).ok();
    if let Some(before) = TYPING.replace(timer) {
        before.clear();
    }
}

/// The bar.
#[component]
pub fn QueryBar(list: List) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let ink = NodeRef::<html::Div>::new();
    let draft = RwSignal::new(untrack(|| list.filter().q));
    // What was typed last; another text of the address comes from elsewhere.
    let typed = StoredValue::new(draft.get_untracked());
    let offers = Offers::new(list);
    let pushed = StoredValue::new(false);
    Effect::new(move || {
        let q = list.filter().q;
        if q != typed.get_value() {
            typed.set_value(q.clone());
            draft.set(q);
            offers.close();
        }
    });
    let go = move |q: String| {
        typed.set_value(q.clone());
        let route = untrack(|| list.route(|address| address.q.clone_from(&q)));
        // Back leads to the query before the first letter, not through each of them.
        if pushed.get_value() {
            location::replace(&route);
        } else {
            pushed.set_value(true);
            location::go(&route);
        }
    };
    let write = move |q: String, caret: usize| {
        draft.set(q.clone());
        offers.look(&q, caret);
        after_typing(move || {
            if !list.rows.is_disposed() {
                go(q);
                offers.ask();
            }
        });
    };
    let accept = move |at: usize| {
        let Some((q, caret)) = offers.taken(at, &draft.get_untracked()) else { return };
        draft.set(q.clone());
        offers.look(&q, caret);
        offers.ask();
        go(q.clone());
        if let Some(input) = input.get_untracked() {
            input.set_value(&q);
            let _ = input.focus();
            let units = utf16(&q, caret);
            let _ = input.set_selection_range(units, units);
        }
    };
    let on_input = move |event: Targeted<Event, HtmlInputElement>| {
        let input = event.target();
        let q = input.value();
        let caret = byte_at(&q, input.selection_start().ok().flatten().unwrap_or(u32::MAX));
        write(q, caret);
    };
    let on_key = move |event: KeyboardEvent| {
        let handled = match event.key().as_str() {
            "ArrowDown" => offers.step(true),
            "ArrowUp" => offers.step(false),
            "Enter" => match offers.chosen() {
                Some(at) => {
                    accept(at);
                    true
                }
                None => {
                    offers.close();
                    true
                }
            },
            "Tab" => offers.chosen().is_some_and(|at| {
                accept(at);
                true
            }),
            "Escape" => offers.close(),
            _ => false,
        };
        if handled {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let look = move || {
        let Some(input) = input.get_untracked() else { return };
        let q = input.value();
        let caret = byte_at(&q, input.selection_start().ok().flatten().unwrap_or(u32::MAX));
        offers.look(&q, caret);
        offers.ask();
    };
    let follow_scroll = move |_: Event| {
        if let (Some(input), Some(ink)) = (input.get_untracked(), ink.get_untracked()) {
            ink.set_scroll_left(input.scroll_left());
        }
    };
    // While suggestions are open, what is missing at the end is still to come.
    let error = Memo::new(move |_| {
        let is_open = offers.is_open();
        draft.with(|text| {
            let error = query_text::read(text).err()?;
            (!is_open || error.span.start < text.trim_end().len()).then_some(error)
        })
    });
    // The text before, in and behind the place where it goes wrong.
    let inked = move || {
        let error = error.get()?;
        let text = draft.get();
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
        let (start, end) = (error.span.start, error.span.end);
        let (before, wrong) = (part(0, start), part(start, end));
        // At the end of the text there is nothing to draw under.
        let wrong = if wrong.is_empty() { "\u{a0}".to_owned() } else { wrong };
        Some(view! {
            <span>{before}</span>
            <span class="query-wrong">{wrong}</span>
        })
    };
    let clear = move |_| {
        pushed.set_value(false);
        draft.set(String::new());
        offers.close();
        go(String::new());
        if let Some(input) = input.get_untracked() {
            focus(&input);
        }
    };
    view! {
        <div class="query" role="search" aria-label=tr(|t| t.query)>
            <div class="query-box" class:invalid=move || error.with(Option::is_some)>
                <Icon glyph=Glyph::Search />
                    <div class="query-ink mono" aria-hidden="true" node_ref=ink>
                        {inked}
                    </div>
                    <input
                        node_ref=input
                        id="query"
                        data-testid="query"
                        class="mono"
                        type="text"
                        role="combobox"
                        aria-label=tr(|t| t.query)
                        aria-autocomplete="list"
                        aria-expanded=move || offers.is_open().to_string()
                        aria-controls="query-offers"
                        aria-activedescendant=move || offers.chosen().map(|at| format!("offer-{at}"))
                        aria-invalid=move || error.with(Option::is_some).then_some("true")
                        aria-describedby="query-error"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        placeholder=tr(|t| t.query_hint)
                        prop:value=draft
                        on:input:target=on_input
                        on:keydown=on_key
                        on:click=move |_| look()
                        on:scroll=follow_scroll
                        on:focus=move |_| pushed.set_value(false)
                        on:blur=move |_| {
                            offers.close();
                        }
                    />
                <Show when=move || draft.with(|text| !text.is_empty())>
                    <button
                        type="button"
                        class="button quiet icon-button"
                        data-testid="clear-filters"
                        aria-label=tr(|t| t.clear_all)
                        title=tr(|t| t.clear_all)
                        on:click=clear
                    >
                        <Icon glyph=Glyph::Close />
                    </button>
                </Show>
            </div>
            <super::complete::OfferList offers accept />
            <p id="query-error" class="field-error" data-testid="query-error" role="status">
                {move || {
                    error
                        .get()
                        .map(|error| {
                            view! {
                                <Icon glyph=Glyph::Warning />
                                <span>
                                    {move || (text().query_mistake)(&error.mistake, error.character)}
                                </span>
                            }
                        })
                }}
            </p>
            <Chips list />
        </div>
    }
}

/// The conditions of the query, each with a button that takes it away.
#[component]
fn Chips(list: List) -> impl IntoView {
    let parts = Memo::new(move |_| query_text::parts(&list.filter().q));
    view! {
        <Show when=move || parts.with(|parts| !parts.is_empty())>
            <ul class="chips" aria-label=tr(|t| t.conditions)>
                {move || {
                    parts
                        .get()
                        .into_iter()
                        .map(|part| {
                            let words = part.text.clone();
                            let label = move || (text().remove_condition)(&words);
                            let remove = move |_| {
                                let change = |q: &mut String| *q = query_text::without(q, part.span);
                                location::go(&untrack(|| list.route(|address| change(&mut address.q))));
                                if let Some(query) = document().get_element_by_id("query") {
                                    focus(wasm_bindgen::JsCast::unchecked_ref(&query));
                                }
                            };
                            view! {
                                <li class="chip">
                                    <span class="mono cut" title=part.text>
                                        {part.text.clone()}
                                    </span>
                                    <button
                                        type="button"
                                        class="button quiet icon-button"
                                        data-testid="remove-chip"
                                        aria-label=label
                                        on:click=remove
                                    >
                                        <Icon glyph=Glyph::Close />
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </Show>
    }
}

/// Place in bytes of a place in the browser's units.
fn byte_at(text: &str, units: u32) -> usize {
    let mut left = units;
    for (at, letter) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(u32::try_from(letter.len_utf16()).unwrap_or(1));
    }
    text.len()
}

/// Place in the browser's units of a place in bytes.
fn utf16(text: &str, byte: usize) -> u32 {
    let before = text.get(..byte).unwrap_or(text);
    u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_the_browser_does() {
        let text = "é🙂x";
        for (units, byte) in [(0, 0), (1, 2), (3, 6), (4, 7), (9, 7)] {
            assert_eq!(byte_at(text, units), byte);
        }
        assert_eq!((utf16(text, 6), utf16(text, 7), utf16(text, 0)), (3, 4, 0));
    }
}
