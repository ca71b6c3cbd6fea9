//! Work that takes its workers along, and work that was merely beside it.

use std::{collections::BTreeSet, time::Duration};

use futures::StreamExt;
use taskhub_hub::{
    engine::{history_event::EventKind, worker::WorkerProfile},
    operation::{restart, work::WorkItems},
};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use crate::support::{
    Item, World, check,
    world::{child, done, next, next_activity, next_turn, nothing, task},
};

fn is_poison(failure: &FailureDetails, name: &str) {
    assert_eq!(failure.error_type, "PoisonWorkItem");
    assert!(failure.is_non_retriable);
    for word in [name, "10 times", "rewind"] {
        assert!(failure.error_message.contains(word), "{}", failure.error_message);
    }
}

/// All that there is for this worker now.
async fn all(items: &mut WorkItems) -> Vec<Item> {
    let mut all = vec![];
    while let Ok(Some(item)) = tokio::time::timeout(Duration::from_millis(20), items.next()).await {
        all.push(item.into());
    }
    all
}

#[tokio::test(start_paused = true)]
async fn an_activity_that_is_lost_ten_times_fails() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![task(1, "Killer", "")]).await;
    for _ in 0..10 {
        next_activity(&mut worker).await;
        worker = world.worker();
    }
    let (token, work) = next_turn(&mut worker).await;
    let failure = work.new.iter().find_map(|event| match &event.kind {
        EventKind::TaskFailed { scheduled_id: 1, failure } => Some(failure.clone()),
        _ => None,
    });
    is_poison(&failure.unwrap(), "Killer");
    nothing(&mut worker).await;
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    drop(worker);
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_lost_ten_times_fails_the_instance_and_tells_its_parent() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "Killer")]).await;
    drop(worker);
    // The parent is not in memory then.
    world.reopen().await;
    for _ in 0..10 {
        let mut worker = world.worker();
        let (_, work) = next_turn(&mut worker).await;
        assert_eq!(&*work.record.instance_id, "c");
    }
    let record = world.ended("c").await;
    assert_eq!(record.status, RuntimeStatus::Failed);
    is_poison(record.payloads.failure.as_deref().unwrap(), "Killer");
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    let told = |kind: &EventKind| matches!(kind, EventKind::SubOrchestrationFailed { .. });
    assert!(work.new.iter().any(|event| told(&event.kind)));
    world.complete(token, "p", vec![done(2, "")]).await;
    check(&world).await;
    drop(worker);
    world.nothing_left("both have ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_activity_of_an_instance_that_is_not_in_memory_fails_too() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![task(1, "Killer", "")]).await;
    drop(worker);
    world.reopen().await;
    for _ in 0..10 {
        let mut worker = world.worker();
        next_activity(&mut worker).await;
    }
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    drop(worker);
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_runs_out_is_a_loss_and_giving_back_is_none() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    for _ in 0..20 {
        let (token, _) = next_turn(&mut worker).await;
        world.hub.abandon(token);
        world.advance(61);
    }
    assert_eq!(world.hub.census().lost, 0);
    for _ in 0..10 {
        next_turn(&mut worker).await;
        world.advance(301);
        world.quiet().await;
    }
    let record = world.ended("x").await;
    is_poison(record.payloads.failure.as_deref().unwrap(), "X");
    check(&world).await;
    world.nothing_left("it has failed").await;
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_never_read_is_not_lost() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    for _ in 0..20 {
        drop(world.worker());
    }
    assert_eq!(world.hub.census().lost, 0);
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_ends_the_suspicion() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut token = None;
    for _ in 0..9 {
        let mut worker = world.worker();
        token = Some(next_turn(&mut worker).await.0);
    }
    world.complete(token.unwrap(), "x", vec![task(1, "A", "")]).await;
    assert_eq!(world.hub.census().lost, 0);
    let mut worker = world.worker();
    let (token, activity) = next_activity(&mut worker).await;
    world.succeed(token, &activity, "a").await;
    let (token, _) = next_turn(&mut worker).await;
    drop(worker);
    assert_eq!(world.hub.census().lost, 1, "the next turn counts anew");
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn suspects_go_out_one_at_a_time() {
    let mut world = World::new().await;
    for number in 0..4 {
        world.start("X", &format!("x{number}"), "").await;
    }
    let mut worker = world.worker();
    for _ in 0..2 {
        let (token, work) = next_turn(&mut worker).await;
        world.complete(token, &work.record.instance_id, vec![task(1, "A", "")]).await;
    }
    // Two turns and two activities.
    for _ in 0..5 {
        let mut next = world.worker();
        std::mem::swap(&mut next, &mut worker);
        all(&mut next).await;
        drop(next);
        all(&mut worker).await;
    }
    drop(worker);
    let mut worker = world.worker();
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let item = next(&mut worker).await;
        nothing(&mut worker).await;
        // What is no suspect goes out beside it.
        world.start("Innocent", "new", "").await;
        let (token, _) = next_turn(&mut worker).await;
        world.complete(token, "new", vec![done(1, "")]).await;
        world.hub.purge("new").await.unwrap();
        world.acked_starts.pop();
        match item {
            Item::Turn(token, work) => {
                seen.insert(work.record.instance_id.to_string());
                world.complete(token, &work.record.instance_id, vec![done(1, "")]).await;
            }
            Item::Activity(token, task) => {
                seen.insert(format!("{}-a", task.instance_id));
                world.succeed(token, &task, "").await;
                let (token, work) = next_turn(&mut worker).await;
                world.complete(token, &work.record.instance_id, vec![done(2, "")]).await;
            }
            Item::Entity(_, work) => panic!("no entity takes part, but {work:?} came"),
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    check(&world).await;
    drop(worker);
    world.nothing_left("all have ended").await;
}

/// Makes the activity `A` of each of these instances a suspect. No worker is connected then.
async fn suspects(world: &mut World, ids: &[&str]) {
    for id in ids {
        world.start("X", id, "").await;
    }
    let mut worker = world.worker();
    for _ in ids {
        let (token, work) = next_turn(&mut worker).await;
        world.complete(token, &work.record.instance_id, vec![task(1, "A", "")]).await;
    }
    for _ in 0..5 {
        all(&mut worker).await;
        worker = world.worker();
    }
    all(&mut worker).await;
    // What goes out alone is seen to wait.
    let [work] = world.hub.work().waiting.try_into().unwrap();
    assert_eq!((work.depth, work.workers, work.lost), (ids.len() as u64 - 1, 1, 5), "{work:?}");
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_hangs_keeps_others_from_its_stream_only_and_not_for_ever() {
    let mut world = World::new().await;
    suspects(&mut world, &["a", "b", "c"]).await;
    let mut hangs = world.worker();
    let (_, hung) = next_activity(&mut hangs).await;
    nothing(&mut hangs).await;
    // Its end changes nothing: the worker still has it.
    world.hub.terminate(&hung.instance_id, None, false).await.unwrap();
    nothing(&mut hangs).await;
    let mut other = world.worker();
    let (token, second) = next_activity(&mut other).await;
    nothing(&mut other).await;
    world.succeed(token, &second, "").await;
    let (token, third) = next_activity(&mut other).await;
    drop(other);
    let (turn, work) = next_turn(&mut hangs).await;
    assert_eq!(work.record.instance_id, second.instance_id);
    world.complete(turn, &second.instance_id, vec![done(2, "")]).await;
    world.advance(299);
    nothing(&mut hangs).await;
    world.advance(1);
    let (again, after) = next_activity(&mut hangs).await;
    assert_ne!(again, token);
    assert_eq!(after, third);
    world.succeed(again, &third, "").await;
    world.ended(&hung.instance_id).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_killer_fails_and_its_neighbours_get_through() {
    let mut world = World::new().await;
    world.start("Killer", "k", "").await;
    for number in 0..20 {
        world.start("X", &format!("x{number}"), "").await;
    }
    let mut lives = 0;
    while !world.status("k").await.is_terminal() {
        lives += 1;
        assert!(lives < 100, "the killer lives on");
        let mut worker = world.hub.connect_worker(WorkerProfile::default());
        let items = all(&mut worker).await;
        let is_killer = |item: &Item| match item {
            Item::Turn(_, work) => work.record.name == "Killer",
            Item::Activity(..) | Item::Entity(..) => false,
        };
        // It takes the whole worker along, with everything that it had.
        if items.iter().any(is_killer) {
            continue;
        }
        for item in items {
            let Item::Turn(token, work) = item else { panic!("{item:?}") };
            world.complete(token, &work.record.instance_id, vec![done(1, "")]).await;
        }
    }
    let record = world.record("k").await;
    is_poison(record.payloads.failure.as_deref().unwrap(), "Killer");
    let mut worker = world.worker();
    for item in all(&mut worker).await {
        let Item::Turn(token, work) = item else { panic!("{item:?}") };
        world.complete(token, &work.record.instance_id, vec![done(1, "")]).await;
        worker = world.worker();
    }
    for _ in 0..20 {
        for item in all(&mut worker).await {
            let Item::Turn(token, work) = item else { panic!("{item:?}") };
            world.complete(token, &work.record.instance_id, vec![done(1, "")]).await;
        }
    }
    for number in 0..20 {
        let status = world.status(&format!("x{number}")).await;
        assert_eq!(status, RuntimeStatus::Completed, "x{number}");
    }
    check(&world).await;
    // The killer may be tried again when its worker is mended.
    let again = world.hub.restart_instance("k", restart::Target::SameId).await.unwrap();
    assert!(matches!(again, restart::Outcome::Restarted { .. }));
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "k", vec![done(1, "")]).await;
    drop(worker);
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn operations_of_an_entity_that_end_their_workers_fail_and_the_caller_hears_of_it() {
    use taskhub_hub::engine::{
        action::ActionKind, entity_event::EntityEvent, history_event::EventKind,
    };
    let mut world = World::new().await;
    world.start("O", "o", "").await;
    let mut worker = world.hub.connect_worker(WorkerProfile::default());
    let (token, _) = next_turn(&mut worker).await;
    let call = EntityEvent::OperationCalled {
        request_id: "r".to_owned(),
        operation: "kill".to_owned(),
        input: None,
        scheduled_at: None,
        parent: None,
        parent_execution: None,
        target: Some("@e@1".to_owned()),
    };
    let call = crate::support::world::act(1, ActionKind::SendEntityMessage(Box::new(call)));
    world.complete(token, "o", vec![call]).await;
    for _ in 0..10 {
        crate::support::world::next_entity(&mut worker).await;
        drop(worker);
        worker = world.hub.connect_worker(WorkerProfile::default());
    }
    let (token, work) = next_turn(&mut worker).await;
    let Some(EventKind::Entity(event)) = work.new.last().map(|event| &event.kind) else {
        panic!("{:?}", work.new)
    };
    let EntityEvent::OperationFailed { failure, .. } = &**event else { panic!("{event:?}") };
    assert_eq!(failure.error_type, "PoisonWorkItem");
    world.complete(token, "o", vec![done(2, "")]).await;
    assert!(world.hub.entity("@e@1").await.unwrap().is_none());
    check(&world).await;
    // The next operation is other work: losing it once does not fail it.
    let signal = taskhub_hub::operation::entity::Signal {
        entity_id: "@e@1".to_owned(),
        operation: "next".to_owned(),
        ..Default::default()
    };
    world.hub.signal_entity(signal).await.unwrap();
    crate::support::world::next_entity(&mut worker).await;
    drop(worker);
    let mut worker = world.hub.connect_worker(WorkerProfile::default());
    crate::support::world::next_entity(&mut worker).await;
}
