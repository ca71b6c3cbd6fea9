//! What an empty hub teaches: connect a worker, start an instance, see it complete; each ticks as it happens.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    request::{StartBody, StartInstance},
    status::RuntimeStatus,
};

use super::{data::Data, snippets};
use crate::{
    api,
    route::Route,
    state::{notices, session},
    text::{Words, intl, text, tr},
    ui::{CopyButton, Glyph, Icon},
};

/// Orchestration of the samples that comes to its end by itself.
const SAMPLE: &str = "HelloSequence";

/// The steps.
pub fn view(data: Data) -> AnyView {
    let workers =
        move || data.work.value.with(|work| work.as_ref().map_or(0, |work| work.workers.len()));
    let connected = Memo::new(move |_| workers() > 0);
    let started = Memo::new(move |_| {
        data.counts.with(|counts| {
            counts.as_ref().is_some_and(|counts| counts.values().any(|count| *count > 0))
        })
    });
    let completed =
        Memo::new(move |_| data.count(RuntimeStatus::Completed).is_some_and(|count| count > 0));
    let sample = Memo::new(move |_| {
        data.work.value.with(|work| {
            let workers = work.as_ref().map(|work| work.workers.as_slice()).unwrap_or_default();
            let mut names = workers
                .iter()
                .flat_map(|worker| &worker.takes)
                .filter_map(|takes| takes.names.as_ref());
            names.any(|names| names.iter().any(|name| name == SAMPLE))
        })
    });
    let start = move |_| {
        spawn_local(async move {
            let body = StartBody {
                name: SAMPLE.to_owned(),
                instance_id: None,
                input: None,
                version: None,
                scheduled_start_at: None,
                tags: std::collections::BTreeMap::new(),
            };
            let request = StartInstance { hub: data.hub(), body };
            match api::send(&request, None).await {
                Ok(started) => {
                    let route = Route::instance(&data.hub(), &started.instance_id);
                    let words = (text().started)(&started.instance_id);
                    notices::done(words, Some((text().admin.open.to_owned(), route)));
                }
                Err(error) => notices::failed(error.sentence()),
            }
        });
    };
    let worker_note = move || {
        let workers = u64::try_from(workers()).unwrap_or(u64::MAX);
        (workers > 0).then(|| (text().workers)(&intl::count(workers)))
    };
    let form = Route::start(&data.hub()).url();
    view! {
        <p class="lead">{tr(|t| t.admin.first_run_text)}</p>
        <ol class="steps first-run" data-testid="first-run">
            {step("worker", connected, |t| t.admin.first_worker, view! {
                <p class="muted">{worker_note}</p>
                {languages(data)}
            }.into_any())}
            {step("start", started, |t| t.admin.first_start, view! {
                <p class="muted">
                    {move || if sample.get() { text().admin.first_sample_text } else { text().admin.first_start_text }}
                </p>
                <div class="job-line">
                    <Show when=move || sample.get()>
                        <button type="button" class="button primary" data-testid="start-sample" on:click=start>
                            <Icon glyph=Glyph::Play />
                            {move || (text().admin.start_named)(SAMPLE)}
                        </button>
                    </Show>
                    <a class="button" href=form>{tr(|t| t.start_an_instance)}</a>
                </div>
            }.into_any())}
            {step("done", completed, |t| t.admin.first_done, view! {
                <p class="muted">{tr(|t| t.admin.first_done_text)}</p>
                <button type="button" class="button" data-testid="to-overview" on:click=move |_| {
                    data.teaches.set(Some(false));
                    data.load();
                }>
                    {tr(|t| t.admin.show_overview)}
                </button>
            }.into_any())}
        </ol>
    }
    .into_any()
}

fn step(id: &'static str, done: Memo<bool>, word: Words, content: AnyView) -> AnyView {
    Effect::new(move |before: Option<bool>| {
        let now = done.get();
        if now && before == Some(false) {
            notices::announce(format!("{}: {}", word(text()), text().admin.done));
        }
        now
    });
    let number = match id {
        "worker" => "1",
        "start" => "2",
        _ => "3",
    };
    view! {
        <li class="card step" class:done=move || done.get() data-testid=format!("step-{id}") data-done=move || done.get().to_string()>
            <h2>
                <span class="step-number" aria-hidden="true">
                    {move || if done.get() { view! { <Icon glyph=Glyph::Check /> }.into_any() } else { number.into_any() }}
                </span>
                {tr(word)}
                <Show when=move || done.get()><span class="tag">{tr(|t| t.admin.done)}</span></Show>
            </h2>
            {content}
        </li>
    }
    .into_any()
}

/// A worker in five languages, to copy.
fn languages(data: Data) -> AnyView {
    let chosen = RwSignal::new(0_usize);
    let address = move || session::server().map(|server| server.grpc_address).unwrap_or_default();
    let is_default = move || {
        let first = session::server().and_then(|server| server.hubs.into_iter().next());
        first.is_none_or(|first| first.name.eq_ignore_ascii_case(&data.hub()))
    };
    let code =
        Signal::derive(move || snippets::code(chosen.get(), &address(), &data.hub(), is_default()));
    let choices = (0_usize..).zip(snippets::LANGUAGES).map(|(at, name)| {
        view! {
            <label>
                <input
                    type="radio"
                    name="worker-language"
                    prop:checked=move || chosen.get() == at
                    on:change=move |_| chosen.set(at)
                />
                <span>{name}</span>
            </label>
        }
    });
    view! {
        <div class="job-line">
            <fieldset class="segments words">
                <legend class="visually-hidden">{tr(|t| t.admin.programming_language)}</legend>
                {choices.collect_view()}
            </fieldset>
            <span class="spacer"></span>
            <CopyButton value=code what=|t| t.admin.worker_code />
        </div>
        <pre class="mono plain" tabindex="0" data-testid="worker-code">{code}</pre>
    }
    .into_any()
}
