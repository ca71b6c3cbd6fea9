//! What there is to say about one event.

use chrono::{DateTime, Utc};
use taskhub_shared::{
    failure::FailureDetails,
    history::{EventKind, HistoryEvent},
    status::RuntimeStatus,
};

use crate::page::instance::outline::Outline;

/// What an event shows besides its kind and time.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    pub name: String,
    pub payload: Option<&'a str>,
    pub failure: Option<&'a FailureDetails>,
    /// Another instance, which has a page.
    pub link: Option<&'a str>,
    pub fires_at: Option<DateTime<Utc>>,
    pub status: Option<RuntimeStatus>,
    /// When what it ends had begun.
    pub began: Option<DateTime<Utc>>,
}

/// The other event of a pair.
pub fn partner<'a>(
    events: &'a [HistoryEvent],
    outline: &Outline,
    event: &HistoryEvent,
) -> Option<&'a HistoryEvent> {
    event_at(events, outline.pair(event.seq)?)
}

/// The event at a position.
pub fn event_at(events: &[HistoryEvent], seq: u64) -> Option<&HistoryEvent> {
    events.get(usize::try_from(seq.checked_sub(1)?).ok()?)
}

/// Name of what an event is about: its own, or that of the event which it answers.
pub fn name<'a>(events: &'a [HistoryEvent], outline: &Outline, event: &'a HistoryEvent) -> &'a str {
    let own = own_name(&event.kind);
    if !own.is_empty() {
        return own;
    }
    partner(events, outline, event).map_or("", |partner| own_name(&partner.kind))
}

fn own_name(kind: &EventKind) -> &str {
    match kind {
        EventKind::ExecutionStarted { name, .. }
        | EventKind::TaskScheduled { name, .. }
        | EventKind::SubOrchestrationInstanceCreated { name, .. }
        | EventKind::EventSent { name, .. }
        | EventKind::EventRaised { name, .. } => name,
        EventKind::EntityOperationSignaled { operation, .. }
        | EventKind::EntityOperationCalled { operation, .. } => operation,
        EventKind::EntityUnlockSent { instance_id, .. } => instance_id,
        EventKind::EntityLockRequested { lock_set, .. } => {
            lock_set.first().map_or("", String::as_str)
        }
        EventKind::OrchestratorStarted
        | EventKind::ExecutionCompleted { .. }
        | EventKind::ExecutionTerminated { .. }
        | EventKind::ExecutionSuspended { .. }
        | EventKind::ExecutionResumed { .. }
        | EventKind::ExecutionRewound { .. }
        | EventKind::TaskCompleted { .. }
        | EventKind::TaskFailed { .. }
        | EventKind::SubOrchestrationInstanceCompleted { .. }
        | EventKind::SubOrchestrationInstanceFailed { .. }
        | EventKind::TimerCreated { .. }
        | EventKind::TimerFired { .. }
        | EventKind::EntityOperationCompleted { .. }
        | EventKind::EntityOperationFailed { .. }
        | EventKind::EntityLockGranted { .. }
        | EventKind::Other { .. } => "",
    }
}

