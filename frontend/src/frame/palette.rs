//! One field to go anywhere: pages, hubs, instances by the beginning of their id.

use std::time::Duration;

use leptos::{ev::Targeted, html, prelude::*};
use taskhub_shared::{
    query::InstanceQuery,
    request::{ListInstances, ListedInstances},
    status::InstanceSummary,
};
use web_sys::{Event, HtmlInputElement, KeyboardEvent};

use super::current_hub;
use crate::{
    route::{Place, Route},
    state::{location, remote::Remote, session},
    text::{text, tr},
    ui::Dialog,
};

/// Instances on offer.
const MOST: usize = 8;
/// How long typing rests before the server is asked.
const REST: Duration = Duration::from_millis(150);

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Goal {
    words: String,
    note: String,
    route: Route,
}

/// The dialog.
#[component]
pub fn Palette(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open id="palette" title=Signal::derive(|| text().admin.palette.to_owned())>
            {content(open)}
        </Dialog>
    }
}

fn content(open: RwSignal<bool>) -> AnyView {
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let found: Remote<ListedInstances> = Remote::new();
    let turn = StoredValue::new(0_u64);
    let input = NodeRef::<html::Input>::new();
    input.on_load(|input| {
        let _ = input.focus();
    });
    let goals = Memo::new(move |_| {
        let rows = found
            .value
            .with(|found| found.as_ref().map(|found| found.page.items.clone()).unwrap_or_default());
        let hubs: Vec<String> = session::server()
            .map(|server| server.hubs.into_iter().map(|hub| hub.name).collect())
            .unwrap_or_default();
        goals(&typed.get(), current_hub().as_deref(), &hubs, &rows)
    });
    let on_input = move |event: Targeted<Event, HtmlInputElement>| {
        let value = event.target().value();
        typed.set(value.clone());
        at.set(0);
        let mine = turn.get_value() + 1;
        turn.set_value(mine);
        let prefix = value.trim().to_owned();
        if prefix.is_empty() {
            found.forget();
            found.value.set(None);
            return;
        }
        set_timeout(
            move || {
                if turn.try_get_value() == Some(mine)
                    && let Some(hub) = untrack(current_hub)
                {
                    let query = InstanceQuery {
                        id_prefix: Some(prefix),
                        limit: Some(MOST),
                        ..InstanceQuery::default()
                    };
                    found.read(ListInstances { hub, query });
                }
            },
            REST,
        );
    };
    let go = move |goal: Option<Goal>| {
        if let Some(goal) = goal {
            open.set(false);
            location::go(&goal.route);
        }
    };
    let key = move |event: KeyboardEvent| {
        let last = goals.with(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = if *at >= last { 0 } else { *at + 1 }),
            "ArrowUp" => at.update(|at| *at = at.checked_sub(1).unwrap_or(last)),
            "Enter" => go(goals.with(|goals| goals.get(at.get_untracked()).cloned())),
            _ => return,
        }
        event.prevent_default();
    };
    let options = move || {
        let option = |(number, goal): (usize, Goal)| {
            let Goal { words, note, route } = goal.clone();
            view! {
                <li
                    role="option"
                    id=format!("palette-{number}")
                    aria-selected=move || (at.get() == number).to_string()
                    data-href=route.url()
                    on:click=move |_| go(Some(goal.clone()))
                >
                    <span class="break">{words}</span>
                    <span class="muted small">{note}</span>
                </li>
            }
        };
        goals.get().into_iter().enumerate().map(option).collect_view()
    };
    view! {
        <div class="palette">
            <input
                node_ref=input
                type="text"
                role="combobox"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-label=tr(|t| t.admin.palette)
                aria-activedescendant=move || format!("palette-{}", at.get())
                placeholder=tr(|t| t.admin.palette_hint)
                autocomplete="off"
                spellcheck="false"
                autofocus=true
                data-testid="palette-input"
                on:input:target=on_input
                on:keydown=key
            />
            <ul role="listbox" id="palette-list" aria-label=tr(|t| t.admin.palette)>{options}</ul>
            <Show when=move || goals.with(Vec::is_empty)>
                <p class="muted">{tr(|t| t.empty_filter)}</p>
            </Show>
        </div>
    }
    .into_any()
}

/// Where the typed words may lead: pages and hubs whose words hold them all, then instances.
fn goals(typed: &str, hub: Option<&str>, hubs: &[String], rows: &[InstanceSummary]) -> Vec<Goal> {
    let t = text();
    let mut all: Vec<Goal> = Vec::new();
    let mut add = |words: &str, note: &str, route: Route| {
        all.push(Goal { words: words.to_owned(), note: note.to_owned(), route });
    };
    if let Some(hub) = hub {
        let new = Place::NewBatch {
            hub: hub.to_owned(),
            q: String::new(),
            action: None,
            ids: Vec::new(),
        };
        add(t.admin.overview, "g o", Route::overview(hub));
        add(t.instances, "g i", Route::instances(hub));
        add(t.start_an_instance, "g s", Route::start(hub));
        add(t.admin.batches, "g b", Route::batches(hub));
        add(t.admin.new_batch, "", Route::Place(new));
        add(t.admin.workers, "g w", Route::workers(hub));
        add(t.admin.hub_settings, "", Route::Place(Place::Danger { hub: hub.to_owned() }));
    }
    add(t.admin.hubs, "g h", Route::Place(Place::Hubs));
    add(t.admin.me, "", Route::Place(Place::Me));
    if hubs.len() > 1 {
        for name in hubs {
            add(name, t.task_hub, Route::overview(name));
        }
    }
    all.retain(|goal| fits(typed, &goal.words));
    if let Some(hub) = hub {
        all.extend(rows.iter().map(|row| Goal {
            words: row.instance_id.clone(),
            note: format!("{} · {}", row.name, (t.status)(row.runtime_status)),
            route: Route::instance(hub, &row.instance_id),
        }));
    }
    all
}

/// Whether each typed word stands in the words, in any case.
fn fits(typed: &str, words: &str) -> bool {
    let words = words.to_lowercase();
    typed.to_lowercase().split_whitespace().all(|part| words.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_in_any_case_and_order() {
        assert!(fits("", "Batches") && fits("JOB new", "New batch job"));
        assert!(!fits("new x", "New batch job"));
    }
}
