//! Batch jobs: a frozen set, what is refused, how they stop and go on.

use std::{sync::Arc, time::Duration};

use taskhub_hub::{
    notice::Change,
    operation::batch::{Control, Creation, Outcome},
    store::{batch_job::ItemsRequest, memory::MemoryStore},
};
use taskhub_shared::{
    action::{Action, Refusal},
    batch::{BatchCounts, BatchItem, BatchJob, BatchState, ItemResult},
    request::CreateBatchBody,
    status::RuntimeStatus,
};

use crate::support::{
    faulty::{Fault, Faulty},
    world::{World, new_kinds, next_turn},
};

fn body(action: Action) -> CreateBatchBody {
    let body = format!(r#"{{"action":"{}","reason":"because"}}"#, action.code());
    serde_json::from_str(&body).unwrap()
}

fn query(action: Action, query: &str) -> CreateBatchBody {
    CreateBatchBody { query: Some(query.to_owned()), ..body(action) }
}

fn named(action: Action, ids: &[&str]) -> CreateBatchBody {
    CreateBatchBody { ids: Some(ids.iter().map(ToString::to_string).collect()), ..body(action) }
}

async fn create(world: &World, body: CreateBatchBody) -> BatchJob {
    match world.hub.create_batch(body).await.unwrap() {
        Creation::Created(job) => *job,
        Creation::TooMany => panic!("too many"),
    }
}

async fn job(world: &World, id: &str) -> BatchJob {
    world.hub.batch(id.parse().unwrap()).await.unwrap().unwrap()
}

/// The job once it stands like this.
async fn until(world: &World, id: &str, state: BatchState) -> BatchJob {
    let mut news = world.hub.subscribe();
    let reached = async {
        loop {
            let job = job(world, id).await;
            if job.state == state {
                return job;
            }
            loop {
                if matches!(news.recv().await.unwrap().change, Change::BatchJob(_)) {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reached).await.unwrap()
}

async fn items(world: &World, id: &str, result: Option<ItemResult>) -> Vec<BatchItem> {
    let request = ItemsRequest { result, after: 0, limit: 10_000 };
    world.hub.batch_items(id.parse().unwrap(), request).await.unwrap().unwrap()
}

async fn control(world: &World, id: &str, control: Control) -> Outcome {
    world.hub.control_batch(id.parse().unwrap(), control).await.unwrap()
}

fn counts(succeeded: u64, skipped: u64, failed: u64) -> BatchCounts {
    BatchCounts { total: succeeded + skipped + failed, succeeded, skipped, failed }
}

#[tokio::test(start_paused = true)]
async fn what_the_status_does_not_allow_is_skipped_with_the_reason() {
    let mut world = World::new().await;
    for id in ["a", "b", "c"] {
        world.start("X", id, "1").await;
    }
    world.hub.terminate("b", None, false).await.unwrap();
    let dry = world.hub.check_batch(&query(Action::Terminate, "")).await.unwrap();
    assert_eq!((dry.total, dry.allowed), (3, 2));
    assert_eq!(dry.refused.get(&Refusal::AlreadyEnded), Some(&1));
    assert_eq!(dry.items.items[0].instance_id, "b");
    let made = create(&world, query(Action::Terminate, "")).await;
    let done = until(&world, &made.id, BatchState::Completed).await;
    assert_eq!(done.counts, counts(2, 1, 0));
    let skipped = items(&world, &made.id, Some(ItemResult::Skipped)).await;
    assert_eq!(skipped.len(), 1);
    assert_eq!((&*skipped[0].instance_id, skipped[0].refusal), ("b", Some(Refusal::AlreadyEnded)));
    let record = world.record("a").await;
    assert_eq!(record.status, RuntimeStatus::Terminated);
    assert_eq!(record.payloads.output.as_deref(), Some("\"because\""));
}

#[tokio::test(start_paused = true)]
async fn the_set_is_frozen() {
    let mut world = World::new().await;
    world.start("X", "a", "1").await;
    let held = CreateBatchBody { hold: true, ..query(Action::Suspend, "name:X") };
    let made = create(&world, held).await;
    let frozen = until(&world, &made.id, BatchState::Paused).await;
    assert_eq!((frozen.counts.total, frozen.started_at), (1, None));
    world.start("X", "later", "1").await;
    // Another instance takes the id: it is not the one that was meant.
    world.hub.terminate("a", None, false).await.unwrap();
    world.start("X", "a", "2").await;
    assert!(matches!(control(&world, &made.id, Control::Resume).await, Outcome::Changed(_)));
    let done = until(&world, &made.id, BatchState::Completed).await;
    assert_eq!(done.counts, counts(0, 1, 0));
    let all = items(&world, &made.id, None).await;
    assert_eq!(all[0].refusal, Some(Refusal::NotFound));
    assert_eq!(world.status("later").await, RuntimeStatus::Pending);
    assert_eq!(world.status("a").await, RuntimeStatus::Pending);
}

#[tokio::test(start_paused = true)]
async fn each_action_is_done() {
    let mut world = World::new().await;
    for id in ["a", "b"] {
        world.start("X", id, "1").await;
    }
    let run = async |body| {
        let made = create(&world, body).await;
        until(&world, &made.id, BatchState::Completed).await
    };
    let both = ["a", "b", "a"];
    assert_eq!(run(named(Action::Suspend, &both)).await.counts, counts(2, 0, 0), "each id once");
    assert_eq!(world.status("a").await, RuntimeStatus::Suspended);
    assert_eq!(run(named(Action::Suspend, &both)).await.counts, counts(0, 2, 0));
    assert_eq!(run(named(Action::Resume, &["a", "none"])).await.counts, counts(1, 1, 0));
    let raise = CreateBatchBody {
        event_name: Some("go".to_owned()),
        input: serde_json::from_str("{\"n\": 1}").unwrap(),
        ..named(Action::RaiseEvent, &both)
    };
    assert_eq!(run(raise).await.counts, counts(2, 0, 0));
    assert_eq!(run(named(Action::Purge, &both)).await.counts, counts(0, 2, 0));
    assert_eq!(run(named(Action::Rewind, &["a"])).await.counts, counts(0, 1, 0));
    let restarted = run(named(Action::Restart, &["a"])).await;
    let made = items(&world, &restarted.id, None).await;
    let new = made[0].new_instance_id.clone().unwrap();
    assert_eq!(world.record(&new).await.payloads.input.as_deref(), Some("1"));
    assert_eq!(run(named(Action::RestartWithSameId, &["a"])).await.counts, counts(0, 1, 0));
    assert_eq!(run(named(Action::Terminate, &both)).await.counts, counts(2, 0, 0));
    assert_eq!(run(named(Action::RestartWithSameId, &["a"])).await.counts, counts(1, 0, 0));
    assert_eq!(run(named(Action::Purge, &both)).await.counts, counts(1, 1, 0));
    assert!(world.hub.instance("b").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_kept_and_a_pause_holds() {
    let mut world = World::new().await;
    for n in 0..5 {
        world.start("X", &format!("i{n}"), "1").await;
    }
    let slow = CreateBatchBody { rate_per_second: Some(1), ..query(Action::Suspend, "") };
    let made = create(&world, slow).await;
    world.quiet().await;
    assert_eq!(job(&world, &made.id).await.counts.succeeded, 0);
    for done in 1..=2 {
        world.advance(1);
        world.quiet().await;
        assert_eq!(job(&world, &made.id).await.counts.succeeded, done);
    }
    assert!(matches!(control(&world, &made.id, Control::Pause).await, Outcome::Changed(_)));
    world.advance(10);
    world.quiet().await;
    assert_eq!(job(&world, &made.id).await.counts.succeeded, 2);
    let again = control(&world, &made.id, Control::Pause).await;
    assert_eq!(again, Outcome::NotAllowed(BatchState::Paused));
    control(&world, &made.id, Control::Resume).await;
    for _ in 0..4 {
        world.advance(1);
        world.quiet().await;
    }
    assert_eq!(job(&world, &made.id).await.counts, counts(5, 0, 0));
    assert_eq!(job(&world, &made.id).await.state, BatchState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_leaves_the_rest() {
    let mut world = World::new().await;
    for n in 0..5 {
        world.start("X", &format!("i{n}"), "1").await;
    }
    let slow = CreateBatchBody { rate_per_second: Some(1), ..query(Action::Suspend, "") };
    let made = create(&world, slow).await;
    world.quiet().await;
    world.advance(1);
    world.quiet().await;
    assert!(matches!(control(&world, &made.id, Control::Cancel).await, Outcome::Changed(_)));
    world.advance(100);
    world.quiet().await;
    let job = job(&world, &made.id).await;
    assert_eq!((job.state, job.counts.succeeded), (BatchState::Cancelled, 1));
    for refused in [Control::Cancel, Control::Pause, Control::Resume, Control::Retry] {
        let outcome = control(&world, &made.id, refused).await;
        assert_eq!(outcome, Outcome::NotAllowed(BatchState::Cancelled), "{refused:?}");
    }
    assert_eq!(world.hub.control_batch(1 << 60, Control::Cancel).await.unwrap(), Outcome::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_where_it_was() {
    let mut world = World::new().await;
    for n in 0..5 {
        world.start("X", &format!("i{n}"), "1").await;
    }
    let slow = CreateBatchBody {
        rate_per_second: Some(1),
        event_name: Some("go".to_owned()),
        input: serde_json::from_str("7").unwrap(),
        ..query(Action::RaiseEvent, "")
    };
    let made = create(&world, slow).await;
    world.quiet().await;
    for _ in 0..2 {
        world.advance(1);
        world.quiet().await;
    }
    world.reopen().await;
    world.quiet().await;
    let found = job(&world, &made.id).await;
    assert_eq!((found.state, found.counts.succeeded), (BatchState::Running, 2));
    for _ in 0..4 {
        world.advance(1);
        world.quiet().await;
    }
    assert_eq!(job(&world, &made.id).await.counts, counts(5, 0, 0));
    let worker = &mut world.worker();
    for _ in 0..5 {
        let (_, turn) = next_turn(worker).await;
        let raised = new_kinds(&turn).into_iter().filter(|kind| *kind == "EventRaised");
        assert_eq!(raised.count(), 1, "each has the event once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_waits_begins_by_itself_also_after_a_restart() {
    let mut world = World::new().await;
    world.start("X", "a", "1").await;
    for which in [query(Action::Terminate, ""), named(Action::Terminate, &["a"])] {
        let refused =
            CreateBatchBody { hold: true, start_after_seconds: Some(60), ..which.clone() };
        assert!(world.hub.create_batch(refused).await.is_err(), "hold waits for a person");
        let waits = CreateBatchBody { start_after_seconds: Some(60), ..which };
        let made = create(&world, waits).await;
        let held = until(&world, &made.id, BatchState::Paused).await;
        assert_eq!(held.start_at, Some(held.created_at + chrono::TimeDelta::seconds(60)));
        world.advance(59);
        world.quiet().await;
        assert_eq!(job(&world, &made.id).await.state, BatchState::Paused);
        world.reopen().await;
        world.quiet().await;
        assert_eq!(job(&world, &made.id).await, held, "a restart changes nothing");
        world.advance(1);
        let done = until(&world, &made.id, BatchState::Completed).await;
        assert_eq!((done.counts.total, done.start_at), (1, None));
        assert_eq!(done.started_at, Some(held.created_at + chrono::TimeDelta::seconds(60)));
    }
    assert_eq!(world.status("a").await, RuntimeStatus::Terminated);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_waits_can_be_undone_held_or_let_go_at_once() {
    let mut world = World::new().await;
    world.start("X", "a", "1").await;
    let waits =
        || CreateBatchBody { start_after_seconds: Some(60), ..query(Action::Terminate, "") };
    let undone = create(&world, waits()).await;
    until(&world, &undone.id, BatchState::Paused).await;
    assert!(matches!(control(&world, &undone.id, Control::Cancel).await, Outcome::Changed(_)));
    let held = create(&world, waits()).await;
    until(&world, &held.id, BatchState::Paused).await;
    assert!(matches!(control(&world, &held.id, Control::Pause).await, Outcome::Changed(_)));
    world.advance(100);
    world.quiet().await;
    assert_eq!(job(&world, &undone.id).await.state, BatchState::Cancelled);
    assert_eq!(job(&world, &held.id).await.state, BatchState::Paused);
    assert_eq!(world.status("a").await, RuntimeStatus::Pending);
    let again = control(&world, &held.id, Control::Pause).await;
    assert_eq!(again, Outcome::NotAllowed(BatchState::Paused));
    let now = create(&world, waits()).await;
    until(&world, &now.id, BatchState::Paused).await;
    assert!(matches!(control(&world, &now.id, Control::Resume).await, Outcome::Changed(_)));
    assert_eq!(until(&world, &now.id, BatchState::Completed).await.counts, counts(1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_stop_it_and_a_retry_does_them_again() {
    let memory = Arc::new(MemoryStore::default());
    let faulty = Faulty::new(memory, None);
    let mut world = World::on(Arc::clone(&faulty) as _).await;
    for id in ["a", "b"] {
        world.start("X", id, "1").await;
    }
    faulty.damage("a");
    world.reopen().await;
    let body =
        CreateBatchBody { stop_after_failures: Some(1), ..named(Action::Suspend, &["a", "b"]) };
    let made = create(&world, body).await;
    let stopped = until(&world, &made.id, BatchState::Stopped).await;
    assert_eq!(stopped.counts.failed, 1);
    let failed = items(&world, &made.id, Some(ItemResult::Failed)).await;
    assert_eq!(failed[0].instance_id, "a");
    assert!(failed[0].error.as_ref().unwrap().contains("store"), "{failed:?}");
    faulty.damage("");
    assert!(matches!(control(&world, &made.id, Control::Retry).await, Outcome::Changed(_)));
    let done = until(&world, &made.id, BatchState::Completed).await;
    assert_eq!(done.counts, counts(2, 0, 0));
    assert_eq!(world.status("a").await, RuntimeStatus::Suspended);
}

#[tokio::test(start_paused = true)]
async fn what_the_store_does_not_take_at_once_is_tried_again() {
    let memory = Arc::new(MemoryStore::default());
    let faulty = Faulty::new(memory, None);
    let mut world = World::on(Arc::clone(&faulty) as _).await;
    for id in ["a", "b", "c"] {
        world.start("X", id, "1").await;
        world.hub.terminate(id, None, false).await.unwrap();
    }
    faulty.fail_after(1, Fault::Before);
    faulty.fail_after(2, Fault::After);
    let made = create(&world, named(Action::Purge, &["a", "b", "c"])).await;
    for _ in 0..10 {
        world.quiet().await;
        world.advance(2);
    }
    let done = until(&world, &made.id, BatchState::Completed).await;
    assert_eq!(done.counts.failed, 0, "{:?}", items(&world, &made.id, None).await);
    for id in ["a", "b", "c"] {
        assert!(world.hub.instance(id).await.unwrap().is_none(), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_set_is_frozen_and_purged_in_slices() {
    let mut world = World::new().await;
    for n in 0..4500 {
        let id = format!("i{n}");
        world.start("X", &id, "1").await;
        if n % 3 != 0 {
            world.hub.terminate(&id, None, false).await.unwrap();
        }
    }
    let made = create(&world, query(Action::Purge, "")).await;
    let done = until(&world, &made.id, BatchState::Completed).await;
    assert_eq!(done.counts, counts(3000, 1500, 0));
    let all = taskhub_shared::query::InstanceQuery::default();
    let left = world.hub.count_instances(&all);
    assert_eq!(left.await.unwrap().values().sum::<u64>(), 1500);
}

#[tokio::test]
async fn a_job_is_known_though_the_caller_goes_away() {
    let world = World::new().await;
    {
        let mut call = Box::pin(world.hub.create_batch(query(Action::Terminate, "")));
        // It has begun, and nobody waits for its end.
        assert!(futures::poll!(&mut call).is_pending());
    }
    loop {
        let listed = world.hub.batches(None, 10).await.unwrap();
        if listed.first().is_some_and(|job| job.state == BatchState::Completed) {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_set_is_that_of_the_moment_at_which_the_job_was_made() {
    let mut world = World::new().await;
    for id in ["old", "young"] {
        world.start("X", id, "").await;
        world.hub.terminate(id, None, false).await.unwrap();
        world.advance(3 * 86_400);
    }
    // "young" ended three days ago when the job is made, and six when its query is read.
    let purge = CreateBatchBody { hold: true, ..query(Action::Purge, "completed:<-4d") };
    let made = create(&world, purge).await;
    world.advance(3 * 86_400);
    until(&world, &made.id, BatchState::Paused).await;
    assert_eq!(job(&world, &made.id).await.counts.total, 1);
}
