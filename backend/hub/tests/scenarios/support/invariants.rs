//! What holds after every scenario, read from the store alone.
//!
//! Source: the invariants I1 to I5, I7 and I8 of the project's reliability plan.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use taskhub_hub::{
    engine::{
        history_event::{EventKind, HistoryEvent},
        runtime_state::RuntimeState,
    },
    store::model::{Direction, Filter, InstanceRecord, ListRequest},
};
use taskhub_shared::status::RuntimeStatus;

use super::World;

/// Checks everything that must hold in the store of this world.
pub(crate) async fn check(world: &World) {
    world.quiet().await;
    let hub = world.store.open_hub(&world.name, super::world::epoch()).await.unwrap();
    let request = ListRequest {
        filter: Filter::default(),
        from: None,
        direction: Direction::Older,
        limit: usize::MAX,
        payloads: true,
    };
    let records = world.store.list(hub, request).await.unwrap();
    let mut counted: BTreeMap<(String, RuntimeStatus), u64> = BTreeMap::new();
    for record in &records {
        *counted.entry((record.name.clone(), record.status)).or_default() += 1;
        let history = world.store.history(hub, &record.instance_id, 0, usize::MAX).await.unwrap();
        let history = history.unwrap();
        let loaded = world.store.load(hub, vec![Arc::clone(&record.instance_id)]).await.unwrap();
        let loaded = loaded.into_iter().next().flatten().unwrap();
        check_history(record, &history);
        if record.status.is_terminal() {
            assert!(loaded.inbox.is_empty(), "{}: messages after the end", record.instance_id);
            assert!(loaded.timers.is_empty(), "{}: timers after the end", record.instance_id);
        } else {
            // I7: nothing is outstanding that no history asked for.
            let state = RuntimeState::fold(&history);
            for task in &loaded.tasks {
                let known = state.open_tasks.contains_key(&task.event_id);
                assert!(
                    known || task.execution_id != record.execution_id,
                    "{task:?} has no schedule"
                );
            }
            for timer in loaded.timers.iter().filter_map(|timer| timer.action) {
                assert!(state.open_timers.contains_key(&timer), "timer {timer} has no schedule");
            }
        }
        // I4: what was acknowledged is in the history or in the inbox, or the instance ended or used it up before.
        for (_, event) in world.acked_events.iter().filter(|(id, _)| **id == *record.instance_id) {
            let raised = |kind: &EventKind| match kind {
                EventKind::EventRaised { input, .. } => input.as_ref() == Some(event),
                _ => false,
            };
            let stored = history.iter().filter(|known| raised(&known.kind)).count()
                + loaded.inbox.iter().filter(|message| raised(&message.event.kind)).count();
            let used_up = world.continues.contains(&*record.instance_id);
            assert!(
                stored == 1 || record.status.is_terminal() || used_up,
                "{}: event {event} is stored {stored} times",
                record.instance_id
            );
            assert!(stored <= 1, "{}: event {event} is stored twice", record.instance_id);
        }
    }
    // I1: what was acknowledged is there.
    let ids: BTreeSet<&str> = records.iter().map(|record| &*record.instance_id).collect();
    for started in &world.acked_starts {
        assert!(ids.contains(started.as_str()), "the acknowledged start of {started} is lost");
    }
    // The counters are those of the list.
    let counts = world.store.counts(hub, Filter::default()).await.unwrap();
    let counts: BTreeMap<_, _> =
        counts.into_iter().map(|group| ((group.name, group.status), group.count)).collect();
    assert_eq!(counts, counted);
}

fn check_history(record: &InstanceRecord, history: &[HistoryEvent]) {
    let id = &record.instance_id;
    // I2: as long as the record says; begins with its start, ends with its end.
    assert_eq!(history.len() as u64, record.history_len, "{id}: length");
    let starts =
        history.iter().filter(|event| matches!(event.kind, EventKind::ExecutionStarted(_))).count();
    assert!(starts <= 1, "{id}: {starts} starts");
    if !history.is_empty() {
        assert_eq!(history[0].kind, EventKind::OrchestratorStarted, "{id}: first event");
        assert!(matches!(history[1].kind, EventKind::ExecutionStarted(_)), "{id}: {history:#?}");
    }
    let ends: Vec<usize> = history
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(event.kind, EventKind::ExecutionCompleted { .. }))
        .map(|(at, _)| at)
        .collect();
    if record.status.is_terminal() {
        assert_eq!(ends, [history.len() - 1], "{id}: the end is the last event, and there is one");
    } else {
        assert!(ends.is_empty(), "{id}: it goes on after its end");
    }
    check_results(id, history);
    // The deterministic clock never goes back.
    let times: Vec<_> = history
        .iter()
        .filter(|event| event.kind == EventKind::OrchestratorStarted)
        .map(|event| event.timestamp)
        .collect();
    assert!(times.is_sorted(), "{id}: time went back");
    // I5: the record says what the history amounts to.
    let state = RuntimeState::fold(history);
    if history.is_empty() {
        let begins = [RuntimeStatus::Pending, RuntimeStatus::Running];
        assert!(begins.contains(&record.status), "{id}: {}", record.status);
    } else {
        assert_eq!(record.status, state.status(), "{id}: status");
    }
    assert_eq!(record.completed_at.is_some(), record.status.is_terminal(), "{id}: completed_at");
    if let Some(EventKind::ExecutionCompleted { result, failure, .. }) =
        history.last().map(|event| &event.kind)
    {
        assert_eq!(&record.payloads.output, result, "{id}: output");
        assert_eq!(record.payloads.failure.as_deref(), failure.as_deref(), "{id}: failure");
    }
}

/// I3 and I8: every result has its schedule before it, and no schedule has two results.
fn check_results(id: &str, history: &[HistoryEvent]) {
    let mut open: BTreeMap<(&'static str, i32), usize> = BTreeMap::new();
    let close = |open: &mut BTreeMap<(&'static str, i32), usize>, kind, action: i32| {
        let left = open.get_mut(&(kind, action)).filter(|count| **count > 0);
        let left = left.unwrap_or_else(|| panic!("{id}: {kind} {action} has a result too many"));
        *left -= 1;
    };
    for event in history {
        match &event.kind {
            EventKind::TaskScheduled { .. } => {
                *open.entry(("task", event.event_id)).or_default() += 1;
            }
            EventKind::TaskCompleted { scheduled_id, .. }
            | EventKind::TaskFailed { scheduled_id, .. } => close(&mut open, "task", *scheduled_id),
            EventKind::SubOrchestrationCreated { .. } => {
                *open.entry(("child", event.event_id)).or_default() += 1;
            }
            EventKind::SubOrchestrationCompleted { scheduled_id, .. }
            | EventKind::SubOrchestrationFailed { scheduled_id, .. } => {
                close(&mut open, "child", *scheduled_id);
            }
            EventKind::TimerCreated { .. } => {
                *open.entry(("timer", event.event_id)).or_default() += 1;
            }
            EventKind::TimerFired { timer_id, fire_at } => {
                // I6: never early.
                assert!(event.timestamp >= *fire_at, "{id}: timer {timer_id} fired early");
                close(&mut open, "timer", *timer_id);
            }
            EventKind::OrchestratorStarted
            | EventKind::ExecutionStarted(_)
            | EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionTerminated { .. }
            | EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::EventSent { .. }
            | EventKind::EventRaised { .. }
            | EventKind::ExecutionRewound { .. }
            | EventKind::Entity(_) => {}
        }
    }
}
