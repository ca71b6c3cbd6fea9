//! One batch job: how far it is, what it may be told, what became of each instance.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    batch::{BatchCounts, BatchJob, BatchState},
    problem::ErrorCode,
    request::{CancelBatch, CreateBatchBody, GetBatch, PauseBatch, ResumeBatch, RetryBatch},
};

use super::{
    items, model,
    model::{Mark, begins_in, pace, time_left},
    parts::{glyph, per_second, progress, state_badge, which},
};
use crate::{
    api::{self, live::News},
    component::{Time, Trouble},
    route::Route,
    state::{clock, notices, remote::Remote},
    text::{Words, intl, text, tr},
    ui::{CopyButton, Glyph, Heading, Icon},
};

/// Something that a job may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Pause,
    Resume,
    Cancel,
    Retry,
}

impl Order {
    const ALL: [Self; 4] = [Self::Pause, Self::Resume, Self::Cancel, Self::Retry];

    /// Word in ids.
    fn id(self) -> &'static str {
        match self {
            Self::Pause => "batch-pause",
            Self::Resume => "batch-resume",
            Self::Cancel => "batch-cancel",
            Self::Retry => "batch-retry",
        }
    }

    fn look(self) -> (Words, Glyph) {
        match self {
            Self::Pause => (|t| t.admin.pause, Glyph::Pause),
            Self::Resume => (|t| t.admin.resume_job, Glyph::Play),
            Self::Cancel => (|t| t.admin.cancel_job, Glyph::Stop),
            Self::Retry => (|t| t.admin.retry_failed, Glyph::Back),
        }
    }

    /// Why the job may not be told this now.
    fn refusal(self, job: &BatchJob) -> Option<Words> {
        use BatchState::{Cancelled, Completed, Freezing, Paused, Running, Stopped};
        match (self, job.state) {
            (Self::Pause, Freezing | Running)
            | (Self::Resume, Freezing | Paused | Stopped)
            | (Self::Cancel, Freezing | Running | Paused | Stopped) => None,
            (Self::Pause, Paused) if job.start_at.is_some() => None,
            (Self::Retry, Completed | Stopped) if job.counts.failed > 0 => None,
            (Self::Retry, Completed | Stopped) => Some(|t| t.admin.nothing_failed),
            (Self::Retry, Freezing | Running | Paused) => Some(|t| t.admin.retry_later),
            (Self::Pause, Paused | Stopped) => Some(|t| t.admin.held_already),
            (Self::Resume, Running) => Some(|t| t.admin.runs_already),
            (_, Completed | Cancelled) => Some(|t| t.admin.job_has_ended),
        }
    }
}

/// A job on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    hub: StoredValue<String>,
    id: StoredValue<String>,
    pub remote: Remote<BatchJob>,
    mark: RwSignal<Option<Mark>>,
}

impl Job {
    fn new(hub: String, id: String) -> Self {
        let job = Self {
            hub: StoredValue::new(hub),
            id: StoredValue::new(id),
            remote: Remote::new(),
            mark: RwSignal::new(None),
        };
        Effect::new(move || {
            job.remote.value.with(|value| {
                if let Some(value) = value {
                    job.mark.update(|mark| *mark = Mark::follow(*mark, value, clock::now()));
                }
            });
        });
        job.load();
        api::live::listen(move |news| match news {
            News::Batches(changes) => {
                let newer =
                    job.id.with_value(|id| changes.batches.iter().find(|one| one.id == *id));
                if let Some(newer) = newer {
                    job.remote.value.set(Some(newer.clone()));
                }
            }
            News::Opened => job.load(),
            News::Changes(_) | News::Resync(_) => {}
        });
        job
    }

    fn load(self) {
        self.remote.read(GetBatch { hub: self.hub(), batch: self.id() });
    }

    pub fn hub(self) -> String {
        self.hub.get_value()
    }

    pub fn id(self) -> String {
        self.id.get_value()
    }

    fn tell(self, order: Order) {
        let (hub, batch) = (self.hub(), self.id());
        spawn_local(async move {
            let answer = match order {
                Order::Pause => api::send(&PauseBatch { hub, batch }, None).await,
                Order::Resume => api::send(&ResumeBatch { hub, batch }, None).await,
                Order::Cancel => api::send(&CancelBatch { hub, batch }, None).await,
                Order::Retry => api::send(&RetryBatch { hub, batch }, None).await,
            };
            match answer {
                Ok(job) => {
                    // The stream may have been quicker with what came after.
                    self.remote.value.try_update(|known| {
                        if known
                            .as_ref()
                            .is_none_or(|known| known.counts.done() <= job.counts.done())
                        {
                            *known = Some(job);
                        }
                    });
                }
                Err(error) => notices::failed(error.sentence()),
            }
        });
    }
}

