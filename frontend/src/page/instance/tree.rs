//! Which instances this one belongs to: its parents, its children and theirs.

use std::collections::{BTreeMap, BTreeSet};

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    problem::ErrorCode,
    query::{Condition, InstanceQuery, Pattern, Sort, SortField},
    request::{GetInstance, ListInstances},
    status::InstanceSummary,
};

use super::{model::Detail, outline::Kind};
use crate::{
    api::{self, Error, live::News},
    component::StatusBadge,
    route::Route,
    text::{intl, say, text, tr},
    ui::{Glyph, Icon},
};

/// Most parents that are followed upwards.
const HIGHEST: usize = 50;
/// Children that are read at a time.
const PAGE: usize = 100;

/// One of the parents.
#[derive(Debug, Clone)]
enum Ancestor {
    There(Box<InstanceSummary>),
    Purged(String),
}

/// The tab.
#[component]
pub fn Tree(detail: Detail) -> impl IntoView {
    let hub = detail.hub();
    let ancestors = RwSignal::new(Vec::<Ancestor>::new());
    let parent = Memo::new(move |_| {
        detail.instance.with(|instance| instance.as_ref()?.summary.parent_instance_id.clone())
    });
    Effect::new(move || {
        if let Some(parent) = parent.get() {
            spawn_local(climb(detail.hub(), parent, ancestors));
        }
    });
    let name = move || detail.instance.with(|one| one.as_ref().map(|one| one.summary.clone()));
    let entities = Memo::new(move |_| {
        detail.outline.with(|outline| {
            let called =
                outline.rows.iter().filter(|row| matches!(row.kind, Kind::Entity | Kind::Sent));
            let ids = called.filter_map(|row| row.target.clone()).filter(|id| id.starts_with('@'));
            ids.collect::<BTreeSet<String>>()
        })
    });
    let above = {
        let hub = hub.clone();
        move || {
            let all = ancestors.get();
            let rows: Vec<AnyView> = all
                .into_iter()
                .map(|ancestor| match ancestor {
                    Ancestor::There(summary) => {
                        view! { <li>{entry(&hub, &summary, "ancestor")}</li> }.into_any()
                    }
                    Ancestor::Purged(id) => view! { <li>{gone(id)}</li> }.into_any(),
                })
                .collect();
            rows
        }
    };
    let entity_rows = move || {
        let ids = entities.get();
        (!ids.is_empty()).then(|| {
            let rows: Vec<AnyView> = ids
                .into_iter()
                .take(PAGE)
                .map(|id| view! { <li class="with-icon"><Icon glyph=Glyph::Settings /><span class="mono">{id}</span></li> }.into_any())
                .collect();
            view! {
                <h3>{tr(|t| t.inst.entities)}</h3>
                <ul class="tree-list">{rows}</ul>
            }
        })
    };
    view! {
        <section class="tree" aria-labelledby="tree-title" data-testid="tree">
            <div class="section-head">
                <h2 id="tree-title">{tr(|t| t.inst.tree)}</h2>
            </div>
            <ul class="tree-list ancestors" aria-label=tr(|t| t.inst.parents)>{above}</ul>
            <div class="tree-self">
                {move || name().map(|summary| entry(&hub, &summary, "self"))}
                <Children hub=detail.hub() id=detail.id() known=Signal::derive(move || children_of(detail)) />
            </div>
            {entity_rows}
        </section>
    }
}

/// Reads the parents, from the nearest upwards.
async fn climb(hub: String, first: String, ancestors: RwSignal<Vec<Ancestor>>) {
    let mut found: Vec<Ancestor> = Vec::new();
    let mut next = Some(first);
    while let (Some(id), true) = (next.take(), found.len() < HIGHEST) {
        match api::send(&GetInstance { hub: hub.clone(), id: id.clone() }, None).await {
            Ok(detail) => {
                next.clone_from(&detail.summary.parent_instance_id);
                found.insert(0, Ancestor::There(Box::new(detail.summary)));
            }
            Err(error) if error.code() == Some(ErrorCode::InstanceNotFound) => {
                found.insert(0, Ancestor::Purged(id));
            }
            Err(_) => {}
        }
        if ancestors.try_set(found.clone()).is_some() {
            return;
        }
    }
}

