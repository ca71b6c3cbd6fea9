//! The same scenarios while the store fails at each commit, and while the process ends at each step.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use taskhub_hub::{
    operation::{raise_event, start_instance},
    store::memory::MemoryStore,
};

use crate::support::{
    World, check,
    faulty::{Fault, Faulty},
    payload,
    samples::{drive, drive_to_end, perform},
    world::{done, next_turn},
};

/// A scenario: orchestrator, the events that a client raises, and the output.
type Scenario = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const SCENARIOS: [Scenario; 7] = [
    ("Sequence", &[], "abc"),
    ("FanOut", &[], "0,1,2,3,4"),
    ("Timer", &[], "after"),
    ("Waiter", &[("go", "now")], "now"),
    ("Parent", &[], "abc,after,Oops"),
    ("Counter", &[], "iiii"),
    (
        "Collect",
        &[("item", "a"), ("item", "b"), ("item", "c"), ("item", "d"), ("item", "e")],
        "abcde",
    ),
];

/// Starts as a client does that tries again after an error.
async fn start(world: &mut World, name: &str) {
    for _ in 0..10 {
        let request = start_instance::Request {
            instance_id: Some("x".to_owned()),
            name: name.to_owned(),
            ..start_instance::Request::default()
        };
        match world.hub.start_instance(request).await {
            Ok(_) => {
                world.acked_starts.push("x".to_owned());
                return;
            }
            Err(_) => world.advance(1),
        }
    }
    panic!("the instance cannot be started");
}

