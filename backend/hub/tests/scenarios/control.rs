//! Suspend, resume, terminate and purge.

use chrono::TimeDelta;
use taskhub_hub::operation::{control, purge, raise_event, start_instance, terminate, work};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check,
    world::{done, epoch, new_kinds, next_activity, next_turn, nothing, task, timer},
};

#[tokio::test(start_paused = true)]
async fn terminate_a_pending_instance_without_any_worker() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    world.raise("x", "early", "1").await;
    let outcome = world.hub.terminate("x", Some("why".into()), false).await.unwrap();
    assert_eq!(outcome, terminate::Outcome::Terminated);
    let kinds =
        ["OrchestratorStarted", "ExecutionStarted", "ExecutionTerminated", "ExecutionCompleted"];
    assert_eq!(world.kinds("x").await, kinds);
    assert_eq!(world.record("x").await.payloads.output.as_deref(), Some("why"));
    let again = world.hub.terminate("x", None, false).await.unwrap();
    assert_eq!(again, terminate::Outcome::AlreadyEnded(RuntimeStatus::Terminated));
    let unknown = world.hub.terminate("y", None, true).await.unwrap();
    assert_eq!(unknown, terminate::Outcome::NotFound);
    check(&world).await;
    world.nothing_left("it was terminated").await;
}

#[tokio::test(start_paused = true)]
async fn terminate_while_a_worker_holds_the_turn() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world
        .complete(token, "x", vec![task(1, "A", ""), timer(2, epoch() + TimeDelta::hours(1))])
        .await;
    let (activity_token, activity) = next_activity(&mut worker).await;
    world.raise("x", "e", "1").await;
    let (token, _) = next_turn(&mut worker).await;
    world.hub.terminate("x", None, false).await.unwrap();
    assert_eq!(world.complete(token, "x", vec![done(3, "")]).await, work::Outcome::Stale);
    assert_eq!(world.succeed(activity_token, &activity, "r").await, work::Outcome::Ignored);
    world.advance(7200);
    nothing(&mut worker).await;
    assert_eq!(world.status("x").await, RuntimeStatus::Terminated);
    check(&world).await;
    world.nothing_left("it was terminated").await;
}

