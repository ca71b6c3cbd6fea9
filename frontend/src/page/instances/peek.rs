//! One instance beside the list.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    query::Sort,
    request::GetInstance,
    status::{InstanceDetail, RuntimeStatus},
};

use super::model::List;
use crate::{
    api::{self, Error, live::News},
    component::{Elapsed, IdText, StatusBadge, Time},
    format::preview,
    page::instance::waiting_words,
    route::{ListAddress, Route},
    state::location,
    text::{Words, tr},
    ui::{CopyButton, Glyph, Icon},
};

/// Most letters of a payload.
const LETTERS: usize = 400;
/// Most things that it waits for.
const MOST: usize = 5;

/// The pane, while the address names an instance.
#[component]
pub fn Peek(list: List) -> impl IntoView {
    let id = Memo::new(move |_| list.filter().peek);
    view! {
        {move || id.get().map(|id| view! { <Pane list id /> })}
    }
}

#[component]
fn Pane(list: List, id: String) -> impl IntoView {
    let detail = RwSignal::new(None::<InstanceDetail>);
    let error = RwSignal::new(None::<Error>);
    let waits = StoredValue::new(false);
    let request = StoredValue::new(GetInstance { hub: list.hub(), id: id.clone() });
    let read = move || {
        let request = request.get_value();
        spawn_local(async move {
            match api::send(&request, None).await {
                Ok(found) => {
                    detail.try_set(Some(found));
                    error.try_set(None);
                }
                Err(why) => drop(error.try_set(Some(why))),
            }
        });
    };
    read();
    {
        let id = id.clone();
        api::live::listen(move |news| {
            let touched = match news {
                News::Changes(changes) => {
                    changes.rows.iter().any(|row| row.instance_id == id)
                        || changes.purged.contains(&id)
                }
                News::Resync(_) | News::Opened => true,
                News::Batches(_) => false,
            };
            if touched && !waits.get_value() {
                waits.set_value(true);
                set_timeout(
                    move || {
                        if waits.try_set_value(false).is_none() {
                            read();
                        }
                    },
                    Duration::from_secs(1),
                );
            }
        });
    }
    let href = Route::instance(&list.hub(), &id).url();
    let close = move |_| location::replace(&untrack(|| list.peeking(None)));
    view! {
        <aside class="peek" aria-label=tr(|t| t.peek) data-testid="peek">
            <div class="peek-head">
                <IdText id=id.clone() />
                <CopyButton value=Signal::stored(id) what=|t| t.instance_id />
                <span class="spacer"></span>
                <a class="button small" href=href data-testid="peek-open">
                    {tr(|t| t.open)}
                </a>
                <button
                    type="button"
                    class="button quiet icon-button"
                    aria-label=tr(|t| t.close)
                    data-testid="peek-close"
                    on:click=close
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </div>
            {move || {
                error.get().map(|error| view! { <p class="field-error" role="alert">{move || error.sentence()}</p> })
            }}
            {move || detail.get().map(|found| body(list, found))}
        </aside>
    }
}

fn body(list: List, found: InstanceDetail) -> AnyView {
    let InstanceDetail { summary, input, output, custom_status, failure, waiting_for, .. } = found;
    let status: RuntimeStatus = summary.runtime_status;
    let fact = |word: Words, value: AnyView| {
        view! {
            <dt>{tr(word)}</dt>
            <dd>{value}</dd>
        }
    };
    let text = |text: String| view! { <span>{text}</span> }.into_any();
    let payload = |word: Words, value: Option<String>| {
        value.map(|value| {
            view! {
                <h3>{tr(word)}</h3>
                <pre class="mono plain peek-payload" tabindex="0">
                    {preview(&value, LETTERS)}
                </pre>
            }
        })
    };
    let parent = summary.parent_instance_id.map(|id| {
        let href = Route::instance(&list.hub(), &id).url();
        fact(|t| t.parent, view! { <a href=href class="mono">{id}</a> }.into_any())
    });
    let of_name = ListAddress {
        q: format!("name:{}", super::query_text::value(&summary.name)),
        sort: Sort::default(),
        ..ListAddress::default()
    };
    let of_name = Route::Instances { hub: list.hub(), list: Ok(of_name) }.url();
    view! {
        <div class="peek-body">
            <p class="peek-status">
                <StatusBadge status=Signal::stored(status) />
                <a href=of_name class="cut">{summary.name}</a>
            </p>
            {failure.map(|failure| {
                view! {
                    <p class="peek-failure">
                        <strong>{failure.error_type}</strong> " " {preview(&failure.error_message, LETTERS)}
                    </p>
                }
            })}
            <ul class="peek-waiting">
                {waiting_for
                    .into_iter()
                    .take(MOST)
                    .map(|one| view! { <li>{move || waiting_words(&one)}</li> })
                    .collect_view()}
            </ul>
            <dl class="peek-facts">
                {fact(|t| t.created, view! { <Time at=Signal::stored(summary.created_at) /> }.into_any())}
                {fact(|t| t.updated, view! { <Time at=Signal::stored(summary.last_updated_at) /> }.into_any())}
                {fact(|t| t.duration, view! {
                    <Elapsed from=Signal::stored(summary.created_at) to=Signal::stored(summary.completed_at) />
                }.into_any())}
                {summary.version.map(|version| fact(|t| t.version, text(version)))}
                {parent}
                {(!summary.tags.is_empty()).then(|| {
                    let tags = summary.tags.iter().map(|(key, value)| format!("{key}={value}"));
                    fact(|t| t.tags, text(tags.collect::<Vec<_>>().join(", ")))
                })}
            </dl>
            {payload(|t| t.custom_status, custom_status)}
            {payload(|t| t.input, input)}
            {payload(|t| t.output, output)}
        </div>
    }
    .into_any()
}
