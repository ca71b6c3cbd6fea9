//! The history of an instance, page by page from both ends.

use axum::{Json, extract::RawQuery};
use taskhub_hub::engine::{
    entity_event::EntityEvent,
    history_event::{EventKind as Stored, HistoryEvent as StoredEvent, Payload},
};
use taskhub_shared::{
    history::{EventKind, HistoryEvent},
    page::Page,
    request::HistoryPage,
};

use super::{
    extract::{OfInstance, number, once},
    payload::cut_event,
};
use crate::fault::Fault;

/// Events of a page when the caller names no number.
const DEFAULT: usize = 500;
/// Most events of a page.
const MOST: usize = 1000;
/// Bytes of payloads after which a page ends, though there may be more events.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// What a page is asked for with.
#[derive(Debug, Default)]
struct Asked {
    after: Option<u64>,
    before: Option<u64>,
    newest_first: bool,
    limit: Option<usize>,
    inline: Option<usize>,
}

impl Asked {
    fn read(query: Option<&str>) -> Result<Self, Fault> {
        let mut asked = Self::default();
        for (name, value) in once(query, &["after", "before", "order", "limit", "inline"])? {
            let wrong = |what: &str| Fault::field(name.as_str(), format!("{value:?} is no {what}"));
            let whole = || value.parse().map_err(|_| wrong("whole number"));
            match name.as_str() {
                "after" => asked.after = Some(whole()?),
                "before" => asked.before = Some(whole()?),
                "limit" => asked.limit = Some(number(&name, &value, MOST)?),
                "inline" => {
                    let bytes = value.parse().map_err(|_| wrong("whole number"))?;
                    asked.inline = Some(bytes);
                }
                _ => {
                    asked.newest_first = match value.as_str() {
                        "asc" => false,
                        "desc" => true,
                        _ => return Err(wrong("order; use asc or desc")),
                    };
                }
            }
        }
        Ok(asked)
    }

    /// Positions of the page in a history of this length: after the one, before the other.
    fn range(&self, length: u64) -> (u64, u64) {
        let limit = self.limit.unwrap_or(DEFAULT) as u64;
        let end = self.before.unwrap_or(u64::MAX).min(length.saturating_add(1)).max(1);
        let begin = self.after.unwrap_or(0).min(end - 1);
        if self.newest_first {
            (begin.max((end - 1).saturating_sub(limit)), end)
        } else {
            (begin, end.min(begin.saturating_add(limit).saturating_add(1)))
        }
    }
}

/// Source: `request::GetHistory`.
pub(crate) async fn get_history(
    OfInstance { hub, id }: OfInstance,
    RawQuery(query): RawQuery,
) -> Result<Json<HistoryPage>, Fault> {
    let asked = Asked::read(query.as_deref())?;
    let record = hub.instance(&id).await?.ok_or_else(|| Fault::no_instance(&id))?;
    let total = record.history_len;
    let (after, before) = asked.range(total);
    let limit = usize::try_from(before - after - 1).unwrap_or(MOST);
    let stored = hub.history(&id, after, limit).await?.ok_or_else(|| Fault::no_instance(&id))?;
    let positions = (1_u64..).map(|step| after.saturating_add(step));
    let mut events: Vec<(u64, StoredEvent)> = positions.zip(stored).collect();
    if asked.newest_first {
        events.reverse();
    }
    let (mut bytes, mut items) = (0, Vec::new());
    for (position, stored) in events {
        let mut event = event(position, stored);
        if let Some(most) = asked.inline {
            event.large = cut_event(hub.name().as_str(), &id, position, &mut event.kind, most);
        }
        bytes += weight(&mut event.kind);
        // The first comes whatever its size, or nobody would ever get past it.
        if bytes > PAGE_BYTES && !items.is_empty() {
            break;
        }
        items.push(event);
    }
    let next = items.last().map(|last: &HistoryEvent| last.seq).filter(|last| {
        if asked.newest_first {
            *last > asked.after.unwrap_or(0) + 1
        } else {
            *last < asked.before.unwrap_or(u64::MAX).min(total.saturating_add(1)) - 1
        }
    });
    let page = Page { items, next: next.map(|next| next.to_string()), previous: None };
    Ok(Json(HistoryPage { page, total, execution_id: record.execution_id }))
}

/// Bytes of an event's texts, about.
fn weight(kind: &mut EventKind) -> usize {
    if let EventKind::TaskFailed { failure: Some(failure), .. }
    | EventKind::SubOrchestrationInstanceFailed { failure: Some(failure), .. }
    | EventKind::ExecutionCompleted { failure: Some(failure), .. }
    | EventKind::EntityOperationFailed { failure: Some(failure), .. } = kind
    {
        return failure.error_message.len() + failure.stack_trace.as_deref().map_or(0, str::len);
    }
    inline_of(kind).and_then(|(_, text)| text.as_ref()).map_or(0, String::len)
}

