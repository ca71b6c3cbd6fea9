//! Which instances are chosen, and what can be done with them.

use std::collections::BTreeSet;

use leptos::prelude::*;
use taskhub_shared::{column::Column, query::encode};
use wasm_bindgen::JsCast;
use web_sys::HtmlAnchorElement;

use super::{model::List, query_text};
use crate::{
    route::{Place, Route},
    state::{location, notices},
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// Chosen instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These, perhaps none.
    Ids(BTreeSet<String>),
    /// All that match the query now.
    Matching,
}

impl Default for Selection {
    fn default() -> Self {
        Self::Ids(BTreeSet::new())
    }
}

/// What can be done with chosen instances. Batch jobs take their place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A file for spreadsheets.
    ExportCsv,
    /// A file of one JSON object a line.
    ExportJson,
}

/// Chosen instances as an operation takes them: the query, and the ids when they were ticked one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Query that means just these instances.
    pub q: String,
    /// Their ids; absent when all are meant that match the query.
    pub ids: Option<Vec<String>>,
}

impl Selection {
    /// Whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Ids(ids) if ids.is_empty())
    }

    /// Whether this instance is chosen, on a list that shows only what matches.
    pub fn holds(&self, id: &str) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(id),
            Self::Matching => true,
        }
    }

    /// With this instance chosen or not. Out of all that match, the others of these rows remain.
    #[must_use]
    pub fn with(&self, id: &str, on: bool, rows: &[String]) -> Self {
        let mut ids = match self {
            Self::Ids(ids) => ids.clone(),
            Self::Matching => rows.iter().cloned().collect(),
        };
        if on {
            ids.insert(id.to_owned());
        } else {
            ids.remove(id);
        }
        Self::Ids(ids)
    }

    /// With all rows between two of them chosen too.
    #[must_use]
    pub fn with_range(&self, from: &str, to: &str, rows: &[String]) -> Self {
        let place = |id: &str| rows.iter().position(|row| row == id);
        let (Some(from), Some(to)) = (place(from), place(to)) else {
            return self.with(to, true, rows);
        };
        let between = rows.get(from.min(to)..=from.max(to)).unwrap_or_default();
        between.iter().fold(self.clone(), |all, id| match all {
            Self::Ids(_) => all.with(id, true, rows),
            Self::Matching => Self::Matching,
        })
    }

    /// What an operation takes, on a list with this query.
    pub fn target(&self, q: &str) -> Target {
        match self {
            Self::Matching => Target { q: q.to_owned(), ids: None },
            Self::Ids(ids) => Target {
                q: query_text::of_ids(ids.iter().map(String::as_str)),
                ids: Some(ids.iter().cloned().collect()),
            },
        }
    }
}

/// Does something with chosen instances of the list.
pub fn act_on(list: List, selection: &Selection, operation: Operation) {
    let address = untrack(|| list.filter());
    let target = selection.target(&address.q);
    let format = match operation {
        Operation::ExportCsv => "csv",
        Operation::ExportJson => "jsonl",
    };
    match export_url(&list.hub(), &target.q, &address.sort.to_string(), &address.columns, format) {
        Some(url) => download(&url),
        None => notices::failed(text().too_many_ticked.to_owned()),
    }
}

/// Where the file is; absent when the query is longer than the server reads.
fn export_url(hub: &str, q: &str, sort: &str, columns: &[Column], format: &str) -> Option<String> {
    query_text::read(q).ok()?;
    // What the table composes of several things has no cell of its own.
    let columns: Vec<Column> =
        columns.iter().filter(|column| column.to_string() != "waiting").cloned().collect();
    let mut url = format!("/api/v1/hubs/{}/export?format={format}&sort={sort}", encode(hub));
    for (key, value) in [("q", q.to_owned()), ("cols", Column::write_all(&columns))] {
        if !value.is_empty() {
            url.push_str(&format!("&{key}={}", encode(&value)));
        }
    }
    Some(url)
}

/// Leads to the form of a batch job for what is chosen.
fn batch(list: List, selection: &Selection) {
    let target = selection.target(&untrack(|| list.filter()).q);
    let (q, ids) = match target.ids {
        Some(ids) => (String::new(), ids),
        None => (target.q, Vec::new()),
    };
    location::go(&Route::Place(Place::NewBatch { hub: list.hub(), q, action: None, ids }));
}

