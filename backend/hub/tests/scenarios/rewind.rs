//! Rewind: failed instances go on from before their failure, and every replay is deterministic.

mod children;
mod script;

use taskhub_hub::{engine::history_event::EventKind, operation::rewind::Outcome};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check,
    world::{kind_name, new_kinds, next_turn},
};
use script::{Ids, Script};

/// Lets the instance fail, rewinds it, and lets it end.
async fn mended(world: &mut World, script: &mut Script, id: &str) {
    script.drive_to_end(world, id).await;
    assert_eq!(world.status(id).await, RuntimeStatus::Failed);
    check(world).await;
    rewound(world, id).await;
    script.fails.clear();
    script.ran.clear();
    script.drive_to_end(world, id).await;
    assert_eq!(world.status(id).await, RuntimeStatus::Completed, "{:#?}", world.history(id).await);
    check(world).await;
    world.nothing_left("it has ended").await;
}

async fn rewound(world: &World, id: &str) {
    let outcome = world.hub.rewind(id, Some("mended".to_owned())).await.unwrap();
    assert_eq!(outcome, Outcome::Rewound);
    let record = world.record(id).await;
    assert_eq!(record.status, RuntimeStatus::Running);
    assert_eq!(
        (record.completed_at, &record.payloads.output, &record.payloads.failure),
        (None, &None, &None)
    );
    check(world).await;
}

#[tokio::test(start_paused = true)]
async fn what_succeeded_is_not_done_again() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    world.start("Sequence", "x", "").await;
    script.drive_to_end(&world, "x").await;
    let before = world.record("x").await.execution_id;
    rewound(&world, "x").await;
    assert_ne!(world.record("x").await.execution_id, before);
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "ExecutionRewound"]);
    let past: Vec<_> = work.past.iter().map(|event| kind_name(&event.kind)).collect();
    assert!(!past.contains(&"ExecutionCompleted") && !past.contains(&"TaskFailed"), "{past:?}");
    let started = work.past.iter().find_map(|event| match &event.kind {
        EventKind::ExecutionStarted(started) => Some(started.execution_id.clone()),
        _ => None,
    });
    assert_eq!(started.as_deref(), Some(work.record.execution_id.as_str()));
    world.hub.abandon(token);
    drop(worker);
    world.advance(2);
    script.ran.clear();
    script.drive_to_end(&world, "x").await;
    assert_eq!(script.ran, ["B", "C"]);
    assert_eq!(world.record("x").await.payloads.output.as_deref(), Some("a,b,c"));
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_rewound_instance_survives_the_process() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    world.start("Sequence", "x", "").await;
    script.drive_to_end(&world, "x").await;
    world.reopen().await;
    rewound(&world, "x").await;
    world.reopen().await;
    script.ran.clear();
    script.drive_to_end(&world, "x").await;
    assert_eq!(script.ran, ["B", "C"]);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_policy_starts_anew_whatever_the_sdk_does_with_ids() {
    for ids in [Ids::New, Ids::Same] {
        let mut world = World::new().await;
        let mut script = Script::new(ids).failing("R", 3);
        world.start("Retry", "x", "").await;
        script.drive_to_end(&world, "x").await;
        assert_eq!(script.ran, ["A", "R", "R", "R"], "{ids:?}");
        rewound(&world, "x").await;
        // Two more failures and a success: all three attempts are there again.
        script.fails.insert("R".to_owned(), 2);
        script.ran.clear();
        script.drive_to_end(&world, "x").await;
        assert_eq!(script.ran, ["R", "R", "R", "Z"], "{ids:?}");
        assert_eq!(world.status("x").await, RuntimeStatus::Completed);
        check(&world).await;
        world.nothing_left("it has ended").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_a_retry_mended_stays() {
    for ids in [Ids::New, Ids::Same] {
        let mut world = World::new().await;
        let mut script = Script::new(ids).failing("R", 2).failing("Z", 1);
        world.start("Retry", "x", "").await;
        mended(&mut world, &mut script, "x").await;
        assert_eq!(script.ran, ["Z"], "{ids:?}: the attempts before are history");
    }
}

#[tokio::test(start_paused = true)]
async fn branches_that_ran_beside_the_failure_stay_deterministic() {
    for ids in [Ids::New, Ids::Same] {
        let mut world = World::new().await;
        // One branch retries in vain while the other goes on.
        let mut script = Script::new(ids).failing("R", 3);
        world.start("Branches", "x", "").await;
        mended(&mut world, &mut script, "x").await;
        assert!(script.ran.contains(&"R".to_owned()));
        assert!(!script.ran.contains(&"A".to_owned()), "it came before the failure");
    }
}

#[tokio::test(start_paused = true)]
async fn all_failures_of_a_fan_out_are_mended_at_once() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1).failing("D", 1);
    world.start("FanOut", "x", "").await;
    mended(&mut world, &mut script, "x").await;
    script.ran.sort();
    assert_eq!(script.ran, ["B", "D"]);
}

