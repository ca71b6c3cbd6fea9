//! The orchestrators of the tests, from start to end.

use crate::support::{
    World, check,
    samples::{drive, drive_to_end, failure},
};

#[tokio::test(start_paused = true)]
async fn sequence() {
    let mut world = World::new().await;
    world.start("Sequence", "s", "1").await;
    assert_eq!(drive_to_end(&world, "s").await.as_deref(), Some("abc"));
    let expected = [
        "OrchestratorStarted",
        "ExecutionStarted",
        "TaskScheduled",
        "OrchestratorStarted",
        "TaskCompleted",
        "TaskScheduled",
        "OrchestratorStarted",
        "TaskCompleted",
        "TaskScheduled",
        "OrchestratorStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ];
    assert_eq!(world.kinds("s").await, expected);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn fan_out() {
    let mut world = World::new().await;
    world.start("FanOut", "f", "1").await;
    assert_eq!(drive_to_end(&world, "f").await.as_deref(), Some("0,1,2,3,4"));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn parent_and_children() {
    let mut world = World::new().await;
    world.start("Parent", "p", "1").await;
    let mut items = world.worker();
    drive(&world, &mut items).await;
    drop(items);
    assert_eq!(drive_to_end(&world, "p").await.as_deref(), Some("abc,after,Oops"));
    // The failure of the third came through unchanged.
    let failed = world.history("p").await.into_iter().find_map(|event| match event.kind {
        taskhub_hub::engine::history_event::EventKind::SubOrchestrationFailed {
            failure, ..
        } => Some(*failure),
        _ => None,
    });
    assert_eq!(failed, Some(failure()));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn counter() {
    let mut world = World::new().await;
    world.start("Counter", "c", "").await;
    assert_eq!(drive_to_end(&world, "c").await.as_deref(), Some("iiii"));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn events_of_every_generation() {
    let mut world = World::new().await;
    world.continues.insert("c".to_owned());
    world.start("Collect", "c", "").await;
    for item in ["a", "b", "c"] {
        world.raise("c", "item", item).await;
    }
    let mut items = world.worker();
    drive(&world, &mut items).await;
    world.raise("c", "item", "d").await;
    drive(&world, &mut items).await;
    world.raise("c", "item", "e").await;
    drop(items);
    assert_eq!(drive_to_end(&world, "c").await.as_deref(), Some("abcde"));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn events_between_instances() {
    let mut world = World::new().await;
    world.start("Waiter", "w", "").await;
    world.start("Sender", "s", "w").await;
    assert_eq!(drive_to_end(&world, "w").await.as_deref(), Some("sent"));
    check(&world).await;
}
