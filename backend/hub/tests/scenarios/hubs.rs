//! Task hubs come and go while the server runs, and do not see each other.

use std::sync::Arc;

use chrono::TimeDelta;
use futures::StreamExt;
use taskhub_hub::{
    Hub, Hubs,
    clock::{ManualClock, SeededIds},
    engine::{
        action::TurnResponse,
        worker::{Filters, WorkKind, WorkerProfile},
    },
    hubs::Deletion,
    operation::{entity::Signal, start_instance},
    store::{Store, memory::MemoryStore},
};
use taskhub_shared::{
    id::TaskHubName,
    query::InstanceQuery,
    retention::{Retention, RetentionRule},
};

use crate::support::world::{epoch, next_turn, nothing};

fn name(text: &str) -> TaskHubName {
    TaskHubName::new(text).unwrap()
}

async fn open(store: &Arc<MemoryStore>) -> Hubs {
    let clock = Arc::new(ManualClock::new(epoch()));
    let store = Arc::clone(store) as Arc<dyn Store>;
    Hubs::open(&[name("Main")], store, clock, Arc::new(SeededIds::new(7))).await.unwrap()
}

async fn start(hub: &Hub, id: &str) {
    let request = start_instance::Request {
        instance_id: Some(id.to_owned()),
        name: "X".to_owned(),
        ..start_instance::Request::default()
    };
    hub.start_instance(request).await.unwrap();
}

fn names(hubs: &Hubs) -> Vec<String> {
    hubs.iter().map(|hub| hub.name().to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_was_made_comes_back_with_its_work() {
    let store = Arc::default();
    let hubs = open(&store).await;
    let copy = hubs.clone();
    hubs.create(name("Second"), false).await.unwrap();
    assert_eq!(names(&copy), ["Main", "Second"], "all copies know it");
    start(&copy.get("SECOND").unwrap(), "x").await;
    // To make it once more changes nothing.
    hubs.create(name("second"), false).await.unwrap();
    assert_eq!(names(&hubs), ["Main", "Second"]);
    drop((hubs, copy));
    let hubs = open(&store).await;
    assert_eq!(names(&hubs), ["Main", "Second"]);
    let mut worker = hubs.get("second").unwrap().connect_worker(WorkerProfile::default());
    let (_, work) = next_turn(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "x");
}

#[tokio::test(start_paused = true)]
async fn hubs_share_no_work() {
    let store = Arc::default();
    let hubs = open(&store).await;
    hubs.create(name("Second"), false).await.unwrap();
    let (main, second) = (hubs.default_hub(), hubs.get("Second").unwrap());
    start(&main, "x").await;
    let mut worker = second.connect_worker(WorkerProfile::default());
    nothing(&mut worker).await;
    start(&second, "x").await;
    let (token, _) = next_turn(&mut worker).await;
    let foreign = main.complete_turn(token, "x", TurnResponse::default()).await.unwrap();
    assert_eq!(foreign, taskhub_hub::operation::work::Outcome::Stale);
    assert_eq!(second.terminate_many(&["x".to_owned()], None).await.unwrap(), [""; 0]);
    assert!(!main.instance("x").await.unwrap().unwrap().status.is_terminal());
}

#[tokio::test(start_paused = true)]
async fn a_deleted_hub_is_gone_with_everything() {
    let store = Arc::default();
    let hubs = open(&store).await;
    hubs.create(name("Second"), false).await.unwrap();
    let second = hubs.get("second").unwrap();
    start(&second, "x").await;
    start(&hubs.default_hub(), "kept").await;
    let mut worker = second.connect_worker(WorkerProfile::default());
    let (token, _) = next_turn(&mut worker).await;
    let signal = Signal {
        entity_id: "@unserved@1".to_owned(),
        operation: "x".to_owned(),
        ..Signal::default()
    };
    let only_x =
        Filters { orchestrations: [("X".to_owned(), vec![])].into(), ..Filters::default() };
    drop(worker);
    let profile = WorkerProfile { filters: Some(only_x), ..WorkerProfile::default() };
    let mut worker = second.connect_worker(profile);
    second.signal_entity(signal).await.unwrap();
    assert_eq!(second.backlog(WorkKind::Entity), 1);
    assert_eq!(hubs.delete("SECOND").await.unwrap(), Deletion::Deleted);
    next_turn(&mut worker).await;
    assert!(worker.next().await.is_none(), "its workers are sent away");
    for kind in [WorkKind::Orchestration, WorkKind::Activity, WorkKind::Entity] {
        assert_eq!(second.backlog(kind), 0, "{kind:?}");
    }
    assert!(hubs.get("second").is_none());
    assert_eq!(hubs.delete("second").await.unwrap(), Deletion::NotFound);
    // Whoever still holds it changes nothing.
    let request = start_instance::Request { name: "X".to_owned(), ..Default::default() };
    second.start_instance(request).await.unwrap_err();
    second.complete_turn(token, "x", TurnResponse::default()).await.ok();
    assert_eq!(second.instance("x").await.unwrap(), None);
    // Its name is free for an empty one.
    hubs.create(name("Second"), false).await.unwrap();
    let again = hubs.get("second").unwrap();
    assert_eq!(again.query_instances(&InstanceQuery::default(), false).await.unwrap().records, []);
    drop((hubs, again, second));
    let hubs = open(&store).await;
    assert_eq!(names(&hubs), ["Main", "Second"]);
    assert!(hubs.default_hub().instance("kept").await.unwrap().is_some());
    assert_eq!(hubs.get("second").unwrap().instance("x").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn the_default_hub_stays_but_may_be_emptied() {
    let store = Arc::default();
    let hubs = open(&store).await;
    start(&hubs.default_hub(), "x").await;
    assert_eq!(hubs.delete("main").await.unwrap(), Deletion::IsDefault);
    assert!(hubs.default_hub().instance("x").await.unwrap().is_some());
    hubs.create(name("MAIN"), true).await.unwrap();
    assert_eq!(names(&hubs), ["Main"]);
    assert_eq!(hubs.default_hub().instance("x").await.unwrap(), None);
    start(&hubs.default_hub(), "x").await;
    let mut worker = hubs.default_hub().connect_worker(WorkerProfile::default());
    next_turn(&mut worker).await;
}

#[tokio::test(start_paused = true)]
async fn a_command_leaves_retention_to_a_server() {
    let store: Arc<MemoryStore> = Arc::default();
    let hub = open(&store).await.default_hub();
    start(&hub, "x").await;
    hub.terminate("x", None, false).await.unwrap();
    let rule = RetentionRule { query: String::new(), after_hours: 1 };
    hub.set_retention(Retention { rules: vec![rule] }).await.unwrap();
    while hub.retention().last_run.is_none() {
        tokio::task::yield_now().await;
    }
    drop(hub);
    let clock = Arc::new(ManualClock::new(epoch() + TimeDelta::days(1)));
    let ids = Arc::new(SeededIds::new(7));
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let names = [name("Main")];
    let command = Hubs::open_for_command(
        &names,
        Arc::clone(&shared),
        Arc::clone(&clock) as _,
        Arc::clone(&ids) as _,
    );
    let command = command.await.unwrap();
    clock.advance(TimeDelta::hours(2));
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(command.default_hub().instance("x").await.unwrap().is_some());
    drop(command);
    let server = Hubs::open(&names, shared, Arc::clone(&clock) as _, ids).await.unwrap();
    clock.advance(TimeDelta::hours(2));
    while server.default_hub().instance("x").await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
}
