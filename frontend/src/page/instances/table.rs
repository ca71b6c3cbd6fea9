//! The rows. On narrow screens the style sheet makes cards of them; their roles are written out so that they stay a
//! table for screen readers then too.

use leptos::prelude::*;

use super::model::{List, Row};
use crate::{
    component::{Elapsed, IdText, StatusBadge, Time},
    route::Route,
    text::{Words, tr},
    ui::CopyButton,
};

const COLUMNS: [(&str, Words); 6] = [
    ("c-status", |t| t.status_column),
    ("c-name", |t| t.name),
    ("c-id", |t| t.instance_id),
    ("c-created", |t| t.created),
    ("c-updated", |t| t.updated),
    ("c-duration", |t| t.duration),
];

/// The table.
#[component]
pub fn Table(list: List) -> impl IntoView {
    let stale = move || list.error.with(Option::is_some) || list.slow.get();
    view! {
        <div class="table-box" class:stale=stale>
            <table
                class="table"
                role="table"
                aria-label=tr(|t| t.instances)
                aria-busy=move || list.slow.get().to_string()
                data-testid="instances-table"
            >
                <thead role="rowgroup">
                    <tr role="row">
                        {COLUMNS
                            .map(|(class, label)| {
                                view! {
                                    <th role="columnheader" scope="col" class=class>
                                        {tr(label)}
                                    </th>
                                }
                            })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || list.rows.get() key=|row| row.id.clone() let:row>
                        <TableRow hub=list.hub() row />
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn TableRow(hub: String, row: Row) -> impl IntoView {
    let Row { id, data, purged } = row;
    let data = RwSignal::from(data);
    let purged = RwSignal::from(purged);
    let href = Route::instance(&hub, &id).url();
    let (shown_id, copied_id) = (id.clone(), id.clone());
    let created = Signal::derive(move || data.with(|row| row.created_at));
    let updated = Signal::derive(move || data.with(|row| row.last_updated_at));
    let ended = Signal::derive(move || data.with(|row| row.completed_at));
    let status = Signal::derive(move || data.with(|row| row.runtime_status));
    let name = Memo::new(move |_| data.with(|row| row.name.clone()));
    let failure = Memo::new(move |_| data.with(|row| row.failure_message.clone()));
    let label = {
        let id = id.clone();
        move || format!("{id}, {}", name.get())
    };
    view! {
        <tr role="row" class="row" class:purged=move || purged.get() data-testid="instance-row" data-id=id>
            <td role="cell" class="c-status">
                <StatusBadge status />
                <Show when=move || purged.get()>
                    <span class="tag">{tr(|t| t.purged_row)}</span>
                </Show>
            </td>
            <td role="cell" class="c-name">
                <span class="cut" title=name>{name}</span>
                {move || {
                    failure
                        .get()
                        .map(|failure| {
                         let shown = failure.clone();
                            view! { <span class="row-failure cut" title=failure>{shown}</span> }
                        })
                }}
            </td>
            <td role="cell" class="c-id">
                <div class="id-cell">
                    <a class="row-link" href=href data-row-link="" aria-label=label>
                        <IdText id=shown_id />
                    </a>
                    <CopyButton value=Signal::stored(copied_id) what=|t| t.instance_id />
                </div>
            </td>
            <td role="cell" class="c-created">
                <Label word=|t| t.created />
                <Time at=created short=true />
            </td>
            <td role="cell" class="c-updated">
                <Label word=|t| t.updated />
                <Time at=updated short=true />
            </td>
            <td role="cell" class="c-duration">
                <Label word=|t| t.duration />
                <Elapsed from=created to=ended />
            </td>
        </tr>
    }
}

/// Name of a cell, shown only on cards.
#[component]
fn Label(word: Words) -> impl IntoView {
    view! { <span class="cell-label" aria-hidden="true">{tr(word)}</span> }
}
