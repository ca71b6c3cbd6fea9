//! Work that workers give back: it goes to others, and rests for those who did.

use std::collections::BTreeMap;

use futures::{FutureExt, StreamExt};
use taskhub_hub::{
    engine::worker::{Filters, Token, WorkKind, WorkerProfile},
    operation::{start_instance, work::WorkItems},
};
use taskhub_shared::request::WaitingWork;

use crate::support::{
    World, check,
    world::{done, next_activity, next_turn, nothing, task},
};

fn limited(turns: usize) -> WorkerProfile {
    WorkerProfile { max_orchestrations: turns, ..WorkerProfile::default() }
}

/// What the worker has now.
fn ready(worker: &mut WorkItems) -> Option<Token> {
    worker.next().now_or_never().flatten().map(|item| item.token)
}

fn waiting(world: &World) -> Vec<WaitingWork> {
    world.hub.work().waiting
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_gives_back_goes_to_another_at_once() {
    let mut world = World::new().await;
    let mut old: Vec<WorkItems> = (0..10).map(|_| world.worker()).collect();
    let mut new = world.worker();
    for number in 0..3 {
        let id = format!("x{number}");
        let request = start_instance::Request {
            instance_id: Some(id.clone()),
            name: "X".to_owned(),
            version: Some("2".to_owned()),
            ..start_instance::Request::default()
        };
        world.hub.start_instance(request).await.unwrap();
        world.acked_starts.push(id.clone());
        // The clock stands still: none of the workers of version 1 makes it rest.
        let token = loop {
            let mut refused = false;
            for worker in &mut old {
                world.quiet().await;
                if let Some(token) = ready(worker) {
                    world.hub.abandon(token);
                    refused = true;
                }
            }
            if !refused {
                break next_turn(&mut new).await.0;
            }
        };
        world.complete(token, &id, vec![done(1, "")]).await;
    }
    check(&world).await;
    drop((old, new));
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn who_gave_it_back_is_passed_over_while_another_is_busy() {
    let mut world = World::new().await;
    let mut busy = world.hub.connect_worker(limited(1));
    world.start("X", "long", "").await;
    let (long, _) = next_turn(&mut busy).await;
    let mut picky = world.worker();
    world.start("X", "x", "").await;
    let (token, before) = next_turn(&mut picky).await;
    world.hub.abandon(token);
    world.advance(59);
    nothing(&mut picky).await;
    // It is first when the other has room.
    world.start("X", "later", "").await;
    let (later, work) = next_turn(&mut picky).await;
    assert_eq!(&*work.record.instance_id, "later");
    world.complete(long, "long", vec![done(1, "")]).await;
    let (token, after) = next_turn(&mut busy).await;
    assert_eq!((&*after.record.instance_id, &after.new), ("x", &before.new));
    world.complete(token, "x", vec![done(1, "")]).await;
    world.complete(later, "later", vec![done(1, "")]).await;
    check(&world).await;
    drop((busy, picky));
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn it_does_not_wait_for_a_busy_worker_for_ever() {
    let mut world = World::new().await;
    let mut busy = world.hub.connect_worker(limited(1));
    world.start("X", "long", "").await;
    next_turn(&mut busy).await;
    let mut picky = world.worker();
    world.start("X", "x", "").await;
    let (token, _) = next_turn(&mut picky).await;
    world.hub.abandon(token);
    nothing(&mut picky).await;
    world.advance(60);
    let (token, _) = next_turn(&mut picky).await;
    world.hub.abandon(token);
    nothing(&mut picky).await;
    // Nobody else is left: it rests for as long as is usual after a second refusal.
    drop(busy);
    let (_, work) = next_turn(&mut picky).await;
    assert_eq!(&*work.record.instance_id, "long");
    nothing(&mut picky).await;
    world.advance(2);
    let (token, work) = next_turn(&mut picky).await;
    assert_eq!(&*work.record.instance_id, "x");
    world.complete(token, "x", vec![done(1, "")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_comes_gets_what_rests() {
    let mut world = World::new().await;
    let mut picky = world.worker();
    world.start("X", "x", "").await;
    for rest in [1, 2, 4, 8] {
        let (token, _) = next_turn(&mut picky).await;
        world.hub.abandon(token);
        world.advance(rest - 1);
        nothing(&mut picky).await;
        world.advance(1);
    }
    let (token, _) = next_turn(&mut picky).await;
    world.hub.abandon(token);
    let mut new = world.worker();
    let (token, _) = next_turn(&mut new).await;
    world.complete(token, "x", vec![task(1, "A", "")]).await;
    // Activities are no different.
    let mut took = vec![];
    for worker in [&mut picky, &mut new] {
        world.quiet().await;
        while let Some(token) = ready(worker) {
            world.hub.abandon(token);
            took.push(token);
        }
    }
    world.advance(1);
    assert_eq!(world.hub.backlog(WorkKind::Activity), 1 - usize::from(took.is_empty()));
    drop(picky);
    let mut last = world.worker();
    let (token, activity) = next_activity(&mut last).await;
    world.succeed(token, &activity, "").await;
    drop(new);
    let (token, _) = next_turn(&mut last).await;
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    drop(last);
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn what_every_worker_gives_back_is_seen_to_wait() {
    let mut world = World::new().await;
    let mut workers = [world.worker(), world.worker()];
    world.start("X", "x", "").await;
    for round in 1..=3 {
        for _ in 0..2 {
            world.quiet().await;
            let token = workers.iter_mut().find_map(ready).unwrap();
            world.hub.abandon(token);
        }
        let [work] = waiting(&world).try_into().unwrap();
        assert_eq!((work.depth, work.workers, work.refused), (1, 0, 2 * round), "{work:?}");
        world.advance(i64::from(1 << (round - 1)));
        world.quiet().await;
    }
    drop(workers);
    let [work] = waiting(&world).try_into().unwrap();
    assert_eq!((work.oldest_age_ms, work.workers), (7000, 0));
    // Another takes it; there is nothing to be seen then.
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    assert_eq!(waiting(&world), []);
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    drop(worker);
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn losses_and_refusals_are_told_by_name() {
    let mut world = World::new().await;
    let only = |name: &str| WorkerProfile {
        filters: Some(Filters {
            orchestrations: BTreeMap::from([(name.to_owned(), vec![])]),
            ..Filters::default()
        }),
        ..WorkerProfile::default()
    };
    world.start("A", "a1", "").await;
    world.start("A", "a2", "").await;
    world.start("B", "b", "").await;
    for _ in 0..3 {
        let mut worker =
            world.hub.connect_worker(WorkerProfile { max_orchestrations: 1, ..only("A") });
        let (_, work) = next_turn(&mut worker).await;
        assert_eq!(&*work.record.instance_id, "a1");
    }
    let mut worker = world.hub.connect_worker(only("B"));
    let (token, _) = next_turn(&mut worker).await;
    world.hub.abandon(token);
    let mut told: Vec<_> = waiting(&world)
        .into_iter()
        .map(|work| (work.name, work.depth, work.workers, work.lost, work.refused))
        .collect();
    told.sort();
    assert_eq!(told, [("A".to_owned(), 2, 0, 3, 0), ("B".to_owned(), 1, 0, 0, 1)]);
}
