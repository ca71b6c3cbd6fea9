//! Limits, waits, memory, and what cannot be read.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use taskhub_hub::{
    engine::action::{ActionKind, TurnResponse},
    operation::wait::{Outcome, Until},
    store::model::InstanceRecord,
};
use taskhub_shared::{
    failure::FailureDetails, limits, query::InstanceQuery, status::RuntimeStatus,
};

use crate::support::{
    World, check,
    samples::{drive, drive_to_end},
    world::{
        act, again, child, done, epoch, new_kinds, next_activity, next_turn, nothing, send, task,
        timer,
    },
};

#[tokio::test(start_paused = true)]
async fn a_custom_status_at_the_limit_is_kept_and_past_it_fails_the_instance() {
    let mut world = World::new().await;
    for (id, bytes, status) in [
        ("fits", limits::CUSTOM_STATUS_BYTES, RuntimeStatus::Running),
        ("too large", limits::CUSTOM_STATUS_BYTES + 1, RuntimeStatus::Failed),
    ] {
        world.start("X", id, "").await;
        let mut worker = world.worker();
        let (token, _) = next_turn(&mut worker).await;
        let custom_status = Some("x".repeat(bytes).into());
        let response = TurnResponse { custom_status, ..TurnResponse::default() };
        world.hub.complete_turn(token, id, response).await.unwrap();
        assert_eq!(world.status(id).await, status);
    }
    let failure = world.record("too large").await.payloads.failure.unwrap();
    assert_eq!(failure.error_type, "LimitExceeded");
    assert!(failure.is_non_retriable);
    assert_eq!(world.record("too large").await.payloads.custom_status, None);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_history_past_its_limit_fails_the_instance_unless_it_ends_or_begins_again() {
    let mut world = World::new().await;
    // The start takes two events and each turn one.
    let fill = limits::HISTORY_EVENTS - 2;
    let events =
        |count| (1..).take(count).map(|id| send(id, "nobody", "e", "")).collect::<Vec<_>>();
    for (id, count, end, status) in [
        ("fits", fill, None, RuntimeStatus::Running),
        ("too long", fill + 1, None, RuntimeStatus::Failed),
        ("ends", fill + 1, Some(done(-1, "")), RuntimeStatus::Completed),
        ("again", fill + 1, Some(again(-1, "", vec![])), RuntimeStatus::Running),
    ] {
        world.start("X", id, "").await;
        let mut worker = world.worker();
        let (token, _) = next_turn(&mut worker).await;
        let actions = events(count).into_iter().chain(end).collect();
        world.complete(token, id, actions).await;
        assert_eq!(world.status(id).await, status, "{id}");
        world.hub.terminate(id, None, false).await.unwrap();
    }
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_history_of_too_many_bytes_fails_the_instance() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let large = "x".repeat(limits::HISTORY_BYTES / 2);
    world.complete(token, "x", vec![task(1, "A", &large), task(2, "A", &large)]).await;
    assert_eq!(world.status("x").await, RuntimeStatus::Failed);
    nothing(&mut worker).await;
    check(&world).await;
    world.nothing_left("it has failed").await;
}

#[tokio::test(start_paused = true)]
async fn tags_count_in_the_size_of_a_history() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let action = |id| {
        let tags = [("tag".to_owned(), "x".repeat(limits::HISTORY_BYTES / 2))].into();
        let (name, version, input, trace) = ("A".to_owned(), None, None, None);
        act(id, ActionKind::ScheduleTask { name, version, input, trace, tags })
    };
    world.complete(token, "x", vec![action(1), action(2)]).await;
    assert_eq!(world.status("x").await, RuntimeStatus::Failed);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_has_so_many_bytes_that_a_client_can_receive_it() {
    let mut world = World::new().await;
    for n in 0..100 {
        world.start("X", &format!("{n}"), &"x".repeat(60_000)).await;
    }
    let mut query = InstanceQuery { limit: Some(100), ..InstanceQuery::default() };
    let (mut seen, mut pages) = (BTreeSet::new(), 0);
    loop {
        let page = world.hub.query_instances(&query, true).await.unwrap();
        let bytes: usize = page.records.iter().map(InstanceRecord::weight).sum();
        assert!(bytes <= limits::PAGE_BYTES, "{bytes}");
        assert!(!page.partial, "time has not run out");
        seen.extend(page.records.into_iter().map(|record| record.instance_id));
        pages += 1;
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (100, 2));
    let bare = world.hub.query_instances(&query, false).await.unwrap();
    assert_eq!((bare.records.len(), bare.next), (100, None));
}

#[tokio::test(start_paused = true)]
async fn waits_are_told_by_the_commit() {
    let mut world = World::new().await;
    let long = Duration::from_secs(3600);
    let hub = world.hub.clone();
    let early = tokio::spawn(async move { hub.wait("x", Until::Ended, long).await.unwrap() });
    world.quiet().await;
    world.start("X", "x", "").await;
    let none = world.hub.wait("x", Until::Started, Duration::from_millis(10)).await.unwrap();
    assert_eq!(none, Outcome::TimedOut);
    let hub = world.hub.clone();
    let begun = tokio::spawn(async move { hub.wait("x", Until::Started, long).await.unwrap() });
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![again(1, "", vec![])]).await;
    assert!(
        matches!(begun.await.unwrap(), Outcome::Reached(record) if !record.status.is_terminal())
    );
    let (token, _) = next_turn(&mut worker).await;
    assert!(!early.is_finished(), "a new generation is no end");
    world.complete(token, "x", vec![done(1, "out")]).await;
    let Outcome::Reached(record) = early.await.unwrap() else { panic!("not reached") };
    assert_eq!(record.payloads.output.as_deref(), Some("out"));
    let late = world.hub.wait("x", Until::Ended, Duration::ZERO).await.unwrap();
    assert_eq!(late, Outcome::Reached(record));
    let unknown = world.hub.wait("nobody", Until::Ended, long).await.unwrap();
    assert_eq!(unknown, Outcome::NotFound);
    world.nothing_left("all waits are over").await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_leaves_nothing() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    for _ in 0..10 {
        let wait = world.hub.wait("x", Until::Ended, Duration::from_secs(3600));
        tokio::time::timeout(Duration::from_millis(1), wait).await.expect_err("it does not end");
    }
    assert_eq!(world.hub.census().waiters, 0);
}

