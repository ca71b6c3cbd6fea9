//! Purge by filter: slice by slice, only what is still as it was listed, and no longer than allowed.

use std::collections::BTreeSet;

use taskhub_hub::operation::purge_matching::{Purged, Request};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check,
    world::{done, epoch, next_turn},
};

/// More than fit into two slices; every fourth goes on.
async fn many() -> (World, BTreeSet<String>) {
    let mut world = World::new().await;
    let mut worker = world.worker();
    let mut active = BTreeSet::new();
    for number in 0..700 {
        let id = format!("i{number}");
        world.start("X", &id, "").await;
        let (token, _) = next_turn(&mut worker).await;
        if number % 4 == 0 {
            world.complete(token, &id, vec![]).await;
            active.insert(id);
        } else {
            world.complete(token, &id, vec![done(1, "")]).await;
        }
        world.advance(1);
    }
    (world, active)
}

async fn ids(world: &World) -> BTreeSet<String> {
    let query = taskhub_shared::query::InstanceQuery { limit: Some(1000), ..Default::default() };
    let page = world.hub.query_instances(&query, false).await.unwrap();
    page.records.iter().map(|record| record.instance_id.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_is_passed_over_once() {
    let (mut world, active) = many().await;
    let purged = world.hub.purge_matching(&Request::default()).await.unwrap();
    assert_eq!(purged, Purged { instances: 525, complete: true });
    assert_eq!(ids(&world).await, active);
    world.acked_starts.retain(|id| active.contains(id));
    check(&world).await;
    let purged = world.hub.purge_matching(&Request::default()).await.unwrap();
    assert_eq!(purged, Purged { instances: 0, complete: true });
}

#[tokio::test(start_paused = true)]
async fn the_filter_holds() {
    let (mut world, _) = many().await;
    let at = |second| Some(epoch() + chrono::TimeDelta::seconds(second));
    let window = Request { created_from: at(1), created_to: at(4), ..Request::default() };
    let failed = Request { statuses: vec![RuntimeStatus::Failed], ..window.clone() };
    let active = Request { statuses: vec![RuntimeStatus::Running], ..window.clone() };
    for (request, instances) in [(failed, 0), (active, 0), (window, 3)] {
        let purged = world.hub.purge_matching(&request).await.unwrap();
        assert_eq!(purged, Purged { instances, complete: true }, "{request:?}");
    }
    let gone = ["i1", "i2", "i3"];
    world.acked_starts.retain(|id| !gone.contains(&id.as_str()));
    check(&world).await;
    assert_eq!(ids(&world).await.len(), 697);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_time_is_over() {
    let (world, _) = many().await;
    let until = Some(tokio::time::Instant::now());
    let purged = world.hub.purge_matching(&Request { until, ..Request::default() }).await.unwrap();
    assert_eq!(purged, Purged { instances: 0, complete: false });
    assert_eq!(ids(&world).await.len(), 700);
}