/// The payload of an event, with the name of its field.
pub(crate) fn inline_of(kind: &mut EventKind) -> Option<(&'static str, &mut Option<String>)> {
    match kind {
        EventKind::ExecutionStarted { input, .. }
        | EventKind::TaskScheduled { input, .. }
        | EventKind::SubOrchestrationInstanceCreated { input, .. }
        | EventKind::EventSent { input, .. }
        | EventKind::EventRaised { input, .. }
        | EventKind::EntityOperationSignaled { input, .. }
        | EventKind::EntityOperationCalled { input, .. } => Some(("input", input)),
        EventKind::ExecutionCompleted { result, .. }
        | EventKind::TaskCompleted { result, .. }
        | EventKind::SubOrchestrationInstanceCompleted { result, .. }
        | EventKind::EntityOperationCompleted { result, .. } => Some(("result", result)),
        EventKind::ExecutionTerminated { reason, .. }
        | EventKind::ExecutionSuspended { reason }
        | EventKind::ExecutionResumed { reason }
        | EventKind::ExecutionRewound { reason } => Some(("reason", reason)),
        EventKind::Other { data, .. } => Some(("data", data)),
        EventKind::OrchestratorStarted
        | EventKind::TaskFailed { .. }
        | EventKind::SubOrchestrationInstanceFailed { .. }
        | EventKind::TimerCreated { .. }
        | EventKind::TimerFired { .. }
        | EventKind::EntityOperationFailed { .. }
        | EventKind::EntityLockRequested { .. }
        | EventKind::EntityLockGranted { .. }
        | EventKind::EntityUnlockSent { .. } => None,
    }
}

fn event(seq: u64, stored: StoredEvent) -> HistoryEvent {
    let StoredEvent { event_id, timestamp, kind } = stored;
    HistoryEvent { seq, event_id, timestamp, kind: convert(kind), large: None }
}

pub(crate) fn convert(kind: Stored) -> EventKind {
    match kind {
        Stored::OrchestratorStarted => EventKind::OrchestratorStarted,
        Stored::ExecutionStarted(started) => EventKind::ExecutionStarted {
            name: started.name,
            version: started.version,
            input: text(started.input),
            parent_instance_id: started.parent.map(|parent| parent.instance_id),
        },
        Stored::ExecutionCompleted { status, result, failure } => EventKind::ExecutionCompleted {
            status,
            result: text(result),
            failure: failure.map(|failure| *failure),
        },
        Stored::ExecutionTerminated { input, recurse } => EventKind::ExecutionTerminated {
            reason: input.map(|input| crate::json::plain(&input)),
            recurse,
        },
        Stored::ExecutionSuspended { reason } => EventKind::ExecutionSuspended { reason },
        Stored::ExecutionResumed { reason } => EventKind::ExecutionResumed { reason },
        Stored::TaskScheduled { name, version, input, .. } => {
            EventKind::TaskScheduled { name, version, input: text(input) }
        }
        Stored::TaskCompleted { scheduled_id, result } => {
            EventKind::TaskCompleted { scheduled_id, result: text(result) }
        }
        Stored::TaskFailed { scheduled_id, failure } => {
            EventKind::TaskFailed { scheduled_id, failure: Some(*failure) }
        }
        Stored::SubOrchestrationCreated { instance_id, name, version, input, .. } => {
            let input = text(input);
            EventKind::SubOrchestrationInstanceCreated { instance_id, name, version, input }
        }
        Stored::SubOrchestrationCompleted { scheduled_id, result } => {
            EventKind::SubOrchestrationInstanceCompleted { scheduled_id, result: text(result) }
        }
        Stored::SubOrchestrationFailed { scheduled_id, failure } => {
            EventKind::SubOrchestrationInstanceFailed { scheduled_id, failure: Some(*failure) }
        }
        Stored::TimerCreated { fire_at } => EventKind::TimerCreated { fire_at },
        Stored::TimerFired { timer_id, fire_at } => EventKind::TimerFired { fire_at, timer_id },
        Stored::EventSent { instance_id, name, input } => {
            EventKind::EventSent { instance_id, name, input: text(input) }
        }
        Stored::EventRaised { name, input } => EventKind::EventRaised { name, input: text(input) },
        Stored::ExecutionRewound { reason } => EventKind::ExecutionRewound { reason },
        Stored::Entity(event) => entity(*event),
    }
}

fn entity(event: EntityEvent) -> EventKind {
    match event {
        EntityEvent::OperationSignaled { operation, input, scheduled_at, target, .. } => {
            EventKind::EntityOperationSignaled {
                instance_id: target.unwrap_or_default(),
                operation,
                input: text(input),
                scheduled_at,
            }
        }
        EntityEvent::OperationCalled { request_id, operation, input, target, .. } => {
            EventKind::EntityOperationCalled {
                request_id,
                instance_id: target.unwrap_or_default(),
                operation,
                input: text(input),
            }
        }
        EntityEvent::OperationCompleted { request_id, output } => {
            EventKind::EntityOperationCompleted { request_id, result: text(output) }
        }
        EntityEvent::OperationFailed { request_id, failure } => {
            EventKind::EntityOperationFailed { request_id, failure: Some(*failure) }
        }
        EntityEvent::LockRequested { critical_section, lock_set, .. } => {
            EventKind::EntityLockRequested { critical_section, lock_set }
        }
        EntityEvent::LockGranted { critical_section } => {
            EventKind::EntityLockGranted { critical_section }
        }
        EntityEvent::UnlockSent { critical_section, target, .. } => EventKind::EntityUnlockSent {
            critical_section,
            instance_id: target.unwrap_or_default(),
        },
    }
}

fn text(payload: Option<Payload>) -> Option<String> {
    payload.map(|text| text.to_string())
}