#[tokio::test(start_paused = true)]
async fn suspend_holds_everything_but_the_end() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world
        .complete(token, "x", vec![task(1, "A", ""), timer(2, epoch() + TimeDelta::seconds(5))])
        .await;
    let (activity_token, activity) = next_activity(&mut worker).await;
    let suspended = world.hub.suspend("x", Some("hold".to_owned())).await.unwrap();
    assert_eq!(suspended, control::Outcome::Accepted);
    assert_eq!(world.status("x").await, RuntimeStatus::Suspended);
    let again = world.hub.suspend("x", None).await.unwrap();
    assert_eq!(again, control::Outcome::Unchanged(RuntimeStatus::Suspended));
    world.succeed(activity_token, &activity, "r").await;
    world.raise("x", "e", "1").await;
    world.advance(10);
    nothing(&mut worker).await;
    check(&world).await;
    // Nothing of it is forgotten with the process.
    world.reopen().await;
    let mut worker = world.worker();
    nothing(&mut worker).await;
    assert_eq!(world.hub.resume("x", None).await.unwrap(), control::Outcome::Accepted);
    let (token, work) = next_turn(&mut worker).await;
    let mut kinds = new_kinds(&work);
    kinds.sort_unstable();
    assert_eq!(kinds, ["EventRaised", "OrchestratorStarted", "TaskCompleted", "TimerFired"]);
    assert_eq!(world.status("x").await, RuntimeStatus::Running);
    world.complete(token, "x", vec![done(3, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn terminate_a_suspended_instance() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    world.hub.suspend("x", None).await.unwrap();
    assert_eq!(world.status("x").await, RuntimeStatus::Suspended, "a pending one is suspended too");
    world.raise("x", "e", "1").await;
    world.hub.terminate("x", None, false).await.unwrap();
    let after = world.hub.resume("x", None).await.unwrap();
    assert_eq!(after, control::Outcome::Ended(RuntimeStatus::Terminated));
    let raised = world.hub.raise_event("x", "e", None).await.unwrap();
    assert_eq!(raised, raise_event::Outcome::Ended(RuntimeStatus::Terminated));
    check(&world).await;
    world.nothing_left("it was terminated").await;
}

#[tokio::test(start_paused = true)]
async fn suspend_and_resume_before_the_first_turn() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    world.hub.suspend("x", None).await.unwrap();
    let mut worker = world.worker();
    nothing(&mut worker).await;
    world.hub.resume("x", None).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted"]);
    let past: Vec<_> =
        work.past.iter().map(|e| crate::support::world::kind_name(&e.kind)).collect();
    assert_eq!(
        past,
        ["OrchestratorStarted", "ExecutionStarted", "ExecutionSuspended", "ExecutionResumed"]
    );
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn suspend_during_a_turn_takes_effect_after_it() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.hub.suspend("x", None).await.unwrap();
    let twice = world.hub.suspend("x", None).await.unwrap();
    assert_eq!(twice, control::Outcome::Unchanged(RuntimeStatus::Pending));
    world.raise("x", "e", "1").await;
    world.complete(token, "x", vec![]).await;
    world.quiet().await;
    assert_eq!(world.status("x").await, RuntimeStatus::Suspended);
    nothing(&mut worker).await;
    world.hub.resume("x", None).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert!(new_kinds(&work).contains(&"EventRaised"));
    // Both during one turn: the last word counts.
    world.hub.suspend("x", None).await.unwrap();
    world.hub.resume("x", None).await.unwrap();
    world.complete(token, "x", vec![]).await;
    let (token, _) = next_turn(&mut worker).await;
    assert_eq!(world.status("x").await, RuntimeStatus::Running);
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn suspend_takes_effect_when_the_turn_waits_for_another_worker() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    drop(worker);
    // Nobody runs it now, so nothing stands in the way.
    world.hub.suspend("x", None).await.unwrap();
    assert_eq!(world.status("x").await, RuntimeStatus::Suspended);
    let mut worker = world.worker();
    nothing(&mut worker).await;
    assert_eq!(world.complete(token, "x", vec![done(1, "")]).await, work::Outcome::Stale);
    world.hub.resume("x", None).await.unwrap();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    drop(worker);
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_suspended_turn_that_continues_as_new_stays_suspended() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.hub.suspend("x", None).await.unwrap();
    world.complete(token, "x", vec![crate::support::world::again(1, "2", vec![])]).await;
    world.quiet().await;
    assert_eq!(world.status("x").await, RuntimeStatus::Suspended);
    nothing(&mut worker).await;
    check(&world).await;
    world.hub.resume("x", None).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(work.record.payloads.input.as_deref(), Some("2"));
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_start_may_be_suspended_and_does_not_begin_early() {
    let mut world = World::new().await;
    let request = start_instance::Request {
        instance_id: Some("x".to_owned()),
        name: "X".to_owned(),
        scheduled_start: Some(epoch() + TimeDelta::seconds(100)),
        ..start_instance::Request::default()
    };
    world.hub.start_instance(request).await.unwrap();
    world.hub.suspend("x", None).await.unwrap();
    world.advance(10);
    world.hub.resume("x", None).await.unwrap();
    let mut worker = world.worker();
    nothing(&mut worker).await;
    world.reopen().await;
    let mut worker = world.worker();
    nothing(&mut worker).await;
    world.advance(90);
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn purge_only_what_has_ended() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let refused = world.hub.purge("x").await.unwrap();
    assert_eq!(refused, purge::Outcome::NotEnded(RuntimeStatus::Pending));
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    // It ends with an activity under way, whose result finds nobody.
    world.complete(token, "x", vec![task(1, "A", ""), done(2, "")]).await;
    let (token, activity) = next_activity(&mut worker).await;
    assert_eq!(world.hub.purge("x").await.unwrap(), purge::Outcome::Purged);
    assert_eq!(world.hub.purge("x").await.unwrap(), purge::Outcome::NotFound);
    assert_eq!(world.hub.instance("x").await.unwrap(), None);
    assert_eq!(world.hub.history("x", 0, 10).await.unwrap(), None);
    assert_eq!(world.succeed(token, &activity, "r").await, work::Outcome::Ignored);
    world.acked_starts.clear();
    check(&world).await;
    world.nothing_left("it is purged").await;
    // The id is free again.
    world.start("X", "x", "2").await;
    world.hub.terminate("x", None, false).await.unwrap();
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn activities_of_an_instance_that_completed_run_to_their_end() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![task(1, "A", ""), task(2, "B", ""), done(3, "")]).await;
    let (token, activity) = next_activity(&mut worker).await;
    assert_eq!(world.succeed(token, &activity, "r").await, work::Outcome::Committed);
    world.reopen().await;
    let mut worker = world.worker();
    let (token, activity) = next_activity(&mut worker).await;
    assert_eq!(activity.name, "B");
    assert_eq!(world.succeed(token, &activity, "r").await, work::Outcome::Committed);
    nothing(&mut worker).await;
    check(&world).await;
    world.nothing_left("all have run").await;
}

#[tokio::test(start_paused = true)]
async fn many_instances_that_end_while_they_wait_leave_nothing_behind() {
    let mut world = World::new().await;
    for n in 0..100 {
        let id = format!("x{n}");
        world.start("X", &id, "").await;
        world.hub.terminate(&id, None, false).await.unwrap();
    }
    assert_eq!(world.hub.backlog(taskhub_hub::engine::worker::WorkKind::Orchestration), 0);
    world.nothing_left("no worker ever came").await;
    // Activities that were dropped while they waited leave nothing either.
    world.start("X", "y", "").await;
    let mut worker = world.hub.connect_worker(taskhub_hub::engine::worker::WorkerProfile {
        max_activities: 1,
        ..taskhub_hub::engine::worker::WorkerProfile::default()
    });
    let (token, _) = next_turn(&mut worker).await;
    let tasks = (1..50).map(|n| task(n, "A", "")).collect();
    world.complete(token, "y", tasks).await;
    next_activity(&mut worker).await;
    drop(worker);
    world.hub.terminate("y", None, false).await.unwrap();
    assert_eq!(world.hub.backlog(taskhub_hub::engine::worker::WorkKind::Activity), 0);
    world.nothing_left("its activities are dropped").await;
    check(&world).await;
}
