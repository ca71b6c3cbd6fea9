//! Suspend, resume, terminate, and everything user code can do wrong.

use taskhub_proto::history_event::EventType;
use taskhub_proto::{
    ExecutionResumedEvent, ExecutionSuspendedEvent, ExecutionTerminatedEvent, OrchestratorRequest,
};

use super::*;
use crate::activity;

fn suspended() -> EventType {
    EventType::ExecutionSuspended(ExecutionSuspendedEvent { input: None })
}

fn resumed() -> EventType {
    EventType::ExecutionResumed(ExecutionResumedEvent { input: None })
}

fn terminated(output: &str) -> EventType {
    let input = Some(output.to_owned());
    EventType::ExecutionTerminated(ExecutionTerminatedEvent { input, recurse: false })
}

fn two_steps() -> Simulation {
    simulate(|ctx, _| async move {
        let a: u32 = ctx.call_activity("A", ()).await?;
        let b: u32 = ctx.wait_for_event("B").await?;
        let c: u32 = ctx.call_activity("C", ()).await?;
        Ok([a, b, c])
    })
}

#[test]
fn nothing_happens_while_suspended_and_everything_after() {
    let mut instance = two_steps();
    instance.turn([]);
    check(&instance.turn([suspended()]), &[]);
    check(&instance.turn([completed(1, 1)]), &[]);
    check(&instance.turn([raised("B", 2), suspended()]), &[]);
    check(&instance.turn([resumed()]), &["2 task C"]);
    check(&instance.turn([completed(2, 3)]), &["3 completed [1,2,3]"]);
}

#[test]
fn what_was_asked_for_before_the_suspend_is_asked_for_once() {
    let mut instance = two_steps();
    check(&instance.turn([suspended()]), &["1 task A"]);
    check(&instance.turn([completed(1, 1)]), &[]);
    check(&instance.turn([resumed()]), &[]);
    check(&instance.turn([raised("B", 2)]), &["2 task C"]);
}

#[test]
fn suspended_again_while_it_catches_up() {
    let mut instance = two_steps();
    instance.turn([]);
    instance.turn([suspended(), completed(1, 1), resumed(), suspended(), raised("B", 2)]);
    check(&instance.turn([]), &[]);
    check(&instance.turn([resumed()]), &["2 task C"]);
}

#[test]
fn terminate_beats_suspend() {
    let mut instance = two_steps();
    instance.turn([]);
    instance.turn([suspended()]);
    check(&instance.turn([terminated(r#""enough""#)]), &[r#"2 terminated "enough""#]);
}

#[test]
fn terminated_instances_ask_for_nothing_more() {
    let mut instance = two_steps();
    check(&instance.turn([terminated("1"), raised("B", 1)]), &["2 terminated 1"]);
}

#[test]
fn what_returned_in_the_same_batch_stays_returned() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.wait_for_event::<()>("Go").await?;
        Ok(7)
    });
    instance.turn([]);
    check(&instance.turn([raised("Go", ()), terminated("1")]), &["1 completed 7"]);
}

#[test]
fn an_unknown_orchestrator_fails() {
    let builder = Worker::builder().orchestrator("Known", |_, ()| async { Ok::<_, Error>(()) });
    let mut instance = Simulation::new(builder, "Unknown", ());
    check(&instance.turn([]), &["1 failed OrchestratorNotFound"]);
    let failure = instance.failure();
    assert!(failure.is_non_retriable);
    assert_eq!(failure.message, r#"this worker has no orchestrator "Unknown""#);
}

#[test]
fn a_panic_is_a_failure() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.wait_for_event::<()>("Go").await?;
        if ctx.name() == "Main" {
            panic!("item {} is missing", 7);
        }
        Ok(())
    });
    instance.turn([]);
    check(&instance.turn([raised("Go", ())]), &["1 failed Panic"]);
    assert_eq!(instance.failure().message, "item 7 is missing");
}

#[test]
fn a_panic_of_a_destructor_is_survived() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "boom");
        }
    }
    let mut instance = simulate(|ctx, _| async move {
        let _bomb = Bomb;
        ctx.wait_for_event::<()>("Never").await?;
        Ok(())
    });
    check(&instance.turn([]), &[]);
    check(&instance.turn([terminated("1")]), &["1 terminated 1"]);
}

