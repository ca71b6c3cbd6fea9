//! What memory knows and the store does not: nothing may be left undone because of it when it comes to nothing.
//!
//! The simulation found these; each is the shortest way to it.

use std::{sync::Arc, time::Duration};

use taskhub_hub::{
    engine::{
        action::TurnResponse,
        entity::{EntityAction, EntityResponse},
    },
    operation::{control, entity, restart, start_instance, wait, work},
    store::memory::MemoryStore,
};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check,
    faulty::{Fault, Faulty},
    payload,
    samples::drive_to_end,
    world::{again, child, complete, done, new_kinds, next_entity, next_turn},
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
    let response = TurnResponse { actions: vec![done(1, "the child's")], ..Default::default() };
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

/// Starts an instance in the background.
fn start(world: &World, id: &str) -> tokio::task::JoinHandle<bool> {
    let hub = world.hub.clone();
    let request = start_instance::Request {
        instance_id: Some(id.to_owned()),
        name: "Other".to_owned(),
        ..start_instance::Request::default()
    };
    tokio::spawn(async move { hub.start_instance(request).await.is_ok() })
}

fn count(state: Option<&str>, actions: Vec<EntityAction>) -> EntityResponse {
    let state = state.map(payload);
    EntityResponse { results: vec![Ok(None)], actions, state, ..EntityResponse::default() }
}

