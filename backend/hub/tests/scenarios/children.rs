//! Sub-orchestrations and their parents.

use taskhub_hub::engine::history_event::EventKind;
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use crate::support::{
    World, check,
    samples::failure,
    world::{act, again, child, complete, done, new_kinds, next_turn, nothing},
};

#[tokio::test(start_paused = true)]
async fn a_child_without_an_id_gets_one_from_its_parents_generation() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, work) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(26, "", "C")]).await;
    let (token, started) = next_turn(&mut worker).await;
    assert_eq!(*started.record.instance_id, format!("{}:001a", work.record.execution_id));
    let parent = started.record.parent.clone().unwrap();
    assert_eq!((parent.instance_id.as_str(), parent.task_scheduled_id), ("p", 26));
    world.complete(token, &started.record.instance_id, vec![done(1, "r")]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "SubOrchestrationCompleted"]);
    world.complete(token, "p", vec![done(27, "")]).await;
    check(&world).await;
    world.nothing_left("parent and child").await;
}

#[tokio::test(start_paused = true)]
async fn a_child_whose_id_is_taken_fails_and_one_whose_id_is_free_again_replaces() {
    let mut world = World::new().await;
    world.start("Other", "c", "").await;
    let mut worker = world.worker();
    let (other, _) = next_turn(&mut worker).await;
    world.start("P", "p", "").await;
    let (token, _) = next_turn(&mut worker).await;
    let actions = vec![child(1, "c", "C"), child(2, "p", "P"), child(3, "@e@k", "E")];
    world.complete(token, "p", actions).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(
        new_kinds(&work),
        [
            "OrchestratorStarted",
            "SubOrchestrationFailed",
            "SubOrchestrationFailed",
            "SubOrchestrationFailed"
        ]
    );
    let before = world.record("c").await.execution_id;
    world.complete(other, "c", vec![done(1, "")]).await;
    world.complete(token, "p", vec![child(4, "c", "C")]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_ne!(work.record.execution_id, before, "the ended one is replaced");
    world.complete(token, "c", vec![done(1, "new")]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![done(5, "")]).await;
    check(&world).await;
    world.nothing_left("after collisions").await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_cannot_replace_itself_while_it_ends() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "p", "P"), done(2, "end")]).await;
    nothing(&mut worker).await;
    assert_eq!(world.record("p").await.payloads.output.as_deref(), Some("end"));
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_child_of_the_last_generation_says_nothing_to_the_next() {
    let mut world = World::new().await;
    world.start("Other", "c", "").await;
    let mut worker = world.worker();
    let (other, _) = next_turn(&mut worker).await;
    world.start("P", "p", "").await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C"), again(2, "", vec![])]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "ExecutionStarted"]);
    world.complete(token, "p", vec![done(1, "")]).await;
    world.complete(other, "c", vec![done(1, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_of_an_older_generation_tells_nobody() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C"), again(2, "", vec![])]).await;
    let (first, work) = next_turn(&mut worker).await;
    let (second, _) = next_turn(&mut worker).await;
    let (parent, orphan) =
        if &*work.record.instance_id == "p" { (first, second) } else { (second, first) };
    world.complete(parent, "p", vec![]).await;
    world.complete(orphan, "c", vec![done(1, "")]).await;
    nothing(&mut worker).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_the_engine_fails_tells_a_parent_that_is_not_in_memory() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    world.reopen().await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.hub.fail_turn(token, failure()).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    let told = work.new.iter().find_map(|event| match &event.kind {
        EventKind::SubOrchestrationFailed { failure, .. } => Some(FailureDetails::clone(failure)),
        _ => None,
    });
    assert_eq!(told, Some(failure()));
    world.complete(token, "p", vec![done(2, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_breaks_a_limit_tells_a_parent_that_is_not_in_memory() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    world.reopen().await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let response = taskhub_hub::engine::action::TurnResponse {
        custom_status: Some("x".repeat(64 * 1024 + 1).into()),
        ..taskhub_hub::engine::action::TurnResponse::default()
    };
    world.hub.complete_turn(token, "c", response).await.unwrap();
    assert_eq!(world.status("c").await, RuntimeStatus::Failed);
    let (_, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "SubOrchestrationFailed"]);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_another_terminates_tells_a_parent_that_is_not_in_memory() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "c", vec![]).await;
    world.start("Killer", "k", "").await;
    world.reopen().await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let kill = act(
        1,
        taskhub_hub::engine::action::ActionKind::TerminateOrchestration {
            instance_id: "c".to_owned(),
            reason: Some("why".into()),
            recurse: false,
        },
    );
    world.complete(token, "k", vec![kill, done(2, "")]).await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "p");
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "SubOrchestrationFailed"]);
    assert_eq!(world.status("c").await, RuntimeStatus::Terminated);
    world.complete(token, "p", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("all ended").await;
}

#[tokio::test(start_paused = true)]
async fn replacing_an_active_child_tells_its_parent() {
    use taskhub_hub::operation::start_instance::{Outcome, Request, Reuse};
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C")]).await;
    let (old, _) = next_turn(&mut worker).await;
    let request = Request {
        instance_id: Some("c".to_owned()),
        name: "New".to_owned(),
        reuse: Reuse::Statuses(RuntimeStatus::ALL.to_vec()),
        ..Request::default()
    };
    let outcome = world.hub.start_instance(request).await.unwrap();
    assert!(matches!(outcome, Outcome::Started { .. }));
    use taskhub_hub::operation::work;
    assert_eq!(world.complete(old, "c", vec![done(1, "")]).await, work::Outcome::Stale);
    let mut seen = vec![];
    for _ in 0..2 {
        let (token, work) = next_turn(&mut worker).await;
        seen.push((work.record.name.clone(), new_kinds(&work)));
        world.complete(token, &work.record.instance_id, vec![done(9, "")]).await;
    }
    seen.sort();
    assert_eq!(seen[0], ("New".to_owned(), vec!["OrchestratorStarted", "ExecutionStarted"]));
    assert_eq!(seen[1], ("P".to_owned(), vec!["OrchestratorStarted", "SubOrchestrationFailed"]));
    check(&world).await;
    world.nothing_left("after the replacement").await;
}

#[tokio::test(start_paused = true)]
async fn recursive_termination_reaches_every_generation_and_none_without_it() {
    let mut world = World::new().await;
    for (root, recursive) in [("a", true), ("b", false)] {
        world.start("Chain", root, "").await;
        let mut worker = world.worker();
        let mut id = root.to_owned();
        for _ in 0..5 {
            let (token, _) = next_turn(&mut worker).await;
            let below = format!("{id}x");
            world.complete(token, &id, vec![child(1, &below, "Chain")]).await;
            id = below;
        }
        // Nothing is in memory but the instances that have something to do.
        drop(worker);
        world.reopen().await;
        world.hub.terminate(root, Some("stop".into()), recursive).await.unwrap();
        world.quiet().await;
        let mut id = root.to_owned();
        for depth in 0..6 {
            let ended = world.status(&id).await == RuntimeStatus::Terminated;
            assert_eq!(ended, recursive || depth == 0, "{id}");
            id.push('x');
        }
        check(&world).await;
        world.hub.terminate("bx", None, true).await.ok();
    }
    world.nothing_left("all are terminated").await;
}

#[tokio::test(start_paused = true)]
async fn a_very_deep_tree_is_terminated_without_exhausting_the_stack() {
    let mut world = World::new().await;
    world.start("Chain", "0", "").await;
    let mut worker = world.worker();
    for depth in 0..3000 {
        let (token, _) = next_turn(&mut worker).await;
        let below = (depth + 1).to_string();
        world.complete(token, &depth.to_string(), vec![child(1, &below, "Chain")]).await;
    }
    drop(worker);
    world.hub.terminate("0", None, true).await.unwrap();
    assert_eq!(world.ended("3000").await.status, RuntimeStatus::Terminated);
    world.nothing_left("all are terminated").await;
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_child_has_one_result() {
    let mut world = World::new().await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let actions = ["c1", "c2", "c3"].iter().zip(1..).map(|(id, n)| child(n, id, "C")).collect();
    world.complete(token, "p", actions).await;
    let ends = [RuntimeStatus::Completed, RuntimeStatus::Failed, RuntimeStatus::Canceled];
    for end in ends {
        let (token, work) = next_turn(&mut worker).await;
        world.complete(token, &work.record.instance_id, vec![complete(1, end, Some("r"))]).await;
    }
    let mut results = 0;
    while results < 3 {
        let (token, work) = next_turn(&mut worker).await;
        results += work.new.len() - 1;
        world.complete(token, "p", vec![]).await;
    }
    assert_eq!(results, 3);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn ending_a_tree_leaves_alone_whoever_has_an_id_that_a_child_wanted() {
    let mut world = World::new().await;
    world.start("Other", "c", "").await;
    world.start("P", "p", "").await;
    let mut worker = world.worker();
    next_turn(&mut worker).await;
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "p", vec![child(1, "c", "C"), child(2, "d", "C")]).await;
    // It has not heard yet that the first one could not be started.
    world.hub.terminate("p", None, true).await.unwrap();
    world.quiet().await;
    assert_eq!(world.status("d").await, RuntimeStatus::Terminated);
    assert_eq!(world.status("c").await, RuntimeStatus::Pending);
    // Nor when the parent is read again.
    world.start("P", "q", "").await;
    let (token, _) = loop {
        let (token, work) = next_turn(&mut worker).await;
        if &*work.record.instance_id == "q" {
            break (token, work);
        }
    };
    world.complete(token, "q", vec![child(1, "c", "C")]).await;
    world.reopen().await;
    world.hub.terminate("q", None, true).await.unwrap();
    world.quiet().await;
    assert_eq!(world.status("c").await, RuntimeStatus::Pending);
    world.hub.terminate("c", None, false).await.unwrap();
    check(&world).await;
    world.nothing_left("all have ended").await;
}
