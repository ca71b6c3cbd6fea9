//! Failed sub-orchestrations are rewound with their parents.

use taskhub_hub::{
    engine::worker::{Filters, WorkerProfile},
    operation::purge,
};
use taskhub_shared::status::RuntimeStatus;

use super::{Ids, Script, rewound};
use crate::support::{
    World, check,
    world::{again, child, complete, next_turn},
};

async fn failed(world: &mut World, script: &mut Script, name: &str) {
    world.start(name, "x", "").await;
    script.drive_to_end(world, "x").await;
    assert_eq!(world.status("x").await, RuntimeStatus::Failed);
}

async fn ends_with(world: &World, script: &mut Script, output: &str) {
    script.drive_to_end(world, "x").await;
    let record = world.record("x").await;
    assert_eq!(record.payloads.output.as_deref(), Some(output), "{:#?}", world.history("x").await);
    check(world).await;
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_tree_of_failures_is_rewound_as_a_whole() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    failed(&mut world, &mut script, "Grandparent").await;
    let numbers = [world.record("x-p").await.num, world.record("x-p-c").await.num];
    world.reopen().await;
    rewound(&world, "x").await;
    for id in ["x-p", "x-p-c"] {
        let record = world.record(id).await;
        assert_eq!(record.status, RuntimeStatus::Running, "{id}");
        let parent = record.parent.unwrap();
        assert_eq!(parent.execution_id, world.record(&parent.instance_id).await.execution_id);
    }
    assert_eq!(numbers, [world.record("x-p").await.num, world.record("x-p-c").await.num]);
    world.reopen().await;
    script.ran.clear();
    ends_with(&world, &mut script, "a,b,c;p").await;
    assert_eq!(script.ran, ["B", "C"], "nothing else is done again");
}

#[tokio::test(start_paused = true)]
async fn a_purged_child_is_created_again() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    failed(&mut world, &mut script, "Parent").await;
    assert_eq!(world.hub.purge("x-c").await.unwrap(), purge::Outcome::Purged);
    rewound(&world, "x").await;
    script.ran.clear();
    ends_with(&world, &mut script, "a,b,c;p").await;
    assert_eq!(script.ran, ["A", "B", "C"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_runs_on_tells_the_rewound_parent() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("P", 1).holding("B");
    failed(&mut world, &mut script, "Parent").await;
    assert_eq!(world.status("x-c").await, RuntimeStatus::Running);
    let (token, task) = script.held.pop().unwrap();
    rewound(&world, "x").await;
    world.succeed(token, &task, "b").await;
    script.hold = None;
    ends_with(&world, &mut script, "a,b,c;p").await;
}

#[tokio::test(start_paused = true)]
async fn a_result_that_came_after_the_failure_is_not_lost() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("P", 1).holding("B");
    failed(&mut world, &mut script, "Parent").await;
    let (token, task) = script.held.pop().unwrap();
    world.succeed(token, &task, "b").await;
    script.hold = None;
    script.drive_to_end(&world, "x-c").await;
    rewound(&world, "x").await;
    script.ran.clear();
    ends_with(&world, &mut script, "a,b,c;p").await;
    assert_eq!(script.ran, ["P"]);
}

#[tokio::test(start_paused = true)]
async fn a_terminated_child_is_started_again() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).holding("B");
    world.start("Parent", "x", "").await;
    let mut worker = world.worker();
    script.drive(&world, &mut worker).await;
    world.hub.terminate("x-c", None, false).await.unwrap();
    script.drive(&world, &mut worker).await;
    assert_eq!(world.status("x").await, RuntimeStatus::Failed);
    drop(worker);
    script.hold = None;
    script.held.clear();
    rewound(&world, "x").await;
    ends_with(&world, &mut script, "a,b,c;p").await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_rewound_by_itself_tells_no_parent_twice() {
    let mut world = World::new().await;
    let mut script = Script::new(Ids::New).failing("B", 1);
    failed(&mut world, &mut script, "Parent").await;
    rewound(&world, "x-c").await;
    script.drive_to_end(&world, "x-c").await;
    assert_eq!(world.status("x-c").await, RuntimeStatus::Completed);
    assert_eq!(world.status("x").await, RuntimeStatus::Failed);
    check(&world).await;
    // The parent takes its result when it is rewound too.
    rewound(&world, "x").await;
    script.ran.clear();
    ends_with(&world, &mut script, "a,b,c;p").await;
    assert_eq!(script.ran, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_has_just_continued_as_new_stays_running_when_it_is_adopted() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    let (token, _) = next_turn(&mut worker).await;
    drop(worker);
    world.complete(token, "c", vec![again(1, "", vec![])]).await;
    world.raise("p", "e", "").await;
    let mut worker = world.hub.connect_worker(only("P"));
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![complete(2, RuntimeStatus::Failed, None)]).await;
    rewound(&world, "p").await;
    assert_eq!(world.status("c").await, RuntimeStatus::Running);
    let parent = world.record("c").await.parent.unwrap();
    assert_eq!(parent.execution_id, world.record("p").await.execution_id);
}

/// A worker for one orchestrator.
fn only(name: &str) -> WorkerProfile {
    let filters =
        Filters { orchestrations: [(name.to_owned(), vec![])].into(), ..Filters::default() };
    WorkerProfile { filters: Some(filters), ..WorkerProfile::default() }
}
