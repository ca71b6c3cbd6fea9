//! What may be written next in the query, with how many instances have it.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    query::{Field, InstanceQuery, Query, Span, complete::complete},
    request::{Facet, FacetValue, ListFacets},
};

use super::{model::List, query_text};
use crate::{
    api::{self, Abort},
    text::{intl, text, tr},
};

/// Most values that are offered.
const MOST: usize = 10;

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it puts into the text.
    pub word: String,
    /// How many instances have it.
    pub count: Option<u64>,
}

/// What the server is asked for.
#[derive(Debug, Clone)]
struct Wanted {
    facet: Facet,
    /// The rest of the query.
    others: Query,
    /// What is written of the value.
    written: String,
}

/// What is on offer. Copies of it are the same.
#[derive(Debug, Clone, Copy)]
pub struct Offers {
    list: List,
    offers: RwSignal<Vec<Offer>>,
    chosen: RwSignal<Option<usize>>,
    replace: StoredValue<Span>,
    wanted: StoredValue<Option<Wanted>>,
    turn: StoredValue<u64>,
    abort: StoredValue<Option<Abort>, LocalStorage>,
}

impl Offers {
    pub fn new(list: List) -> Self {
        Self {
            list,
            offers: RwSignal::default(),
            chosen: RwSignal::new(None),
            replace: StoredValue::default(),
            wanted: StoredValue::default(),
            turn: StoredValue::default(),
            abort: StoredValue::new_local(None),
        }
    }

    /// Whether anything is on offer.
    pub fn is_open(self) -> bool {
        self.offers.with(|offers| !offers.is_empty())
    }

    /// Place of the offer that Enter takes.
    pub fn chosen(self) -> Option<usize> {
        self.chosen.get()
    }

    /// Takes the offers away; whether there were any.
    pub fn close(self) -> bool {
        // The input loses the focus also when it goes away.
        if self.offers.is_disposed() {
            return false;
        }
        self.turn.update_value(|turn| *turn += 1);
        self.abort.set_value(None);
        self.wanted.set_value(None);
        self.chosen.set(None);
        let any = self.offers.with_untracked(|offers| !offers.is_empty());
        if any {
            self.offers.set(Vec::new());
        }
        any
    }

    /// Chooses the next offer or the one before; whether there are any.
    pub fn step(self, down: bool) -> bool {
        let count = self.offers.with_untracked(Vec::len);
        if count == 0 {
            return false;
        }
        self.chosen.update(|chosen| {
            *chosen = match (*chosen, down) {
                (None, true) => Some(0),
                (None, false) | (Some(0), false) => Some(count - 1),
                (Some(at), true) => Some((at + 1) % count),
                (Some(at), false) => Some(at - 1),
            };
        });
        true
    }

    /// The text with an offer taken, and where one goes on to write.
    pub fn taken(self, at: usize, text: &str) -> Option<(String, usize)> {
        let offer = self.offers.with_untracked(|offers| offers.get(at).cloned())?;
        let span = self.replace.get_value();
        Some(put(text, span, &offer.word))
    }

    /// Looks what may stand at this place of the text, as far as that is known here.
    pub fn look(self, text: &str, caret: usize) {
        self.close();
        let found = complete(text, caret);
        self.replace.set_value(found.replace);
        let written = text.get(found.replace.start..found.replace.end).unwrap_or_default();
        let plain = |word: String| Offer { word, count: None };
        let mut offers: Vec<Offer> = found.words.into_iter().map(plain).collect();
        if let Some(Field::Time(_)) = found.field {
            offers = beginning(&[">-1h", ">-24h", ">-7d", ">-30d", "<-24h"], written);
        } else if found.field == Some(Field::Duration) {
            offers = beginning(&[">1m", ">5m", ">1h", ">24h"], written);
        }
        // A word that is written already needs no offer.
        offers.retain(|offer| offer.word != written);
        self.offers.set(offers);
        let begin = word_begin(text, found.replace.start);
        let wanted = found.field.and_then(facet).map(|facet| Wanted {
            facet,
            others: without_word(text, begin, caret),
            written: written.trim_matches('"').to_lowercase(),
        });
        self.wanted.set_value(wanted);
    }

