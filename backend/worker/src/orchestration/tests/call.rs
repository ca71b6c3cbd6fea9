//! Activities, sub-orchestrations, timers, retries.

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use futures::stream::{FuturesUnordered, StreamExt};
use taskhub_proto::history_event::EventType;
use taskhub_proto::{SubOrchestrationInstanceCompletedEvent, SubOrchestrationInstanceFailedEvent};

use super::*;
use crate::{SubOrchestratorOptions, TaskError};

#[test]
fn one_after_another() {
    let mut instance = simulate(|ctx, _| async move {
        let a: u32 = ctx.call_activity("Add", [1, 2]).await?;
        let b: u32 = ctx.call_activity("Add", [a, 10]).await?;
        Ok(b)
    });
    check(&instance.turn([]), &["1 task Add [1,2]"]);
    check(&instance.turn([completed(1, 3)]), &["2 task Add [3,10]"]);
    check(&instance.turn([completed(2, 13)]), &["3 completed 13"]);
}

#[test]
fn asked_for_when_made_not_when_awaited() {
    let mut instance = simulate(|ctx, _| async move {
        let a = ctx.call_activity::<u32>("A", ());
        let b = ctx.call_activity::<u32>("B", ());
        Ok([b.await?, a.await?])
    });
    check(&instance.turn([]), &["1 task A", "2 task B"]);
    check(&instance.turn([completed(1, 1)]), &[]);
    check(&instance.turn([completed(2, 2)]), &["3 completed [2,1]"]);
}

#[test]
fn joins_many_whatever_the_order_of_their_ends() {
    // More than thirty: from there on the combinator polls only what was woken.
    let mut instance = simulate(|ctx, _| async move {
        let all = join_all((0..100).map(|n| ctx.call_activity::<u32>("Same", n))).await;
        let sum: u32 = all.into_iter().map(|n| n.unwrap()).sum();
        Ok(sum)
    });
    assert_eq!(instance.turn([]).len(), 100);
    for id in (2..=100).rev() {
        check(&instance.turn([completed(id, id - 1)]), &[]);
    }
    check(&instance.turn([completed(1, 0)]), &["101 completed 4950"]);
}

#[test]
fn a_bounded_number_at_once() {
    let mut instance = simulate(|ctx, _| async move {
        let mut running = FuturesUnordered::new();
        let mut order = Vec::new();
        let mut todo = 0..6;
        loop {
            while running.len() < 3
                && let Some(n) = todo.next()
            {
                running.push(ctx.call_activity::<u32>("Same", n));
            }
            let Some(done) = running.next().await else { return Ok(order) };
            order.push(done?);
        }
    });
    assert_eq!(instance.turn([]).len(), 3);
    check(&instance.turn([completed(3, 2)]), &["4 task Same 3"]);
    let both = instance.turn([completed(1, 0), completed(4, 3)]);
    check(&both, &["5 task Same 4", "6 task Same 5"]);
    check(&instance.turn([completed(6, 5), completed(2, 1)]), &[]);
    check(&instance.turn([completed(5, 4)]), &["7 completed [2,0,3,5,1,4]"]);
}

#[test]
fn many_ends_in_one_batch() {
    let mut instance = simulate(|ctx, _| async move {
        let all = try_join_all((0..50).map(|n| ctx.call_activity::<u32>("Same", n))).await?;
        Ok(all.len())
    });
    instance.turn([]);
    let ends: Vec<_> = (1..=50).map(|id| completed(id, id)).collect();
    check(&instance.turn(ends), &["51 completed 50"]);
}

#[test]
fn an_activity_failure_reaches_the_code() {
    let mut instance = simulate(|ctx, _| async move {
        let error = ctx.call_activity::<()>("Pay", ()).await.unwrap_err();
        assert!(matches!(error, TaskError::Activity { id: 1, .. }));
        Ok(error.failure().map(|failure| failure.error_type.clone()))
    });
    instance.turn([]);
    let end = instance.turn([failed(1, Failure::new("CardDeclined", "no money"))]);
    check(&end, &[r#"2 completed "CardDeclined""#]);
}

#[test]
fn an_unhandled_activity_failure_fails_the_instance() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.call_activity::<()>("Pay", ()).await?;
        Ok(())
    });
    instance.turn([]);
    instance.turn([failed(1, Failure::new("CardDeclined", "no money"))]);
    let failure = instance.failure();
    assert_eq!(failure.error_type, "TaskFailedError");
    assert_eq!(failure.message, r#"activity "Pay" (#1) failed: no money"#);
    assert_eq!(failure.inner.unwrap().error_type, "CardDeclined");
}

