//! Signals, calls and locks of entities.

use std::time::Duration;

use futures::future::{Either, select};
use taskhub_proto::history_event::EventType;
use taskhub_proto::{
    EntityLockGrantedEvent, EntityOperationCompletedEvent, EntityOperationFailedEvent,
    ExecutionTerminatedEvent, HistoryEvent,
};

use super::*;
use crate::{EntityId, TaskError};

fn answered(instance: &Simulation, id: i32, output: impl serde::Serialize) -> EventType {
    EventType::EntityOperationCompleted(EntityOperationCompletedEvent {
        request_id: instance.request_id(id),
        output: crate::payload::encode(&output).unwrap(),
    })
}

fn granted(instance: &Simulation, id: i32) -> EventType {
    let critical_section_id = instance.request_id(id);
    EventType::EntityLockGranted(EntityLockGrantedEvent { critical_section_id })
}

fn counter(key: &str) -> EntityId {
    EntityId::new("Counter", key)
}

#[test]
fn signals_and_calls() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.signal_entity(&counter("a"), "add", 1);
        let sum: i64 = ctx.call_entity(&counter("a"), "add", 2).await?;
        let nothing: Option<i64> = ctx.call_entity(&counter("b"), "get", ()).await?;
        Ok((sum, nothing))
    });
    check(&instance.turn([]), &["1 signal @counter@a add 1", "2 call @counter@a add 2"]);
    assert_ne!(instance.request_id(2), "");
    check(&instance.turn([answered(&instance, 2, 3)]), &["3 call @counter@b get"]);
    assert_ne!(instance.request_id(2), instance.request_id(3));
    check(&instance.turn([answered(&instance, 3, ())]), &["4 completed [3,null]"]);
}

#[test]
fn a_call_says_who_waits() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.call_entity::<()>(&counter("a"), "add", 2).await?;
        Ok(())
    });
    instance.turn([]);
    let Some(EventType::EntityOperationCalled(call)) = instance.past.pop().unwrap().event_type
    else {
        panic!("not a call")
    };
    assert_eq!(call.parent_instance_id.as_deref(), Some(INSTANCE));
    assert_eq!(call.parent_execution_id, Some(format!("{:032x}", 1)));
    assert_eq!(call.target_instance_id.as_deref(), Some("@counter@a"));
}

