//! The rows, of which only those near the screen are drawn. On narrow screens the style sheet makes cards of them; their
//! roles are written out so that they stay a table for screen readers then too.

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};
use taskhub_shared::{
    column::{Column, ColumnField},
    query::{Sort, SortField},
    status::InstanceSummary,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{
    columns::{order, shown, word},
    model::{List, More, Row},
    selection::Selection,
    window::Sight,
};
use crate::{
    component::{Elapsed, IdText, StatusBadge, Time},
    page::instance::waiting_words,
    route::Route,
    state::location,
    text::{Words, intl, text, tr},
    ui::{CopyButton, Glyph, Icon, focus},
};

/// Height of what lies over the top of the list: the bar and the heads of the columns.
const COVERED: f64 = 76.0;
/// Height of what may lie over its bottom: the bar of what is chosen.
const BELOW: f64 = 72.0;
/// Height of a row before one was measured.
const ROW: f64 = 32.0;
/// Columns that fit on a wide screen.
const FIT: usize = 8;

fn one(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Height of a row.
fn row_height() -> f64 {
    one("#instances .row").map_or(ROW, |row| row.get_bounding_client_rect().height().max(1.0))
}

/// Place of the list's beginning on the screen.
fn top() -> Option<f64> {
    Some(one("#instances")?.get_bounding_client_rect().top())
}

/// Scrolls so far as rows have moved.
pub fn scroll_rows(from: usize, to: usize) {
    #[expect(clippy::cast_precision_loss, reason = "no list is so long")]
    let rows = to as f64 - from as f64;
    if rows != 0.0 {
        window().scroll_by_with_x_and_y(0.0, rows * row_height());
    }
}

/// Puts the focus on the table.
pub fn focus_table() {
    if let Some(table) = one("#table") {
        focus(&table);
    }
}

/// Scrolls to a row of the whole list, unless it stands on the screen.
pub fn reveal(list: List, row: usize) {
    let (Some(top), Some(height)) = (top(), inner_height()) else { return };
    let each = row_height();
    #[expect(clippy::cast_precision_loss, reason = "no list is so long")]
    let at = top + row as f64 * each;
    let by = if at < COVERED { at - COVERED } else { (at + each - (height - BELOW)).max(0.0) };
    if by != 0.0 {
        window().scroll_by_with_x_and_y(0.0, by);
        look(list);
    }
}

fn inner_height() -> Option<f64> {
    window().inner_height().ok()?.as_f64()
}

/// Takes in what stands on the screen.
fn look(list: List) {
    if let (Some(top), Some(height)) = (top(), inner_height()) {
        let sight = Sight::of(COVERED - top, height - COVERED, row_height());
        if list.sight.get_untracked() != sight {
            list.sight.set(sight);
        }
    }
}

/// Follows scrolling and the size of the window, and brings the person to their place when the list begins anew.
fn follow(list: List) {
    let looking = StoredValue::new(false);
    let on_move = move || {
        if looking.try_get_value() != Some(false) {
            return;
        }
        looking.set_value(true);
        request_animation_frame(move || {
            if looking.try_set_value(false).is_none() {
                look(list);
                list.tell_soon(std::time::Duration::from_millis(120));
            }
        });
    };
    let scroll = window_event_listener(ev::scroll, move |_| on_move());
    let resize = window_event_listener(ev::resize, move |_| on_move());
    let place = StoredValue::new(None::<TimeoutHandle>);
    on_cleanup(move || {
        scroll.remove();
        resize.remove();
    });
    Effect::new(move || {
        list.sight.track();
        let timer = set_timeout_with_handle(
            move || {
                if !list.rows.is_disposed() {
                    list.remember_place();
                }
            },
            std::time::Duration::from_millis(300),
        );
        if let Some(before) =
            place.try_update_value(|place| std::mem::replace(place, timer.ok())).flatten()
        {
            before.clear();
        }
    });
    Effect::new(move |before: Option<u64>| {
        let anew = list.anew.get();
        // The first list comes to the place of its address; Back, which knows better, comes last.
        let base = list.base.get_untracked();
        if before.is_none_or(|before| before == 0) && base > 0 {
            request_animation_frame(move || {
                if let Some(top) = top() {
                    #[expect(clippy::cast_precision_loss, reason = "no list is so long")]
                    let at = base as f64 * row_height();
                    window().scroll_by_with_x_and_y(0.0, top + at - COVERED);
                }
            });
        }
        location::return_to_scroll();
        request_animation_frame(move || {
            if !list.rows.is_disposed() {
                look(list);
            }
        });
        anew
    });
}

/// The table.
#[component]
pub fn Table(
    list: List,
    selection: RwSignal<Selection>,
    anchor: StoredValue<Option<String>>,
) -> impl IntoView {
    follow(list);
    let stale = move || {
        list.error.with(Option::is_some) || list.slow.get() || list.what.with(Result::is_err)
    };
    let columns = Memo::new(move |_| shown(&list.filter().columns));
    let drawn = Memo::new(move |_| list.window().drawn(list.sight.get()));
    let rows = move || {
        let (first, end) = drawn.get();
        list.rows.with(|rows| rows.get(first..end).unwrap_or_default().to_vec())
    };
    let space = |rows: usize| format!("calc({rows} * var(--row-height))");
    let before = move || space(list.base.get() + drawn.get().0);
    let behind = move || {
        let left = list.rows.with(Vec::len).saturating_sub(drawn.get().1);
        // The page that is on its way has its room already, so that scrolling does not stop.
        space(left + if list.has_next() { super::window::EARLY } else { 0 })
    };
    let is_wide = move || columns.with(Vec::len) > FIT;
    view! {
        <div class="table-box" class:stale=stale class:wide=is_wide id="table" tabindex="-1">
            <table
                class="table"
                role="table"
                aria-label=tr(|t| t.instances)
                aria-busy=move || list.slow.get().to_string()
                data-testid="instances-table"
            >
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="c-tick">
                            <AllTick list selection />
                        </th>
                        {move || {
                            let heads = columns.get().into_iter();
                            heads.map(|column| view! { <Head list column /> }).collect_view()
                        }}
                    </tr>
                </thead>
                <tbody role="rowgroup" id="instances">
                    <tr class="space" aria-hidden="true">
                        <td style:height=before></td>
                    </tr>
                    <For each=rows key=|row| row.id.clone() let:row>
                        <TableRow list row columns selection anchor />
                    </For>
                    <tr class="space" aria-hidden="true">
                        <td style:height=behind></td>
                    </tr>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn AllTick(list: List, selection: RwSignal<Selection>) -> impl IntoView {
    let is_all = move || *selection.read() == Selection::Matching;
    view! {
        <input
            type="checkbox"
            data-testid="tick-all"
            aria-label=move || (text().select_all)(&intl::count(list.total()))
            title=move || (text().select_all)(&intl::count(list.total()))
            prop:checked=is_all
            prop:indeterminate=move || !is_all() && !selection.read().is_empty()
            on:change=move |_| {
                let all = is_all();
                selection.set(if all { Selection::default() } else { Selection::Matching });
            }
        />
    }
}

fn class(column: &Column) -> &'static str {
    match column {
        Column::Field(ColumnField::Status) => "c-status",
        Column::Field(ColumnField::Name) => "c-name",
        Column::Field(ColumnField::Id) => "c-id",
        Column::Field(ColumnField::Waiting | ColumnField::Error) => "c-words",
        Column::Field(ColumnField::Created | ColumnField::Updated | ColumnField::Completed) => {
            "c-time"
        }
        Column::Field(ColumnField::Duration) => "c-duration",
        Column::Field(
            ColumnField::Parent
            | ColumnField::Tags
            | ColumnField::Version
            | ColumnField::Events
            | ColumnField::Execution,
        )
        | Column::Value { .. }
        | Column::Tag(_) => "c-value",
    }
}

/// The order that a press on a head asks for: the other way round, or at first what is wanted mostly.
fn next_sort(now: Sort, field: SortField) -> Sort {
    let text = matches!(field, SortField::Name | SortField::Status);
    let descending = if now.field == field { !now.descending } else { !text };
    Sort { field, descending }
}

#[component]
fn Head(list: List, column: Column) -> impl IntoView {
    let class = class(&column);
    let by = order(&column);
    let word = {
        let column = column.clone();
        move || word(&column)
    };
    let sort = Memo::new(move |_| list.filter().sort);
    let state = move || {
        let sort = sort.get();
        (by == Some(sort.field)).then_some(if sort.descending { "descending" } else { "ascending" })
    };
    let Some(field) = by else {
        return view! { <th role="columnheader" scope="col" class=class><span class="cut">{word}</span></th> }.into_any();
    };
    let go = move |_| {
        let route = untrack(|| list.route(|address| address.sort = next_sort(address.sort, field)));
        location::go(&route);
    };
    view! {
        <th role="columnheader" scope="col" class=class aria-sort=state>
            <button type="button" class="sort" data-testid=format!("sort-{}", field.as_str()) on:click=go>
                <span class="cut">{word}</span>
                <span class="sort-mark" aria-hidden="true">
                    {move || match state() {
                        Some("descending") => "↓",
                        Some(_) => "↑",
                        None => "",
                    }}
                </span>
            </button>
        </th>
    }
    .into_any()
}

#[component]
fn TableRow(
    list: List,
    row: Row,
    columns: Memo<Vec<Column>>,
    selection: RwSignal<Selection>,
    anchor: StoredValue<Option<String>>,
) -> impl IntoView {
    let id = row.id.clone();
    let purged = RwSignal::from(row.purged.clone());
    let is_ticked = {
        let id = id.clone();
        Memo::new(move |_| selection.read().holds(&id))
    };
    let is_peeked = {
        let id = id.clone();
        Memo::new(move |_| {
            list.address
                .with(|known| known.as_ref().is_ok_and(|known| known.peek.as_ref() == Some(&id)))
        })
    };
    let tick = {
        let id = id.clone();
        move |event: ev::MouseEvent| {
            let from = if event.shift_key() { anchor.get_value() } else { None };
            toggle(list, selection, anchor, &id, from.as_deref());
        }
    };
    let label = {
        let id = id.clone();
        move || (text().select_one)(&id)
    };
    let cells = move || {
        let mut paths = 0;
        let cell = |column: Column| {
            let class = class(&column);
            let words = {
                let column = column.clone();
                move || word(&column)
            };
            let at = paths;
            paths += usize::from(matches!(column, Column::Value { .. }));
            let content = content(list, &row, &column, at, is_peeked);
            view! {
                <td role="cell" class=class>
                    <span class="cell-label" aria-hidden="true">{words}</span>
                    {content}
                </td>
            }
        };
        columns.get().into_iter().map(cell).collect_view()
    };
    view! {
        <tr
            role="row"
            class="row"
            class:purged=move || purged.get()
            class:ticked=is_ticked
            class:peeked=is_peeked
            data-testid="instance-row"
            data-id=id
        >
            <td role="cell" class="c-tick">
                <input
                    type="checkbox"
                    data-testid="tick"
                    aria-label=label
                    prop:checked=is_ticked
                    on:click=tick
                />
            </td>
            {cells}
        </tr>
    }
}

/// Switches a row on or off, or on with all rows from another one.
pub fn toggle(
    list: List,
    selection: RwSignal<Selection>,
    anchor: StoredValue<Option<String>>,
    id: &str,
    from: Option<&str>,
) {
    let rows: Vec<String> =
        list.rows.with_untracked(|rows| rows.iter().map(|row| row.id.clone()).collect());
    let now = selection.get_untracked();
    let next = match from {
        Some(from) => now.with_range(from, id, &rows),
        None => now.with(id, !now.holds(id), &rows),
    };
    anchor.set_value(Some(id.to_owned()));
    selection.set(next);
}

/// What a cell of plain text says. One function for all of them keeps the module small.
fn plain(column: &Column, path: usize, row: &InstanceSummary, more: &More) -> String {
    let field = match column {
        Column::Field(field) => *field,
        Column::Value { .. } => return more.cells.get(path).cloned().flatten().unwrap_or_default(),
        Column::Tag(key) => return row.tags.get(key).cloned().unwrap_or_default(),
    };
    match field {
        ColumnField::Name => row.name.clone(),
        ColumnField::Parent => row.parent_instance_id.clone().unwrap_or_default(),
        ColumnField::Tags => {
            let tags = row.tags.iter().map(|(key, value)| format!("{key}={value}"));
            tags.collect::<Vec<_>>().join(", ")
        }
        ColumnField::Version => row.version.clone().unwrap_or_default(),
        ColumnField::Events => intl::number(row.history_length),
        ColumnField::Execution => row.execution_id.clone(),
        ColumnField::Error => row.failure_message.clone().unwrap_or_default(),
        ColumnField::Status
        | ColumnField::Id
        | ColumnField::Waiting
        | ColumnField::Created
        | ColumnField::Updated
        | ColumnField::Completed
        | ColumnField::Duration => String::new(),
    }
}

fn content(list: List, row: &Row, column: &Column, path: usize, is_peeked: Memo<bool>) -> AnyView {
    let data = RwSignal::from(row.data.clone());
    let more = RwSignal::from(row.more.clone());
    match column {
        Column::Field(ColumnField::Status) => {
            let purged = RwSignal::from(row.purged.clone());
            let status = Signal::derive(move || data.with(|row| row.runtime_status));
            view! {
                <StatusBadge status />
                <Show when=move || purged.get()>
                    <span class="tag">{tr(|t| t.purged_row)}</span>
                </Show>
            }
            .into_any()
        }
        Column::Field(ColumnField::Id) => id_cell(list, row, is_peeked),
        Column::Field(ColumnField::Waiting) => words_cell(data, more),
        Column::Field(
            field @ (ColumnField::Created | ColumnField::Updated | ColumnField::Completed),
        ) => {
            let field = *field;
            let at = Memo::new(move |_| {
                data.with(|row| match field {
                    ColumnField::Updated => Some(row.last_updated_at),
                    ColumnField::Completed => row.completed_at,
                    ColumnField::Status
                    | ColumnField::Name
                    | ColumnField::Id
                    | ColumnField::Waiting
                    | ColumnField::Error
                    | ColumnField::Created
                    | ColumnField::Duration
                    | ColumnField::Parent
                    | ColumnField::Tags
                    | ColumnField::Version
                    | ColumnField::Events
                    | ColumnField::Execution => Some(row.created_at),
                })
            });
            (move || at.get().map(|at| view! { <Time at=Signal::stored(at) short=true /> }))
                .into_any()
        }
        Column::Field(ColumnField::Duration) => {
            let from = Signal::derive(move || data.with(|row| row.created_at));
            let to = Signal::derive(move || data.with(|row| row.completed_at));
            view! { <Elapsed from to /> }.into_any()
        }
        Column::Field(
            ColumnField::Name
            | ColumnField::Error
            | ColumnField::Parent
            | ColumnField::Tags
            | ColumnField::Version
            | ColumnField::Events
            | ColumnField::Execution,
        )
        | Column::Value { .. }
        | Column::Tag(_) => {
            let class = match column {
                Column::Value { .. } => "cut mono",
                Column::Field(ColumnField::Error) => "cut row-failure",
                Column::Field(_) | Column::Tag(_) => "cut",
            };
            let column = column.clone();
            let text = Memo::new(move |_| {
                data.with(|row| more.with(|more| plain(&column, path, row, more)))
            });
            view! { <span class=class title=text>{text}</span> }.into_any()
        }
    }
}

fn id_cell(list: List, row: &Row, is_peeked: Memo<bool>) -> AnyView {
    let id = row.id.clone();
    let href = Route::instance(&list.hub(), &id).url();
    let data = RwSignal::from(row.data.clone());
    let label = {
        let id = id.clone();
        move || data.with(|row| format!("{id}, {}", row.name))
    };
    let peek = {
        let id = id.clone();
        move |_| {
            let wanted = (!is_peeked.get_untracked()).then(|| id.clone());
            location::replace(&untrack(|| list.peeking(wanted)));
        }
    };
    let peek_word: Words = |t| t.peek;
    view! {
        <div class="id-cell">
            <a class="row-link" href=href data-row-link="" aria-label=label>
                <IdText id=id.clone() />
            </a>
            <span class="row-tools">
                <button
                    type="button"
                    class="button quiet icon-button"
                    aria-label=tr(peek_word)
                    title=tr(peek_word)
                    aria-expanded=move || is_peeked.get().to_string()
                    data-testid="peek-row"
                    on:click=peek
                >
                    <Icon glyph=Glyph::Chevron />
                </button>
                <CopyButton value=Signal::stored(id) what=|t| t.instance_id />
            </span>
        </div>
    }
    .into_any()
}

/// Why it failed, or what it waits for.
fn words_cell(data: RwSignal<InstanceSummary>, more: RwSignal<More>) -> AnyView {
    let failure = Memo::new(move |_| data.with(|row| row.failure_message.clone()));
    let ended = Memo::new(move |_| data.with(|row| row.runtime_status.is_terminal()));
    let waiting = Memo::new(move |_| more.with(|more| more.waiting.clone()));
    (move || {
        if let Some(failure) = failure.get() {
            let shown = failure.clone();
            return view! { <span class="row-failure cut" title=failure>{shown}</span> }.into_any();
        }
        if ended.get() || waiting.with(Vec::is_empty) {
            return ().into_any();
        }
        let words = move || {
            waiting.with(|waiting| {
                let first = waiting.first().map(waiting_words).unwrap_or_default();
                match u64::try_from(waiting.len()).unwrap_or(0) {
                    0 | 1 => first,
                    all => format!("{first} {}", (text().waits_more)(&intl::count(all - 1))),
                }
            })
        };
        view! { <span class="cut" title=words>{words}</span> }.into_any()
    })
    .into_any()
}

/// The row that has the focus.
pub fn focused_row() -> Option<String> {
    row_of(&document().active_element()?)
}

fn row_of(element: &Element) -> Option<String> {
    element.closest("[data-testid=instance-row]").ok()??.get_attribute("data-id")
}

/// The link of a row that is drawn.
pub fn link_of(id: &str) -> Option<HtmlElement> {
    let links = document().query_selector_all("[data-row-link]").ok()?;
    (0..links.length())
        .filter_map(|at| links.item(at)?.dyn_into::<HtmlElement>().ok())
        .find(|link| row_of(link).as_deref() == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_turns_the_order_round() {
        let sort = |text: &str| text.parse::<Sort>().unwrap();
        assert_eq!(next_sort(sort("-created"), SortField::Created), sort("created"));
        assert_eq!(next_sort(sort("-created"), SortField::Duration), sort("-duration"));
        assert_eq!(next_sort(sort("-created"), SortField::Name), sort("name"));
        assert_eq!(next_sort(sort("name"), SortField::Name), sort("-name"));
    }
}