async fn signaled(world: &World) {
    let signal = entity::Signal {
        entity_id: "@e@1".to_owned(),
        operation: "count".to_owned(),
        ..entity::Signal::default()
    };
    world.hub.signal_entity(signal).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_entity_whose_batch_fails_is_not_cleaned_away_with_the_operation() {
    let (store, world) = faulty().await;
    signaled(&world).await;
    let mut worker = world.worker();
    let (token, _) = next_entity(&mut worker).await;
    store.hold();
    store.fail_after(0, Fault::Before);
    let hub = world.hub.clone();
    let batch = tokio::spawn(async move { hub.complete_entity(token, count(None, vec![])).await });
    world.quiet().await;
    let hub = world.hub.clone();
    let clean = tokio::spawn(async move { hub.clean_entities(None, true, true).await });
    world.quiet().await;
    store.release();
    batch.await.unwrap().expect_err("the batch was not stored");
    assert_eq!(clean.await.unwrap().unwrap().removed, 0);
    world.advance(1);
    let (token, _) = next_entity(&mut worker).await;
    world.hub.complete_entity(token, count(None, vec![])).await.unwrap();
    assert_eq!(world.hub.clean_entities(None, true, true).await.unwrap().removed, 1);
    world.nothing_left("it is gone").await;
}

#[tokio::test(start_paused = true)]
async fn an_entity_starts_an_orchestration_whose_id_was_not_taken_after_all() {
    let (store, mut world) = faulty().await;
    signaled(&world).await;
    let mut worker = world.worker();
    let (token, _) = next_entity(&mut worker).await;
    drop(worker);
    store.hold();
    store.fail_after(0, Fault::Before);
    let other = start(&world, "x");
    world.quiet().await;
    let begin = || EntityAction::Start {
        instance_id: "x".to_owned(),
        name: "Mine".to_owned(),
        version: None,
        input: None,
        scheduled_at: None,
        trace: None,
    };
    let (hub, response) = (world.hub.clone(), count(Some("1"), vec![begin()]));
    let batch = tokio::spawn(async move { hub.complete_entity(token, response).await });
    world.quiet().await;
    store.release();
    assert!(!other.await.unwrap(), "the start was not stored");
    batch.await.unwrap().expect_err("it relied on the start");
    world.advance(1);
    let (token, _) = next_entity(&mut world.worker()).await;
    world.hub.complete_entity(token, count(Some("1"), vec![begin()])).await.unwrap();
    world.acked_starts.push("x".to_owned());
    assert_eq!(world.record("x").await.name, "Mine");
}

#[tokio::test(start_paused = true)]
async fn a_child_of_the_last_turn_starts_when_its_id_was_not_taken_after_all() {
    let (store, mut world) = faulty().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    drop(worker);
    store.hold();
    store.fail_after(0, Fault::Before);
    let other = start(&world, "c");
    world.quiet().await;
    let actions = || vec![child(1, "c", "C"), again(2, "", vec![])];
    let hub = world.hub.clone();
    let response = TurnResponse { actions: actions(), ..TurnResponse::default() };
    let turn = tokio::spawn(async move { hub.complete_turn(token, "p", response).await });
    world.quiet().await;
    store.release();
    assert!(!other.await.unwrap(), "the start was not stored");
    turn.await.unwrap().expect_err("it relied on the start");
    world.advance(1);
    let (token, work) = next_turn(&mut world.worker()).await;
    assert_eq!(&*work.record.instance_id, "p");
    world.complete(token, "p", actions()).await;
    assert_eq!(world.record("c").await.name, "C");
}

#[tokio::test(start_paused = true)]
async fn a_result_that_was_not_stored_is_not_told_to_a_rewound_parent() {
    let (store, mut world) = faulty().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    let (of_child, _) = next_turn(&mut worker).await;
    world.raise("p", "e", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![complete(2, RuntimeStatus::Failed, None)]).await;
    world.quiet().await;
    store.hold();
    store.fail_after(0, Fault::Before);
    let hub = world.hub.clone();
    let response = TurnResponse { actions: vec![done(1, "never")], ..TurnResponse::default() };
    let child = tokio::spawn(async move { hub.complete_turn(of_child, "c", response).await });
    world.quiet().await;
    let hub = world.hub.clone();
    let rewind = tokio::spawn(async move { hub.rewind("p", None).await });
    world.quiet().await;
    store.release();
    child.await.unwrap().expect_err("the child's end was not stored");
    rewind.await.unwrap().expect_err("it relied on the child's end");
    assert_eq!(world.status("p").await, RuntimeStatus::Failed);
    assert_eq!(world.status("c").await, RuntimeStatus::Pending);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_what_came_to_nothing_is_told() {
    let (store, mut world) = faulty().await;
    world.start("X", "x", "").await;
    world.hub.terminate("x", None, false).await.unwrap();
    store.hold();
    store.fail_after(0, Fault::Before);
    let hub = world.hub.clone();
    let again =
        tokio::spawn(async move { hub.restart_instance("x", restart::Target::SameId).await });
    world.quiet().await;
    store.fail_after(0, Fault::Before);
    let never = start(&world, "y");
    world.quiet().await;
    let long = Duration::from_secs(600);
    let waits = ["x", "y"].map(|id| {
        let hub = world.hub.clone();
        tokio::spawn(async move { hub.wait(id, wait::Until::Ended, long).await.unwrap() })
    });
    world.quiet().await;
    store.release();
    again.await.unwrap().expect_err("the restart was not stored");
    assert!(!never.await.unwrap(), "the start was not stored");
    let began = tokio::time::Instant::now();
    let [x, y] = waits;
    let wait::Outcome::Reached(record) = x.await.unwrap() else { panic!("it has ended before") };
    assert_eq!(record.status, RuntimeStatus::Terminated);
    assert_eq!(y.await.unwrap(), wait::Outcome::NotFound);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_absent_is_read_again_when_others_have_to_be() {
    let (store, mut world) = faulty().await;
    world.start("X", "b", "").await;
    world.hub.suspend("b", None).await.unwrap();
    world.quiet().await;
    store.hold_loads(true);
    let hub = world.hub.clone();
    let target = restart::Target::Id { instance_id: "a".to_owned(), version: None };
    let restart = tokio::spawn(async move { hub.restart_instance("b", target).await });
    world.quiet().await;
    // While it is read that there is no "a", memory lets go of "b", which is then read too.
    world.hub.set_cache_bytes(0);
    store.release_loads();
    world.quiet().await;
    store.hold_loads(false);
    let hub = world.hub.clone();
    let other = start(&world, "a");
    world.quiet().await;
    tokio::spawn(async move { hub.terminate("a", None, false).await });
    world.quiet().await;
    store.release_loads();
    let outcome = restart.await.unwrap().expect("it is there, or it is not");
    assert_eq!(outcome, restart::Outcome::Restarted { instance_id: Arc::from("a") });
    other.await.unwrap();
}
