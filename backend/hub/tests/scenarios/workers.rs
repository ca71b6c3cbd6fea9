//! Workers that vanish, dawdle, lie, refuse or repeat themselves.

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use taskhub_hub::{
    engine::{
        action::TurnResponse,
        part::Part,
        worker::{Filters, Token, WorkKind, WorkerProfile},
    },
    operation::work::Outcome,
    store::{StoreError, memory::MemoryStore},
};

use crate::support::{
    World, check,
    samples::{drive, drive_to_end},
    world::{Item, complete, done, new_kinds, next, next_activity, next_turn, nothing, send, task},
};
use taskhub_shared::status::RuntimeStatus;

/// A worker that takes so many turns and activities at once.
fn limited(turns: usize, activities: usize) -> WorkerProfile {
    WorkerProfile {
        max_orchestrations: turns,
        max_activities: activities,
        ..WorkerProfile::default()
    }
}

fn only(orchestrations: &[(&str, &[&str])], activities: &[(&str, &[&str])]) -> WorkerProfile {
    let list = |names: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        let owned = |versions: &[&str]| versions.iter().map(|v| (*v).to_owned()).collect();
        names.iter().map(|(name, versions)| ((*name).to_owned(), owned(versions))).collect()
    };
    let filters = Filters {
        orchestrations: list(orchestrations),
        activities: list(activities),
        ..Filters::default()
    };
    WorkerProfile { filters: Some(filters), ..WorkerProfile::default() }
}

#[tokio::test(start_paused = true)]
async fn a_lost_stream_hands_its_turn_to_another_with_the_same_events() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut first = world.worker();
    let (old, before) = next_turn(&mut first).await;
    world.raise("x", "later", "1").await;
    world.advance(7);
    drop(first);
    let mut second = world.worker();
    let (new, after) = next_turn(&mut second).await;
    assert_ne!(old, new);
    assert_eq!(before.new, after.new, "the same events, also those of the turn's time");
    assert_eq!(before.past, after.past);
    assert_eq!(world.complete(old, "x", vec![done(1, "old")]).await, Outcome::Stale);
    assert_eq!(world.complete(new, "x", vec![]).await, Outcome::Committed);
    let (token, work) = next_turn(&mut second).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "EventRaised"]);
    world.complete(token, "x", vec![done(1, "new")]).await;
    check(&world).await;
    drop(second);
    world.nothing_left("all streams are gone").await;
}

#[tokio::test(start_paused = true)]
async fn the_old_delivery_counts_until_another_worker_has_the_work() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut first = world.worker();
    let (token, _) = next_turn(&mut first).await;
    drop(first);
    assert_eq!(world.complete(token, "x", vec![task(1, "A", "")]).await, Outcome::Committed);
    let mut second = world.worker();
    let (token, activity) = next_activity(&mut second).await;
    drop(second);
    assert_eq!(world.succeed(token, &activity, "r").await, Outcome::Committed);
    let mut third = world.worker();
    let (token, work) = next_turn(&mut third).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "TaskCompleted"]);
    world.complete(token, "x", vec![done(2, "")]).await;
    nothing(&mut third).await;
    check(&world).await;
    world.nothing_left("after the old deliveries").await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_activity_goes_to_another_and_has_one_result() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut first = world.worker();
    let (token, _) = next_turn(&mut first).await;
    world.complete(token, "x", vec![task(1, "A", "")]).await;
    let (old, activity) = next_activity(&mut first).await;
    drop(first);
    let mut second = world.worker();
    let (new, again) = next_activity(&mut second).await;
    assert_eq!(activity, again);
    assert_eq!(world.succeed(old, &activity, "old").await, Outcome::Stale);
    assert_eq!(world.succeed(new, &activity, "new").await, Outcome::Committed);
    assert_eq!(world.succeed(new, &activity, "new").await, Outcome::Ignored, "a repetition");
    let (token, _) = next_turn(&mut second).await;
    assert_eq!(world.complete(token, "x", vec![done(2, "")]).await, Outcome::Committed);
    assert_eq!(world.complete(token, "x", vec![done(2, "")]).await, Outcome::Ignored);
    check(&world).await;
    world.nothing_left("one result").await;
}

