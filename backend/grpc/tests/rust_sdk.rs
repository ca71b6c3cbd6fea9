//! The Rust SDK's client and worker, entities included, against the real door and engine.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should stop")]

use std::{sync::Arc, time::Duration};

use taskhub_grpc::{Door, DoorOptions};
use taskhub_hub::{
    Hubs,
    clock::{RandomIds, SystemClock},
    store::memory::MemoryStore,
};
use taskhub_worker::{
    ActivityContext, Builder, Children, Client, Entity, EntityId, EntityQuery, Error,
    InstanceQuery, InstanceStatus, MatchStrategy, MismatchAction, OrchestrationContext, Result,
    RetryPolicy, StartOptions, Versioning, Worker,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server, a worker built from `builder`, and a client.
async fn start(builder: Builder) -> (Client, String) {
    let store = Arc::new(MemoryStore::default());
    let hubs = Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let service = Door::new(hubs, DoorOptions::default()).into_service();
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (work(builder, &endpoint), endpoint)
}

fn work(builder: Builder, endpoint: &str) -> Client {
    let worker = builder.endpoint(endpoint).task_hub("DurableFunctionsHub").build().unwrap();
    let client = worker.client();
    tokio::spawn(async move { worker.run_until(std::future::pending()).await });
    client
}

fn account() -> Entity<i64> {
    Entity::<i64>::new()
        .operation("deposit", |ctx, n: i64| {
            *ctx.state_or_default() += n;
            Ok(*ctx.state_or_default())
        })
        .operation("withdraw", |ctx, n: i64| {
            *ctx.state_or_default() -= n;
            if *ctx.state_or_default() < 0 {
                return Err(Error::new("Overdrawn", "not enough"));
            }
            Ok(*ctx.state_or_default())
        })
        .operation("get", |ctx, ()| Ok(ctx.state().copied().unwrap_or_default()))
        .operation("forward", |ctx, n: i64| {
            ctx.signal_entity(&EntityId::new("Account", "other"), "deposit", n)?;
            ctx.start_orchestrator("Noted", n)
        })
}

async fn transfer(ctx: OrchestrationContext, n: i64) -> Result<bool> {
    let (from, to) = (EntityId::new("Account", "from"), EntityId::new("Account", "to"));
    let _lock = ctx.lock_entities([&from, &to]).await?;
    let balance: i64 = ctx.call_entity(&from, "get", ()).await?;
    if balance < n {
        return Ok(false);
    }
    ctx.call_entity::<i64>(&from, "withdraw", n).await?;
    ctx.call_entity::<i64>(&to, "deposit", n).await?;
    Ok(true)
}

#[tokio::test]
async fn entities_keep_their_sum_under_locks() {
    let builder = Worker::builder()
        .entity("Account", account())
        .orchestrator("Transfer", transfer)
        .orchestrator("Noted", |_, n: i64| async move { Ok::<_, Error>(n) })
        .orchestrator("Overdraw", |ctx: OrchestrationContext, ()| async move {
            let from = EntityId::new("Account", "from");
            let error = ctx.call_entity::<i64>(&from, "withdraw", 1_000).await.unwrap_err();
            let left: i64 = ctx.call_entity(&from, "get", ()).await?;
            let noted: String = ctx.call_entity(&from, "forward", 3).await?;
            Ok::<_, Error>((error.failure().map(|f| f.error_type.clone()), left, noted))
        });
    let (client, _) = start(builder).await;
    let (from, to) = (EntityId::new("Account", "from"), EntityId::new("Account", "to"));
    client.signal_entity(&from, "deposit", 50).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(client.start("Transfer", 4).await.unwrap());
    }
    let mut n_moved = 0;
    for id in ids {
        let end = client.wait_for_completion(&id, PATIENCE).await.unwrap();
        assert_eq!(end.status, InstanceStatus::Completed, "{end:?}");
        n_moved += i64::from(end.output.read::<bool>().unwrap());
    }
    assert_eq!(n_moved, 12);
    let id = client.start("Overdraw", ()).await.unwrap();
    let end = client.wait_for_completion(&id, PATIENCE).await.unwrap();
    let (error, left, noted): (String, i64, String) = end.output.read().unwrap();
    assert_eq!((error.as_str(), left), ("Overdrawn", 2));
    let noted = client.wait_for_completion(&noted, PATIENCE).await.unwrap();
    assert_eq!(noted.output.read::<i64>().unwrap(), 3);
    let balance = |entity: taskhub_worker::EntityInfo| entity.state.read::<i64>().unwrap();
    let entity = client.get_entity(&to).await.unwrap().unwrap();
    assert_eq!((entity.locked_by.clone(), balance(entity)), (None, 48));
    assert_eq!(balance(client.get_entity(&from).await.unwrap().unwrap()), 2);
    let page = client.query_entities(&EntityQuery::default().name("Account").with_state()).await;
    assert!(page.unwrap().items.len() >= 2);
    let missing = client.get_entity(&EntityId::new("Account", "none")).await.unwrap();
    assert_eq!(missing, None);
}

