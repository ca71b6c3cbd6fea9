//! Critical sections: who runs, who waits, and that no lock outlives its holder.

use taskhub_hub::operation::entity::Purged;
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{answer, answers, call, holder, lock, operations, signal, unlock};
use crate::support::{
    World, check,
    world::{again, child, complete, done, new_kinds, next_entity, next_turn, nothing, task},
};

/// An orchestration that has asked for these locks.
async fn asks(
    world: &mut World,
    id: &str,
    targets: &[&str],
) -> taskhub_hub::operation::work::WorkItems {
    world.start("O", id, "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, id, vec![lock(1, &format!("cs-{id}"), targets)]).await;
    worker
}

#[tokio::test(start_paused = true)]
async fn the_holders_operations_run_before_those_of_others_and_the_next_one_waits() {
    let mut world = World::new().await;
    let mut worker = asks(&mut world, "o", &["@a@1", "@b@1"]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["granted cs-o"]);
    assert_eq!(holder(&world, "@a@1").await.as_deref(), Some("o"));
    assert_eq!(holder(&world, "@b@1").await.as_deref(), Some("o"));

    // Somebody else signals, and somebody else wants the lock.
    signal(&world, "@b@1", "foreign", "").await;
    world.start("P", "p", "").await;
    let (other, _) = next_turn(&mut worker).await;
    world.complete(other, "p", vec![lock(1, "cs-p", &["@b@1"])]).await;
    nothing(&mut worker).await;
    world.complete(token, "o", vec![call(2, "@b@1", "mine")]).await;
    let (batch, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["mine"]);
    answer(&world, batch, &["1"], Some("1")).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["r2=1"]);
    nothing(&mut worker).await;

    // A restart changes nothing of it.
    world.reopen().await;
    let mut worker = world.worker();
    let (stale, work) = next_turn(&mut worker).await;
    assert_eq!((token != stale, answers(&work)), (true, vec!["r2=1".to_owned()]));
    nothing(&mut worker).await;
    let actions = vec![unlock(3, "cs-o", "@a@1"), unlock(4, "cs-o", "@b@1"), done(5, "")];
    world.complete(stale, "o", actions).await;

    // What came first from the others runs first, and then the other one has its lock.
    let (batch, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["foreign"]);
    answer(&world, batch, &["1"], Some("2")).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!((answers(&work), &*work.record.instance_id), (vec!["granted cs-p".to_owned()], "p"));
    world.complete(token, "p", vec![unlock(2, "cs-p", "@b@1"), done(3, "")]).await;
    assert_eq!(holder(&world, "@b@1").await, None);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_way_the_holder_ends_its_locks_are_free() {
    for end in ["completes", "fails", "continues", "terminated", "replaced", "asks and ends"] {
        let mut world = World::new().await;
        let mut worker = asks(&mut world, "o", &["@a@1", "@b@1"]).await;
        let (token, work) = next_turn(&mut worker).await;
        assert_eq!(answers(&work), ["granted cs-o"], "{end}");
        match end {
            "completes" => {
                world.complete(token, "o", vec![done(2, "")]).await;
            }
            "fails" => {
                let actions =
                    vec![unlock(2, "cs-o", "@a@1"), complete(3, RuntimeStatus::Failed, Some("x"))];
                world.complete(token, "o", actions).await;
            }
            "continues" => {
                world.complete(token, "o", vec![again(2, "", vec![])]).await;
            }
            "terminated" => {
                world.hub.terminate("o", None, false).await.unwrap();
            }
            "replaced" => {
                use taskhub_hub::operation::start_instance::{Request, Reuse};
                let request = Request {
                    instance_id: Some("o".to_owned()),
                    name: "O".to_owned(),
                    reuse: Reuse::Statuses(RuntimeStatus::ALL.to_vec()),
                    ..Request::default()
                };
                world.hub.start_instance(request).await.unwrap();
            }
            _ => {
                let actions = vec![
                    unlock(2, "cs-o", "@a@1"),
                    unlock(3, "cs-o", "@b@1"),
                    lock(4, "cs-2", &["@c@1"]),
                    done(5, ""),
                ];
                world.complete(token, "o", actions).await;
            }
        }
        world.quiet().await;
        for id in ["@a@1", "@b@1", "@c@1"] {
            assert_eq!(holder(&world, id).await, None, "{end}: {id}");
        }
        signal(&world, "@b@1", "free", "").await;
        let free = loop {
            match crate::support::world::next(&mut worker).await {
                crate::support::Item::Entity(_, work) => break operations(&work),
                crate::support::Item::Turn(..) => {}
                crate::support::Item::Activity(_, task) => panic!("{task:?}"),
            }
        };
        assert_eq!(free, ["free"], "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_goes_with_whoever_made_it() {
    let mut world = World::new().await;
    let mut worker = asks(&mut world, "o", &["@a@1"]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.start("P", "p", "").await;
    let (other, _) = next_turn(&mut worker).await;
    world.complete(other, "p", vec![lock(1, "cs-p", &["@a@1", "@b@1"])]).await;
    world.quiet().await;
    world.hub.terminate("p", None, false).await.unwrap();
    world.complete(token, "o", vec![unlock(2, "cs-o", "@a@1"), done(3, "")]).await;
    world.quiet().await;
    for id in ["@a@1", "@b@1"] {
        assert_eq!(holder(&world, id).await, None, "{id}");
    }
    nothing(&mut worker).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_waits_for_the_batch_that_is_out() {
    let mut world = World::new().await;
    signal(&world, "@a@1", "long", "").await;
    let mut worker = world.worker();
    let (batch, _) = next_entity(&mut worker).await;
    world.start("O", "o", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "o", vec![lock(1, "cs", &["@a@1"])]).await;
    signal(&world, "@a@1", "after", "").await;
    nothing(&mut worker).await;
    answer(&world, batch, &["1"], Some("1")).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["granted cs"]);
    nothing(&mut worker).await;
    world.complete(token, "o", vec![done(2, "")]).await;
    let (_, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["after"]);
}

#[tokio::test(start_paused = true)]
async fn children_and_locks_of_an_instance_that_is_not_in_memory_are_found() {
    let mut world = World::new().await;
    let mut worker = asks(&mut world, "o", &["@a@1", "@b@1"]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "o", vec![child(2, "c", "C")]).await;
    drop(worker);
    world.reopen().await;
    world.hub.terminate("o", None, true).await.unwrap();
    world.quiet().await;
    assert_eq!(world.status("c").await, RuntimeStatus::Terminated);
    for id in ["@a@1", "@b@1"] {
        assert_eq!(holder(&world, id).await, None, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_orchestrations_take_turns_at_the_same_locks() {
    let mut world = World::new().await;
    let mut worker = world.worker();
    for n in 0..20 {
        world.start("O", &format!("o{n}"), "").await;
    }
    let (mut granted, mut count) = (Vec::new(), 0);
    while granted.len() < 20 {
        match crate::support::world::next(&mut worker).await {
            crate::support::Item::Turn(token, work) => {
                let id = work.record.instance_id.to_string();
                let section = format!("cs-{id}");
                let actions = if work.past.is_empty() {
                    vec![lock(1, &section, &["@a@1", "@b@1"])]
                } else if answers(&work)[0].starts_with("granted") {
                    assert_eq!(holder(&world, "@b@1").await.as_deref(), Some(id.as_str()));
                    vec![call(2, "@a@1", "add"), call(3, "@b@1", "add")]
                } else if work
                    .past
                    .iter()
                    .filter(|e| format!("{e:?}").contains("OperationCompleted"))
                    .count()
                    + answers(&work).len()
                    < 2
                {
                    vec![]
                } else {
                    granted.push(id);
                    vec![unlock(4, &section, "@a@1"), unlock(5, &section, "@b@1"), done(6, "")]
                };
                world.complete(token, &work.record.instance_id, actions).await;
            }
            crate::support::Item::Entity(token, work) => {
                let results = vec!["1"; work.operations.len()];
                count += results.len();
                answer(&world, token, &results, Some(&count.to_string())).await;
            }
            crate::support::Item::Activity(_, task) => panic!("{task:?}"),
        }
    }
    assert_eq!(count, 40);
    world.quiet().await;
    assert_eq!(holder(&world, "@a@1").await, None);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_rewound_asks_again_for_the_locks_that_its_failure_gave_free() {
    let mut world = World::new().await;
    let mut worker = asks(&mut world, "o", &["@a@1", "@b@1"]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "o", vec![call(2, "@a@1", "add"), task(3, "Work", "")]).await;
    let (batch, _) = next_entity(&mut worker).await;
    answer(&world, batch, &["1"], Some("1")).await;
    // Its activity fails while it holds both, and it gives up.
    let token = loop {
        match crate::support::world::next(&mut worker).await {
            crate::support::Item::Activity(token, task) => {
                let failed = Err(Box::new(FailureDetails::new("Failed", "broken")));
                let id = &task.instance_id;
                world.hub.complete_activity(token, id, task.event_id, failed).await.unwrap();
            }
            crate::support::Item::Turn(token, work) if new_kinds(&work).contains(&"TaskFailed") => {
                break token;
            }
            crate::support::Item::Turn(token, _) => {
                world.complete(token, "o", vec![]).await;
            }
            crate::support::Item::Entity(_, work) => panic!("{work:?}"),
        }
    };
    world.complete(token, "o", vec![complete(4, RuntimeStatus::Failed, None)]).await;
    world.quiet().await;
    assert_eq!(holder(&world, "@a@1").await, None);

    // Somebody else has one of them meanwhile.
    world.start("P", "p", "").await;
    let (other, _) = next_turn(&mut worker).await;
    world.complete(other, "p", vec![lock(1, "cs-p", &["@b@1"])]).await;
    let (other, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["granted cs-p"]);

    world.hub.rewind("o", None).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "o");
    assert_eq!(answers(&work), [""; 0], "what it was told under the lock counts no more");
    world.complete(token, "o", vec![lock(1, "cs-again", &["@a@1", "@b@1"])]).await;
    nothing(&mut worker).await;
    world.complete(other, "p", vec![unlock(2, "cs-p", "@b@1"), done(3, "")]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["granted cs-again"]);
    assert_eq!(holder(&world, "@a@1").await.as_deref(), Some("o"));
    let end =
        vec![unlock(2, "cs-again", "@a@1"), unlock(3, "cs-again", "@b@1"), done(4, "\"end\"")];
    world.complete(token, "o", end).await;
    world.quiet().await;
    assert_eq!(world.status("o").await, RuntimeStatus::Completed);
    for id in ["@a@1", "@b@1"] {
        assert_eq!(holder(&world, id).await, None, "{id}");
    }
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_entity_that_is_locked_or_about_to_be_is_not_deleted() {
    let mut world = World::new().await;
    let mut worker = asks(&mut world, "o", &["@a@1"]).await;
    let (token, _) = next_turn(&mut worker).await;
    let locked = |holder: &str| Purged::Locked { holder: holder.to_owned() };
    assert_eq!(world.hub.purge_entity("@a@1").await.unwrap(), locked("o"));
    world.complete(token, "o", vec![unlock(2, "cs-o", "@a@1"), done(3, "")]).await;
    signal(&world, "@a@1", "x", "").await;
    let (batch, _) = next_entity(&mut worker).await;
    world.start("O", "p", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![lock(1, "cs-p", &["@a@1"])]).await;
    assert_eq!(world.hub.purge_entity("@a@1").await.unwrap(), locked("p"));
    answer(&world, batch, &["1"], Some("1")).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["granted cs-p"]);
    world.complete(token, "p", vec![done(2, "")]).await;
    assert_eq!(world.hub.purge_entity("@a@1").await.unwrap(), Purged::Purged);
    check(&world).await;
    world.nothing_left("all have ended").await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_asks_for_locks_inside_a_critical_section_fails_its_instance() {
    for twice_at_once in [false, true] {
        let mut world = World::new().await;
        let (first, second) = (lock(1, "cs-o", &["@a@1", "@a@1"]), lock(2, "cs-2", &["@b@1"]));
        let mut worker = if twice_at_once {
            world.start("O", "o", "").await;
            let mut worker = world.worker();
            let (token, _) = next_turn(&mut worker).await;
            world.complete(token, "o", vec![first, second]).await;
            worker
        } else {
            // An entity that is named twice is locked once.
            let mut worker = asks(&mut world, "o", &["@a@1", "@a@1"]).await;
            let (token, work) = next_turn(&mut worker).await;
            assert_eq!(answers(&work), ["granted cs-o"]);
            world.complete(token, "o", vec![second]).await;
            worker
        };
        let failure = world.ended("o").await.payloads.failure.unwrap();
        assert_eq!(failure.error_type, "InvalidAnswer", "{}", failure.error_message);
        for id in ["@a@1", "@b@1"] {
            assert_eq!(holder(&world, id).await, None, "{id}");
        }
        nothing(&mut worker).await;
        check(&world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_gives_free_what_is_anothers() {
    let mut world = World::new().await;
    let mut worker = asks(&mut world, "o", &["@a@1"]).await;
    let (mine, _) = next_turn(&mut worker).await;
    // Somebody waits, and a third one tries to open both.
    world.start("O", "p", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![lock(1, "cs-p", &["@a@1"])]).await;
    world.start("O", "liar", "").await;
    let (token, _) = next_turn(&mut worker).await;
    let actions = vec![unlock(1, "cs-o", "@a@1"), unlock(2, "cs-p", "@a@1"), done(3, "")];
    world.complete(token, "liar", actions).await;
    assert_eq!(holder(&world, "@a@1").await.as_deref(), Some("o"));
    // The holder itself names another section, and ends.
    world.complete(mine, "o", vec![unlock(2, "cs-x", "@a@1"), done(3, "")]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!((answers(&work), &*work.record.instance_id), (vec!["granted cs-p".to_owned()], "p"));
    world.complete(token, "p", vec![unlock(2, "cs-p", "@a@1"), done(3, "")]).await;
    assert_eq!(holder(&world, "@a@1").await, None);
    check(&world).await;
}
