//! Tabs of the list: those that everybody has, and those that the team saved on the server.

use std::time::Duration;

use leptos::{ev::Targeted, prelude::*, task::spawn_local};
use taskhub_shared::{
    column::Column,
    limits::VIEW_NAME_CHARS,
    query::{InstanceQuery, Sort},
    request::{DeleteView, ListInstances, ListViews, SaveView},
    view::View,
};
use web_sys::{Event, HtmlInputElement};

use super::{model::List, query_text};
use crate::{
    api,
    route::{ListAddress, Route},
    state::{location, notices},
    text::{Words, intl, text, tr},
    ui::{Dialog, Glyph, Icon},
};

/// Tabs that everybody has.
const BUILT_IN: [(&str, Words, &str); 4] = [
    ("all", |t| t.view_all, ""),
    ("failed", |t| t.view_failed, "status:failed"),
    ("waiting", |t| t.view_waiting, "wait:event"),
    ("stuck", |t| t.view_stuck, "is:stuck"),
];

/// Least time between two countings of the tabs, which are done one after the other.
const COUNT_AGAIN: Duration = Duration::from_secs(30);

/// How many match, and whether that is all.
type Number = (u64, bool);

/// The address of a saved view. What can no longer be read is left out.
fn address(view: &View) -> ListAddress {
    ListAddress {
        q: view.q.clone(),
        sort: view.sort.parse().unwrap_or_default(),
        columns: Column::read_all(&view.columns).unwrap_or_default(),
        ..ListAddress::default()
    }
}

/// A view of what an address shows.
fn view_of(name: &str, address: &ListAddress) -> View {
    let sort = (address.sort != Sort::default()).then(|| address.sort.to_string());
    View {
        name: name.to_owned(),
        q: address.q.trim().to_owned(),
        sort: sort.unwrap_or_default(),
        columns: Column::write_all(&address.columns),
    }
}

/// Whether an address shows just this view.
fn shows(address: &ListAddress, view: &View) -> bool {
    view_of(&view.name, address) == view_of(&view.name, &self::address(view))
}

/// The tabs.
#[component]
pub fn ViewTabs(list: List) -> impl IntoView {
    let saved = RwSignal::new(Vec::<View>::new());
    let hub = StoredValue::new(list.hub());
    let read = move || {
        let request = ListViews { hub: hub.get_value() };
        spawn_local(async move {
            if let Ok(views) = api::send(&request, None).await {
                saved.try_set(views);
            }
        });
    };
    read();
    let built_in = BUILT_IN.map(|(name, words, q)| {
        (
            words,
            View {
                name: name.to_owned(),
                q: q.to_owned(),
                sort: String::new(),
                columns: String::new(),
            },
        )
    });
    let counts = count_all(list, saved);
    let current = Memo::new(move |_| {
        let address = list.filter();
        saved.with(|views| views.iter().find(|view| shows(&address, view)).cloned())
    });
    let saving = RwSignal::new(false);
    let deleting = RwSignal::new(false);
    let can_save = Memo::new(move |_| list.what.with(Result::is_ok));
    view! {
        <div class="views">
            <nav class="view-tabs" aria-label=tr(|t| t.views)>
                {built_in
                    .map(|(words, view)| {
                        let id = format!("view-{}", view.name);
                        view! { <Tab list view counts id name=Signal::derive(move || words(text()).to_owned()) /> }
                    })
                    .collect_view()}
                <For each=move || saved.get() key=|view| [&view.name, &view.q, &view.sort, &view.columns].map(String::clone) let:view>
                    {
                        let name = view.name.clone();
                        view! { <Tab list view counts id=format!("saved-{name}") name=Signal::stored(name) /> }
                    }
                </For>
            </nav>
            <div class="view-actions">
                <Show
                    when=move || current.with(Option::is_none)
                    fallback=move || {
                        view! {
                            <button
                                type="button"
                                class="button quiet small"
                                data-testid="delete-view"
                                on:click=move |_| deleting.set(true)
                            >
                                <Icon glyph=Glyph::Trash />
                                {tr(|t| t.delete_view)}
                            </button>
                        }
                    }
                >
                    <button
                        type="button"
                        class="button quiet small"
                        data-testid="save-view"
                        aria-disabled=move || (!can_save.get()).then_some("true")
                        on:click=move |_| saving.set(can_save.get_untracked())
                    >
                        {tr(|t| t.save_view)}
                    </button>
                </Show>
            </div>
        </div>
        <SaveDialog list saved open=saving read />
        <DeleteDialog list current open=deleting read />
    }
}