fn download(url: &str) {
    let link = document().create_element("a").ok();
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else {
        return;
    };
    link.set_href(url);
    link.set_download("");
    link.click();
}

/// What is chosen, and the buttons for it. It stays in sight once something is.
#[component]
pub fn SelectionBar(list: List, selection: RwSignal<Selection>) -> impl IntoView {
    let chosen = Memo::new(move |_| match &*selection.read() {
        Selection::Ids(ids) => u64::try_from(ids.len()).unwrap_or(u64::MAX),
        Selection::Matching => list.total(),
    });
    let is_all = Memo::new(move |_| *selection.read() == Selection::Matching);
    let words = move || {
        let count = intl::count(chosen.get());
        if is_all.get() { (text().all_selected)(&count) } else { (text().selected)(&count) }
    };
    view! {
        <Show when=move || !selection.read().is_empty()>
            <div class="selection-bar" role="group" aria-label=tr(|t| t.selection) data-testid="selection-bar">
                <p role="status" data-testid="selection-count">{words}</p>
                <Show when=move || !is_all.get()>
                    <button
                        type="button"
                        class="button quiet small"
                        data-testid="select-all"
                        on:click=move |_| selection.set(Selection::Matching)
                    >
                        {move || (text().or_all_matching)(&intl::count(list.total()))}
                    </button>
                </Show>
                <span class="spacer"></span>
                <button
                    type="button"
                    class="button small"
                    data-testid="batch-chosen"
                    on:click=move |_| batch(list, &selection.get_untracked())
                >
                    {tr(|t| t.admin.new_batch)}
                </button>
                <Exports list selection />
                <button
                    type="button"
                    class="button quiet icon-button"
                    aria-label=tr(|t| t.clear_selection)
                    data-testid="clear-selection"
                    on:click=move |_| {
                        selection.set(Selection::default());
                        super::table::focus_table();
                    }
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </div>
        </Show>
    }
}

/// Both files, of what is chosen or else of all that matches.
#[component]
pub fn Exports(list: List, selection: RwSignal<Selection>) -> impl IntoView {
    let export = move |operation| {
        let chosen = selection.get_untracked();
        let chosen = if chosen.is_empty() { Selection::Matching } else { chosen };
        act_on(list, &chosen, operation);
    };
    view! {
        <button
            type="button"
            class="button small"
            data-testid="export-csv"
            on:click=move |_| export(Operation::ExportCsv)
        >
            {tr(|t| t.export_csv)}
        </button>
        <button
            type="button"
            class="button small"
            data-testid="export-json"
            on:click=move |_| export(Operation::ExportJson)
        >
            {tr(|t| t.export_json)}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Selection {
        Selection::Ids(ids.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn rows_are_ticked_one_by_one_and_as_a_range() {
        let rows: Vec<String> = ["d", "c", "b", "a"].map(str::to_owned).to_vec();
        let one = Selection::default().with("c", true, &rows);
        assert_eq!(one, ids(&["c"]));
        assert_eq!(one.with("c", false, &rows), Selection::default());
        assert_eq!(one.with_range("c", "a", &rows), ids(&["a", "b", "c"]));
        assert_eq!(one.with_range("a", "d", &rows), ids(&["a", "b", "c", "d"]));
        assert_eq!(one.with_range("gone", "a", &rows), ids(&["a", "c"]));
        assert_eq!(Selection::Matching.with("b", false, &rows), ids(&["a", "c", "d"]));
    }

    #[test]
    fn an_operation_takes_a_query_and_the_ids() {
        assert_eq!(Selection::Matching.target("tag:x").q, "tag:x");
        let target = ids(&["a b", "c"]).target("tag:x");
        assert_eq!(target.q, "id=\"a b\",c");
        assert_eq!(target.ids.unwrap(), ["a b", "c"]);
    }

    #[test]
    fn a_file_has_the_columns_of_the_list() {
        let columns = Column::read_all("id,waiting,input.a").unwrap();
        let url = export_url("H", "a b", "-created", &columns, "csv").unwrap();
        assert_eq!(url, "/api/v1/hubs/H/export?format=csv&sort=-created&q=a%20b&cols=id%2Cinput.a");
        let many: Vec<String> = (0..300).map(|n| format!("i{n}")).collect();
        let long = query_text::of_ids(many.iter().map(String::as_str));
        assert_eq!(export_url("H", &long, "-created", &[], "csv"), None);
    }
}
