//! `historyEvents`: what was scheduled is folded into what became of it.
//!
//! Source: `DurableOrchestrationClient.ConvertToDurableOrchestrationStatus` of the durable extension.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use taskhub_hub::engine::history_event::{EventKind, ExecutionStarted, HistoryEvent, Payload};
use taskhub_shared::failure::FailureDetails;

use super::{
    entity,
    event::{Failure, Row, Trace},
    time,
};

/// What the caller wants to see.
#[derive(Debug, Clone, Copy)]
pub(super) struct Show {
    /// Inputs of everything.
    pub(super) input: bool,
    /// Results.
    pub(super) output: bool,
}

/// What a completion takes over from the event that scheduled it.
struct Scheduled<'a> {
    name: &'a str,
    input: Option<&'a Payload>,
    at: DateTime<Utc>,
}

/// The history as the original shows it.
pub(super) fn fold(events: &[HistoryEvent], show: Show) -> Vec<Row> {
    let (mut scheduled_by, folded) = pair(events);
    let rows = events.iter().enumerate().filter(|(index, _)| !folded.contains(index));
    rows.filter_map(|(index, event)| row(event, scheduled_by.remove(&index), show)).collect()
}

/// What each completion, by its index, takes over; and the indexes of the events that gave it, which are not shown.
fn pair(events: &[HistoryEvent]) -> (HashMap<usize, Scheduled<'_>>, HashSet<usize>) {
    let (mut open, mut pairs, mut folded) = (HashMap::new(), HashMap::new(), HashSet::new());
    for (index, event) in events.iter().enumerate() {
        match &event.kind {
            EventKind::TaskScheduled { name, input, .. }
            | EventKind::SubOrchestrationCreated { name, input, .. } => {
                let scheduled = Scheduled { name, input: input.as_ref(), at: event.timestamp };
                open.insert(event.event_id, (index, scheduled));
            }
            EventKind::TaskCompleted { scheduled_id, .. }
            | EventKind::TaskFailed { scheduled_id, .. }
            | EventKind::SubOrchestrationCompleted { scheduled_id, .. }
            | EventKind::SubOrchestrationFailed { scheduled_id, .. } => {
                // Taken out, so that an id which is used again later finds its own.
                if let Some((scheduled_at, scheduled)) = open.remove(scheduled_id) {
                    pairs.insert(index, scheduled);
                    folded.insert(scheduled_at);
                }
            }
            EventKind::OrchestratorStarted
            | EventKind::ExecutionStarted(_)
            | EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionTerminated { .. }
            | EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::TimerCreated { .. }
            | EventKind::TimerFired { .. }
            | EventKind::EventSent { .. }
            | EventKind::EventRaised { .. }
            | EventKind::ExecutionRewound { .. }
            | EventKind::Entity(_) => {}
        }
    }
    (pairs, folded)
}

