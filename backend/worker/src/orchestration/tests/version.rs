//! Versions of instances, workers and calls; tags and trace context.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test names only what it looks for")]

use taskhub_proto::history_event::EventType;
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::{
    ExecutionStartedEvent, HistoryEvent, OrchestratorAction, OrchestratorRequest, TraceContext,
};

use super::super::{accept, run};
use super::*;
use crate::{
    ActivityOptions, Builder, MatchStrategy, MismatchAction, SubOrchestratorOptions, Versioning,
};

fn request(version: Option<&str>) -> OrchestratorRequest {
    let started = ExecutionStartedEvent {
        name: "Main".to_owned(),
        version: version.map(str::to_owned),
        tags: [("team".to_owned(), "blue".to_owned())].into(),
        parent_trace_context: Some(TraceContext {
            trace_parent: "00-1-2-01".to_owned(),
            trace_state: Some("a=b".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    OrchestratorRequest {
        instance_id: INSTANCE.to_owned(),
        new_events: vec![HistoryEvent {
            event_id: -1,
            timestamp: None,
            event_type: Some(EventType::ExecutionStarted(started)),
        }],
        ..Default::default()
    }
}

fn actions(builder: Builder, version: Option<&str>) -> Vec<OrchestratorAction> {
    run(&builder.into_registry(), request(version), String::new()).actions
}

#[test]
fn each_version_has_its_code() {
    let code =
        |text: &'static str| move |_: OrchestrationContext, ()| async move { Ok::<_, Error>(text) };
    let builder = || {
        Worker::builder()
            .orchestrator("Main", code("any"))
            .orchestrator_version("Main", "1.0", code("one"))
            .orchestrator_version("Main", "2.0", code("two"))
    };
    for (version, output) in
        [(None, "any"), (Some("1"), "one"), (Some("2.0"), "two"), (Some("3"), "any")]
    {
        let expected = format!("1 completed {output:?}");
        check(&actions(builder(), version), &[&expected]);
    }
}

#[test]
fn a_version_nobody_serves_is_named() {
    let only =
        Worker::builder().orchestrator_version("Main", "1", |_, ()| async { Ok::<_, Error>(()) });
    let actions = actions(only, Some("2"));
    let Some(ActionType::CompleteOrchestration(end)) = &actions[0].orchestrator_action_type else {
        panic!("not an end")
    };
    let failure = end.failure_details.clone().unwrap();
    assert_eq!(failure.error_type, "OrchestratorNotFound");
    assert_eq!(failure.error_message, r#"this worker has no orchestrator "Main" of version "2""#);
}

#[test]
fn a_worker_rejects_or_fails_what_is_too_new() {
    let builder = |action| {
        Worker::builder().orchestrator("Main", |_, ()| async { Ok::<_, Error>(()) }).versioning(
            Versioning::new("2").match_strategy(MatchStrategy::CurrentOrOlder).on_mismatch(action),
        )
    };
    let rejects = builder(MismatchAction::Reject).into_registry();
    assert_eq!(accept(&rejects, &request(Some("2.0"))), Ok(()));
    assert_eq!(accept(&rejects, &request(None)), Ok(()));
    let failure = accept(&rejects, &request(Some("2.1"))).unwrap_err();
    assert_eq!(failure.error_type, "VersionMismatch");

    let fails = builder(MismatchAction::Fail);
    let actions = actions(fails, Some("2.1"));
    check(&actions, &["1 failed VersionMismatch"]);
    let registry = builder(MismatchAction::Fail).into_registry();
    assert_eq!(accept(&registry, &request(Some("2.1"))), Ok(()));
}

#[test]
fn calls_carry_version_tags_and_trace() {
    let builder = Worker::builder()
        .orchestrator("Main", |ctx: OrchestrationContext, ()| async move {
            assert_eq!(ctx.tags()["team"], "blue");
            assert_eq!(ctx.trace_parent().as_deref(), Some("00-1-2-01"));
            drop(ctx.call_activity::<()>("A", ()));
            let options = ActivityOptions::default().version("7").tag("k", "v");
            drop(ctx.call_activity_with::<()>("A", (), options));
            drop(ctx.call_sub_orchestrator::<()>("C", ()));
            let options = SubOrchestratorOptions::default().version("8").tag("k", "v");
            drop(ctx.call_sub_orchestrator_with::<()>("C", (), options));
            Ok::<_, Error>(())
        })
        .versioning(Versioning::new("5").default_version("6"));
    let actions = actions(builder, Some("1"));
    let told: Vec<_> = actions
        .iter()
        .filter_map(|action| match action.orchestrator_action_type.as_ref().unwrap() {
            ActionType::ScheduleTask(a) => {
                Some((a.version.clone(), a.tags.clone(), a.parent_trace_context.clone()))
            }
            ActionType::CreateSubOrchestration(a) => {
                Some((a.version.clone(), a.tags.clone(), a.parent_trace_context.clone()))
            }
            _ => None,
        })
        .collect();
    let versions: Vec<_> = told.iter().map(|(version, ..)| version.as_deref()).collect();
    assert_eq!(versions, [Some("1"), Some("7"), Some("6"), Some("8")]);
    let n_tags: Vec<_> = told.iter().map(|(_, tags, _)| tags.len()).collect();
    assert_eq!(n_tags, [0, 1, 0, 1]);
    for (_, _, trace) in told {
        assert_eq!(trace.unwrap().trace_state.as_deref(), Some("a=b"));
    }
}

#[test]
fn the_next_generation_may_have_another_version_and_no_events() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.wait_for_event::<()>("Go").await?;
        let next = ctx.continue_as_new::<Result<()>>(1).new_version("2");
        next.without_events().await
    });
    let actions = instance.turn([raised("Left", 1), raised("Go", ())]);
    let Some(ActionType::CompleteOrchestration(end)) = &actions[0].orchestrator_action_type else {
        panic!("not an end")
    };
    assert_eq!(end.new_version.as_deref(), Some("2"));
    assert!(end.carryover_events.is_empty());
}