    /// Asks the server for values and their numbers.
    pub fn ask(self) {
        let Some(wanted) = self.wanted.try_update_value(Option::take).flatten() else { return };
        let Wanted { facet, others, written } = wanted;
        let turn = self.turn.get_value();
        let abort = Abort::new();
        let signal = abort.signal();
        self.abort.set_value(Some(abort));
        let request = ListFacets {
            hub: self.list.hub(),
            query: InstanceQuery { q: others, ..InstanceQuery::default() },
            facet,
            top: Some(200),
        };
        spawn_local(async move {
            let answer = api::send(&request, signal.as_ref()).await;
            if self.offers.is_disposed() || self.turn.get_value() != turn {
                return;
            }
            let Ok(found) = answer else { return };
            let known = self.offers.get_untracked();
            let offers = numbered(known.clone(), &found.values)
                .unwrap_or_else(|| values(facet, found.values, &written));
            // What was chosen stays chosen, wherever it stands now.
            let chosen = self.chosen.get_untracked().and_then(|at| known.get(at).cloned());
            let place =
                chosen.and_then(|one| offers.iter().position(|offer| offer.word == one.word));
            self.chosen.set(place);
            self.offers.set(offers);
        });
    }
}

/// Words of a closed set with their numbers; absent when there are no such words.
fn numbered(offers: Vec<Offer>, values: &[FacetValue]) -> Option<Vec<Offer>> {
    let count = |word: &str| {
        values
            .iter()
            .find(|value| value.value.eq_ignore_ascii_case(word))
            .map_or(0, |value| value.count)
    };
    let with = |offer: Offer| Offer { count: Some(count(&offer.word)), ..offer };
    (!offers.is_empty()).then(|| offers.into_iter().map(with).collect())
}

/// Offers of a facet that begin like what is written, or else hold it.
fn values(facet: Facet, values: Vec<FacetValue>, written: &str) -> Vec<Offer> {
    let (first, second): (Vec<_>, Vec<_>) = values
        .into_iter()
        .filter(|value| !value.value.is_empty())
        .filter_map(|value| {
            let lower = value.value.to_lowercase();
            let shown = match facet {
                Facet::Tag => value.value.split_once('=').map(|(_, value)| value)?.to_owned(),
                Facet::Status | Facet::Name | Facet::Version | Facet::Error => value.value,
            };
            let word = query_text::value(&shown);
            let offer = Offer { word, count: Some(value.count) };
            lower.contains(written).then(|| (!lower.starts_with(written), offer))
        })
        .partition(|(inside, _)| !inside);
    // The order of the counts stays within both halves.
    first.into_iter().chain(second).map(|(_, offer)| offer).take(MOST).collect()
}

fn facet(field: Field) -> Option<Facet> {
    match field {
        Field::Status => Some(Facet::Status),
        Field::Name => Some(Facet::Name),
        Field::Version => Some(Facet::Version),
        Field::Tag => Some(Facet::Tag),
        Field::Error => Some(Facet::Error),
        Field::Id
        | Field::Parent
        | Field::Is
        | Field::Wait
        | Field::Time(_)
        | Field::Duration
        | Field::Payload(_) => None,
    }
}

fn beginning(words: &[&str], written: &str) -> Vec<Offer> {
    let fits = words.iter().filter(|word| word.starts_with(written) || written.is_empty());
    fits.map(|word| Offer { word: (*word).to_owned(), count: None }).collect()
}

/// Where the word begins that this place lies in.
fn word_begin(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before
        .rfind(|letter: char| letter.is_whitespace() || "()".contains(letter))
        .map_or(0, |at| at + 1)
}

