//! Starts: duplicates, reuse of ids, scheduled ones, bad ones.

use std::sync::Arc;

use chrono::TimeDelta;
use taskhub_hub::{
    HubError,
    engine::history_event::TraceContext,
    operation::{
        entity::Signal,
        purge,
        start_instance::{Outcome, Request, Reuse},
    },
};
use taskhub_shared::{
    limits,
    status::RuntimeStatus::{Completed, Pending, Running, Terminated},
};

use crate::support::{
    World, check,
    world::{done, epoch, next_turn, nothing},
};

fn request(id: &str, reuse: Reuse) -> Request {
    Request { instance_id: Some(id.to_owned()), name: "X".to_owned(), reuse, ..Request::default() }
}

#[tokio::test(start_paused = true)]
async fn an_id_is_used_once_until_its_instance_has_ended() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let again = world.hub.start_instance(request("x", Reuse::Ended)).await.unwrap();
    assert_eq!(again, Outcome::Exists(Pending));
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![]).await;
    let again = world.hub.start_instance(request("x", Reuse::Ended)).await.unwrap();
    assert_eq!(again, Outcome::Exists(Running));
    world.raise("x", "e", "1").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "")]).await;
    let never = Reuse::Statuses(vec![]);
    let again = world.hub.start_instance(request("x", never)).await.unwrap();
    assert_eq!(again, Outcome::Exists(Completed));
    let again = world.hub.start_instance(request("x", Reuse::Ended)).await.unwrap();
    assert_eq!(again, Outcome::Started { instance_id: Arc::from("x") });
    assert_ne!(world.record("x").await.execution_id, work.record.execution_id);
    let (token, work) = next_turn(&mut worker).await;
    assert!(work.past.is_empty(), "nothing of the old one is left");
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_may_replace_an_active_instance() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (old, _) = next_turn(&mut worker).await;
    let contradiction = Reuse::Statuses(vec![Running, Completed]);
    let refused = world.hub.start_instance(request("x", contradiction)).await;
    assert!(matches!(refused, Err(HubError::InvalidInput { .. })), "{refused:?}");
    let policy = Reuse::Statuses(vec![Running, Pending, Terminated]);
    world.hub.start_instance(request("x", policy)).await.unwrap();
    use taskhub_hub::operation::work;
    assert_eq!(world.complete(old, "x", vec![done(1, "old")]).await, work::Outcome::Stale);
    let (new, _) = next_turn(&mut worker).await;
    world.complete(new, "x", vec![done(1, "new")]).await;
    assert_eq!(world.record("x").await.payloads.output.as_deref(), Some("new"));
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn starts_at_the_same_time_make_one_instance() {
    let world = World::new().await;
    let starts = (0..20).map(|_| world.hub.start_instance(request("x", Reuse::Ended)));
    let outcomes = futures::future::join_all(starts).await;
    let started = outcomes.iter().filter(|o| matches!(o, Ok(Outcome::Started { .. }))).count();
    assert_eq!(started, 1);
    assert!(outcomes.iter().all(Result::is_ok));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_an_id_gets_one() {
    let world = World::new().await;
    let request = Request { name: "X".to_owned(), ..Request::default() };
    let Outcome::Started { instance_id } = world.hub.start_instance(request).await.unwrap() else {
        panic!("not started")
    };
    assert_eq!(instance_id.len(), 32);
    assert!(instance_id.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()));
}