fn row(event: &HistoryEvent, scheduled: Option<Scheduled<'_>>, show: Show) -> Option<Row> {
    let begin = |name: &str| Row::new(name, &time::ticks(event.timestamp));
    Some(match &event.kind {
        EventKind::OrchestratorStarted => return None,
        EventKind::ExecutionStarted(started) => {
            execution_started(begin("ExecutionStarted"), started, show)
        }
        EventKind::ExecutionCompleted { status, result, failure } => {
            let mut row = begin("ExecutionCompleted");
            row.put("OrchestrationStatus", status);
            match failure {
                Some(failure) if show.output => row.put("Result", &failure.error_message),
                None if show.output => put_result(&mut row, result.as_ref()),
                _ => {}
            }
            row.put("FailureDetails", &failure.as_deref().map(Failure::from));
            row
        }
        EventKind::ExecutionTerminated { input, .. } => {
            let mut row = begin("ExecutionTerminated");
            let reason = input.as_deref().map(crate::json::plain);
            if show.input {
                row.put("Input", &reason);
            }
            row
        }
        EventKind::ExecutionSuspended { reason } => {
            with_reason(begin("ExecutionSuspended"), reason)
        }
        EventKind::ExecutionResumed { reason } => with_reason(begin("ExecutionResumed"), reason),
        EventKind::ExecutionRewound { reason } => with_reason(begin("ExecutionRewound"), reason),
        EventKind::Entity(event) => entity::row(event, begin, show),
        EventKind::TaskScheduled { name, input, trace, tags, .. } => {
            let mut row = begin("TaskScheduled");
            row.put("Name", name);
            put_input(&mut row, input.as_ref(), show);
            row.put("Tags", &(!tags.is_empty()).then_some(tags));
            row.put("ParentTraceContext", &trace.as_ref().map(Trace::from));
            row
        }
        EventKind::TaskCompleted { result, .. } => {
            completed(begin("TaskCompleted"), scheduled, result.as_ref(), show)
        }
        EventKind::TaskFailed { failure, .. } => {
            failed(begin("TaskFailed"), scheduled, failure, show)
        }
        EventKind::SubOrchestrationCreated { instance_id, name, input, trace, tags, .. } => {
            let mut row = begin("SubOrchestrationInstanceCreated");
            row.put("Name", name);
            row.put("InstanceId", instance_id);
            put_input(&mut row, input.as_ref(), show);
            row.put("ClientSpanId", &trace.as_ref().map(|trace| &trace.span_id));
            row.put("Tags", &(!tags.is_empty()).then_some(tags));
            row
        }
        EventKind::SubOrchestrationCompleted { result, .. } => {
            completed(begin("SubOrchestrationInstanceCompleted"), scheduled, result.as_ref(), show)
        }
        EventKind::SubOrchestrationFailed { failure, .. } => {
            failed(begin("SubOrchestrationInstanceFailed"), scheduled, failure, show)
        }
        EventKind::TimerCreated { fire_at } => with_fire_at(begin("TimerCreated"), *fire_at),
        EventKind::TimerFired { fire_at, .. } => with_fire_at(begin("TimerFired"), *fire_at),
        EventKind::EventSent { instance_id, name, input } => {
            let mut row = begin("EventSent");
            row.put("InstanceId", instance_id);
            row.put("Name", name);
            put_input(&mut row, input.as_ref(), show);
            row
        }
        EventKind::EventRaised { name, input } => {
            let mut row = begin("EventRaised");
            row.put("Name", name);
            put_input(&mut row, input.as_ref(), show);
            row.put("ParentTraceContext", &None::<Trace<'_>>);
            row
        }
    })
}

fn execution_started(mut row: Row, started: &ExecutionStarted, show: Show) -> Row {
    row.put("FunctionName", &started.name);
    put_input(&mut row, started.input.as_ref(), show);
    row.put("Correlation", &());
    row.put("ParentTraceContext", &started.trace.as_ref().map(Trace::from));
    row.put("ScheduledStartTime", &started.scheduled_start.map(time::ticks));
    row.put("Generation", &());
    row.put("GenerateNewTrace", &false);
    row
}

fn completed(
    mut row: Row,
    scheduled: Option<Scheduled<'_>>,
    result: Option<&Payload>,
    show: Show,
) -> Row {
    put_scheduled(&mut row, scheduled, show);
    if show.output {
        put_result(&mut row, result);
    }
    row
}

fn failed(
    mut row: Row,
    scheduled: Option<Scheduled<'_>>,
    failure: &FailureDetails,
    show: Show,
) -> Row {
    put_scheduled(&mut row, scheduled, show);
    row.put("Reason", &failure.error_message);
    row.put("Details", &failure.stack_trace);
    row.put("FailureDetails", &Failure::from(failure));
    row
}

fn put_scheduled(row: &mut Row, scheduled: Option<Scheduled<'_>>, show: Show) {
    if let Some(scheduled) = scheduled {
        row.put("FunctionName", scheduled.name);
        row.put("ScheduledTime", &time::ticks(scheduled.at));
        put_input(row, scheduled.input, show);
    }
}

/// Inputs stay texts that hold JSON.
pub(super) fn put_input(row: &mut Row, input: Option<&Payload>, show: Show) {
    if show.input {
        row.put("Input", &input);
    }
}

/// Results are JSON.
pub(super) fn put_result(row: &mut Row, result: Option<&Payload>) {
    row.put("Result", &crate::json::stored(result.map(|result| &**result)));
}

fn with_reason(mut row: Row, reason: &Option<String>) -> Row {
    row.put("Reason", reason);
    row
}

fn with_fire_at(mut row: Row, fire_at: DateTime<Utc>) -> Row {
    row.put("FireAt", &time::ticks(fire_at));
    row
}