/// Children that the history names, with the names of their orchestrators.
fn children_of(detail: Detail) -> BTreeMap<String, String> {
    detail.outline.with(|outline| {
        let children = outline.rows.iter().filter(|row| row.kind == Kind::Child);
        children.filter_map(|row| Some((row.target.clone()?, row.name.clone()))).collect()
    })
}

/// Status, name and id of an instance, with a link.
fn entry(hub: &str, summary: &InstanceSummary, testid: &'static str) -> AnyView {
    let href = Route::instance(hub, &summary.instance_id).url();
    let error = summary.failure_message.clone();
    view! {
        <span class="tree-entry" data-testid=format!("tree-{testid}") data-id=summary.instance_id.clone()>
            <StatusBadge status=Signal::stored(summary.runtime_status) />
            <strong>{summary.name.clone()}</strong>
            <a class="mono" href=href>{summary.instance_id.clone()}</a>
            {error.map(|error| view! { <span class="tree-error cut">{error}</span> })}
        </span>
    }
    .into_any()
}

fn gone(id: String) -> AnyView {
    view! {
        <span class="tree-entry muted">
            <Icon glyph=Glyph::Trash />
            <span class="mono">{id}</span>
            <span>{tr(|t| t.inst.not_there)}</span>
        </span>
    }
    .into_any()
}

/// What a level of children holds. Copies of it are the same level.
#[derive(Debug, Clone, Copy)]
struct Level {
    hub: StoredValue<String>,
    id: StoredValue<String>,
    rows: RwSignal<Vec<InstanceSummary>>,
    next: RwSignal<Option<String>>,
    loaded: RwSignal<bool>,
    error: RwSignal<Option<Error>>,
}

