//! What memory knows and the store does not: nothing may be left undone because of it when it comes to nothing.
//!
//! The simulation found these; each is the shortest way to it.

use std::sync::Arc;

use taskhub_hub::{
    operation::{control, start_instance, work},
    store::memory::MemoryStore,
};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check,
    faulty::{Fault, Faulty},
    payload,
    samples::drive_to_end,
    world::{child, done, new_kinds, next_turn},
};

async fn faulty() -> (Arc<Faulty>, World) {
    let store = Faulty::new(Arc::new(MemoryStore::default()), None);
    let world = World::on(Arc::clone(&store) as _).await;
    (store, world)
}

#[tokio::test(start_paused = true)]
async fn a_child_that_ends_while_its_parents_end_fails_is_heard_of() {
    let (store, mut world) = faulty().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    let (token, _) = next_turn(&mut worker).await;

    store.hold();
    store.fail_after(0, Fault::Before);
    let hub = world.hub.clone();
    let end = tokio::spawn(async move { hub.terminate("p", None, false).await });
    world.quiet().await;
    let hub = world.hub.clone();
    let response = taskhub_hub::engine::action::TurnResponse {
        actions: vec![done(1, "the child's")],
        ..Default::default()
    };
    let child = tokio::spawn(async move { hub.complete_turn(token, "c", response).await });
    world.quiet().await;
    store.release();
    end.await.unwrap().expect_err("the end was not stored");
    child.await.unwrap().expect_err("it relied on the end");

    world.advance(1);
    let (token, _) = next_turn(&mut worker).await;
    let again = world.complete(token, "c", vec![done(1, "the child's")]).await;
    assert_eq!(again, work::Outcome::Committed);
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "SubOrchestrationCompleted"]);
    world.complete(token, "p", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("both have ended").await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_whose_end_fails_is_not_replaced() {
    let (store, mut world) = faulty().await;
    world.start("Sequence", "x", "first").await;
    store.hold();
    store.fail_after(0, Fault::Before);
    let hub = world.hub.clone();
    let end = tokio::spawn(async move { hub.terminate("x", None, false).await });
    world.quiet().await;
    let hub = world.hub.clone();
    let start = tokio::spawn(async move {
        let request = start_instance::Request {
            instance_id: Some("x".to_owned()),
            name: "Sequence".to_owned(),
            input: Some(payload("second")),
            ..start_instance::Request::default()
        };
        hub.start_instance(request).await
    });
    world.quiet().await;
    store.release();
    end.await.unwrap().expect_err("the end was not stored");
    start.await.unwrap().expect_err("the first has not ended");
    let record = world.record("x").await;
    assert_eq!(record.payloads.input.as_deref(), Some("first"));
    world.advance(1);
    assert_eq!(drive_to_end(&world, "x").await.as_deref(), Some("abc"));
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_resume_does_not_overtake_the_suspend_that_waits_for_a_turn() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    assert_eq!(world.hub.suspend("x", None).await.unwrap(), control::Outcome::Accepted);
    // Now the turn rests, and no worker has it.
    world.hub.abandon(token);
    assert_eq!(world.hub.resume("x", None).await.unwrap(), control::Outcome::Accepted);
    world.advance(2);
    let (token, _) = next_turn(&mut worker).await;
    assert_eq!(world.status("x").await, RuntimeStatus::Running);
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_start_comes_though_the_clock_went_back() {
    let mut world = World::new().await;
    let start = start_instance::Request {
        instance_id: Some("x".to_owned()),
        name: "X".to_owned(),
        scheduled_start: Some(crate::support::world::epoch() + chrono::TimeDelta::seconds(10)),
        ..start_instance::Request::default()
    };
    world.hub.start_instance(start).await.unwrap();
    world.acked_starts.push("x".to_owned());
    world.hub.suspend("x", None).await.unwrap();
    world.advance(11);
    world.quiet().await;
    world.advance(-5);
    world.hub.resume("x", None).await.unwrap();
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}