/// The page.
pub fn page(hub: String, id: String) -> AnyView {
    let job = Job::new(hub, id);
    let title = move || {
        let action = job.remote.value.with(|job| job.as_ref().map(|job| job.action));
        let word = action.map(|action| (text().action)(action)).unwrap_or_default();
        (text().admin.job_title)(word, &job.id())
    };
    let known = Memo::new(move |_| job.remote.value.with(Option::is_some));
    let fixed = Memo::new(move |_| {
        let mut value = job.remote.value.get()?;
        // What changes all the time stands elsewhere.
        value.counts = BatchCounts { total: value.counts.total, ..BatchCounts::default() };
        Some(value)
    });
    let missing = Memo::new(move |_| {
        let code =
            job.remote.health.with(|health| health.error.as_ref().and_then(api::Error::code));
        code == Some(ErrorCode::BatchNotFound)
    });
    view! {
        <Show
            when=move || !missing.get()
            fallback=move || {
                view! {
                    <div class="empty" role="alert" data-testid="batch-missing">
                        <h1>{tr(|t| t.admin.no_such_job)}</h1>
                        <p class="muted">{tr(|t| t.admin.no_such_job_text)}</p>
                        <a class="button" href=Route::batches(&job.hub()).url()>{tr(|t| t.admin.batches)}</a>
                    </div>
                }
            }
        >
            <div class="page-head">
                <Heading title=Signal::derive(title)>{title}</Heading>
                <Show when=move || known.get()>{move || orders(job)}</Show>
            </div>
            <Trouble health=job.remote.health again=Callback::new(move |()| job.load()) />
            <Show when=move || known.get()>
                <Grace job />
                <section class="card job" aria-label=tr(|t| t.admin.progress)>
                    {move || {
                        job.remote.value.with(|value| value.as_ref().map(|value| standing(job, value)))
                    }}
                    {move || fixed.with(|value| value.as_ref().map(|value| facts(job, value)))}
                </section>
                {items::view(job)}
            </Show>
        </Show>
    }
    .into_any()
}

/// The buttons; they stay the same elements while the job changes, so that the focus stays.
fn orders(job: Job) -> AnyView {
    let button = |order: Order| {
        let (word, glyph) = order.look();
        let refusal = Memo::new(move |_| {
            job.remote
                .value
                .with(|job| job.as_ref().and_then(|job| order.refusal(job)).map(|why| why(text())))
        });
        let tip = format!("{}-why", order.id());
        let described = tip.clone();
        view! {
            <span class="action">
                <button
                    type="button"
                    class="button"
                    class:danger=order == Order::Cancel
                    data-testid=order.id()
                    aria-disabled=move || refusal.with(Option::is_some).then_some("true")
                    aria-describedby=described
                    on:click=move |_| match refusal.get_untracked() {
                        Some(why) => notices::announce(why.to_owned()),
                        None => job.tell(order),
                    }
                >
                    <Icon glyph />
                    {tr(word)}
                </button>
                <span class="tip" role="tooltip" id=tip>{move || refusal.get()}</span>
            </span>
        }
    };
    view! {
        <div class="actions" role="group" aria-label=tr(|t| t.actions)>
            {Order::ALL.map(button).collect_view()}
        </div>
    }
    .into_any()
}

/// The time in which nothing has been done yet, with a way back.
#[component]
fn Grace(job: Job) -> impl IntoView {
    let waits = Memo::new(move |_| {
        job.remote
            .value
            .with(|job| job.as_ref().is_some_and(|job| begins_in(job, clock::now()).is_some()))
    });
    let words = move || {
        job.remote.value.with(|job| {
            let job = job.as_ref()?;
            let seconds = begins_in(job, clock::ticking_now())?;
            let time = intl::ticking(seconds * 1000);
            Some((text().admin.begins_in)(job.action, &time))
        })
    };
    view! {
        <Show when=move || waits.get()>
            <div class="banner warning" data-testid="grace">
                <Icon glyph=Glyph::Hourglass />
                <span role="timer" class="strong">{words}</span>
                <button type="button" class="button primary" data-testid="batch-undo" on:click=move |_| job.tell(Order::Cancel)>
                    {tr(|t| t.admin.undo)}
                </button>
                <button type="button" class="button" data-testid="batch-now" on:click=move |_| job.tell(Order::Resume)>
                    {tr(|t| t.admin.run_now)}
                </button>
            </div>
        </Show>
    }
}