#[component]
fn Tab(
    list: List,
    view: View,
    counts: RwSignal<Vec<(String, Number)>>,
    id: String,
    #[prop(into)] name: Signal<String>,
) -> impl IntoView {
    let href = Route::Instances { hub: list.hub(), list: Ok(address(&view)) }.url();
    let q = view.q.clone();
    let is_current = Memo::new(move |_| {
        list.address.with(|known| known.as_ref().is_ok_and(|known| shows(known, &view)))
    });
    let number = move || {
        let known = counts.with(|all| all.iter().find(|(of, _)| *of == q).map(|(_, n)| *n));
        // The tab and the list never differ.
        let known = if is_current.get() && list.loaded_at.with(Option::is_some) {
            Some((list.total(), !list.partial.get()))
        } else {
            known
        };
        let (number, whole) = known?;
        let sign = if whole { "" } else { "≥\u{a0}" };
        Some(view! { <span class="view-count">{format!("{sign}{}", intl::number(number))}</span> })
    };
    view! {
        <a href=href data-testid=id aria-current=move || is_current.get().then_some("page")>
            <span class="cut">{name}</span>
            {number}
        </a>
    }
}

/// Numbers of all tabs by their queries: once now, and then while things happen, but seldom.
fn count_all(list: List, saved: RwSignal<Vec<View>>) -> RwSignal<Vec<(String, Number)>> {
    let counts = RwSignal::new(Vec::new());
    let busy = StoredValue::new(false);
    let rounds = RwSignal::new(0_u32);
    let counted_at = StoredValue::new(f64::NEG_INFINITY);
    let run = move |queries: Vec<String>| {
        if busy.get_value() {
            return;
        }
        busy.set_value(true);
        let hub = list.hub();
        spawn_local(async move {
            for q in queries {
                let Ok(split) = query_text::read(&q) else { continue };
                let query = InstanceQuery {
                    statuses: split.statuses.clone(),
                    q: split.rest,
                    limit: Some(1),
                    ..InstanceQuery::default()
                };
                let answer = api::send(&ListInstances { hub: hub.clone(), query }, None).await;
                if counts.is_disposed() {
                    return;
                }
                // The next news try again.
                let Ok(listed) = answer else {
                    counted_at.set_value(f64::NEG_INFINITY);
                    return busy.set_value(false);
                };
                let chosen = |status| split.statuses.is_empty() || split.statuses.contains(status);
                let total =
                    listed.counts.iter().filter(|(status, _)| chosen(status)).map(|(_, n)| n).sum();
                counts.update(|all: &mut Vec<(String, Number)>| {
                    all.retain(|(known, _)| *known != q);
                    all.push((q, (total, !listed.partial)));
                });
            }
            busy.set_value(false);
            counted_at.set_value(js_sys::Date::now());
            rounds.update(|rounds| *rounds += 1);
        });
    };
    let queries = move || {
        let of_saved =
            saved.with(|views| views.iter().map(|view| view.q.clone()).collect::<Vec<_>>());
        BUILT_IN.map(|(_, _, q)| q.to_owned()).into_iter().chain(of_saved).collect::<Vec<_>>()
    };
    // Views that came while others were counted have their turn after them.
    Effect::new(move || {
        rounds.track();
        let left = queries()
            .into_iter()
            .filter(|q| counts.with_untracked(|all| all.iter().all(|(known, _)| known != q)));
        let left: Vec<String> = left.filter(|q| query_text::read(q).is_ok()).collect();
        if !left.is_empty() {
            run(left);
        }
    });
    api::live::listen(move |_| {
        let past = js_sys::Date::now() - counted_at.get_value();
        if past > COUNT_AGAIN.as_secs_f64() * 1000.0 && !document().hidden() {
            run(untrack(queries));
        }
    });
    counts
}