#[test]
fn a_wrong_input_names_the_field() {
    #[derive(Debug, serde::Deserialize)]
    struct Order {
        #[expect(dead_code, reason = "only read by serde")]
        count: u32,
    }
    let builder =
        Worker::builder().orchestrator("Main", |_, _: Order| async { Ok::<_, Error>(()) });
    let mut instance = Simulation::new(builder, "Main", serde_json::json!({ "count": "two" }));
    instance.turn([]);
    let failure = instance.failure();
    assert_eq!(failure.error_type, "InvalidInputError");
    let start = r#"input: field "count": invalid type: string "two""#;
    assert!(failure.message.starts_with(start), "{failure}");
}

#[test]
fn awaiting_something_foreign_fails_instead_of_hanging() {
    let mut instance = simulate(|_, _| async move {
        std::future::pending::<()>().await;
        Ok(())
    });
    check(&instance.turn([]), &["1 failed NotDurableError"]);
}

#[test]
fn a_future_that_yields_is_polled_again() {
    let mut instance = simulate(|_, _| async move {
        let mut n = 0;
        futures::future::poll_fn(|cx| {
            n += 1;
            cx.waker().wake_by_ref();
            if n < 5 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
        Ok(n)
    });
    check(&instance.turn([]), &["1 completed 5"]);
}

#[test]
fn an_unwritable_status_fails_the_instance() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.set_custom_status(std::collections::BTreeMap::from([((1, 2), 3)]));
        Ok(())
    });
    check(&instance.turn([]), &["1 failed InvalidOutputError"]);
}

#[test]
fn a_history_without_a_start_fails() {
    let registry = Worker::builder().into_registry();
    let request = OrchestratorRequest { instance_id: INSTANCE.to_owned(), ..Default::default() };
    let answer = super::super::run(&registry, request, "token".to_owned());
    assert_eq!(answer.completion_token, "token");
    check(&answer.actions, &["1 failed OrchestrationStateError"]);
}

#[test]
fn code_need_not_be_send() {
    let mut instance = simulate(|ctx, _| async move {
        let shared = std::rc::Rc::new(std::cell::Cell::new(1));
        ctx.wait_for_event::<()>("Go").await?;
        shared.set(shared.get() + 1);
        Ok(shared.get())
    });
    instance.turn([]);
    check(&instance.turn([raised("Go", ())]), &["1 completed 2"]);
}

#[tokio::test]
async fn activities_fail_in_every_way_but_never_panic_through() {
    let registry = Worker::builder()
        .activity("Panic", |_, n: Option<u8>| async move {
            assert!(n.is_some(), "ouch");
            Ok::<_, Error>(())
        })
        .activity("Text", |_, ()| async { Err::<(), _>("plain text") })
        .activity("Fine", |ctx: crate::ActivityContext, n: u32| async move {
            assert_eq!((ctx.name(), ctx.instance_id(), ctx.task_id()), ("Fine", "i", 4));
            tokio::task::yield_now().await;
            Ok::<_, Error>(n + 1)
        })
        .into_registry();
    let run = |name: &str, input: Option<&str>| {
        let instance_id = "i".to_owned();
        activity::run(
            &registry,
            taskhub_proto::ActivityRequest {
                name: name.to_owned(),
                input: input.map(str::to_owned),
                orchestration_instance: Some(taskhub_proto::OrchestrationInstance {
                    instance_id,
                    execution_id: None,
                }),
                task_id: 4,
                ..Default::default()
            },
        )
    };
    assert_eq!(run("Fine", Some("1")).await, Ok(Some("2".to_owned())));
    assert_eq!(run("Panic", None).await, Err(Failure::new("Panic", "ouch")));
    assert_eq!(run("Text", None).await, Err(Failure::new("Error", "plain text")));
    assert_eq!(run("Fine", None).await.unwrap_err().error_type, "InvalidInputError");
    let unknown = run("None", None).await.unwrap_err();
    assert_eq!((unknown.error_type.as_str(), unknown.is_non_retriable), ("ActivityNotFound", true));
}