#[tokio::test(start_paused = true)]
async fn bad_names_and_ids_are_refused_with_their_field() {
    let world = World::new().await;
    for (id, name, field) in [
        ("@e@k", "X", "instanceId"),
        (&"i".repeat(257), "X", "instanceId"),
        ("", "X", "instanceId"),
        ("x", "", "name"),
        ("x", &"n".repeat(257), "name"),
    ] {
        let request = Request { name: name.to_owned(), ..request(id, Reuse::Ended) };
        match world.hub.start_instance(request).await {
            Err(HubError::InvalidInput { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{id:?} {name:?}: {other:?}"),
        }
    }
    for id in ["a/b", "a b", "ünï😀", &"i".repeat(256), "%2F", "a'b\"c"] {
        world.hub.start_instance(request(id, Reuse::Ended)).await.unwrap();
        assert_eq!(world.status(id).await, Pending);
    }
    check(&world).await;
}

async fn scheduled(world: &World, id: &str, seconds: i64) {
    let at = epoch() + TimeDelta::seconds(seconds);
    let request = Request { scheduled_start: Some(at), ..request(id, Reuse::Ended) };
    world.hub.start_instance(request).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_start_waits_for_its_time() {
    let mut world = World::new().await;
    scheduled(&world, "x", 100).await;
    scheduled(&world, "past", -100).await;
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "past");
    assert_eq!(work.record.scheduled_start_at, None);
    world.complete(token, "past", vec![done(1, "")]).await;
    world.raise("x", "e", "1").await;
    world.advance(99);
    nothing(&mut worker).await;
    assert_eq!(world.status("x").await, Pending);
    world.reopen().await;
    let mut worker = world.worker();
    nothing(&mut worker).await;
    world.advance(1);
    let (token, work) = next_turn(&mut worker).await;
    let kinds = crate::support::world::new_kinds(&work);
    assert_eq!(kinds, ["OrchestratorStarted", "ExecutionStarted", "EventRaised"]);
    world.complete(token, "x", vec![done(1, "")]).await;
    check(&world).await;
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_start_may_be_called_off() {
    let mut world = World::new().await;
    scheduled(&world, "x", 100).await;
    scheduled(&world, "y", 100).await;
    world.hub.terminate("x", None, false).await.unwrap();
    assert_eq!(world.hub.purge("x").await.unwrap(), purge::Outcome::Purged);
    let refused = world.hub.purge("y").await.unwrap();
    assert_eq!(refused, purge::Outcome::NotEnded(Pending));
    world.reopen().await;
    world.hub.terminate("y", None, false).await.unwrap();
    world.advance(1000);
    let mut worker = world.worker();
    nothing(&mut worker).await;
    assert_eq!(world.status("y").await, Terminated);
    check(&world).await;
    world.nothing_left("both were called off").await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_with_a_start_is_bounded() {
    let world = World::new().await;
    let text = |bytes| "x".repeat(bytes);
    let tags = |bytes| [("key".to_owned(), text(bytes - 3))].into();
    let trace = |bytes| {
        Some(TraceContext {
            trace_parent: text(55),
            trace_state: Some(text(bytes - 55)),
            ..TraceContext::default()
        })
    };
    let with = |id: &str, version, tags, trace| Request {
        version: Some(version),
        tags,
        trace,
        ..request(id, Reuse::Ended)
    };
    let (name, most, traces) = (limits::NAME_CHARS, limits::TAGS_BYTES, limits::TRACE_BYTES);
    let largest = with("x", text(name), tags(most), trace(traces));
    world.hub.start_instance(largest).await.unwrap();
    let refused = [
        (with("a", text(name + 1), tags(3), None), "version"),
        (with("b", text(1), tags(most + 1), None), "tags"),
        (with("c", text(1), tags(3), trace(traces + 1)), "parentTraceContext"),
    ];
    for (request, named) in refused {
        let id = request.instance_id.clone().unwrap();
        let error = world.hub.start_instance(request).await.unwrap_err();
        let (HubError::InvalidInput { field, .. } | HubError::TooLarge { field, .. }) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(field, named);
        assert!(world.hub.instance(&id).await.unwrap().is_none(), "nothing was stored");
    }
    let signal = |chars| Signal {
        entity_id: "@counter@a".to_owned(),
        operation: "add".to_owned(),
        request_id: text(chars),
        ..Signal::default()
    };
    world.hub.signal_entity(signal(name)).await.unwrap();
    let error = world.hub.signal_entity(signal(name + 1)).await.unwrap_err();
    assert!(matches!(error, HubError::InvalidInput { field: "requestId", .. }), "{error:?}");
}
