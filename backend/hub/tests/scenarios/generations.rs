//! Continue-as-new: what goes along, what stays behind.

use taskhub_hub::{
    engine::{
        action::{ActionKind, TurnResponse},
        history_event::{EventKind, HistoryEvent, TraceContext},
    },
    operation::start_instance,
};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{
    World, check, payload,
    world::{act, again, done, epoch, new_kinds, next_activity, next_turn, nothing, send, task},
};

fn raised(name: &str, text: &str) -> HistoryEvent {
    let kind = EventKind::EventRaised { name: name.to_owned(), input: Some(payload(text)) };
    HistoryEvent::new(epoch(), kind)
}

fn inputs(events: &[std::sync::Arc<HistoryEvent>]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::EventRaised { input, .. } => input.as_deref().map(ToOwned::to_owned),
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_event_reaches_one_generation() {
    let mut world = World::new().await;
    world.continues.insert("x".to_owned());
    world.start("X", "x", "1").await;
    world.raise("x", "e", "taken").await;
    world.raise("x", "e", "carried").await;
    let mut worker = world.worker();
    let (token, first) = next_turn(&mut worker).await;
    assert_eq!(inputs(&first.new), ["taken", "carried"]);
    world.raise("x", "e", "came meanwhile").await;
    let actions =
        vec![send(1, "x", "e", "sent to itself"), again(2, "2", vec![raised("e", "carried")])];
    world.complete(token, "x", actions).await;
    // Also when the process ends right now.
    world.reopen().await;
    let mut worker = world.worker();
    let (token, second) = next_turn(&mut worker).await;
    assert_eq!(second.past, []);
    assert_eq!(inputs(&second.new), ["carried", "came meanwhile", "sent to itself"]);
    assert_eq!(new_kinds(&second)[..2], ["OrchestratorStarted", "ExecutionStarted"]);
    assert_ne!(first.record.execution_id, second.record.execution_id);
    assert_eq!(second.record.execution_id.len(), 32);
    assert_eq!(second.record.payloads.input.as_deref(), Some("2"));
    assert_eq!(second.record.status, RuntimeStatus::Running);
    world.complete(token, "x", vec![done(1, "")]).await;
    nothing(&mut worker).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn results_of_an_older_generation_are_dropped() {
    let mut world = World::new().await;
    world.continues.insert("x".to_owned());
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    world.complete(token, "x", vec![task(1, "A", ""), task(2, "A", "")]).await;
    let (first, one) = next_activity(&mut worker).await;
    let (second, two) = next_activity(&mut worker).await;
    world.raise("x", "e", "1").await;
    let (token, _) = next_turn(&mut worker).await;
    // One result waits in the inbox, the other is still to come.
    world.succeed(first, &one, "old").await;
    world.complete(token, "x", vec![again(3, "", vec![])]).await;
    world.succeed(second, &two, "old").await;
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "ExecutionStarted"]);
    // The same action ids again, as the SDKs count from the beginning.
    world.complete(token, "x", vec![task(1, "A", "")]).await;
    let (token, new) = next_activity(&mut worker).await;
    world.succeed(token, &new, "new").await;
    let (token, work) = next_turn(&mut worker).await;
    let result = EventKind::TaskCompleted { scheduled_id: 1, result: Some(payload("new")) };
    assert_eq!(work.new[1].kind, result);
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}

#[tokio::test(start_paused = true)]
async fn an_action_id_may_be_used_again_for_a_retry() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    for attempt in 0..3 {
        let (token, _) = next_turn(&mut worker).await;
        world.complete(token, "x", vec![task(1, "A", "")]).await;
        let (token, activity) = next_activity(&mut worker).await;
        let failure = taskhub_shared::failure::FailureDetails::new("", format!("{attempt}"));
        let failed =
            world.hub.complete_activity(token, "x", activity.event_id, Err(failure.into()));
        failed.await.unwrap();
    }
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "TaskFailed"]);
    world.complete(token, "x", vec![done(2, "")]).await;
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_generation_keeps_its_custom_status_and_may_change_its_version() {
    let mut world = World::new().await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let next = ActionKind::Complete {
        status: RuntimeStatus::ContinuedAsNew,
        result: None,
        failure: None,
        new_version: Some("2.0".to_owned()),
        carryover: vec![],
    };
    let response = TurnResponse {
        actions: vec![act(1, next)],
        custom_status: Some(payload("\"kept\"")),
        ..TurnResponse::default()
    };
    world.hub.complete_turn(token, "x", response).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(work.record.version.as_deref(), Some("2.0"));
    assert_eq!(world.record("x").await.payloads.custom_status.as_deref(), Some("\"kept\""));
    // Absent leaves it as it is; an empty text takes it away.
    world.complete(token, "x", vec![]).await;
    assert_eq!(world.record("x").await.payloads.custom_status.as_deref(), Some("\"kept\""));
    world.raise("x", "e", "1").await;
    let (token, _) = next_turn(&mut worker).await;
    let response = TurnResponse { custom_status: Some(payload("")), ..TurnResponse::default() };
    world.hub.complete_turn(token, "x", response).await.unwrap();
    assert_eq!(world.record("x").await.payloads.custom_status, None);
    check(&world).await;
}

#[tokio::test(start_paused = true)]
async fn actions_of_a_generation_that_ends_take_effect_but_for_its_own_work() {
    let mut world = World::new().await;
    world.start("X", "other", "1").await;
    world.start("X", "x", "1").await;
    let mut worker = world.worker();
    let (other, _) = next_turn(&mut worker).await;
    world.complete(other, "other", vec![]).await;
    let (token, _) = next_turn(&mut worker).await;
    let actions = vec![
        task(1, "A", ""),
        crate::support::world::timer(2, epoch()),
        send(3, "other", "e", "1"),
        again(4, "", vec![]),
    ];
    world.complete(token, "x", actions).await;
    let mut ids = vec![];
    for _ in 0..2 {
        let (token, work) = next_turn(&mut worker).await;
        ids.push(work.record.instance_id.to_string());
        world.complete(token, &work.record.instance_id, vec![done(9, "")]).await;
    }
    ids.sort();
    assert_eq!(ids, ["other", "x"]);
    nothing(&mut worker).await;
    check(&world).await;
    world.nothing_left("both have ended").await;
}

#[tokio::test(start_paused = true)]
async fn every_generation_has_the_trace_that_the_first_was_started_in() {
    let mut world = World::new().await;
    let trace = TraceContext {
        trace_parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        ..TraceContext::default()
    };
    let request = start_instance::Request {
        instance_id: Some("x".to_owned()),
        name: "X".to_owned(),
        trace: Some(trace.clone()),
        ..start_instance::Request::default()
    };
    world.hub.start_instance(request).await.unwrap();
    world.acked_starts.push("x".to_owned());
    let mut worker = world.worker();
    // The first continues in its first turn, the second in a later one.
    for turns in [1, 2, 1] {
        for turn in 1..=turns {
            let (token, work) = next_turn(&mut worker).await;
            let events = work.past.iter().chain(&work.new);
            let found = events.filter_map(|event| match &event.kind {
                EventKind::ExecutionStarted(started) => started.trace.clone(),
                _ => None,
            });
            assert_eq!(found.collect::<Vec<_>>(), std::slice::from_ref(&trace));
            if turn < turns {
                world.complete(token, "x", vec![]).await;
                world.raise("x", "e", "").await;
            } else {
                world.complete(token, "x", vec![again(1, "", vec![])]).await;
            }
        }
    }
    world.hub.terminate("x", None, false).await.unwrap();
    world.continues.insert("x".to_owned());
    check(&world).await;
}
