//! Which rows are shown, and the ways to the pages before and after.

use leptos::prelude::*;
use taskhub_shared::limits::PAGE_DEFAULT;

use super::model::List;
use crate::{
    route::{ListAddress, Route},
    text::{Words, tr},
    ui::{Glyph, Icon},
};

/// The footer of the table.
#[component]
pub fn Pager(list: List) -> impl IntoView {
    let route = move |cursor: Option<String>, skipped: u64| {
        let address = ListAddress { cursor, skipped, ..list.filter() };
        Route::Instances { hub: list.hub(), list: Ok(address) }.url()
    };
    let page = u64::try_from(PAGE_DEFAULT).unwrap_or(u64::MAX);
    let previous = Memo::new(move |_| {
        let cursor = list.neighbours.with(|page| page.previous.clone())?;
        let skipped = list.filter().skipped.saturating_sub(page);
        // The page before the second one is the first, however many rows have come since.
        Some(route((skipped > 0).then_some(cursor), skipped))
    });
    let next = Memo::new(move |_| {
        let cursor = list.neighbours.with(|page| page.next.clone())?;
        let shown = u64::try_from(list.rows.with(Vec::len)).unwrap_or(0);
        Some(route(Some(cursor), list.filter().skipped + shown))
    });
    view! {
        <div class="pager">
            <p data-testid="row-count">{move || list.words()}</p>
            <nav aria-label=tr(|t| t.pages)>
                <PageLink href=previous label=|t| t.previous_page is_next=false />
                <PageLink href=next label=|t| t.next_page is_next=true />
            </nav>
        </div>
    }
}

/// A link to a page. Without that page it stays, so that the other one does not jump.
#[component]
fn PageLink(href: Memo<Option<String>>, label: Words, is_next: bool) -> impl IntoView {
    let testid = if is_next { "next-page" } else { "previous-page" };
    view! {
        <a
            class="button"
            data-testid=testid
            role="link"
            href=href
            aria-disabled=move || href.with(Option::is_none).then_some("true")
        >
            {(!is_next).then(|| view! { <Icon glyph=Glyph::Back /> })}
            {tr(label)}
            {is_next.then(|| view! { <Icon glyph=Glyph::Chevron /> })}
        </a>
    }
}
