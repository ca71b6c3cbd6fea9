//! Durable timers: never early, never twice, however far.

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_hub::engine::history_event::EventKind;

use crate::support::{
    World, check,
    world::{again, done, epoch, new_kinds, next_turn, nothing, timer},
};

#[tokio::test(start_paused = true)]
async fn a_timer_fires_at_its_time_and_not_before() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let fire_at = epoch() + TimeDelta::microseconds(1_500_001);
    world.complete(token, "x", vec![timer(1, fire_at)]).await;
    for step in [TimeDelta::seconds(1), TimeDelta::microseconds(500_000)] {
        world.clock.advance(step);
        nothing(&mut worker).await;
    }
    world.clock.advance(TimeDelta::microseconds(1));
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "TimerFired"]);
    assert!(work.new.iter().all(|event| event.timestamp >= fire_at));
    assert_eq!(work.new[1].kind, EventKind::TimerFired { timer_id: 1, fire_at });
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("it fired").await;
}

#[tokio::test(start_paused = true)]
async fn a_past_timer_fires_at_once_and_a_far_one_waits() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let past = epoch() - TimeDelta::days(1);
    let far = DateTime::<Utc>::from_timestamp(253_402_300_799, 0).unwrap();
    world.complete(token, "x", vec![timer(1, past), timer(2, far)]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(work.new[1].kind, EventKind::TimerFired { timer_id: 1, fire_at: past });
    world.complete(token, "x", vec![]).await;
    world.clock.advance(TimeDelta::days(365 * 1000));
    nothing(&mut worker).await;
    world.reopen().await;
    let mut worker = world.worker();
    nothing(&mut worker).await;
    world.clock.advance(far - epoch());
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(3, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn timers_fire_in_the_order_of_their_times() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let timers = [30, 10, 20].iter().zip(1..);
    let timers = timers.map(|(at, id)| timer(id, epoch() + TimeDelta::seconds(*at))).collect();
    world.complete(token, "x", timers).await;
    world.advance(60);
    let (token, work) = next_turn(&mut worker).await;
    let fired: Vec<i32> = work
        .new
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::TimerFired { timer_id, .. } => Some(timer_id),
            _ => None,
        })
        .collect();
    assert_eq!(fired, [2, 3, 1]);
    world.complete(token, "x", vec![done(4, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn timers_that_were_due_while_nobody_was_there_fire_after_the_start() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![timer(1, epoch() + TimeDelta::seconds(10))]).await;
    world.advance(100);
    world.reopen().await;
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "TimerFired"]);
    world.complete(token, "x", vec![]).await;
    world.reopen().await;
    let mut worker = world.worker();
    nothing(&mut worker).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_of_an_older_generation_does_not_fire() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![timer(1, epoch() + TimeDelta::seconds(10))]).await;
    world.raise("x", "e", "1").await;
    world.continues.insert("x".to_owned());
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![again(2, "", vec![])]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    world.advance(100);
    nothing(&mut worker).await;
    assert_eq!(world.hub.census().timers, 0);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn the_time_of_turns_does_not_go_back_with_the_clock() {
    let mut world = World::new().await;
    world.start("X", "x", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.raise("x", "e", "1").await;
    world.advance(100);
    world.complete(token, "x", vec![]).await;
    let (token, first) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    world.clock.advance(TimeDelta::seconds(-50));
    world.raise("x", "e", "2").await;
    let (token, second) = next_turn(&mut worker).await;
    assert!(second.new[0].timestamp >= first.new[0].timestamp);
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_instance_that_has_begun_goes_on_when_the_clock_goes_back() {
    use taskhub_hub::operation::start_instance;
    let mut world = World::new().await;
    let request = start_instance::Request {
        instance_id: Some("x".to_owned()),
        name: "X".to_owned(),
        scheduled_start: Some(epoch() + TimeDelta::seconds(100)),
        ..start_instance::Request::default()
    };
    world.hub.start_instance(request).await.unwrap();
    world.advance(100);
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    world.raise("x", "e", "1").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    world.clock.advance(TimeDelta::days(-1));
    world.raise("x", "e", "2").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
}
