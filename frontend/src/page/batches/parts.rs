//! What the list and the page of a job share: state, progress, numbers.

use leptos::prelude::*;
use taskhub_shared::{
    action::Action,
    batch::{BatchJob, BatchState},
    status::RuntimeStatus,
};

use super::model;
use crate::{
    component::StatusIcon,
    state::clock,
    text::{intl, text},
    ui::Glyph,
};

/// Icon of an action.
pub fn glyph(action: Action) -> Glyph {
    match action {
        Action::RaiseEvent => Glyph::Event,
        Action::Suspend => Glyph::Pause,
        Action::Resume | Action::Restart | Action::RestartWithSameId => Glyph::Play,
        Action::Terminate => Glyph::Stop,
        Action::Rewind => Glyph::Back,
        Action::Purge => Glyph::Trash,
    }
}

/// Icon and colour that a state shares with a status.
fn look(state: BatchState) -> RuntimeStatus {
    match state {
        BatchState::Freezing => RuntimeStatus::Pending,
        BatchState::Running => RuntimeStatus::Running,
        BatchState::Paused => RuntimeStatus::Suspended,
        BatchState::Stopped => RuntimeStatus::Failed,
        BatchState::Completed => RuntimeStatus::Completed,
        BatchState::Cancelled => RuntimeStatus::Canceled,
    }
}

/// The state with its word.
pub fn state_badge(state: BatchState) -> AnyView {
    let status = look(state);
    view! {
        <span class="badge" data-status=status.as_str() data-testid="batch-state" data-state=format!("{state:?}")>
            <StatusIcon status />
            <span>{(text().admin.batch_state)(state)}</span>
        </span>
    }
    .into_any()
}

/// A bar with its numbers beside it.
pub fn progress(job: &BatchJob) -> AnyView {
    let counts = job.counts;
    let (done, total) = (counts.done(), counts.total);
    let words = (text().admin.of_total)(&intl::number(done), &intl::number(total));
    let label = text().admin.progress;
    view! {
        <span class="progress">
            <progress max=total.max(1).to_string() value=done.to_string() aria-label=label></progress>
            <span>{words}</span>
        </span>
    }
    .into_any()
}

/// Which instances a job is about, in short.
pub fn which(job: &BatchJob) -> String {
    match &job.query {
        Some(query) if query.is_empty() => text().admin.all_instances.to_owned(),
        Some(query) => query.clone(),
        None => (text().admin.named_ids)(&intl::count(job.counts.total)),
    }
}

/// Instances a second, with a tenth when they are few.
pub fn per_second(tenths: u64) -> String {
    let number = if tenths >= 100 || tenths.is_multiple_of(10) {
        intl::number(tenths / 10)
    } else {
        format!("{}{}{}", tenths / 10, text().decimal_point, tenths % 10)
    };
    (text().admin.per_second)(&number)
}

/// How fast a job has been.
pub fn rate(job: &BatchJob) -> String {
    model::mean_pace(job, clock::now()).map(per_second).unwrap_or_default()
}
