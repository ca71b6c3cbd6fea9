//! The tabs of the page, which are addresses, and the one that is open.

use leptos::prelude::*;

use super::{
    data::Data, history::History, model::Detail, payloads::Payloads, timeline::Timeline, tree::Tree,
};
use crate::{
    route::{Route, Tab},
    state::location,
    text::{Words, tr},
};

/// Which tab is open, without what its address says further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Timeline,
    History,
    Tree,
    Data,
}

const TABS: [(Open, Words, &str); 4] = [
    (Open::Timeline, |t| t.inst.timeline, "tab-timeline"),
    (Open::History, |t| t.history, "tab-history"),
    (Open::Tree, |t| t.inst.tree, "tab-tree"),
    (Open::Data, |t| t.inst.data, "tab-data"),
];

impl Open {
    fn of(tab: &Tab) -> Self {
        match tab {
            Tab::Timeline => Self::Timeline,
            Tab::History { .. } => Self::History,
            Tab::Tree => Self::Tree,
            Tab::Data => Self::Data,
        }
    }

    fn tab(self) -> Tab {
        match self {
            Self::Timeline => Tab::Timeline,
            Self::History => Tab::History { at: None, q: String::new() },
            Self::Tree => Tab::Tree,
            Self::Data => Tab::Data,
        }
    }
}

/// The links and the open tab.
#[component]
pub fn Tabs(detail: Detail) -> impl IntoView {
    let open = Memo::new(|_| match location::route() {
        Route::Instance { tab, .. } => Open::of(&tab),
        Route::Home
        | Route::Instances { .. }
        | Route::Start { .. }
        | Route::Place(_)
        | Route::NotFound => Open::Timeline,
    });
    let links = TABS
        .into_iter()
        .enumerate()
        .map(|(at, (tab, words, testid))| {
            let href = Route::tab(&detail.hub(), &detail.id(), tab.tab()).url();
            view! {
                <a
                    class="tab"
                    href=href
                    data-testid=testid
                    aria-current=move || (open.get() == tab).then_some("page")
                    aria-keyshortcuts=(at + 1).to_string()
                >
                    {tr(words)}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=tr(|t| t.inst.tabs)>
            {links}
        </nav>
        {move || match open.get() {
            Open::Timeline => view! {
                <Timeline detail />
                <Payloads detail tools=false />
            }
            .into_any(),
            Open::History => view! { <History detail /> }.into_any(),
            Open::Tree => view! { <Tree detail /> }.into_any(),
            Open::Data => view! { <Data detail /> }.into_any(),
        }}
    }
}
