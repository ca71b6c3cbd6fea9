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
};

/// A scenario: orchestrator, the events that a client raises, and the output.
const SCENARIOS: [(&str, &[(&str, &str)], &str); 7] = [
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
                let mut world = World::on(memory, Arc::clone(&store) as _).await;
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