#[tokio::test(start_paused = true)]
async fn what_had_no_result_when_it_failed_is_asked_for_again() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1).holding("C");
    world.start("FailFast", "x", "").await;
    script.drive_to_end(&world, "x").await;
    let (late, task) = script.held.pop().unwrap();
    rewound(&world, "x").await;
    world.succeed(late, &task, "late").await;
    script.hold = None;
    script.ran.clear();
    script.drive_to_end(&world, "x").await;
    assert_eq!(script.ran, ["B", "C"]);
    assert_eq!(world.record("x").await.payloads.output.as_deref(), Some("a,b,c"));
    check(&world).await;
    world.nothing_left("the late result is nobody's").await;
}

#[tokio::test(start_paused = true)]
async fn a_compensation_and_what_it_compensated_are_done_again() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    world.start("Saga", "x", "").await;
    mended(&mut world, &mut script, "x").await;
    assert_eq!(script.ran, ["B"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_was_handled_stays() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1).failing("Z", 1);
    world.start("Handles", "x", "").await;
    mended(&mut world, &mut script, "x").await;
    assert_eq!(script.ran, ["Z"]);
}

#[tokio::test(start_paused = true)]
async fn events_and_timers_of_before_stay() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    world.start("Waits", "x", "").await;
    world.raise("x", "go", "now").await;
    mended(&mut world, &mut script, "x").await;
    assert_eq!(script.ran, ["B"]);
    assert_eq!(world.record("x").await.payloads.output.as_deref(), Some("now"));
}

#[tokio::test(start_paused = true)]
async fn an_orchestrator_that_broke_goes_on_from_its_last_decision() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New);
    script.broken = true;
    world.start("Sequence", "x", "").await;
    script.drive_to_end(&world, "x").await;
    assert_eq!(world.status("x").await, RuntimeStatus::Failed);
    script.broken = false;
    rewound(&world, "x").await;
    script.ran.clear();
    script.drive_to_end(&world, "x").await;
    assert_eq!(script.ran, ["B", "C"], "A had its result");
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_may_be_rewound_again_and_again() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 3);
    world.start("Sequence", "x", "").await;
    for _ in 0..3 {
        script.drive_to_end(&world, "x").await;
        assert_eq!(world.status("x").await, RuntimeStatus::Failed);
        rewound(&world, "x").await;
    }
    script.drive_to_end(&world, "x").await;
    assert_eq!(world.status("x").await, RuntimeStatus::Completed);
    assert_eq!(script.ran, ["A", "B", "B", "B", "B", "C"]);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn only_what_has_failed_is_rewound() {
    let mut world = World::new().await;
    assert_eq!(world.hub.rewind("x", None).await.unwrap(), Outcome::NotFound);
    world.start("Sequence", "x", "").await;
    let refused = world.hub.rewind("x", None).await.unwrap();
    assert_eq!(refused, Outcome::NotFailed(RuntimeStatus::Pending));
    world.hub.terminate("x", None, false).await.unwrap();
    let refused = world.hub.rewind("x", None).await.unwrap();
    assert_eq!(refused, Outcome::NotFailed(RuntimeStatus::Terminated));
    check(&world).await;
    world.nothing_left("nothing was changed").await;
}