/// Raises an event once: an error may mean that it is stored, so the store is asked before another try.
async fn raise(world: &mut World, name: &str, text: &str) {
    for _ in 0..10 {
        match world.hub.raise_event("x", name, Some(payload(text))).await {
            Ok(raise_event::Outcome::Accepted) => {
                world.acked_events.push(("x".to_owned(), payload(text)));
                return;
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => {
                world.advance(1);
                if is_stored(world, text).await {
                    return;
                }
            }
        }
    }
    panic!("the event cannot be raised");
}

async fn is_stored(world: &World, text: &str) -> bool {
    let hub = world.store.open_hub(&world.name, crate::support::world::epoch()).await.unwrap();
    let loaded = world.store.load(hub, vec![Arc::from("x")]).await.unwrap();
    format!("{loaded:?}").contains(&format!("input: Some({text:?})"))
}

async fn run(world: &mut World, name: &str, events: &[(&str, &str)], output: &str, what: &str) {
    world.continues.insert("x".to_owned());
    start(world, name).await;
    let mut items = world.worker();
    for (event, text) in events {
        raise(world, event, text).await;
        drive(world, &mut items).await;
    }
    drop(items);
    assert_eq!(drive_to_end(world, "x").await.as_deref(), Some(output), "{what}");
    check(world).await;
    world.nothing_left(what).await;
}

#[tokio::test(start_paused = true)]
async fn the_store_fails_at_each_commit() {
    for fault in [Fault::Before, Fault::After] {
        for (name, events, output) in SCENARIOS {
            for at in 1.. {
                let memory = Arc::new(MemoryStore::default());
                let store = Faulty::new(Arc::clone(&memory), Some((at, fault)));
                let mut world = World::on(Arc::clone(&store) as _).await;
                let what = format!("{name}, commit {at}, {fault:?}");
                run(&mut world, name, events, output, &what).await;
                if store.commits() < at {
                    assert!(at > 4, "the sweep of {name} met {at} commits only");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_process_ends_at_each_step() {
    for (name, events, output) in SCENARIOS {
        for steps in 0..40 {
            let mut world = World::new().await;
            world.continues.insert("x".to_owned());
            start(&mut world, name).await;
            for (event, text) in events {
                raise(&mut world, event, text).await;
            }
            let mut items = world.worker();
            for _ in 0..steps {
                match tokio::time::timeout(Duration::from_millis(20), items.next()).await {
                    Ok(item) => drop(perform(&world, item.unwrap().into()).await),
                    Err(_) => world.advance(1),
                }
            }
            // The worker may hold work that nobody knows of afterwards.
            world.reopen().await;
            drop(items);
            assert_eq!(
                drive_to_end(&world, "x").await.as_deref(),
                Some(output),
                "{name} after {steps} steps"
            );
            check(&world).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_before_it_is_durable() {
    let memory = Arc::new(MemoryStore::default());
    let store = Faulty::new(Arc::clone(&memory), None);
    let mut world = World::on(Arc::clone(&store) as _).await;
    world.start("Sequence", "x", "").await;
    let told = world.hub.seq();
    let mut notices = world.hub.subscribe();
    let mut worker = world.worker();
    store.hold();
    let first = worker.next().await.unwrap();
    let hub = world.hub.clone();
    let taskhub_hub::engine::worker::Work::Orchestration(work) = first.work else { panic!() };
    let response = crate::support::replay::run(&work, crate::support::samples::program("Sequence"));
    let answer = tokio::spawn(async move { hub.complete_turn(first.token, "x", response).await });
    let hub = world.hub.clone();
    let raised = tokio::spawn(async move { hub.raise_event("x", "e", None).await });
    world.quiet().await;
    assert!(!answer.is_finished() && !raised.is_finished(), "no answer before the commit");
    assert!(notices.try_recv().is_err(), "no news before the commit");
    let census = world.hub.census();
    assert_eq!(
        (census.activities, census.leases),
        (0, 1),
        "no activity before the commit: {census:?}"
    );
    store.release();
    answer.await.unwrap().unwrap();
    raised.await.unwrap().unwrap();
    assert_eq!(notices.try_recv().unwrap().seq, told + 1);
    drop(worker);
    drive_to_end(&world, "x").await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn commits_on_top_of_one_that_failed_are_undone_with_it() {
    let memory = Arc::new(MemoryStore::default());
    let store = Faulty::new(Arc::clone(&memory), Some((2, Fault::Before)));
    let mut world = World::on(Arc::clone(&store) as _).await;
    world.start("Waiter", "x", "").await;
    let mut worker = world.worker();
    let first = worker.next().await.unwrap();
    store.hold();
    // The first turn is not stored; the event and the turn after it are on their way before that is known.
    let hub = world.hub.clone();
    let none = taskhub_hub::engine::action::TurnResponse::default();
    let turn = tokio::spawn(async move { hub.complete_turn(first.token, "x", none).await });
    world.quiet().await;
    let hub = world.hub.clone();
    let raised = tokio::spawn(async move { hub.raise_event("x", "go", Some(payload("1"))).await });
    let second = worker.next().await.unwrap();
    let hub = world.hub.clone();
    let none = taskhub_hub::engine::action::TurnResponse::default();
    let next = tokio::spawn(async move { hub.complete_turn(second.token, "x", none).await });
    world.quiet().await;
    store.release();
    turn.await.unwrap().expect_err("it was not stored");
    next.await.unwrap().expect_err("it stood on what was not stored");
    assert_eq!(raised.await.unwrap().unwrap(), raise_event::Outcome::Accepted);
    world.acked_events.push(("x".to_owned(), payload("1")));
    drop(worker);
    assert_eq!(drive_to_end(&world, "x").await.as_deref(), Some("1"));
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn one_damaged_instance_does_not_hold_up_the_others() {
    let memory = Arc::new(MemoryStore::default());
    let store = Faulty::new(Arc::clone(&memory), None);
    let mut world = World::on(Arc::clone(&store) as _).await;
    for n in 0..10 {
        world.start("Sequence", &format!("i{n}"), "").await;
    }
    store.damage("i4");
    world.reopen().await;
    for n in (0..10).filter(|n| *n != 4) {
        assert_eq!(drive_to_end(&world, &format!("i{n}")).await.as_deref(), Some("abc"));
    }
    let refused = world.hub.raise_event("i4", "e", None).await;
    assert!(format!("{refused:?}").contains("Damaged"), "{refused:?}");
    // Mended, it goes on with the next thing that happens to it.
    store.damage("");
    world.raise("i4", "e", "1").await;
    assert_eq!(drive_to_end(&world, "i4").await.as_deref(), Some("abc"));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_not_stored_is_not_taken_for_one_that_was() {
    use taskhub_hub::{engine::action::TurnResponse, operation::work::Outcome};
    let memory = Arc::new(MemoryStore::default());
    let store = Faulty::new(Arc::clone(&memory), Some((2, Fault::Before)));
    let mut world = World::on(Arc::clone(&store) as _).await;
    world.start("Sequence", "x", "").await;
    let mut worker = world.worker();
    let item = worker.next().await.unwrap();
    let answer = || world.hub.complete_turn(item.token, "x", TurnResponse::default());
    answer().await.expect_err("it was not stored");
    assert_eq!(answer().await.unwrap(), Outcome::Stale);
    drop(worker);
    drive_to_end(&world, "x").await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_is_refused_because_of_what_is_not_stored() {
    for fault in [None, Some((1, Fault::Before))] {
        let memory = Arc::new(MemoryStore::default());
        let store = Faulty::new(Arc::clone(&memory), fault);
        let world = World::on(Arc::clone(&store) as _).await;
        store.hold();
        let start = || {
            let hub = world.hub.clone();
            let request = start_instance::Request {
                instance_id: Some("x".to_owned()),
                name: "Sequence".to_owned(),
                ..start_instance::Request::default()
            };
            tokio::spawn(async move { hub.start_instance(request).await })
        };
        let (first, second) = (start(), start());
        world.quiet().await;
        assert!(!first.is_finished() && !second.is_finished());
        store.release();
        assert_eq!(first.await.unwrap().is_ok(), fault.is_none());
        let second = second.await.unwrap().unwrap();
        let started = matches!(second, start_instance::Outcome::Started { .. });
        assert_eq!(started, fault.is_some(), "{second:?}");
        // An end that is not stored yet refuses nobody either.
        store.hold();
        let hub = world.hub.clone();
        let end = tokio::spawn(async move { hub.terminate("x", None, false).await });
        world.quiet().await;
        let hub = world.hub.clone();
        let raised = tokio::spawn(async move { hub.raise_event("x", "e", None).await });
        world.quiet().await;
        assert!(!raised.is_finished());
        store.release();
        end.await.unwrap().unwrap();
        let ended = raise_event::Outcome::Ended(taskhub_shared::status::RuntimeStatus::Terminated);
        assert_eq!(raised.await.unwrap().unwrap(), ended);
        check(&world).await;
        world.nothing_left("it has ended").await;
    }
}

#[tokio::test]
async fn news_after_a_restart_have_greater_numbers() {
    let mut world = World::new().await;
    for id in ["a", "b", "c"] {
        world.start("Sequence", id, "").await;
    }
    let before = world.hub.seq();
    world.advance(1);
    world.reopen().await;
    assert!(
        world.hub.seq() > before,
        "who comes back with {before} must learn that it missed some"
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_panic_work_goes_out_as_before() {
    let mut world = World::new().await;
    let hub = world.hub.clone();
    tokio::spawn(async move { hub.panic() }).await.expect_err("it panics");
    world.start("X", "x", "").await;
    let (token, _) = next_turn(&mut world.worker()).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}
