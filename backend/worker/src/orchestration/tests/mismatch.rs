//! Code that no longer fits its history.

use std::time::Duration;

use taskhub_proto::history_event::EventType;
use taskhub_proto::{HistoryEvent, TaskScheduledEvent, TimerCreatedEvent};

use super::*;

/// Replays, with one activity `A` asked for, a history whose first confirmed
/// action is `found`.
fn message(found: EventType) -> String {
    let mut instance = simulate(|ctx, _| async move {
        ctx.call_activity::<()>("A", ()).await?;
        Ok(())
    });
    instance.turn([]);
    instance.past.pop();
    instance.past.push(HistoryEvent { event_id: 1, timestamp: None, event_type: Some(found) });
    check(&instance.turn([completed(1, ())]), &["2 failed NonDeterminismError"]);
    let failure = instance.failure();
    assert!(failure.is_non_retriable);
    failure.message
}

fn scheduled(name: &str) -> EventType {
    EventType::TaskScheduled(TaskScheduledEvent { name: name.to_owned(), ..Default::default() })
}

#[track_caller]
fn assert_tells(message: &str, event_id: i32, expected: &str, found: &str) {
    let start = format!("event {event_id}: expected {expected}, ");
    assert!(message.starts_with(&start), "{message}");
    assert!(message.contains(&format!("found {found} in the history")), "{message}");
}

#[test]
fn another_name() {
    let message = message(scheduled("B"));
    assert_tells(&message, 1, r#"TaskScheduled "A""#, r#"TaskScheduled "B""#);
}

#[test]
fn another_kind() {
    let message = message(EventType::TimerCreated(TimerCreatedEvent { fire_at: None }));
    assert_tells(&message, 1, r#"TaskScheduled "A""#, "TimerCreated");
}

#[test]
fn more_in_the_history_than_in_the_code() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.call_activity::<()>("A", ()).await?;
        Ok(())
    });
    instance.turn([]);
    let event_type = Some(scheduled("Removed"));
    instance.past.push(HistoryEvent { event_id: 2, timestamp: None, event_type });
    instance.turn([]);
    let message = instance.failure().message;
    assert_tells(&message, 2, "no action with this number", r#"TaskScheduled "Removed""#);
}

#[test]
fn code_that_ended_earlier_than_its_history() {
    let mut instance = simulate(|_, _| async move { Ok(()) });
    instance.turn([]);
    instance.end = None;
    let event_type = Some(scheduled("A"));
    instance.past.push(HistoryEvent { event_id: 1, timestamp: None, event_type });
    instance.turn([completed(1, ())]);
    let message = instance.failure().message;
    assert_tells(&message, 1, "no action with this number", r#"TaskScheduled "A""#);
}

#[test]
fn the_end_of_something_else() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.create_timer(Duration::from_secs(1)).await;
        Ok(())
    });
    instance.turn([]);
    instance.turn([completed(1, ())]);
    assert_tells(&instance.failure().message, 1, "the end of TimerCreated", "TaskCompleted");
}

#[test]
fn nothing_of_a_broken_turn_is_done() {
    let mut instance = simulate(|ctx, _| async move {
        drop(ctx.call_activity::<()>("New", ()));
        ctx.call_activity::<()>("A", ()).await?;
        Ok(())
    });
    instance.turn([]);
    instance.past.pop();
    instance.past.pop();
    let event_type = Some(scheduled("A"));
    instance.past.push(HistoryEvent { event_id: 1, timestamp: None, event_type });
    check(&instance.turn([]), &["3 failed NonDeterminismError"]);
}

#[test]
fn actions_a_rewind_took_out_of_the_history_are_asked_for_again() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.call_activity::<()>("A", ()).await?;
        ctx.call_activity::<()>("B", ()).await?;
        Ok(())
    });
    instance.turn([]);
    instance.turn([completed(1, ())]);
    // The second call failed, and was taken out.
    instance.past.pop();
    let rewound = EventType::ExecutionRewound(taskhub_proto::ExecutionRewoundEvent::default());
    check(&instance.turn([rewound]), &["2 task B"]);
    check(&instance.turn([completed(2, ())]), &["3 completed"]);
}