/// How the job stands; this part is drawn anew with each step.
fn standing(page: Job, job: &BatchJob) -> AnyView {
    let running = job.state == BatchState::Running;
    let tenths = page.mark.get().and_then(|mark| pace(mark, job.counts.done(), clock::now()));
    let tenths = tenths.filter(|_| running).or_else(|| model::mean_pace(job, clock::now()));
    let left = tenths.filter(|_| running).and_then(|tenths| time_left(job, tenths));
    let left = left.map(|left| (text().admin.time_left)(&intl::ticking(left)));
    let pace = [tenths.map(per_second), left];
    let pace = pace.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let advice: Option<Words> = match job.state {
        BatchState::Freezing => Some(|t| t.admin.freezing_text),
        BatchState::Stopped => Some(|t| t.admin.stopped_text),
        BatchState::Running => Some(|t| t.admin.running_text),
        BatchState::Paused | BatchState::Completed | BatchState::Cancelled => None,
    };
    view! {
        <p class="job-line">
            {state_badge(job.state)}
            <span class="with-icon">
                <Icon glyph=glyph(job.action) />
                {(text().action)(job.action)}
            </span>
            <span class="muted">{pace}</span>
        </p>
        {progress(job)}
        {advice.map(|words| view! { <p class="muted small">{tr(words)}</p> })}
    }
    .into_any()
}

/// What the job is; its numbers stand elsewhere, so it is seldom drawn anew.
fn facts(page: Job, job: &BatchJob) -> AnyView {
    let fact =
        |word: Words, value: AnyView| view! { <div><dt>{tr(word)}</dt><dd>{value}</dd></div> };
    let time = |at| view! { <Time at=Signal::stored(at) /> }.into_any();
    let words = |words: String| view! { <span class="break">{words}</span> }.into_any();
    let origin = window().location().origin().unwrap_or_default();
    let command = again(job).map(|body| model::curl(&origin, &page.hub(), &body));
    let limit = match job.rate_per_second {
        Some(rate) => per_second(u64::from(rate) * 10),
        None => text().admin.unlimited.to_owned(),
    };
    let which = view! { <span class="mono break">{which(job)}</span> };
    view! {
        <dl class="facts">
            {fact(|t| t.admin.which, which.into_any())}
            {job.event_name.clone().map(|name| fact(|t| t.event_name, words(name)))}
            {job.reason.clone().map(|reason| fact(|t| t.reason, words(reason)))}
            {job.by.clone().map(|by| fact(|t| t.admin.by, words(by)))}
            {fact(|t| t.created, time(job.created_at))}
            {job.started_at.map(|at| fact(|t| t.admin.began, time(at)))}
            {job.ended_at.map(|at| fact(|t| t.admin.ended, time(at)))}
            {fact(|t| t.admin.limit, words(limit))}
            {fact(|t| t.admin.stop_after, words(intl::number(job.stop_after_failures)))}
        </dl>
        {command
            .map(|command| {
                view! {
                    <p class="job-line">
                        <CopyButton value=Signal::stored(command) what=|t| t.admin.as_curl words=|t| t.admin.copy_curl />
                        <span class="muted small">{tr(|t| t.admin.as_curl_text)}</span>
                    </p>
                }
            })}
    }
    .into_any()
}

/// The body that makes the same job once more; absent when the job does not tell all of it.
fn again(job: &BatchJob) -> Option<String> {
    let whole = job.query.is_some() && job.input_bytes.is_none();
    let body = CreateBatchBody {
        action: job.action,
        query: job.query.clone(),
        ids: None,
        reason: job.reason.clone(),
        by: job.by.clone(),
        rate_per_second: job.rate_per_second,
        stop_after_failures: Some(job.stop_after_failures),
        recursive: job.recursive,
        event_name: job.event_name.clone(),
        input: None,
        hold: false,
        start_after_seconds: None,
        dry_run: false,
        cursor: None,
        limit: None,
    };
    if whole { serde_json::to_string(&body).ok() } else { None }
}
