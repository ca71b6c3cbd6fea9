//! What an instance waits for and which are stuck, asked by queries while the engine runs.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use taskhub_hub::engine::worker::{Filters, WorkerProfile};
use taskhub_shared::query::InstanceQuery;

use crate::support::{
    World,
    world::{child, epoch, next_turn, task, timer},
};

async fn ids(world: &World, q: &str) -> Vec<String> {
    let query = InstanceQuery {
        q: q.parse().unwrap(),
        sort: "created".parse().unwrap(),
        ..InstanceQuery::default()
    };
    let listed = world.hub.query_instances(&query, false).await.unwrap();
    assert_eq!((listed.next, listed.partial), (None, false));
    listed.records.iter().map(|record| record.instance_id.to_string()).collect()
}

/// A worker that takes these orchestrators and activities and nothing else.
fn takes(orchestrations: &[&str], activities: &[&str]) -> WorkerProfile {
    let names = |names: &[&str]| -> BTreeMap<String, Vec<String>> {
        names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect()
    };
    let (orchestrations, activities) = (names(orchestrations), names(activities));
    let filters = Filters { orchestrations, activities, ..Filters::default() };
    WorkerProfile { filters: Some(filters), ..WorkerProfile::default() }
}

/// One instance for each thing that it may wait for, a second apart.
async fn waiting() -> World {
    let mut world = World::new().await;
    let mut worker = world.hub.connect_worker(takes(&["X"], &[]));
    let later = epoch() + TimeDelta::days(1);
    for (id, actions) in [
        ("event", vec![]),
        ("activity", vec![task(1, "Charge", "1")]),
        ("child", vec![child(1, "the-child", "Sub")]),
        ("timer", vec![timer(1, later)]),
        ("held", vec![]),
    ] {
        world.start("X", id, "").await;
        let (token, _) = next_turn(&mut worker).await;
        world.complete(token, id, actions).await;
        world.advance(1);
    }
    world.hub.suspend("held", None).await.unwrap();
    drop(worker);
    world.start("Y", "new", "").await;
    world.quiet().await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_an_instance_waits_for_can_be_asked() {
    let mut world = waiting().await;
    for (q, expected) in [
        ("wait:worker", vec!["the-child", "new"]),
        ("wait:activity", vec!["activity"]),
        ("wait:Charge", vec!["activity"]),
        ("wait:child", vec!["child"]),
        ("wait:Sub", vec!["child", "the-child"]),
        ("wait:timer", vec!["timer"]),
        ("wait:event", vec!["event", "timer"]),
        ("wait:resume", vec!["held"]),
        ("wait:start", vec![]),
        ("parent:child", vec!["the-child"]),
        ("is:child", vec!["the-child"]),
    ] {
        assert_eq!(ids(&world, q).await, expected, "{q}");
    }
    // An event makes its turn due; until a worker has run it, that is what it waits for.
    world.raise("event", "go", "1").await;
    assert_eq!(ids(&world, "wait:event").await, ["timer"]);
    assert_eq!(ids(&world, "wait:worker id=event").await, ["event"]);
    // So does a timer when it is due.
    world.advance(86_400);
    assert_eq!(ids(&world, "wait:timer").await, [""; 0]);
    assert_eq!(ids(&world, "wait:worker id=timer").await, ["timer"]);
}

#[tokio::test(start_paused = true)]
async fn stuck_is_what_no_connected_worker_takes() {
    let world = waiting().await;
    // Nobody is connected: whatever needs a worker is stuck, and what waits for others is not.
    assert_eq!(ids(&world, "is:stuck").await, ["activity", "the-child", "new"]);
    let first = world.hub.connect_worker(takes(&["Y"], &["Charge"]));
    assert_eq!(ids(&world, "is:stuck").await, ["the-child"]);
    let second = world.hub.connect_worker(takes(&["Sub"], &[]));
    assert_eq!(ids(&world, "is:stuck").await, [""; 0]);
    drop((first, second));
    assert_eq!(ids(&world, "is:stuck").await.len(), 3);
    let _any = world.worker();
    assert_eq!(ids(&world, "is:stuck").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn stuck_is_what_all_workers_give_back() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut first = world.hub.connect_worker(takes(&["X"], &[]));
    let (token, _) = next_turn(&mut first).await;
    world.hub.abandon(token);
    assert_eq!(ids(&world, "is:stuck").await, ["x"]);
    // Another may take it: it has it now.
    let mut second = world.hub.connect_worker(takes(&["X"], &[]));
    let (token, _) = next_turn(&mut second).await;
    assert_eq!(ids(&world, "is:stuck").await, [""; 0]);
    world.hub.abandon(token);
    assert_eq!(ids(&world, "is:stuck").await, ["x"]);
    // It is offered to all again after a while.
    world.advance(3600);
    world.quiet().await;
    assert_eq!(ids(&world, "is:stuck").await, [""; 0]);
}