#[test]
fn a_failed_operation_reaches_the_code() {
    let mut instance = simulate(|ctx, _| async move {
        let error = ctx.call_entity::<()>(&counter("a"), "add", 2).await.unwrap_err();
        assert!(matches!(error, TaskError::Entity { id: 1, .. }));
        assert_eq!(error.to_string(), r#"entity @counter@a operation "add" (#1) failed: too much"#);
        Ok(error.failure().map(|failure| failure.error_type.clone()))
    });
    instance.turn([]);
    let failed = EventType::EntityOperationFailed(EntityOperationFailedEvent {
        request_id: instance.request_id(1),
        failure_details: Some(Failure::new("Overflow", "too much").into()),
    });
    check(&instance.turn([failed]), &[r#"2 completed "Overflow""#]);
}

#[test]
fn an_answer_to_another_request_is_ignored() {
    let mut instance =
        simulate(
            |ctx, _| async move { Ok(ctx.call_entity::<i64>(&counter("a"), "get", ()).await?) },
        );
    instance.turn([]);
    let foreign = EventType::EntityOperationCompleted(EntityOperationCompletedEvent {
        request_id: "foreign".to_owned(),
        output: None,
    });
    check(&instance.turn([foreign]), &[]);
    check(&instance.turn([answered(&instance, 1, 5)]), &["2 completed 5"]);
}

#[test]
fn the_request_id_of_the_history_counts() {
    let mut instance =
        simulate(
            |ctx, _| async move { Ok(ctx.call_entity::<i64>(&counter("a"), "get", ()).await?) },
        );
    instance.turn([]);
    // As after a rewind, which gives the generation another execution id.
    let Some(EventType::EntityOperationCalled(call)) =
        &mut instance.past.last_mut().unwrap().event_type
    else {
        panic!("not a call")
    };
    call.request_id = "from before".to_owned();
    check(&instance.turn([answered(&instance, 1, 5)]), &["2 completed 5"]);
}

/// Adds one to both under a lock.
async fn both(ctx: OrchestrationContext, _: serde_json::Value) -> Result<i64> {
    let (a, b) = (counter("b"), counter("a"));
    let lock = ctx.lock_entities([&a, &b, &a]).await?;
    let first = ctx.call_entity::<i64>(&a, "add", 1);
    let second = ctx.call_entity::<i64>(&b, "add", 1);
    let sum = first.await? + second.await?;
    drop(lock);
    ctx.call_activity::<()>("Report", sum).await?;
    Ok(sum)
}

#[test]
fn locks_are_sorted_and_given_back_on_drop() {
    let mut instance = simulate(both);
    check(&instance.turn([]), &["1 lock @counter@a @counter@b"]);
    check(
        &instance.turn([granted(&instance, 1)]),
        &["2 call @counter@b add 1", "3 call @counter@a add 1"],
    );
    check(&instance.turn([answered(&instance, 3, 2)]), &[]);
    check(
        &instance.turn([answered(&instance, 2, 1)]),
        &["4 unlock @counter@a", "5 unlock @counter@b", "6 task Report 3"],
    );
    let Some(EventType::EntityUnlockSent(unlock)) =
        instance.past.iter().find(|e| e.event_id == 4).unwrap().event_type.clone()
    else {
        panic!("not an unlock")
    };
    assert_eq!(unlock.critical_section_id, instance.request_id(1));
    assert_eq!(unlock.parent_instance_id.as_deref(), Some(INSTANCE));
    check(&instance.turn([completed(6, ())]), &["7 completed 3"]);
}

#[test]
fn locks_and_answers_wait_for_the_resume() {
    use taskhub_proto::{ExecutionResumedEvent, ExecutionSuspendedEvent};

    let suspended = || EventType::ExecutionSuspended(ExecutionSuspendedEvent { input: None });
    let resumed = || EventType::ExecutionResumed(ExecutionResumedEvent { input: None });
    let mut instance = simulate(both);
    check(&instance.turn([suspended()]), &["1 lock @counter@a @counter@b"]);
    check(&instance.turn([granted(&instance, 1)]), &[]);
    check(
        &instance.turn([resumed(), suspended()]),
        &["2 call @counter@b add 1", "3 call @counter@a add 1"],
    );
    check(&instance.turn([answered(&instance, 2, 1), answered(&instance, 3, 2)]), &[]);
    check(
        &instance.turn([resumed()]),
        &["4 unlock @counter@a", "5 unlock @counter@b", "6 task Report 3"],
    );
}

#[test]
fn a_broken_instance_gives_its_locks_back() {
    let mut instance = simulate(both);
    instance.turn([]);
    instance.turn([granted(&instance, 1)]);
    instance.past.pop();
    let event_type = Some(EventType::TimerCreated(taskhub_proto::TimerCreatedEvent::default()));
    instance.past.push(HistoryEvent { event_id: 3, timestamp: None, event_type });
    check(
        &instance.turn([]),
        &["4 unlock @counter@a", "5 unlock @counter@b", "6 failed NonDeterminismError"],
    );
}

#[test]
fn terminate_gives_locks_back() {
    let terminated =
        || EventType::ExecutionTerminated(ExecutionTerminatedEvent { input: None, recurse: false });
    let mut instance = simulate(both);
    instance.turn([]);
    instance.turn([granted(&instance, 1)]);
    check(
        &instance.turn([terminated()]),
        &["4 unlock @counter@a", "5 unlock @counter@b", "6 terminated"],
    );
    // Nothing is held yet: there is nothing to give back.
    let mut instance = simulate(both);
    instance.turn([]);
    check(&instance.turn([terminated()]), &["2 terminated"]);
}

#[test]
fn failing_panicking_continuing_and_forgetting_give_locks_back() {
    async fn code(ctx: OrchestrationContext, how: serde_json::Value) -> Result<u8> {
        let lock = ctx.lock_entities([&counter("a")]).await?;
        match how.as_str().unwrap_or_default() {
            "fail" => Err(Error::new("Sad", "no")),
            "panic" => panic!("no"),
            "forget" => {
                std::mem::forget(lock);
                Ok(1)
            }
            _ => ctx.continue_as_new("fail").await,
        }
    }
    for (how, end) in [
        ("fail", "3 failed Sad"),
        ("panic", "3 failed Panic"),
        ("forget", "3 completed 1"),
        ("continue", r#"3 continued_as_new "fail""#),
    ] {
        let builder = Worker::builder().orchestrator("Main", code);
        let mut instance = Simulation::new(builder, "Main", how);
        check(&instance.turn([]), &["1 lock @counter@a"]);
        check(&instance.turn([granted(&instance, 1)]), &["2 unlock @counter@a", end]);
    }
}

#[test]
fn a_lock_nobody_waits_for_any_more_is_given_back_when_it_comes() {
    let mut instance = simulate(|ctx, _| async move {
        let lock = ctx.lock_entities([&counter("a")]);
        let timeout = ctx.create_timer(Duration::from_secs(5));
        let is_late = match select(lock, timeout).await {
            Either::Left(_) => false,
            Either::Right(((), lock)) => {
                drop(lock);
                true
            }
        };
        ctx.call_activity::<()>("A", ()).await?;
        Ok(is_late)
    });
    check(&instance.turn([]), &["1 lock @counter@a", "2 timer 09:00:05"]);
    check(&instance.turn([fired(2)]), &["3 task A"]);
    check(&instance.turn([granted(&instance, 1)]), &["4 unlock @counter@a"]);
    check(&instance.turn([completed(3, ())]), &["5 completed true"]);
}

#[test]
fn what_could_wait_for_ever_is_refused() {
    let mut instance = simulate(|ctx, _| async move {
        let refused = |result: Result<(), TaskError>| match result {
            Err(TaskError::Refused { what, reason }) => format!("{what}: {reason}"),
            other => panic!("{other:?}"),
        };
        let mut refusals = Vec::new();
        refusals.push(refused(ctx.lock_entities([]).await.map(drop)));
        let bad = EntityId::new("a@b", "c");
        refusals.push(refused(ctx.call_entity(&bad, "get", ()).await));
        let _lock = ctx.lock_entities([&counter("a")]).await?;
        refusals.push(refused(ctx.lock_entities([&counter("b")]).await.map(drop)));
        refusals.push(refused(ctx.call_entity(&counter("b"), "get", ()).await));
        refusals.push(refused(ctx.call_sub_orchestrator("Child", ()).await));
        let first = ctx.call_entity::<i64>(&counter("a"), "get", ());
        refusals.push(refused(ctx.call_entity(&counter("a"), "get", ()).await));
        assert_eq!(first.await?, 7);
        assert_eq!(ctx.call_entity::<i64>(&counter("a"), "get", ()).await?, 8);
        Ok(refusals)
    });
    check(&instance.turn([]), &["1 lock @counter@a"]);
    check(&instance.turn([granted(&instance, 1)]), &["2 call @counter@a get"]);
    check(&instance.turn([answered(&instance, 2, 7)]), &["3 call @counter@a get"]);
    instance.turn([answered(&instance, 3, 8)]);
    let refusals: Vec<String> = serde_json::from_value(instance.output()).unwrap();
    let words = [
        "lock entities: none is given",
        "must look like @name@key",
        "lock entities: locks are held",
        "call \"get\" of entity @counter@b: locks are held, but not that of this entity",
        "call sub-orchestration \"Child\": locks are held",
        "call \"get\" of entity @counter@a: its lock is held, and another call",
    ];
    for (refusal, words) in refusals.iter().zip(words) {
        assert!(refusal.contains(words), "{refusal}");
    }
    assert_eq!(refusals.len(), words.len());
}

#[test]
fn signalling_a_locked_entity_fails_the_instance() {
    let mut instance = simulate(|ctx, _| async move {
        let _lock = ctx.lock_entities([&counter("a")]).await?;
        ctx.signal_entity(&counter("b"), "add", 1);
        ctx.signal_entity(&counter("a"), "add", 1);
        ctx.call_activity::<()>("Never", ()).await?;
        Ok(())
    });
    instance.turn([]);
    instance.turn([granted(&instance, 1)]);
    let failure = instance.failure();
    assert_eq!(failure.error_type, "EntityRefusedError");
    assert!(failure.message.contains("its lock is held, so it must be called"), "{failure}");
    assert!(failure.is_non_retriable);
}

#[test]
fn another_operation_or_entity_is_a_mismatch() {
    for (operation, target, message) in [
        ("get", Some("@counter@a"), r#"expected EntityOperationCalled "add" on @counter@a"#),
        ("add", Some("@counter@b"), r#"found EntityOperationCalled "add" on @counter@b"#),
        ("get", None, r#"found EntityOperationCalled "get" on an entity"#),
    ] {
        let mut instance = simulate(|ctx, _| async move {
            ctx.call_entity::<()>(&counter("a"), "add", 1).await?;
            Ok(())
        });
        instance.turn([]);
        let found = taskhub_proto::EntityOperationCalledEvent {
            operation: operation.to_owned(),
            target_instance_id: target.map(str::to_owned),
            ..Default::default()
        };
        instance.past.pop();
        let event_type = Some(EventType::EntityOperationCalled(found));
        instance.past.push(HistoryEvent { event_id: 1, timestamp: None, event_type });
        check(&instance.turn([]), &["2 failed NonDeterminismError"]);
        assert!(instance.failure().message.contains(message), "{}", instance.failure());
    }
}

#[test]
fn destructors_of_code_that_waits_ask_for_nothing() {
    struct Guard(OrchestrationContext);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.send_event("other", "Left", ());
        }
    }
    let mut instance = simulate(|ctx, _| async move {
        let _guard = Guard(ctx.clone());
        ctx.wait_for_event::<()>("Go").await?;
        Ok(())
    });
    check(&instance.turn([]), &[]);
    check(&instance.turn([raised("Go", ())]), &["1 send Left  to other", "2 completed"]);
}
