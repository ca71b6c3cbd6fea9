//! Restart: once more with the same input.

use std::{collections::BTreeMap, sync::Arc};

use taskhub_hub::operation::{
    restart::{Outcome, Target},
    start_instance,
};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check, payload,
    world::{done, next_turn},
};

async fn started(world: &mut World, id: &str) {
    let request = start_instance::Request {
        instance_id: Some(id.to_owned()),
        name: "X".to_owned(),
        version: Some("1.5".to_owned()),
        input: Some(payload("\"in\"")),
        tags: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        ..start_instance::Request::default()
    };
    world.hub.start_instance(request).await.unwrap();
}

async fn restarted(world: &World, id: &str, target: Target) -> Arc<str> {
    match world.hub.restart_instance(id, target).await.unwrap() {
        Outcome::Restarted { instance_id } => instance_id,
        other => panic!("{id} was to be restarted, not {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_instance_runs_once_more_under_a_new_id() {
    let mut world = World::new().await;
    started(&mut world, "x").await;
    let new = restarted(&world, "x", Target::NewId).await;
    assert_ne!(&*new, "x");
    let (old, record) = (world.record("x").await, world.record(&new).await);
    assert_eq!((record.name.as_str(), record.version.as_deref()), ("X", Some("1.5")));
    assert_eq!((&record.tags, &record.payloads), (&old.tags, &old.payloads));
    let mut worker = world.worker();
    for _ in 0..2 {
        let (token, work) = next_turn(&mut worker).await;
        world.complete(token, &work.record.instance_id, vec![done(1, "r")]).await;
    }
    for id in ["x", &*new] {
        assert_eq!(world.ended(id).await.status, RuntimeStatus::Completed);
    }
    check(&world).await;
    world.nothing_left("both have ended").await;
}

#[tokio::test(start_paused = true)]
async fn the_same_id_runs_once_more_when_it_has_ended() {
    let mut world = World::new().await;
    started(&mut world, "x").await;
    let refused = world.hub.restart_instance("x", Target::SameId).await.unwrap();
    assert_eq!(refused, Outcome::Active(RuntimeStatus::Pending));
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![done(1, "r")]).await;
    let before = world.record("x").await;
    assert_eq!(&*restarted(&world, "x", Target::SameId).await, "x");
    let after = world.record("x").await;
    assert_ne!(after.execution_id, before.execution_id);
    assert_eq!((after.payloads.output.clone(), after.tags), (None, before.tags));
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(work.record.payloads.input.as_deref(), Some("\"in\""));
    assert!(work.past.is_empty(), "it begins anew");
    world.complete(token, "x", vec![done(1, "again")]).await;
    assert_eq!(world.record("x").await.payloads.output.as_deref(), Some("again"));
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_chosen_id_must_not_be_active() {
    let mut world = World::new().await;
    started(&mut world, "x").await;
    started(&mut world, "taken").await;
    let target =
        |id: &str| Target::Id { instance_id: id.to_owned(), version: Some("2".to_owned()) };
    let refused = world.hub.restart_instance("x", target("taken")).await.unwrap();
    assert_eq!(refused, Outcome::Active(RuntimeStatus::Pending));
    assert_eq!(&*restarted(&world, "x", target("y")).await, "y");
    assert_eq!(world.record("y").await.version.as_deref(), Some("2"));
    for bad in ["@e@k", "", "a\nb"] {
        world.hub.restart_instance("x", target(bad)).await.unwrap_err();
    }
    for target in [Target::NewId, Target::SameId, target("z")] {
        let outcome = world.hub.restart_instance("unknown", target).await.unwrap();
        assert_eq!(outcome, Outcome::NotFound);
    }
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_entity_is_neither_restarted_nor_rewound() {
    let world = World::new().await;
    let signal = taskhub_hub::operation::entity::Signal {
        entity_id: "@counter@a".to_owned(),
        operation: "add".to_owned(),
        ..Default::default()
    };
    world.hub.signal_entity(signal).await.unwrap();
    for target in [Target::NewId, Target::SameId] {
        let outcome = world.hub.restart_instance("@counter@a", target).await.unwrap();
        assert_eq!(outcome, Outcome::NotFound);
    }
    let rewound = world.hub.rewind("@counter@a", None).await.unwrap();
    assert_eq!(rewound, taskhub_hub::operation::rewind::Outcome::NotFound);
}
