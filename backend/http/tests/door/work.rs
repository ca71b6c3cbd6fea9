//! What waits for workers, and who they are.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use taskhub_hub::engine::worker::{Filters, WorkerProfile};
use taskhub_shared::request::{
    HubWork,
    KindOfWork::{Activity, Orchestration},
    WaitingWork, WorkerInfo, WorkerTakes,
};

use crate::support::{Server, call, server};

async fn work(server: &Server) -> HubWork {
    let answer = server.get("/api/v1/hubs/DurableFunctionsHub/work").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn only(kind: &str, name: &str) -> Filters {
    let names = BTreeMap::from([(name.to_owned(), vec!["2.0".to_owned()])]);
    match kind {
        "orchestration" => Filters { orchestrations: names, ..Filters::default() },
        _ => Filters { activities: names, ..Filters::default() },
    }
}

#[tokio::test]
async fn what_waits_is_counted_by_name_with_those_who_would_take_it() {
    let server = server().await;
    assert_eq!(work(&server).await, HubWork::default());
    server.start("a", "1").await;
    server.worker().turn(vec![call("Pay", "1"), call("Pay", "2"), call("Ship", "3")]).await;
    server.clock.advance(TimeDelta::seconds(5));
    server.start("b", "1").await;
    server.clock.advance(TimeDelta::milliseconds(1500));
    let waits = |name: &str, kind, depth, oldest_age_ms| WaitingWork {
        name: name.to_owned(),
        version: None,
        kind,
        depth,
        oldest_age_ms,
        workers: 0,
        lost: 0,
        refused: 0,
    };
    let expected = [
        waits("Pay", Activity, 2, 6500),
        waits("Ship", Activity, 1, 6500),
        waits("Order", Orchestration, 1, 1500),
    ];
    assert_eq!(work(&server).await.waiting, expected);
    // One takes no version of it, the other all of it.
    let picky = WorkerProfile { filters: Some(only("activity", "Pay")), ..Default::default() };
    let _picky = server.hub.connect_worker(picky);
    let waiting = work(&server).await.waiting;
    assert_eq!(waiting, expected, "it takes another version");
    let ships = WorkerProfile {
        worker_id: "w1".to_owned(),
        max_activities: 1,
        filters: Some(Filters {
            activities: BTreeMap::from([("Pay".to_owned(), vec![])]),
            ..Filters::default()
        }),
        ..Default::default()
    };
    let _ships = server.hub.connect_worker(ships);
    let HubWork { waiting, workers } = work(&server).await;
    let mut left = expected.clone();
    (left[0].depth, left[0].workers) = (1, 1);
    assert_eq!(waiting, left);
    let takes = |outstanding, limit| WorkerTakes {
        kind: Activity,
        names: Some(vec!["Pay".to_owned()]),
        outstanding,
        limit,
    };
    let now = taskhub_hub::clock::Clock::now(&*server.clock);
    let worker = |id: &str, last_work_at, takes| WorkerInfo {
        id: id.to_owned(),
        connected_at: now,
        last_work_at,
        takes: vec![takes],
    };
    let expected = [worker("", None, takes(0, 200)), worker("w1", Some(now), takes(1, 1))];
    assert_eq!(workers, expected);
    let missing = server.get("/api/v1/hubs/Nowhere/work").await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn a_scheduled_start_does_not_wait_before_its_time() {
    let server = server().await;
    let path = "/api/v1/hubs/DurableFunctionsHub/instances";
    let body = r#"{"name":"Order","version":"2.0","scheduledStartAt":"2026-11-23T15:02:11Z"}"#;
    assert_eq!(server.post(path, body).await.status, 201);
    assert_eq!(work(&server).await.waiting, []);
    server.clock.advance(TimeDelta::hours(1) + TimeDelta::seconds(1));
    while work(&server).await.waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    let waiting = work(&server).await.waiting.remove(0);
    assert_eq!((waiting.name.as_str(), waiting.version.as_deref()), ("Order", Some("2.0")));
    assert!((1000..2000).contains(&waiting.oldest_age_ms), "{waiting:?}");
}

#[tokio::test]
async fn what_every_worker_gives_back_is_told() {
    use futures::StreamExt;
    let server = server().await;
    server.start("a", "1").await;
    let mut worker = server.hub.connect_worker(WorkerProfile::default());
    let item = worker.next().await.unwrap();
    assert_eq!(work(&server).await.waiting, []);
    server.hub.abandon(item.token);
    let waiting = work(&server).await.waiting.remove(0);
    assert_eq!((waiting.name.as_str(), waiting.depth, waiting.workers), ("Order", 1, 0));
    assert_eq!((waiting.lost, waiting.refused), (0, 1));
}
