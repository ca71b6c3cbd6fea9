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

/// Replays, with code that asks for `now`, the history of code that asked for
/// `then`, one call at a time or all at once.
fn changed(then: &'static [&str], now: &'static [&str], at_once: bool) -> Failure {
    fn code(names: &'static [&str], at_once: bool) -> crate::Builder {
        Worker::builder().orchestrator("Main", move |ctx: OrchestrationContext, ()| async move {
            let mut calls = Vec::new();
            for name in names {
                let call = ctx.call_activity::<()>(*name, ());
                if at_once {
                    calls.push(call);
                } else {
                    call.await?;
                }
            }
            futures::future::try_join_all(calls).await?;
            Ok::<_, Error>(())
        })
    }
    let mut before = Simulation::new(code(then, at_once), "Main", ());
    before.turn([]);
    before.turn([completed(1, ())]);
    let mut after = Simulation::new(code(now, at_once), "Main", ());
    after.turn([]);
    after.end = None;
    after.past = before.past;
    after.turn([completed(2, ())]);
    let failure = after.failure();
    assert_eq!(failure.error_type, "NonDeterminismError");
    assert!(failure.is_non_retriable);
    assert!(failure.message.contains("give changed code a new version"), "{failure}");
    failure
}

#[test]
fn changed_order() {
    for at_once in [false, true] {
        let message = changed(&["A", "B", "C"], &["B", "A", "C"], at_once).message;
        assert_tells(&message, 1, r#"TaskScheduled "B""#, r#"TaskScheduled "A""#);
    }
    let message = changed(&["A", "B", "C"], &["B", "A", "C"], true).message;
    assert!(message.contains("the code asks for that as number 2 now"), "{message}");
}

#[test]
fn changed_name() {
    let message = changed(&["A", "B", "C"], &["A", "Z", "C"], false).message;
    assert_tells(&message, 2, r#"TaskScheduled "Z""#, r#"TaskScheduled "B""#);
    assert!(message.contains("the call was renamed"), "{message}");
}

#[test]
fn missing_action() {
    let message = changed(&["A", "B"], &["A"], true).message;
    assert_tells(&message, 2, "no action with this number", r#"TaskScheduled "B""#);
    assert!(message.contains("a call that ran before was removed"), "{message}");
    let message = changed(&["A", "B", "C"], &["A", "C"], false).message;
    assert_tells(&message, 2, r#"TaskScheduled "C""#, r#"TaskScheduled "B""#);
}

#[test]
fn extra_action() {
    let message = changed(&["A", "B"], &["New", "A", "B"], true).message;
    assert_tells(&message, 1, r#"TaskScheduled "New""#, r#"TaskScheduled "A""#);
    assert!(message.contains("or one was added before it"), "{message}");
    // At the end of what was asked for at once, where no number is taken.
    let message = changed(&["A", "B"], &["A", "B", "New"], true).message;
    assert_tells(&message, 3, r#"TaskScheduled "New""#, "nothing with this number");
    assert!(message.contains("a call was added to a part of the code"), "{message}");
}

#[test]
fn code_may_grow_where_it_has_not_been() {
    let code = |ctx: OrchestrationContext, _: serde_json::Value| async move {
        ctx.call_activity::<()>("A", ()).await?;
        ctx.call_activity::<()>("New", ()).await?;
        Ok(())
    };
    let mut instance = simulate(code);
    instance.turn([]);
    check(&instance.turn([completed(1, ())]), &["2 task New"]);
}

#[test]
fn a_suspend_written_by_the_server_is_no_turn() {
    use taskhub_proto::{ExecutionResumedEvent, ExecutionSuspendedEvent, OrchestratorStartedEvent};

    let mut instance = simulate(|ctx, _| async move {
        ctx.call_activity::<()>("A", ()).await?;
        Ok(())
    });
    // Started and suspended before any worker saw it.
    instance.turn([]);
    instance.past.pop();
    for event_type in [
        EventType::ExecutionSuspended(ExecutionSuspendedEvent { input: None }),
        EventType::OrchestratorStarted(OrchestratorStartedEvent {}),
        EventType::ExecutionResumed(ExecutionResumedEvent { input: None }),
    ] {
        let event_type = Some(event_type);
        instance.past.push(HistoryEvent { event_id: -1, timestamp: None, event_type });
    }
    check(&instance.turn([]), &["1 task A"]);
}