#[tokio::test]
async fn a_lock_is_given_back_by_terminate_and_by_failure() {
    let builder = Worker::builder().entity("Account", account()).orchestrator(
        "Hold",
        |ctx: OrchestrationContext, fails: bool| async move {
            let _lock = ctx.lock_entities([&EntityId::new("Account", "a")]).await?;
            if fails {
                return Err(Error::new("Sad", "no"));
            }
            ctx.set_custom_status("holds");
            ctx.wait_for_event::<()>("Never").await?;
            Ok(())
        },
    );
    let (client, _) = start(builder).await;
    let holder = client.start("Hold", false).await.unwrap();
    loop {
        let instance = client.get(&holder).await.unwrap().unwrap();
        if instance.custom_status.text().is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let next = client.start("Hold", true).await.unwrap();
    client.terminate(&holder, "enough", Children::Keep).await.unwrap();
    let end = client.wait_for_completion(&next, PATIENCE).await.unwrap();
    assert_eq!(end.failure.unwrap().error_type, "Sad");
    let next = client.start("Hold", true).await.unwrap();
    let end = client.wait_for_completion(&next, PATIENCE).await.unwrap();
    assert_eq!(end.status, InstanceStatus::Failed);
}

#[tokio::test]
async fn the_client_does_everything_to_an_instance() {
    let builder = Worker::builder()
        .orchestrator("Wait", |ctx: OrchestrationContext, n: u32| async move {
            let more: u32 = ctx.wait_for_event("More").await?;
            let policy = RetryPolicy::from_fn(|attempt| {
                (attempt.number < 3).then_some(Duration::from_millis(10))
            });
            let sum: u32 = ctx.call_activity_with("Add", (n, more), policy).await?;
            Ok::<_, Error>((sum, ctx.tags()))
        })
        .activity(
            "Add",
            |_: ActivityContext, (a, b): (u32, u32)| async move { Ok::<_, Error>(a + b) },
        );
    let (client, _) = start(builder).await;
    let options = || StartOptions::default().instance_id("order-7").tag("team", "blue");
    client.start_with("Wait", 1, options()).await.unwrap();
    let again = client.start_with("Wait", 1, options()).await.unwrap_err();
    assert!(matches!(again, taskhub_worker::ClientError::AlreadyExists { .. }), "{again}");
    client.wait_for_start("order-7", PATIENCE).await.unwrap();
    client.suspend("order-7", "night").await.unwrap();
    assert_eq!(client.get("order-7").await.unwrap().unwrap().status, InstanceStatus::Suspended);
    client.raise_event("order-7", "more", 2).await.unwrap();
    client.resume("order-7", "day").await.unwrap();
    let end = client.wait_for_completion("order-7", PATIENCE).await.unwrap();
    assert_eq!(end.output.text(), Some(r#"[3,{"team":"blue"}]"#));
    let query = InstanceQuery::default().id_prefix("order-").status(InstanceStatus::Completed);
    assert_eq!(client.query(&query).await.unwrap().items.len(), 1);
    assert_eq!(client.purge("order-7", Children::Include).await.unwrap(), 1);
    assert_eq!(client.get("order-7").await.unwrap(), None);
}

#[tokio::test]
async fn versions_find_their_worker() {
    let code =
        |text: &'static str| move |_: OrchestrationContext, ()| async move { Ok::<_, Error>(text) };
    let old = Versioning::new("1.0").match_strategy(MatchStrategy::Strict);
    let (client, endpoint) =
        start(Worker::builder().orchestrator("Main", code("old")).versioning(old)).await;
    let version = |v: &str| StartOptions::default().version(v);
    let one = client.start_with("Main", (), version("1.0")).await.unwrap();
    let two = client.start_with("Main", (), version("2.0")).await.unwrap();
    let end = client.wait_for_completion(&one, PATIENCE).await.unwrap();
    assert_eq!(end.output.read::<String>().unwrap(), "old");
    assert_eq!(client.get(&two).await.unwrap().unwrap().status, InstanceStatus::Pending);
    let new = Versioning::new("2.0")
        .match_strategy(MatchStrategy::CurrentOrOlder)
        .on_mismatch(MismatchAction::Fail);
    work(Worker::builder().orchestrator("Main", code("new")).versioning(new), &endpoint);
    let end = client.wait_for_completion(&two, PATIENCE).await.unwrap();
    assert_eq!(end.output.read::<String>().unwrap(), "new");
    let three = client.start_with("Main", (), version("3.0")).await.unwrap();
    let end = client.wait_for_completion(&three, PATIENCE).await.unwrap();
    assert_eq!(end.failure.unwrap().error_type, "VersionMismatch");
}
