//! The head of the page, which stays in sight: status, name, id, actions; below it the facts.

use leptos::prelude::*;
use taskhub_shared::status::InstanceSummary;

use super::{actions::Actions, model::Detail, short_id, waiting::Waiting};
use crate::{
    component::{Elapsed, IdText, StatusBadge, Time},
    route::Route,
    text::{Words, tr},
    ui::{CopyButton, Glyph, Heading, Icon},
};

/// The head.
#[component]
pub fn Header(detail: Detail) -> impl IntoView {
    let hub = detail.hub();
    let title = Signal::derive(move || format!("{} · {hub}", short_id(detail)));
    let name = Memo::new(move |_| {
        detail
            .instance
            .with(|instance| instance.as_ref().map(|instance| instance.summary.name.clone()))
    });
    let status = Memo::new(move |_| {
        detail.instance.with(|instance| Some(instance.as_ref()?.summary.runtime_status))
    });
    view! {
        <header class="instance-head">
            <div class="instance-title">
                <div class="instance-name">
                    <Heading title>{move || name.get().unwrap_or_else(|| detail.id())}</Heading>
                    {move || status.get().map(|status| view! { <StatusBadge status large=true /> })}
                </div>
                <div class="id-cell" data-testid="instance-id">
                    <IdText id=detail.id() />
                    <CopyButton value=Signal::stored(detail.id()) what=|t| t.instance_id />
                </div>
            </div>
            <Actions detail />
        </header>
        <Waiting detail />
        <Show when=move || status.get().is_some()>
            <Facts detail />
        </Show>
    }
}

/// Times, parent, execution, version and tags.
#[component]
fn Facts(detail: Detail) -> impl IntoView {
    let summary = Memo::new(move |_| {
        detail.instance.with(|instance| instance.as_ref().map(|instance| instance.summary.clone()))
    });
    let of = move |read: fn(&InstanceSummary) -> Option<String>| {
        Memo::new(move |_| summary.with(|summary| read(summary.as_ref()?)))
    };
    let created = Signal::derive(move || {
        summary.with(|s| s.as_ref().map(|s| s.created_at)).unwrap_or_default()
    });
    let updated = Signal::derive(move || {
        summary.with(|s| s.as_ref().map(|s| s.last_updated_at)).unwrap_or_default()
    });
    let ended = Signal::derive(move || summary.with(|s| s.as_ref()?.completed_at));
    let scheduled = Memo::new(move |_| summary.with(|s| s.as_ref()?.scheduled_start_at));
    let parent = of(|summary| summary.parent_instance_id.clone());
    let version = of(|summary| summary.version.clone());
    let execution = of(|summary| Some(summary.execution_id.clone()));
    let tags = Memo::new(move |_| {
        summary.with(|s| s.as_ref().map(|s| s.tags.clone())).unwrap_or_default()
    });
    view! {
        <dl class="facts" data-testid="facts">
            <div>
                <dt>{tr(|t| t.created)}</dt>
                <dd><Time at=created /></dd>
            </div>
            <div>
                <dt>{tr(|t| t.updated)}</dt>
                <dd><Time at=updated /></dd>
            </div>
            <div>
                <dt>{tr(|t| t.duration)}</dt>
                <dd data-testid="duration"><Elapsed from=created to=ended /></dd>
            </div>
            {move || {
                scheduled
                    .get()
                    .map(|at| {
                        view! {
                            <div>
                                <dt>{tr(|t| t.scheduled)}</dt>
                                <dd><Time at=Signal::stored(at) /></dd>
                            </div>
                        }
                    })
            }}
            {move || {
                parent
                    .get()
                    .map(|parent| {
                        let href = Route::instance(&detail.hub(), &parent).url();
                        view! {
                            <div>
                                <dt>{tr(|t| t.parent)}</dt>
                                <dd>
                                    <a class="with-icon" href=href data-testid="parent-link">
                                        <Icon glyph=Glyph::Parent />
                                        <IdText id=parent />
                                    </a>
                                </dd>
                            </div>
                        }
                    })
            }}
            <TextFact label=|t| t.version value=version />
            <TextFact label=|t| t.execution_id value=execution />
            {move || {
                let tags = tags.get();
                (!tags.is_empty())
                    .then(|| {
                        view! {
                            <div class="wide">
                                <dt>{tr(|t| t.tags)}</dt>
                                <dd class="tags">
                                    {tags
                                        .into_iter()
                                        .map(|(key, value)| view! { <span class="tag mono">{key} "=" {value}</span> })
                                        .collect_view()}
                                </dd>
                            </div>
                        }
                    })
            }}
        </dl>
    }
}

#[component]
fn TextFact(label: Words, value: Memo<Option<String>>) -> impl IntoView {
    move || {
        value.get().map(|value| {
            view! {
                <div>
                    <dt>{tr(label)}</dt>
                    <dd><IdText id=value /></dd>
                </div>
            }
        })
    }
}
