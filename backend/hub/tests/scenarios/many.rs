//! Many instances at once: listed by their end, ended without grace.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use taskhub_hub::operation::list_ended::Request;
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check,
    world::{done, epoch, next_turn},
};

#[tokio::test(start_paused = true)]
async fn ended_instances_are_listed_page_by_page() {
    let mut world = World::new().await;
    let mut worker = world.worker();
    for number in 0..7 {
        let id = format!("i{number}");
        world.start("X", &id, "").await;
        let (token, _) = next_turn(&mut worker).await;
        if number != 3 {
            world.complete(token, &id, vec![done(1, "")]).await;
        }
        world.advance(1);
    }
    let mut seen = vec![];
    let mut cursor = None;
    loop {
        let request = Request { limit: Some(2), cursor, ..Request::default() };
        let page = world.hub.list_ended(request).await.unwrap();
        seen.extend(page.ids.iter().map(ToString::to_string));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
        assert_eq!(page.ids.len(), 2);
    }
    assert_eq!(seen, ["i0", "i1", "i2", "i4", "i5", "i6"]);
    let from = Some(epoch() + TimeDelta::seconds(1));
    let to = Some(epoch() + TimeDelta::seconds(5));
    let some = Request { from, to, ..Request::default() };
    let ids: Vec<_> = world.hub.list_ended(some).await.unwrap().ids;
    assert_eq!(ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["i1", "i2", "i4"]);
    for bad in ["x", "1", "x.y", "99999999999999999999.x"] {
        let request = Request { cursor: Some(bad.to_owned()), ..Request::default() };
        world.hub.list_ended(request).await.unwrap_err();
    }
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn many_are_ended_at_once_and_the_others_are_told() {
    let mut world = World::new().await;
    for id in ["a", "b", "c"] {
        world.start("X", id, "").await;
    }
    world.hub.terminate("c", None, false).await.unwrap();
    let ids = ["a", "unknown", "b", "c", "a", "@e@k"].map(str::to_owned);
    let left = world.hub.terminate_many(&ids, Some("\"why\"".into())).await.unwrap();
    let left: BTreeSet<&str> = left.iter().map(String::as_str).collect();
    assert_eq!(left, BTreeSet::from(["unknown", "c", "@e@k"]));
    for id in ["a", "b"] {
        let record = world.record(id).await;
        assert_eq!(record.status, RuntimeStatus::Terminated);
        assert_eq!(record.payloads.output.as_deref(), Some("\"why\""));
    }
    check(&world).await;
    world.nothing_left("all have ended").await;
}