#[test]
fn an_unreadable_result_names_the_activity() {
    let mut instance = simulate(|ctx, _| async move {
        let n: u32 = ctx.call_activity("Count", ()).await?;
        Ok(n)
    });
    instance.turn([]);
    instance.turn([completed(1, "many")]);
    let message = instance.failure().message;
    assert!(message.starts_with(r#"result of activity "Count": invalid type"#), "{message}");
}

#[test]
fn retries_wait_on_durable_timers_and_replay_from_history() {
    let mut instance = simulate(|ctx, _| async move {
        let policy = RetryPolicy::new(3, Duration::from_secs(10)).backoff_coefficient(2.0);
        let n: u32 = ctx.call_activity_with("Flaky", "x", policy).await?;
        Ok(n)
    });
    let busy = || Failure::new("Busy", "later");
    check(&instance.turn([]), &[r#"1 task Flaky "x""#]);
    check(&instance.turn([failed(1, busy())]), &["2 timer 09:00:10"]);
    instance.pass(10);
    check(&instance.turn([fired(2)]), &[r#"3 task Flaky "x""#]);
    instance.pass(5);
    check(&instance.turn([failed(3, busy())]), &["4 timer 09:00:35"]);
    instance.pass(20);
    check(&instance.turn([fired(4)]), &[r#"5 task Flaky "x""#]);
    check(&instance.turn([completed(5, 8)]), &["6 completed 8"]);
}

#[test]
fn retries_give_up_after_the_last_attempt() {
    let mut instance = simulate(|ctx, _| async move {
        let policy = RetryPolicy::new(2, Duration::from_secs(1));
        ctx.call_activity_with::<()>("Flaky", (), policy).await?;
        Ok(())
    });
    instance.turn([]);
    instance.turn([failed(1, Failure::new("Busy", "first"))]);
    instance.turn([fired(2)]);
    instance.turn([failed(3, Failure::new("Busy", "second"))]);
    assert_eq!(instance.failure().message, r#"activity "Flaky" (#3) failed: second"#);
}

#[test]
fn what_is_not_retriable_is_not_tried_again() {
    let mut instance = simulate(|ctx, _| async move {
        let policy = RetryPolicy::new(9, Duration::from_secs(1));
        ctx.call_activity_with::<()>("Flaky", (), policy).await?;
        Ok(())
    });
    instance.turn([]);
    check(
        &instance.turn([failed(1, Failure::new("Wrong", "for ever").non_retriable())]),
        &["2 failed TaskFailedError"],
    );
}

#[test]
fn a_retry_handler_decides_with_the_orchestration_s_own_clock() {
    let mut instance = simulate(|ctx, _| async move {
        let policy = RetryPolicy::from_fn(|attempt| {
            let is_patient = attempt.elapsed < Duration::from_secs(60);
            is_patient.then(|| Duration::from_secs(u64::from(attempt.number) * 10))
        });
        ctx.call_sub_orchestrator_with::<()>("Child", (), policy).await?;
        Ok(())
    });
    let failed = |task_scheduled_id| {
        EventType::SubOrchestrationInstanceFailed(SubOrchestrationInstanceFailedEvent {
            task_scheduled_id,
            failure_details: Some(Failure::new("Busy", "later").into()),
        })
    };
    instance.turn([]);
    instance.pass(30);
    check(&instance.turn([failed(1)]), &["2 timer 09:00:40"]);
    instance.pass(10);
    instance.turn([fired(2)]);
    instance.pass(10);
    check(&instance.turn([failed(3)]), &["4 timer 09:01:10"]);
    instance.pass(20);
    instance.turn([fired(4)]);
    check(&instance.turn([failed(5)]), &["6 failed TaskFailedError"]);
}

#[test]
fn retries_end_with_their_timeout() {
    let mut instance = simulate(|ctx, _| async move {
        let policy =
            RetryPolicy::new(99, Duration::from_secs(10)).retry_timeout(Duration::from_secs(25));
        ctx.call_activity_with::<()>("Flaky", (), policy).await?;
        Ok(())
    });
    let busy = || Failure::new("Busy", "later");
    instance.turn([]);
    instance.pass(20);
    check(&instance.turn([failed(1, busy())]), &["2 timer 09:00:30"]);
    instance.pass(10);
    instance.turn([fired(2)]);
    check(&instance.turn([failed(3, busy())]), &["4 failed TaskFailedError"]);
}

#[test]
fn retries_of_several_calls_do_not_mix() {
    let mut instance = simulate(|ctx, _| async move {
        let policy = || RetryPolicy::new(2, Duration::from_secs(1));
        let a = ctx.call_activity_with::<u32>("A", (), policy());
        let b = ctx.call_activity_with::<u32>("B", (), policy());
        let (a, b) = futures::join!(a, b);
        Ok([a?, b?])
    });
    let busy = || Failure::new("Busy", "later");
    check(&instance.turn([]), &["1 task A", "2 task B"]);
    check(&instance.turn([failed(2, busy())]), &["3 timer 09:00:01"]);
    check(&instance.turn([failed(1, busy())]), &["4 timer 09:00:01"]);
    check(&instance.turn([fired(3)]), &["5 task B"]);
    check(&instance.turn([fired(4), completed(5, 50)]), &["6 task A"]);
    check(&instance.turn([completed(6, 60)]), &["7 completed [60,50]"]);
}

#[test]
fn sub_orchestrations_have_ids_and_keep_them_when_retried() {
    let mut instance = simulate(|ctx, _| async move {
        let policy = RetryPolicy::new(2, Duration::from_secs(1));
        let first: u32 = ctx.call_sub_orchestrator_with("Child", 1, policy).await?;
        let options = SubOrchestratorOptions::default().instance_id("mine");
        let second: u32 = ctx.call_sub_orchestrator_with("Child", 2, options).await?;
        Ok(first + second)
    });
    let child = format!("{:032x}:0001", 1);
    check(&instance.turn([]), &[&format!("1 sub Child {child} 1")]);
    let failed = EventType::SubOrchestrationInstanceFailed(SubOrchestrationInstanceFailedEvent {
        task_scheduled_id: 1,
        failure_details: Some(Failure::new("Busy", "later").into()),
    });
    check(&instance.turn([failed]), &["2 timer 09:00:01"]);
    check(&instance.turn([fired(2)]), &[&format!("3 sub Child {child} 1")]);
    let ended = |task_scheduled_id, result: &str| {
        EventType::SubOrchestrationInstanceCompleted(SubOrchestrationInstanceCompletedEvent {
            task_scheduled_id,
            result: Some(result.to_owned()),
        })
    };
    check(&instance.turn([ended(3, "5")]), &["4 sub Child mine 2"]);
    check(&instance.turn([ended(4, "6")]), &["5 completed 11"]);
}

#[test]
fn timers_may_be_absolute_past_or_absurd() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.timer_at("2026-03-01T08:00:00Z".parse().unwrap()).await;
        ctx.create_timer(Duration::MAX).await;
        Ok(())
    });
    check(&instance.turn([]), &["1 timer 08:00:00"]);
    check(&instance.turn([fired(1)]), &["2 timer 23:59:59"]);
    check(&instance.turn([fired(2)]), &["3 completed"]);
}

#[test]
fn what_cannot_be_written_is_not_asked_for() {
    let mut instance = simulate(|ctx, _| async move {
        let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
        ctx.call_activity::<()>("A", unwritable).await?;
        Ok(())
    });
    check(&instance.turn([]), &["1 failed TaskFailedError"]);
    assert!(instance.failure().message.starts_with(r#"input of activity "A": "#));
}

#[test]
fn a_result_delivered_twice_counts_once() {
    let mut instance = simulate(|ctx, _| async move {
        let a: u32 = ctx.call_activity("A", ()).await?;
        let b: u32 = ctx.call_activity("B", ()).await?;
        Ok([a, b])
    });
    instance.turn([]);
    instance.turn([completed(1, 1), completed(1, 9)]);
    check(&instance.turn([completed(1, 9), completed(2, 2)]), &["3 completed [1,2]"]);
}

#[test]
fn what_was_asked_for_and_not_awaited_runs_anyway() {
    let mut instance = simulate(|ctx, _| async move {
        drop(ctx.call_activity::<()>("Log", ()));
        ctx.send_event("other", "Done", 1);
        Ok(())
    });
    check(&instance.turn([]), &["1 task Log", "2 send Done 1 to other", "3 completed"]);
}
