//! A long id in a narrow place.

use leptos::prelude::*;

use crate::format::split_tail;

/// An id that is cut in its middle where it does not fit. The whole id stays in the page, to select and to find.
#[component]
pub fn IdText(#[prop(into)] id: String) -> impl IntoView {
    let (head, tail) = split_tail(&id, 7);
    let (head, tail) = (head.to_owned(), tail.to_owned());
    view! {
        <span class="id-text mono" title=id>
            <span class="id-head">{head}</span>
            <span class="id-tail">{tail}</span>
        </span>
    }
}