impl<'a> Facts<'a> {
    /// Facts of an event.
    pub fn of(events: &'a [HistoryEvent], outline: &Outline, event: &'a HistoryEvent) -> Self {
        let partner = partner(events, outline, event).filter(|other| other.seq < event.seq);
        let mut facts = Self {
            name: name(events, outline, event).to_owned(),
            began: partner.map(|partner| partner.timestamp),
            ..Self::default()
        };
        match &event.kind {
            EventKind::ExecutionStarted { input, parent_instance_id, .. } => {
                facts.payload = input.as_deref();
                facts.link = parent_instance_id.as_deref();
            }
            EventKind::ExecutionCompleted { status, result, failure } => {
                facts.status = Some(*status);
                facts.payload = result.as_deref();
                facts.failure = failure.as_ref();
            }
            EventKind::ExecutionTerminated { reason, .. }
            | EventKind::ExecutionSuspended { reason }
            | EventKind::ExecutionResumed { reason }
            | EventKind::ExecutionRewound { reason } => facts.payload = reason.as_deref(),
            EventKind::TaskScheduled { input, .. } | EventKind::EventRaised { input, .. } => {
                facts.payload = input.as_deref();
            }
            EventKind::TaskCompleted { result, .. }
            | EventKind::SubOrchestrationInstanceCompleted { result, .. }
            | EventKind::EntityOperationCompleted { result, .. } => {
                facts.payload = result.as_deref();
            }
            EventKind::TaskFailed { failure, .. }
            | EventKind::SubOrchestrationInstanceFailed { failure, .. }
            | EventKind::EntityOperationFailed { failure, .. } => facts.failure = failure.as_ref(),
            EventKind::SubOrchestrationInstanceCreated { instance_id, input, .. }
            | EventKind::EventSent { instance_id, input, .. } => {
                facts.payload = input.as_deref();
                facts.link = Some(instance_id);
            }
            EventKind::TimerCreated { fire_at } => facts.fires_at = Some(*fire_at),
            EventKind::EntityOperationSignaled { instance_id, operation, input, scheduled_at } => {
                facts.name = format!("{operation} {instance_id}");
                facts.payload = input.as_deref();
                facts.fires_at = *scheduled_at;
            }
            EventKind::EntityOperationCalled { instance_id, operation, input, .. } => {
                facts.name = format!("{operation} {instance_id}");
                facts.payload = input.as_deref();
            }
            EventKind::EntityLockRequested { lock_set, .. } => facts.name = lock_set.join(", "),
            EventKind::Other { data, .. } => facts.payload = data.as_deref(),
            EventKind::OrchestratorStarted
            | EventKind::TimerFired { .. }
            | EventKind::EntityLockGranted { .. }
            | EventKind::EntityUnlockSent { .. } => {}
        }
        // The end of a sub-orchestration leads there as well as its beginning.
        if let (None, Some(partner)) = (facts.link, partner)
            && let EventKind::SubOrchestrationInstanceCreated { instance_id, .. } = &partner.kind
        {
            facts.link = Some(instance_id);
        }
        facts
    }
}

/// Colour of an event's mark: it groups the kinds, and the kind's name says the rest.
pub fn tone(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::OrchestratorStarted | EventKind::Other { .. } => "turn",
        EventKind::ExecutionStarted { .. }
        | EventKind::ExecutionResumed { .. }
        | EventKind::ExecutionRewound { .. }
        | EventKind::TaskScheduled { .. }
        | EventKind::SubOrchestrationInstanceCreated { .. }
        | EventKind::EntityOperationCalled { .. }
        | EventKind::EntityLockRequested { .. } => "begin",
        EventKind::ExecutionCompleted { failure: Some(_), .. }
        | EventKind::TaskFailed { .. }
        | EventKind::SubOrchestrationInstanceFailed { .. }
        | EventKind::EntityOperationFailed { .. } => "bad",
        EventKind::ExecutionCompleted { failure: None, .. }
        | EventKind::TaskCompleted { .. }
        | EventKind::SubOrchestrationInstanceCompleted { .. }
        | EventKind::EntityOperationCompleted { .. }
        | EventKind::EntityLockGranted { .. } => "good",
        EventKind::ExecutionTerminated { .. } | EventKind::ExecutionSuspended { .. } => "held",
        EventKind::TimerCreated { .. } | EventKind::TimerFired { .. } => "timer",
        EventKind::EventSent { .. }
        | EventKind::EventRaised { .. }
        | EventKind::EntityOperationSignaled { .. }
        | EventKind::EntityUnlockSent { .. } => "event",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::instance::outline::tests::Script;

    #[test]
    fn an_end_has_the_name_and_the_beginning_of_what_it_ends() {
        let mut script = Script::started("Order");
        let child = EventKind::SubOrchestrationInstanceCreated {
            instance_id: "child".to_owned(),
            name: "Ship".to_owned(),
            version: None,
            input: None,
        };
        script.add(10, 0, child).turn(50);
        let end = EventKind::SubOrchestrationInstanceFailed { scheduled_id: 0, failure: None };
        script.add(50, -1, end);
        let outline = script.outline();
        let facts = Facts::of(&script.0, &outline, &script.0[4]);
        assert_eq!((facts.name.as_str(), facts.link), ("Ship", Some("child")));
        assert_eq!(facts.began, Some(script.0[2].timestamp));
        let begin = Facts::of(&script.0, &outline, &script.0[2]);
        assert_eq!(begin.began, None);
        assert_eq!(name(&script.0, &outline, &script.0[4]), "Ship");
    }
}