/// What the rest of the query says; nothing when it cannot be read.
fn without_word(text: &str, begin: usize, end: usize) -> Query {
    let before = text.get(..begin).unwrap_or_default().trim_end_matches('-');
    let after = text.get(end..).unwrap_or_default();
    format!("{before} {after}").parse().unwrap_or_default()
}

/// The text with a word in the place of another. Behind a value a blank lets the next condition begin.
fn put(text: &str, span: Span, word: &str) -> (String, usize) {
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let goes_on = word.ends_with([':', '.']) || after.starts_with([' ', ',', ')']);
    let blank = if goes_on { "" } else { " " };
    let begin = format!("{before}{word}{blank}");
    let caret = begin.len();
    (begin + after, caret)
}

/// The list of offers.
#[component]
pub fn OfferList(offers: Offers, accept: impl Fn(usize) + Copy + Send + 'static) -> impl IntoView {
    view! {
        <ul
            id="query-offers"
            class="offers"
            role="listbox"
            aria-label=tr(|t| t.offers)
            data-testid="query-offers"
            hidden=move || !offers.is_open()
        >
            {move || {
                offers
                    .offers
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(at, offer)| {
                        let is_chosen = move || offers.chosen() == Some(at);
                        let count = offer.count.map(|count| {
                            view! { <span class="offer-count">{intl::number(count)}</span> }
                        });
                        let help = (text().field_help)(offer.word.trim_end_matches([':', '.']));
                        let help = help.filter(|_| offer.word.ends_with([':', '.']));
                        view! {
                            <li
                                id=format!("offer-{at}")
                                role="option"
                                aria-selected=move || is_chosen().to_string()
                                // The input keeps the focus.
                                on:mousedown=|event| event.prevent_default()
                                on:click=move |_| accept(at)
                            >
                                <span class="mono cut">{offer.word}</span>
                                {help.map(|help| view! { <span class="muted small cut">{help}</span> })}
                                {count}
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: &str, count: u64) -> FacetValue {
        FacetValue { value: value.to_owned(), count, counts: Default::default() }
    }

    #[test]
    fn values_are_offered_with_their_numbers() {
        let all =
            || vec![value("Order", 9), value("Reorder", 5), value("Order made", 2), value("", 1)];
        let words = |written: &str| -> Vec<(String, Option<u64>)> {
            let found = values(Facet::Name, all(), written).into_iter();
            found.map(|offer| (offer.word, offer.count)).collect()
        };
        let wanted = [("Order", 9), ("\"Order made\"", 2), ("Reorder", 5)];
        let wanted = wanted.map(|(word, count)| (word.to_owned(), Some(count)));
        assert_eq!(words("order"), wanted);
        assert_eq!(words("zzz"), []);
        assert_eq!(values(Facet::Tag, vec![value("region=eu", 3)], "")[0].word, "eu");
    }

    #[test]
    fn words_of_a_closed_set_keep_their_order() {
        let offer = |word: &str, count| Offer { word: word.to_owned(), count };
        let known = vec![offer("Pending", None), offer("Running", None)];
        let found = numbered(known, &[value("Running", 4)]).unwrap();
        assert_eq!(found, [offer("Pending", Some(0)), offer("Running", Some(4))]);
        assert_eq!(numbered(Vec::new(), &[value("Order", 4)]), None);
    }

    #[test]
    fn an_offer_takes_the_place_of_the_word() {
        let put =
            |text: &str, caret: usize, word: &str| put(text, complete(text, caret).replace, word);
        assert_eq!(put("stat", 4, "status:"), ("status:".to_owned(), 7));
        assert_eq!(put("a status:fa", 11, "failed"), ("a status:failed ".to_owned(), 16));
        assert_eq!(put("status:fa name:x", 9, "failed"), ("status:failed name:x".to_owned(), 13));
    }

    #[test]
    fn numbers_are_those_of_the_rest_of_the_query() {
        let text = "tag:eu -name:Or is:root";
        let found = complete(text, 15);
        let begin = word_begin(text, found.replace.start);
        assert_eq!(without_word(text, begin, 15).to_string(), "tag:eu is:root");
    }
}