#[tokio::test(start_paused = true)]
async fn idle_instances_leave_memory_and_come_back_when_something_happens() {
    let mut world = World::new().await;
    world.hub.set_cache_bytes(20_000);
    let mut worker = world.worker();
    for n in 0..100 {
        let name = ["Waiter", "Timer"][n % 2];
        world.start(name, &format!("i{n}"), "").await;
        drive(&world, &mut worker).await;
    }
    let census = world.hub.census();
    assert!(census.bytes <= 25_000, "{census:?}");
    assert!(census.instances < 30, "{census:?}");
    for n in (0..100).step_by(2) {
        world.raise(&format!("i{n}"), "go", &n.to_string()).await;
    }
    drop(worker);
    for n in 0..100 {
        let output = drive_to_end(&world, &format!("i{n}")).await.unwrap();
        assert_eq!(output, if n % 2 == 0 { n.to_string() } else { "after".to_owned() });
    }
    check(&world).await;
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_used_even_when_memory_is_full_of_busy_ones() {
    let mut world = World::new().await;
    for n in 0..20 {
        world.start("X", &format!("busy{n}"), "").await;
    }
    world.start("Waiter", "w", "").await;
    let mut worker = world.worker();
    let mut waiting = vec![];
    for _ in 0..21 {
        let (token, work) = next_turn(&mut worker).await;
        if &*work.record.instance_id == "w" {
            world.complete(token, "w", vec![]).await;
        } else {
            waiting.push((token, work));
        }
    }
    world.hub.set_cache_bytes(1);
    world.raise("w", "go", "1").await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "w");
    world.complete(token, "w", vec![done(1, "")]).await;
    for (token, work) in waiting {
        world.complete(token, &work.record.instance_id, vec![done(1, "")]).await;
    }
    check(&world).await;
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_timers_at_one_time_all_fire() {
    let mut world = World::new().await;
    world.hub.set_cache_bytes(100_000);
    let mut worker = world.worker();
    for n in 0..1000 {
        let id = format!("t{n}");
        world.start("X", &id, "").await;
        let (token, _) = next_turn(&mut worker).await;
        let timers = (1..=10).map(|id| timer(id, epoch() + TimeDelta::hours(1))).collect();
        world.complete(token, &id, timers).await;
    }
    world.advance(3600);
    let mut fired = 0;
    while fired < 10_000 {
        let (token, work) = next_turn(&mut worker).await;
        fired += work.new.len() - 1;
        world.complete(token, &work.record.instance_id, vec![]).await;
    }
    nothing(&mut worker).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn hubs_do_not_see_each_other() {
    let mut world = World::new().await;
    let other = world.other_hub("Other").await;
    world.start("X", "same", "1").await;
    let request = taskhub_hub::operation::start_instance::Request {
        instance_id: Some("same".to_owned()),
        name: "Y".to_owned(),
        ..taskhub_hub::operation::start_instance::Request::default()
    };
    other.start_instance(request).await.unwrap();
    let mut theirs = other.connect_worker(taskhub_hub::engine::worker::WorkerProfile::default());
    let (token, work) = next_turn(&mut theirs).await;
    assert_eq!(work.record.name, "Y");
    nothing(&mut theirs).await;
    let response = TurnResponse { actions: vec![done(1, "y")], ..TurnResponse::default() };
    other.complete_turn(token, "same", response).await.unwrap();
    assert_eq!(world.status("same").await, RuntimeStatus::Pending);
    other.purge("same").await.unwrap();
    assert_eq!(world.status("same").await, RuntimeStatus::Pending);
    let query = InstanceQuery::default();
    assert_eq!(other.query_instances(&query, false).await.unwrap().records, []);
    assert_eq!(world.hub.query_instances(&query, false).await.unwrap().records.len(), 1);
    world.hub.terminate("same", None, false).await.unwrap();
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_after_another_shows_every_instance_once() {
    let mut world = World::new().await;
    for n in 0..25 {
        world.start("X", &format!("i{n:02}"), "").await;
        if n % 3 == 0 {
            world.advance(1);
        }
    }
    let mut query = InstanceQuery { limit: Some(7), ..Default::default() };
    let (mut pages, mut seen, mut previous) = (0, vec![], None);
    loop {
        let page = world.hub.query_instances(&query, false).await.unwrap();
        seen.extend(page.records.iter().map(|record| record.instance_id.to_string()));
        pages += 1;
        assert_eq!(page.previous.is_some(), pages > 1);
        let Some(next) = page.next else { break };
        previous = page.previous;
        query.cursor = Some(next);
    }
    let mut expected: Vec<String> = (0..25).map(|n| format!("i{n:02}")).collect();
    expected.reverse();
    assert_eq!(seen, expected);
    query.cursor = previous;
    let back = world.hub.query_instances(&query, false).await.unwrap();
    let back: Vec<_> = back.records.iter().map(|record| record.instance_id.to_string()).collect();
    assert_eq!(back, expected[7..14]);
    for bad in ["", "x", "o1", "o1.x", "n.1", "o99999999999999999999.1"] {
        query.cursor = Some(bad.to_owned());
        world.hub.query_instances(&query, false).await.expect_err(bad);
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_id_that_is_in_use_fails_the_instance_and_one_that_is_free_again_does_not() {
    let mut world = World::new().await;
    let mut worker = world.worker();
    // A retry of a Python orchestrator uses the id of the failed activity again, in the very turn that brings the
    // failure.
    world.start("X", "retries", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "retries", vec![task(1, "A", "")]).await;
    let (activity, work) = next_activity(&mut worker).await;
    let failure = Box::new(FailureDetails::new("E", "once"));
    world.hub.complete_activity(activity, "retries", work.event_id, Err(failure)).await.unwrap();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "retries", vec![task(1, "A", "")]).await;
    let (activity, work) = next_activity(&mut worker).await;
    world.succeed(activity, &work, "1").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "retries", vec![done(2, "")]).await;
    assert_eq!(world.ended("retries").await.status, RuntimeStatus::Completed);

    let at = epoch();
    let twice = [
        vec![task(1, "A", ""), task(1, "B", "")],
        vec![child(1, "c", "C"), child(1, "d", "C")],
        vec![timer(1, at), timer(1, at)],
    ];
    for (n, actions) in twice.into_iter().enumerate() {
        let id = format!("twice{n}");
        world.start("X", &id, "").await;
        let (token, _) = next_turn(&mut worker).await;
        world.complete(token, &id, actions).await;
        let failure = world.ended(&id).await.payloads.failure.unwrap();
        assert_eq!(failure.error_type, "InvalidAnswer", "{}", failure.error_message);
        assert!(failure.error_message.contains("id 1"), "{}", failure.error_message);
    }
    // One that is still outstanding, in a sub-orchestration: the parent hears of it.
    world.start("P", "p", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "lies", "C")]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "lies", vec![task(1, "A", "")]).await;
    next_activity(&mut worker).await;
    world.raise("lies", "e", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "lies", vec![task(1, "A", "")]).await;
    let (_, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "SubOrchestrationFailed"]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_one_turn_comes_with_the_next() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    world.hub.suspend("x", None).await.unwrap();
    let large = "x".repeat(3_000_000);
    for (text, rest) in [("1", &*large), ("2", &large), ("a", ""), ("b", "")] {
        world.raise("x", "e", &format!("{text}{rest}")).await;
    }
    world.hub.resume("x", None).await.unwrap();
    for expected in [1, 1, 2] {
        let (token, work) = next_turn(&mut worker).await;
        assert_eq!(work.new.len(), 1 + expected);
        world.complete(token, "x", vec![]).await;
    }
    nothing(&mut worker).await;
    world.hub.terminate("x", None, false).await.unwrap();
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_an_instance_counts_as_memory() {
    let mut world = World::new().await;
    let large = "x".repeat(100_000);
    for n in 0..20 {
        let id = format!("s{n}");
        world.start("X", &id, &large).await;
        world.hub.suspend(&id, None).await.unwrap();
        world.raise(&id, "e", &format!("{n}{large}")).await;
    }
    world.quiet().await;
    let census = world.hub.census();
    assert!(census.bytes >= 20 * 200_000, "{census:?}");
    world.hub.set_cache_bytes(1_000_000);
    let census = world.hub.census();
    assert!(census.bytes <= 1_000_000, "{census:?}");
    assert!(census.instances < 10, "{census:?}");
    // Who is let go of comes back with all of it.
    for n in 0..20 {
        world.hub.resume(&format!("s{n}"), None).await.unwrap();
    }
    let mut worker = world.worker();
    for _ in 0..20 {
        let (token, work) = next_turn(&mut worker).await;
        assert_eq!(new_kinds(&work).last(), Some(&"EventRaised"));
        world.complete(token, &work.record.instance_id, vec![done(1, "")]).await;
    }
    check(&world).await;
    world.nothing_left("all have ended").await;
}