#[tokio::test(start_paused = true)]
async fn lies_are_refused_and_change_nothing() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    world.start("X", "y", "1").await;
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    let (other, _) = next_turn(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "x");
    assert_eq!(world.complete(token, "y", vec![done(1, "")]).await, Outcome::Stale);
    assert_eq!(world.complete(Token(42), "x", vec![done(1, "")]).await, Outcome::Stale);
    assert_eq!(world.status("x").await, RuntimeStatus::Pending);
    assert_eq!(world.complete(token, "x", vec![task(5, "A", "")]).await, Outcome::Committed);
    let (activity_token, activity) = next_activity(&mut worker).await;
    let answer = |token, id: &'static str, task| {
        let hub = world.hub.clone();
        async move { hub.complete_activity(token, id, task, Ok(None)).await.unwrap() }
    };
    assert_eq!(answer(activity_token, "y", 5).await, Outcome::Stale);
    assert_eq!(answer(activity_token, "x", 6).await, Outcome::Stale);
    assert_eq!(answer(other, "x", 5).await, Outcome::Stale, "the token of a turn");
    assert_eq!(world.complete(activity_token, "x", vec![]).await, Outcome::Stale);
    assert_eq!(world.hub.abandon(Token(42)), Outcome::Ignored);
    // The work is still there for the worker that has it.
    assert_eq!(world.succeed(activity_token, &activity, "r").await, Outcome::Committed);
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(9, "")]).await;
    world.complete(other, "y", vec![done(9, "")]).await;
    check(&world).await;
    world.nothing_left("after lies").await;
}

#[tokio::test(start_paused = true)]
async fn one_hub_refuses_the_deliveries_of_another() {
    let mut world = World::new().await;
    let other = world.other_hub("Other").await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let response = TurnResponse::default();
    assert_eq!(other.complete_turn(token, "x", response).await.unwrap(), Outcome::Stale);
    assert_eq!(other.abandon(token), Outcome::Ignored);
    assert_eq!(other.instance("x").await.unwrap(), None);
    assert_eq!(world.complete(token, "x", vec![done(1, "")]).await, Outcome::Committed);
}

#[tokio::test(start_paused = true)]
async fn work_given_back_rests_before_it_comes_again() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.hub.connect_worker(limited(1, 1));
    let (first, before) = next_turn(&mut worker).await;
    assert_eq!(world.hub.abandon(first), Outcome::Committed);
    nothing(&mut worker).await;
    world.advance(1);
    let (second, after) = next_turn(&mut worker).await;
    assert_eq!(before.new, after.new);
    assert_eq!(world.complete(first, "x", vec![done(1, "")]).await, Outcome::Stale);
    // The longer it is turned away, the longer it rests.
    world.hub.abandon(second);
    world.advance(1);
    nothing(&mut worker).await;
    world.advance(1);
    let (third, _) = next_turn(&mut worker).await;
    world.complete(third, "x", vec![task(1, "A", "")]).await;
    let (token, activity) = next_activity(&mut worker).await;
    world.hub.abandon(token);
    nothing(&mut worker).await;
    world.advance(1);
    let (token, again) = next_activity(&mut worker).await;
    assert_eq!(activity, again);
    world.succeed(token, &again, "r").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("after it was given back").await;
}

#[tokio::test(start_paused = true)]
async fn giving_the_same_work_back_twice_is_once() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![task(1, "A", "")]).await;
    let (token, _) = next_activity(&mut worker).await;
    drop(worker);
    // The stream is gone, and the worker says so once more, and once more.
    world.hub.abandon(token);
    world.hub.abandon(token);
    world.advance(10);
    world.quiet().await;
    assert_eq!(world.hub.backlog(WorkKind::Activity), 1);
    let mut worker = world.worker();
    let (token, activity) = next_activity(&mut worker).await;
    nothing(&mut worker).await;
    world.succeed(token, &activity, "r").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("given back twice").await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_giving_back_still_counts() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.hub.abandon(token);
    assert_eq!(world.complete(token, "x", vec![done(1, "")]).await, Outcome::Committed);
    world.advance(5);
    nothing(&mut worker).await;
    check(&world).await;
    world.nothing_left("answered after all").await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_past_its_lease_goes_to_another() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut slow = world.hub.connect_worker(limited(1, 1));
    let (old, before) = next_turn(&mut slow).await;
    let mut other = world.worker();
    world.advance(299);
    nothing(&mut other).await;
    world.advance(1);
    let item = tokio::select! {
        item = other.next() => item.unwrap(),
        item = slow.next() => item.unwrap(),
    };
    let Item::Turn(new, after) = item.into() else { panic!("a turn was to come") };
    assert_eq!(before.new, after.new);
    assert_eq!(world.complete(old, "x", vec![done(1, "slow")]).await, Outcome::Stale);
    assert_eq!(world.complete(new, "x", vec![done(1, "new")]).await, Outcome::Committed);
    check(&world).await;
    world.nothing_left("after a lease ended").await;
}

