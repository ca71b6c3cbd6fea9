//! Columns of the table: which there are, their words, and the dialog that chooses them.

use leptos::{ev::Targeted, prelude::*};
use taskhub_shared::{
    column::{Column, ColumnField},
    limits::COLUMNS,
    query::SortField,
};
use web_sys::{Event, HtmlInputElement};

use super::model::List;
use crate::{
    route::ListAddress,
    state::{
        location,
        preferences::{self, Density},
    },
    text::{Words, text, tr},
    ui::{Dialog, Glyph, Icon},
};

/// Columns when the address names none.
const USUAL: [ColumnField; 6] = [
    ColumnField::Status,
    ColumnField::Name,
    ColumnField::Id,
    ColumnField::Waiting,
    ColumnField::Created,
    ColumnField::Duration,
];

/// Columns of a list whose address names these.
pub fn shown(columns: &[Column]) -> Vec<Column> {
    if columns.is_empty() { USUAL.map(Column::Field).to_vec() } else { columns.to_vec() }
}

/// The order that a column stands for.
pub fn order(column: &Column) -> Option<SortField> {
    let Column::Field(field) = column else { return None };
    match field {
        ColumnField::Status => Some(SortField::Status),
        ColumnField::Name => Some(SortField::Name),
        ColumnField::Created => Some(SortField::Created),
        ColumnField::Updated => Some(SortField::Updated),
        ColumnField::Completed => Some(SortField::Completed),
        ColumnField::Duration => Some(SortField::Duration),
        ColumnField::Id
        | ColumnField::Waiting
        | ColumnField::Error
        | ColumnField::Parent
        | ColumnField::Tags
        | ColumnField::Version
        | ColumnField::Events
        | ColumnField::Execution => None,
    }
}

/// Word of a column; a path is its own.
pub fn word(column: &Column) -> String {
    match column {
        Column::Field(field) => words(*field)(text()).to_owned(),
        Column::Value { .. } | Column::Tag(_) => column.to_string(),
    }
}

fn words(field: ColumnField) -> Words {
    match field {
        ColumnField::Status => |t| t.status_column,
        ColumnField::Name => |t| t.name,
        ColumnField::Id => |t| t.instance_id,
        ColumnField::Waiting => |t| t.waiting_column,
        ColumnField::Error => |t| t.failure,
        ColumnField::Created => |t| t.created,
        ColumnField::Updated => |t| t.updated,
        ColumnField::Completed => |t| t.completed_column,
        ColumnField::Duration => |t| t.duration,
        ColumnField::Parent => |t| t.parent,
        ColumnField::Tags => |t| t.tags,
        ColumnField::Version => |t| t.version,
        ColumnField::Events => |t| t.events_column,
        ColumnField::Execution => |t| t.execution_id,
    }
}

/// These columns with one switched on or off. The last one stays.
pub fn switched(columns: &[Column], column: &Column) -> Vec<Column> {
    let mut columns = shown(columns);
    match columns.iter().position(|known| known == column) {
        Some(at) if columns.len() > 1 => drop(columns.remove(at)),
        Some(_) => {}
        None => columns.push(column.clone()),
    }
    if columns == USUAL.map(Column::Field) { Vec::new() } else { columns }
}

/// The dialog.
#[component]
pub fn Columns(list: List, open: RwSignal<bool>) -> impl IntoView {
    let chosen = Memo::new(move |_| list.filter().columns);
    let path = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let switch = move |column: Column| {
        let change =
            |address: &mut ListAddress| address.columns = switched(&address.columns, &column);
        // The place stays, but what is shown is read anew, with the values of the new columns.
        location::replace(&untrack(|| list.route(change)));
    };
    let add = move || {
        let column = path.get_untracked().trim().parse::<Column>();
        let full = chosen.with_untracked(|columns| shown(columns).len() >= COLUMNS);
        match column {
            Ok(column) if !full => {
                path.set(String::new());
                wrong.set(false);
                if !chosen.with_untracked(|columns| shown(columns).contains(&column)) {
                    switch(column);
                }
            }
            _ => wrong.set(true),
        }
    };
    let type_path = move |event: Targeted<Event, HtmlInputElement>| {
        wrong.set(false);
        path.set(event.target().value());
    };
    let all = move || {
        let fields = ColumnField::ALL.map(Column::Field);
        let paths = chosen.get().into_iter().filter(|column| !matches!(column, Column::Field(_)));
        fields.into_iter().chain(paths).collect::<Vec<_>>()
    };
    view! {
            <Dialog open id="columns-dialog" title=Signal::derive(move || tr(|t| t.columns)().to_owned())>
                <div class="column-list" role="group" aria-label=tr(|t| t.columns)>
                    {move || {
                        all()
                            .into_iter()
                            .map(|column| {
                                let id = format!("column-{column}");
                                let (known, word) = (column.clone(), word(&column));
                                let checked = move || chosen.with(|all| shown(all).contains(&known));
                                view! {
                                    <label class="tick">
                                        <input
                                            type="checkbox"
                                            data-testid=id
                                            prop:checked=checked
                                            on:change=move |_| switch(column.clone())
                                        />
                                        <span>{word}</span>
                                    </label>
                                }
                            })
                            .collect_view()
                    }}
                </div>
                <form
                    class="field"
                    on:submit=move |event| {
                        event.prevent_default();
                        add();
                    }
                >
                    <label for="column-path">{tr(|t| t.column_path)}</label>
                    <div class="field-row">
                        <input
                            id="column-path"
                            data-testid="column-path"
                            class="mono"
                            autocomplete="off"
                            spellcheck="false"
                            placeholder="input.orderId"
                            aria-describedby="column-path-hint"
                            aria-invalid=move || wrong.get().then_some("true")
                            prop:value=path
                            on:input:target=type_path
                        />
                        <button type="submit" class="button">
                            {tr(|t| t.add)}
                        </button>
                    </div>
                    <p id="column-path-hint" class="field-hint" class:field-error=wrong role="status">
                        {move || wrong.get().then(|| view! { <Icon glyph=Glyph::Warning /> })}
                        <span>{move || if wrong.get() { text().column_wrong } else { text().column_hint }}</span>
                    </p>
                </form>
                <div class="density">
    <p aria-hidden="true">{tr(|t| t.density)}</p>
                <fieldset class="segments">
                    <legend class="visually-hidden">{tr(|t| t.density)}</legend>
                    {Density::ALL
                        .map(|density| {
                            view! {
                                <label>
                                    <input
                                        type="radio"
                                        name="density"
                                        data-testid=format!("density-{}", density.as_str())
                                        prop:checked=move || preferences::density() == density
                                        on:change=move |_| preferences::set_density(density)
                                    />
                                    <span>{move || (text().density_word)(density)}</span>
                                </label>
                            }
                        })
                        .collect_view()}
                </fieldset>
                </div>
            </Dialog>
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_switched_and_the_usual_ones_need_no_words() {
        let updated = Column::Field(ColumnField::Updated);
        let with = switched(&[], &updated);
        assert_eq!(Column::write_all(&with), "status,name,id,waiting,created,duration,updated");
        assert_eq!(switched(&with, &updated), []);
        let path: Column = "input.a".parse().unwrap();
        assert_eq!(switched(std::slice::from_ref(&path), &path), [path], "the last one stays");
    }

    #[test]
    fn each_order_has_a_column() {
        let orders = ColumnField::ALL.map(|field| order(&Column::Field(field)));
        for field in SortField::ALL {
            assert_eq!(orders.iter().filter(|order| **order == Some(field)).count(), 1);
        }
    }
}
