//! Input, output and custom status.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{history::HistoryEvent, status::InstanceDetail};

use super::model::Detail;
use crate::{
    api,
    component::{Content, Cut, Payload},
    state::notices,
    text::{Words, text},
};

/// One of the three: its title, its id in tests, its field on the wire.
type Card = (Words, &'static str, &'static str);

const CARDS: [Card; 3] = [
    (|t| t.input, "input", "input"),
    (|t| t.output, "output", "output"),
    (|t| t.custom_status, "custom-status", "customStatus"),
];

/// The three cards.
#[component]
pub fn Payloads(detail: Detail, tools: bool) -> impl IntoView {
    let cards: Vec<AnyView> = CARDS.into_iter().map(|card| one(detail, card, tools)).collect();
    view! {
        <div class="cards" class:one-column=tools>
            {cards}
        </div>
    }
}

fn one(detail: Detail, (title, testid, field): Card, tools: bool) -> AnyView {
    let instance = detail.instance;
    // The whole of a payload that came cut, with the revision that it belongs to.
    let loaded = RwSignal::new(None::<(u64, String)>);
    let revision = move || instance.with(|one| one.as_ref().map_or(0, |one| one.summary.revision));
    let is_whole =
        move || loaded.with(|loaded| loaded.as_ref().is_some_and(|one| one.0 == revision()));
    let value = Signal::derive(move || {
        if is_whole() {
            return loaded.with(|loaded| loaded.as_ref().map(|(_, whole)| whole.clone()));
        }
        instance.with(|instance| of(instance.as_ref()?, field).clone())
    });
    let large = Signal::derive(move || {
        let found = instance.with(|instance| {
            let found = instance.as_ref()?.large.iter().find(|large| large.field == field)?;
            Some((found.bytes, found.link.clone()))
        });
        found.filter(|_| !is_whole())
    });
    let whole = Callback::new(move |()| {
        let (Some((_, link)), of) = (untrack(|| large.get()), untrack(revision)) else { return };
        spawn_local(async move {
            match api::fetch(&link).await {
                Ok(text) => {
                    loaded.try_set(Some((of, text)));
                }
                Err(error) => notices::failed(error.sentence()),
            }
        });
    });
    let absent = Signal::derive(move || {
        let ended = instance.with(|instance| {
            instance.as_ref().is_some_and(|instance| instance.summary.runtime_status.is_terminal())
        });
        if field == "output" && !ended { text().no_output_yet } else { text().none }
    });
    view! { <Payload title testid value absent tools large whole /> }.into_any()
}

fn of<'a>(instance: &'a InstanceDetail, field: &str) -> &'a Option<String> {
    match field {
        "input" => &instance.input,
        "output" => &instance.output,
        _ => &instance.custom_status,
    }
}

/// The payload of an event, which may be the beginning of a larger one.
pub fn of_event(event: &HistoryEvent, payload: Option<&str>) -> Option<AnyView> {
    let content = payload?.to_owned();
    Some(match event.large.clone() {
        Some(large) => {
            view! { <Cut content bytes=large.bytes link=large.link whole=None /> }.into_any()
        }
        None => view! { <Content content /> }.into_any(),
    })
}