impl Level {
    fn load(self, cursor: Option<String>) {
        let parent = Condition::Parent(vec![Pattern::exact(self.id.get_value())]);
        let query = InstanceQuery {
            q: parent.into(),
            sort: Sort { field: SortField::Created, descending: false },
            limit: Some(PAGE),
            cursor: cursor.clone(),
            ..InstanceQuery::default()
        };
        let request = ListInstances { hub: self.hub.get_value(), query };
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.rows.is_disposed() {
                return;
            }
            self.loaded.set(true);
            match answer {
                Ok(listed) => {
                    self.error.set(None);
                    self.next.set(listed.page.next);
                    self.rows.update(|rows| {
                        if cursor.is_none() {
                            rows.clear();
                        }
                        merge(rows, listed.page.items);
                    });
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    fn hear(self, news: &News) {
        match news {
            News::Changes(changes) => {
                let id = self.id.get_value();
                let ours = |row: &&InstanceSummary| row.parent_instance_id.as_ref() == Some(&id);
                let changed: Vec<InstanceSummary> =
                    changes.rows.iter().filter(ours).cloned().collect();
                let purged = self.rows.with_untracked(|rows| {
                    rows.iter().any(|row| changes.purged.contains(&row.instance_id))
                });
                if !changed.is_empty() || purged {
                    self.rows.update(|rows| {
                        rows.retain(|row| !changes.purged.contains(&row.instance_id));
                        merge(rows, changed);
                    });
                }
            }
            News::Batches(_) => {}
            News::Resync(_) | News::Opened => self.load(None),
        }
    }
}

/// Puts newer rows in the place of older ones, and new ones at the end.
fn merge(rows: &mut Vec<InstanceSummary>, newer: Vec<InstanceSummary>) {
    for row in newer {
        match rows.iter_mut().find(|known| known.instance_id == row.instance_id) {
            Some(known)
                if known.revision <= row.revision || known.execution_id != row.execution_id =>
            {
                *known = row;
            }
            Some(_) => {}
            None => rows.push(row),
        }
    }
}

/// The children of one instance, each of which opens to its own.
#[component]
fn Children(
    hub: String,
    id: String,
    /// Children that the history names, when it is there.
    #[prop(into)]
    known: Signal<BTreeMap<String, String>>,
) -> impl IntoView {
    let level = Level {
        hub: StoredValue::new(hub),
        id: StoredValue::new(id),
        rows: RwSignal::default(),
        next: RwSignal::new(None),
        loaded: RwSignal::new(false),
        error: RwSignal::new(None),
    };
    level.load(None);
    api::live::listen(move |news| level.hear(news));
    // Named by the history, and nowhere to be found once all are listed.
    let purged = move || {
        if level.next.with(Option::is_some) || !level.loaded.get() {
            return Vec::new();
        }
        let there: BTreeSet<String> =
            level.rows.with(|rows| rows.iter().map(|row| row.instance_id.clone()).collect());
        let missing = known.get().into_keys().filter(|id| !there.contains(id)).take(PAGE);
        missing.map(|id| view! { <li>{gone(id)}</li> }.into_any()).collect::<Vec<_>>()
    };
    let none = move || {
        level.loaded.get() && level.rows.with(Vec::is_empty) && level.error.with(Option::is_none)
    };
    view! {
        <ul class="tree-list">
            <For each=move || level.rows.get() key=|row| (row.instance_id.clone(), row.revision) let(row)>
                <Child level row />
            </For>
            {purged}
        </ul>
        <Show when=move || none() && known.with(BTreeMap::is_empty)>
            <p class="muted small">{tr(|t| t.inst.no_children)}</p>
        </Show>
        <Show when=move || !level.loaded.get()>
            <p class="muted small" role="status">{tr(|t| t.loading)}</p>
        </Show>
        {move || level.error.get().map(|error| view! { <p class="banner error"><span>{error.sentence()}</span></p> })}
        {move || {
            let next = level.next.get()?;
            Some(view! {
                <button type="button" class="button small" on:click=move |_| level.load(Some(next.clone()))>
                    {say(move || (text().show_more)(&intl::count(u64::try_from(PAGE).unwrap_or(0))))}
                </button>
            })
        }}
    }
}

#[component]
fn Child(level: Level, row: InstanceSummary) -> impl IntoView {
    let open = RwSignal::new(false);
    let id = row.instance_id.clone();
    let hub = level.hub.get_value();
    let view_entry = entry(&hub, &row, "child");
    let label = {
        let id = id.clone();
        move || (text().inst.children_of)(&id)
    };
    let below = move || {
        // A component inside itself needs a type of its own.
        open.get().then(|| {
            let children = view! { <Children hub=hub.clone() id=id.clone() known=Signal::stored(BTreeMap::new()) /> };
            children.into_any()
        })
    };
    view! {
        <li>
            <button
                type="button"
                class="button quiet icon-button twist"
                aria-label=label
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <Icon glyph=Glyph::Chevron />
            </button>
            {view_entry}
            {below}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, revision: u64) -> InstanceSummary {
        let json = format!(
            r#"{{"instanceId":"{id}","executionId":"e","name":"N","runtimeStatus":"Running",
                "createdAt":"2026-11-23T14:02:11Z","lastUpdatedAt":"2026-11-23T14:02:11Z",
                "historyLength":1,"revision":{revision}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn newer_rows_take_the_place_of_older_ones() {
        let mut rows = vec![row("a", 2), row("b", 1)];
        merge(&mut rows, vec![row("a", 1), row("b", 5), row("c", 1)]);
        let shown: Vec<(&str, u64)> =
            rows.iter().map(|row| (row.instance_id.as_str(), row.revision)).collect();
        assert_eq!(shown, [("a", 2), ("b", 5), ("c", 1)]);
    }
}
