//! The page for a new job: what, which, check, run; one below the other.

use leptos::{ev::Targeted, prelude::*};
use taskhub_shared::action::Action;
use web_sys::{Event, HtmlSelectElement};

use super::{check, form::Form, model::ids_of, run};
use crate::{
    component::{StatusBadge, Trouble},
    route::Route,
    state::preferences,
    text::{Words, intl, text, tr},
    ui::{Heading, TextArea, TextField},
};

/// The page.
pub fn page(hub: String, q: String, action: Option<Action>, ids: &[String]) -> AnyView {
    let form = Form::new(hub, q, action, ids);
    view! {
        <div class="page-head">
            <Heading title=Signal::derive(move || format!("{} · {}", text().admin.new_batch, form.hub()))>
                {tr(|t| t.admin.new_batch)}
            </Heading>
        </div>
        <form
            class="steps"
            novalidate=true
            data-testid="batch-form"
            on:submit=move |event| {
                event.prevent_default();
                form.run();
            }
        >
            {step("1", |t| t.admin.what, what(form))}
            {step("2", |t| t.admin.which, which(form))}
            {step("3", |t| t.admin.check, check::view(form))}
            {step("4", |t| t.admin.run, run::view(form))}
        </form>
    }
    .into_any()
}

fn step(number: &'static str, word: Words, content: AnyView) -> AnyView {
    let id = format!("step-{number}");
    let labelled = id.clone();
    view! {
        <section class="card step" aria-labelledby=labelled>
            <h2 id=id>
                <span class="step-number" aria-hidden="true">{number}</span>
                {tr(word)}
            </h2>
            {content}
        </section>
    }
    .into_any()
}

fn what(form: Form) -> AnyView {
    let choose = move |event: Targeted<Event, HtmlSelectElement>| {
        let code = event.target().value();
        if let Some(action) = Action::ALL.into_iter().find(|action| action.code() == code) {
            form.action.set(action);
        }
    };
    let options = move || {
        let option = |action: Action| {
            let selected = form.action.get_untracked() == action;
            view! { <option value=action.code() selected=selected>{(text().action)(action)}</option> }
        };
        Action::ALL.map(option).collect_view()
    };
    let is = move |action| form.action.get() == action;
    let consequences = move || match form.action.get() {
        Action::RaiseEvent => text().admin.raise_text,
        Action::Suspend => text().suspend_text,
        Action::Resume => text().resume_text,
        Action::Terminate => text().terminate_text,
        Action::Rewind => text().rewind_text,
        Action::Restart => text().restart_text,
        Action::RestartWithSameId => text().admin.restart_same_text,
        Action::Purge => text().purge_text,
    };
    view! {
        <div class="field">
            <label for="batch-action">{tr(|t| t.admin.operation)}</label>
            <select id="batch-action" class="select" data-testid="batch-action" on:change:target=choose>
                {options}
            </select>
            <p class="field-hint">{consequences}</p>
        </div>
        <Show when=move || is(Action::RaiseEvent)>
            <TextField id="batch-event" label=|t| t.event_name value=form.event hint=|t| t.event_name_hint required=true />
            <TextArea
                id="batch-payload"
                label=|t| t.payload
                value=form.payload
                hint=|t| t.payload_hint
                optional=true
                rows=3
                error=Signal::derive(move || form.payload_mistake())
            />
        </Show>
        <Show when=move || is(Action::Terminate)>
            <div class="check">
                <input
                    type="checkbox"
                    id="batch-recursive"
                    prop:checked=form.recursive
                    on:change=move |_| form.recursive.update(|on| *on = !*on)
                />
                <label for="batch-recursive">{tr(|t| t.terminate_recursive)}</label>
            </div>
        </Show>
        <TextField id="batch-reason" label=|t| t.reason value=form.reason hint=|t| t.admin.reason_hint />
        <Show when=|| preferences::person().is_empty()>
            <TextField id="batch-by" label=|t| t.admin.your_name value=form.by hint=|t| t.admin.your_name_hint optional=true />
        </Show>
    }
    .into_any()
}

fn which(form: Form) -> AnyView {
    let choice = move |named: bool, word: Words| {
        view! {
            <label>
                <input
                    type="radio"
                    name="batch-which"
                    data-testid=if named { "which-ids" } else { "which-query" }
                    prop:checked=move || form.named.get() == named
                    on:change=move |_| form.named.set(named)
                />
                <span>{tr(word)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="segments words">
            <legend class="visually-hidden">{tr(|t| t.admin.which)}</legend>
            {choice(false, |t| t.admin.by_query)}
            {choice(true, |t| t.admin.by_ids)}
        </fieldset>
        <Show
            when=move || form.named.get()
            fallback=move || {
                view! {
                    <TextField
                        id="batch-query"
                        label=|t| t.admin.query
                        value=form.q
                        hint=|t| t.admin.query_hint
                        mono=true
                        error=Signal::derive(move || form.query_mistake())
                    />
                    <Trouble health=form.sample.health again=Callback::new(move |()| form.q.notify()) />
                    {move || sample(form)}
                }
            }
        >
            <TextArea id="batch-ids" label=|t| t.admin.ids value=form.ids hint=|t| t.admin.ids_hint />
            <p class="strong">
                {move || (text().admin.named_ids)(&intl::count(number(form.ids.with(|ids| ids_of(ids).len()))))}
            </p>
        </Show>
    }
    .into_any()
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// How many match, and the newest of them.
fn sample(form: Form) -> Option<AnyView> {
    let hub = form.hub();
    form.sample.value.with(|listed| {
        let listed = listed.as_ref()?;
        let total: u64 = listed.counts.values().sum();
        let words = if listed.partial {
            (text().admin.at_least_match)(&intl::count(total))
        } else {
            (text().admin.match_now)(&intl::count(total))
        };
        let rows = listed.page.items.iter().map(|row| {
            let status = row.runtime_status;
            view! {
                <li>
                    <StatusBadge status=Signal::stored(status) />
                    <a href=Route::instance(&hub, &row.instance_id).url() target="_blank" class="break">
                        {row.instance_id.clone()}
                    </a>
                    <span class="muted break">{row.name.clone()}</span>
                </li>
            }
        });
        let rows = rows.collect_view();
        Some(
            view! {
                <p class="strong" data-testid="batch-count">{words}</p>
                <details class="more">
                    <summary>{(text().admin.sample)(&intl::number(number(listed.page.items.len())))}</summary>
                    <ul class="sample">{rows}</ul>
                </details>
            }
            .into_any(),
        )
    })
}