#[tokio::test(start_paused = true)]
async fn an_activity_may_take_as_long_as_its_stream_lives() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![task(1, "A", "")]).await;
    let (token, activity) = next_activity(&mut worker).await;
    world.advance(7 * 24 * 3600);
    nothing(&mut worker).await;
    assert_eq!(world.succeed(token, &activity, "r").await, Outcome::Committed);
}

#[tokio::test(start_paused = true)]
async fn filters_route_by_name_and_version() {
    let mut world = World::new().await;
    let mut none = world.hub.connect_worker(only(&[], &[]));
    let mut typed = world.hub.connect_worker(only(&[("A", &["2.0"])], &[("T", &["2.0"])]));
    let mut plain = world.hub.connect_worker(only(&[("A", &[""])], &[]));
    world.start("A", "unversioned", "").await;
    let request = taskhub_hub::operation::start_instance::Request {
        instance_id: Some("two".to_owned()),
        name: "A".to_owned(),
        version: Some("2.0".to_owned()),
        ..taskhub_hub::operation::start_instance::Request::default()
    };
    world.hub.start_instance(request).await.unwrap();
    let (first, work) = next_turn(&mut plain).await;
    assert_eq!(&*work.record.instance_id, "unversioned");
    let (second, work) = next_turn(&mut typed).await;
    assert_eq!(&*work.record.instance_id, "two");
    // An activity without a version answers to its orchestration's.
    world.complete(second, "two", vec![task(1, "T", "")]).await;
    let (token, activity) = next_activity(&mut typed).await;
    world.succeed(token, &activity, "r").await;
    world.complete(first, "unversioned", vec![task(1, "T", "")]).await;
    for worker in [&mut none, &mut plain] {
        nothing(worker).await;
    }
    world.start("a", "other case", "").await;
    world.quiet().await;
    assert_eq!(world.hub.backlog(WorkKind::Orchestration), 1, "names have their case");
    assert_eq!(world.hub.backlog(WorkKind::Activity), 1, "version 2.0 is not asked for");
    assert_eq!(world.status("other case").await, RuntimeStatus::Pending);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn no_stream_gets_more_than_it_asked_for() {
    let mut world = World::new().await;
    for n in 0..5 {
        world.start("X", &format!("x{n}"), "").await;
    }
    let mut worker = world.hub.connect_worker(limited(2, 1));
    let (first, work) = next_turn(&mut worker).await;
    let (second, _) = next_turn(&mut worker).await;
    nothing(&mut worker).await;
    let actions = vec![task(1, "A", ""), task(2, "A", "")];
    world.complete(first, &work.record.instance_id, actions).await;
    let mut kinds = vec![];
    for _ in 0..2 {
        kinds.push(matches!(next(&mut worker).await, Item::Turn(..)));
    }
    assert_eq!(kinds.iter().filter(|turn| **turn).count(), 1, "one turn and one activity");
    nothing(&mut worker).await;
    world.hub.abandon(second);
    next_turn(&mut worker).await;
    nothing(&mut worker).await;
    let census = world.hub.census();
    assert_eq!(census.with_streams, 3);
    drop(worker);
    assert_eq!(world.hub.census().with_streams, 0);
    for n in 0..5 {
        world.hub.terminate(&format!("x{n}"), None, false).await.unwrap();
    }
    world.advance(60);
    check(&world).await;
    world.nothing_left("after all were terminated").await;
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_drains_hands_out_nothing_and_ends_its_streams() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let hub = world.hub.clone();
    let drain = tokio::spawn(async move { hub.drain(std::time::Duration::from_secs(25)).await });
    world.quiet().await;
    world.start("X", "y", "").await;
    nothing(&mut worker).await;
    // The work that is out may be answered, and its answer is stored.
    assert_eq!(world.complete(token, "x", vec![done(1, "r")]).await, Outcome::Committed);
    drain.await.unwrap();
    assert!(worker.next().await.is_none(), "the stream ends");
    assert!(world.worker().next().await.is_none(), "a new stream ends at once");
    world.reopen().await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "y", vec![complete(1, RuntimeStatus::Failed, Some("no"))]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_waits_and_does_not_wait_for_ever() {
    use taskhub_hub::operation::wait::Until;
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    next_turn(&mut worker).await;
    let hub = world.hub.clone();
    let long = std::time::Duration::from_secs(3600);
    let wait = tokio::spawn(async move { hub.wait("x", Until::Ended, long).await });
    let hub = world.hub.clone();
    let absent = tokio::spawn(async move { hub.wait("nobody", Until::Ended, long).await });
    world.quiet().await;
    world.hub.drain(std::time::Duration::from_millis(100)).await;
    wait.await.unwrap().expect_err("the wait is cut");
    absent.await.unwrap().expect_err("the wait is cut");
}

#[tokio::test(start_paused = true)]
async fn many_instances_and_few_workers() {
    let mut world = World::new().await;
    for n in 0..200 {
        world.start(["Sequence", "FanOut"][n % 2], &format!("i{n}"), "").await;
    }
    let mut one = world.hub.connect_worker(limited(3, 2));
    drive(&world, &mut one).await;
    drop(one);
    for n in 0..200 {
        let output = drive_to_end(&world, &format!("i{n}")).await;
        assert_eq!(output.as_deref(), Some(["abc", "0,1,2,3,4"][n % 2]));
    }
    check(&world).await;
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn work_that_is_partly_taken_in_comes_again_from_there() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    world.hub.suspend("x", None).await.unwrap();
    world.hub.resume("x", None).await.unwrap();
    // The resume made a turn with nothing new in it; meanwhile more comes.
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted"]);
    world.hub.abandon(token);
    drop(worker);
    world.complete(token, "x", vec![]).await;
    world.hub.suspend("x", None).await.unwrap();
    world.hub.resume("x", None).await.unwrap();
    world.raise("x", "a", "1").await;
    world.raise("x", "b", "2").await;
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "EventRaised", "EventRaised"]);
    let response = TurnResponse { events_processed: Some(2), ..TurnResponse::default() };
    world.hub.complete_turn(token, "x", response).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "EventRaised"], "the second event only");
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_brings_the_work_again() {
    let store = Arc::new(MemoryStore::default());
    let mut world = World::on(Arc::clone(&store) as _).await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, before) = next_turn(&mut worker).await;
    let source = Arc::new(std::io::Error::other("too many open files"));
    store.fail_next_load(StoreError::Unavailable { operation: "load instances", source });
    let response = TurnResponse {
        actions: vec![send(1, "another", "e", "1"), done(2, "end")],
        ..Default::default()
    };
    assert!(world.hub.complete_turn(token, "x", response.clone()).await.is_err());
    world.advance(2);
    let (token, again) = next_turn(&mut worker).await;
    assert_eq!(before.new, again.new);
    assert_eq!(world.hub.complete_turn(token, "x", response).await.unwrap(), Outcome::Committed);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_part_of_an_answer_may_come_again_after_a_fault() {
    let store = Arc::new(MemoryStore::default());
    let mut world = World::on(Arc::clone(&store) as _).await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let part = |index, more, actions| {
        let response = TurnResponse { actions, ..Default::default() };
        Part { index: Some(index), more, bytes: 1, response }
    };
    let first = part(0, true, vec![send(1, "another", "e", "1"), task(2, "A", "in")]);
    assert_eq!(world.hub.complete_turn(token, "x", first).await.unwrap(), Outcome::Kept);
    let source = Arc::new(std::io::Error::other("too many open files"));
    store.fail_next_load(StoreError::Unavailable { operation: "load instances", source });
    let last = part(1, false, vec![done(3, "end")]);
    assert!(world.hub.complete_turn(token, "x", last.clone()).await.is_err());
    // A worker that hears of the fault sends the last part alone.
    let again = world.hub.complete_turn(token, "x", last.clone()).await.unwrap();
    assert_eq!(again, Outcome::Committed);
    assert_eq!(world.hub.complete_turn(token, "x", last).await.unwrap(), Outcome::Ignored);
    let history = world.hub.history("x", 0, 100).await.unwrap().unwrap();
    let ids: Vec<i32> = history.iter().map(|event| event.event_id).filter(|id| *id > 0).collect();
    assert_eq!(ids, [1, 2, 3], "all of it");
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn parts_of_an_answer_end_with_the_delivery() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let part = |index, more, actions| {
        let response = TurnResponse { actions, ..Default::default() };
        Part { index: Some(index), more, bytes: 1, response }
    };
    let first = part(0, true, vec![task(1, "A", "in")]);
    let (token, _) = next_turn(&mut worker).await;
    assert_eq!(world.hub.complete_turn(token, "x", first.clone()).await.unwrap(), Outcome::Kept);
    world.hub.abandon(token);
    let last = part(1, false, vec![done(2, "end")]);
    assert_eq!(world.hub.complete_turn(token, "x", last.clone()).await.unwrap(), Outcome::Stale);
    world.advance(2);
    let (token, _) = next_turn(&mut worker).await;
    assert_eq!(world.hub.complete_turn(token, "x", first.clone()).await.unwrap(), Outcome::Kept);
    world.advance(301);
    let (next, _) = next_turn(&mut worker).await;
    assert_eq!(world.hub.complete_turn(token, "x", last).await.unwrap(), Outcome::Stale);
    let token = next;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}