#[component]
fn SaveDialog(
    list: List,
    saved: RwSignal<Vec<View>>,
    open: RwSignal<bool>,
    read: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let refused = RwSignal::new(None::<String>);
    Effect::new(move || {
        if open.get() {
            name.set(String::new());
            refused.set(None);
        }
    });
    let replaces = move || {
        saved.with(|views| name.with(|name| views.iter().any(|view| view.name == name.trim())))
    };
    let type_name = move |event: Targeted<Event, HtmlInputElement>| {
        refused.set(None);
        name.set(event.target().value());
    };
    let save = move || {
        let body = view_of(name.get_untracked().trim(), &untrack(|| list.filter()));
        if body.name.is_empty() {
            return refused.set(Some(text().required.to_owned()));
        }
        let request = SaveView { hub: list.hub(), body };
        spawn_local(async move {
            match api::send(&request, None).await {
                Ok(view) => {
                    read();
                    open.try_set(false);
                    notices::done((text().view_saved)(&view.name), None);
                }
                Err(error) => drop(refused.try_set(Some(error.sentence()))),
            }
        });
    };
    view! {
        <Dialog open id="save-view-dialog" title=Signal::derive(move || tr(|t| t.save_view)().to_owned())>
            <form
                class="field"
                on:submit=move |event| {
                    event.prevent_default();
                    save();
                }
            >
                <label for="view-name">{tr(|t| t.name)}</label>
                <input
                    id="view-name"
                    data-testid="view-name"
                    autocomplete="off"
                    autofocus
                    maxlength=VIEW_NAME_CHARS.to_string()
                    aria-describedby="view-name-hint view-name-error"
                    aria-invalid=move || refused.with(Option::is_some).then_some("true")
                    prop:value=name
                    on:input:target=type_name
                />
                <p id="view-name-error" class="field-error" role="alert">
                    {move || refused.get()}
                </p>
                <p id="view-name-hint" class="field-hint">
                    {move || if replaces() { text().view_replaces } else { text().view_hint }}
                </p>
                <div class="dialog-foot">
                    <button type="submit" class="button primary" data-testid="save-view-submit">
                        {tr(|t| t.save)}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn DeleteDialog(
    list: List,
    current: Memo<Option<View>>,
    open: RwSignal<bool>,
    read: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let name = move || {
        current.with(|view| view.as_ref().map(|view| view.name.clone())).unwrap_or_default()
    };
    let delete = move |_| {
        let request = DeleteView { hub: list.hub(), name: untrack(name) };
        spawn_local(async move {
            match api::send(&request, None).await {
                Ok(_) => {
                    location::go(&Route::instances(&list.hub()));
                    read();
                }
                Err(error) => notices::failed(error.sentence()),
            }
            open.try_set(false);
        });
    };
    view! {
        <Dialog open id="delete-view-dialog" title=Signal::derive(move || (text().delete_view_title)(&name()))>
            <p>{tr(|t| t.delete_view_text)}</p>
            <div class="dialog-foot">
                <button type="button" class="button danger-primary" data-testid="delete-view-submit" on:click=delete>
                    {tr(|t| t.delete_view)}
                </button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_an_address_and_back() {
        let shown = ListAddress {
            q: " is:stuck tag:eu ".to_owned(),
            sort: "-updated".parse().unwrap(),
            columns: Column::read_all("id,input.a").unwrap(),
            cursor: Some("x".to_owned()),
            skipped: 100,
            peek: Some("y".to_owned()),
        };
        let view = view_of("Paris", &shown);
        assert_eq!(
            (view.q.as_str(), view.sort.as_str(), view.columns.as_str()),
            ("is:stuck tag:eu", "-updated", "id,input.a")
        );
        assert!(shows(&shown, &view), "whatever the place");
        assert_eq!(address(&view).cursor, None);
        assert!(!shows(&ListAddress::default(), &view));
        let plain = view_of("All", &ListAddress::default());
        assert_eq!((plain.sort.as_str(), plain.columns.as_str()), ("", ""));
    }

    #[test]
    fn queries_of_the_tabs_can_be_read() {
        for (name, _, q) in BUILT_IN {
            assert!(query_text::read(q).is_ok(), "{name}");
        }
    }
}
