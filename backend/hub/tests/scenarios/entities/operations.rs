//! Signals, calls, state, and what operations send.

use chrono::TimeDelta;
use taskhub_hub::{
    engine::{
        entity::{EntityAction, EntityResponse},
        worker::{Filters, WorkKind, WorkerProfile},
    },
    operation::{
        entity::{EntityQuery, Purged, Signal},
        purge, raise_event, terminate,
        work::Outcome,
    },
    store::model::EntityFilter,
};
use taskhub_shared::{failure::FailureDetails, limits, query::InstanceQuery};

use super::{answer, answers, call, operations, signal, signal_action, state};
use crate::support::{
    World, check, payload,
    world::{done, epoch, new_kinds, next_entity, next_turn, nothing},
};

#[tokio::test(start_paused = true)]
async fn a_signal_makes_the_entity_and_its_state_comes_back_with_the_next_operation() {
    let mut world = World::new().await;
    signal(&world, "@Counter@A/b", "add", "1").await;
    let mut worker = world.worker();
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "@counter@A/b", "the name is kept in lower case");
    assert_eq!(work.record.execution_id.len(), 32);
    assert_eq!((operations(&work), &work.record.payloads.output), (vec!["add".to_owned()], &None));
    assert!(world.hub.entity("@counter@A/b").await.unwrap().is_none(), "it has no state yet");
    assert_eq!(answer(&world, token, &["1"], Some("1")).await, Outcome::Committed);
    assert_eq!(state(&world, "@COUNTER@A/b").await.as_deref(), Some("1"));
    assert_eq!(answer(&world, token, &["1"], Some("9")).await, Outcome::Ignored, "answered before");

    // States that are nothing to many languages are states.
    for falsy in ["0", "\"\"", "false", "null", ""] {
        signal(&world, "@counter@A/b", "set", falsy).await;
        let (token, _) = next_entity(&mut worker).await;
        answer(&world, token, &["null"], Some(falsy)).await;
        world.reopen().await;
        assert_eq!(state(&world, "@counter@A/b").await.as_deref(), Some(falsy));
        worker = world.worker();
    }
    signal(&world, "@counter@A/b", "delete", "").await;
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(work.record.payloads.output.as_deref(), Some(""));
    answer(&world, token, &["null"], None).await;
    assert_eq!(state(&world, "@counter@A/b").await, None);
    nothing(&mut worker).await;
}

#[tokio::test(start_paused = true)]
async fn operations_come_in_order_in_batches_and_what_was_not_run_comes_again() {
    let world = World::new().await;
    for n in 0..150 {
        signal(&world, "@e@1", &format!("op{n}"), "").await;
    }
    assert_eq!(world.hub.backlog(WorkKind::Entity), 1);
    let mut worker = world.worker();
    let (token, work) = next_entity(&mut worker).await;
    let batch = operations(&work);
    assert_eq!((batch.len(), batch[0].as_str(), batch[99].as_str()), (100, "op0", "op99"));
    nothing(&mut worker).await;
    let entity = world.hub.query_entities(&transient()).await.unwrap().items.remove(0);
    assert_eq!(entity.backlog, 150);
    // Forty were run.
    answer(&world, token, &["r"; 40], Some("40")).await;
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work)[0], "op40");
    assert_eq!(work.operations.len(), 100);
    answer(&world, token, &["r"; 100], Some("140")).await;
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work).len(), 10);
    answer(&world, token, &["r"; 10], Some("150")).await;
    nothing(&mut worker).await;
    assert_eq!(state(&world, "@e@1").await.as_deref(), Some("150"));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_with_its_result_or_its_failure() {
    let mut world = World::new().await;
    world.start("O", "o", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let actions =
        vec![call(1, "@e@1", "get"), call(2, "@e@1", "fail"), signal_action(3, "@e@1", "s")];
    world.complete(token, "o", actions).await;
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["get", "fail", "s"]);
    let failure = Box::new(FailureDetails::new("ValueError", "bad"));
    let results = vec![Ok(Some(payload("7"))), Err(failure), Ok(None)];
    let response =
        EntityResponse { results, state: Some(payload("7")), ..EntityResponse::default() };
    world.hub.complete_entity(token, response).await.unwrap();
    let (token, work) = next_turn(&mut worker).await;
    assert_eq!(answers(&work), ["r1=7", "r2!bad"]);
    assert_eq!(new_kinds(&work), ["OrchestratorStarted", "Entity", "Entity"]);
    world.complete(token, "o", vec![done(4, "")]).await;
    check(&world).await;
    let kinds = world.kinds("o").await;
    assert_eq!(kinds.iter().filter(|kind| **kind == "Entity").count(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_only_for_the_generation_that_asked() {
    let mut world = World::new().await;
    world.start("O", "o", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let again = crate::support::world::again(2, "", vec![]);
    world.complete(token, "o", vec![call(1, "@e@1", "get"), again]).await;
    let (mut batch, mut turn) = (None, None);
    for _ in 0..2 {
        match crate::support::world::next(&mut worker).await {
            crate::support::Item::Entity(token, _) => batch = Some(token),
            crate::support::Item::Turn(token, _) => turn = Some(token),
            crate::support::Item::Activity(_, task) => panic!("{task:?}"),
        }
    }
    answer(&world, batch.unwrap(), &["late"], Some("1")).await;
    world.complete(turn.unwrap(), "o", vec![done(1, "")]).await;
    assert_eq!(world.ended("o").await.status, taskhub_shared::status::RuntimeStatus::Completed);
    assert!(!world.kinds("o").await.contains(&"Entity"));
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_signal_waits_for_its_time_also_over_a_restart() {
    let mut world = World::new().await;
    let later = Signal {
        entity_id: "@e@1".to_owned(),
        operation: "later".to_owned(),
        scheduled_at: Some(epoch() + TimeDelta::seconds(60)),
        ..Signal::default()
    };
    world.hub.signal_entity(later.clone()).await.unwrap();
    let past = Signal { scheduled_at: Some(epoch() - TimeDelta::days(20_000)), ..later };
    world
        .hub
        .signal_entity(Signal {
            entity_id: "@e@2".to_owned(),
            operation: "past".to_owned(),
            ..past
        })
        .await
        .unwrap();
    let mut worker = world.worker();
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["past"]);
    answer(&world, token, &["1"], Some("1")).await;
    nothing(&mut worker).await;
    assert!(world.hub.entity("@e@1").await.unwrap().is_none());
    world.advance(59);
    nothing(&mut worker).await;
    world.reopen().await;
    let mut worker = world.worker();
    nothing(&mut worker).await;
    world.advance(1);
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["later"]);
    answer(&world, token, &["1"], Some("1")).await;
    assert_eq!(state(&world, "@e@1").await.as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn operations_of_a_vanished_worker_come_again_and_its_late_answer_is_stale() {
    let world = World::new().await;
    signal(&world, "@e@1", "a", "").await;
    let mut first = world.worker();
    let (lost, _) = next_entity(&mut first).await;
    drop(first);
    let mut second = world.worker();
    let (token, work) = next_entity(&mut second).await;
    assert_eq!(operations(&work), ["a"]);
    assert_eq!(answer(&world, lost, &["1"], Some("old")).await, Outcome::Stale);
    assert_eq!(answer(&world, token, &["1"], Some("new")).await, Outcome::Committed);
    assert_eq!(state(&world, "@e@1").await.as_deref(), Some("new"));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_could_not_run_or_says_nonsense_changes_nothing_and_comes_again() {
    let world = World::new().await;
    signal(&world, "@e@1", "a", "").await;
    let mut worker = world.worker();
    let (token, _) = next_entity(&mut worker).await;
    assert_eq!(answer(&world, token, &["1", "2"], Some("lie")).await, Outcome::Stale);
    nothing(&mut worker).await;
    world.advance(1);
    let (token, _) = next_entity(&mut worker).await;
    let response = EntityResponse {
        results: vec![Ok(None)],
        state: Some(payload("half")),
        failure: Some(Box::new(FailureDetails::new("Framework", "no such class"))),
        ..EntityResponse::default()
    };
    world.hub.complete_entity(token, response).await.unwrap();
    world.advance(2);
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(work.record.payloads.output, None);
    // A state that no work item could carry fails the operations, and leaves the old state.
    let huge = "x".repeat(limits::ENTITY_STATE_BYTES + 1);
    answer(&world, token, &["1"], Some(&huge)).await;
    nothing(&mut worker).await;
    assert_eq!(state(&world, "@e@1").await, None);
}

#[tokio::test(start_paused = true)]
async fn operations_signal_other_entities_and_start_orchestrations() {
    let world = World::new().await;
    signal(&world, "@e@1", "go", "").await;
    let mut worker = world.worker();
    let (token, _) = next_entity(&mut worker).await;
    let send = |id: &str| EntityAction::Signal {
        instance_id: id.to_owned(),
        operation: "ping".to_owned(),
        input: None,
        scheduled_at: None,
    };
    let start = |id: &str| EntityAction::Start {
        instance_id: id.to_owned(),
        name: "O".to_owned(),
        version: None,
        input: Some(payload("1")),
        scheduled_at: None,
        trace: None,
    };
    let response = EntityResponse {
        results: vec![Ok(None)],
        actions: vec![send("@e@1"), send("@f@2"), start("named"), start(""), start("@no@good")],
        state: Some(payload("1")),
        failure: None,
    };
    world.hub.complete_entity(token, response).await.unwrap();
    let mut seen = vec![];
    for _ in 0..4 {
        match crate::support::world::next(&mut worker).await {
            crate::support::Item::Entity(_, work) => seen.push(work.record.instance_id.to_string()),
            crate::support::Item::Turn(_, work) => {
                assert!(work.record.parent.is_none());
                let id = work.record.instance_id.to_string();
                seen.push(if id.len() == 32 { "made".to_owned() } else { id });
            }
            crate::support::Item::Activity(_, task) => panic!("{task:?}"),
        }
    }
    seen.sort();
    assert_eq!(seen, ["@e@1", "@f@2", "made", "named"]);
    nothing(&mut worker).await;
}

#[tokio::test(start_paused = true)]
async fn an_entity_is_no_instance() {
    let mut world = World::new().await;
    world.start("O", "o", "").await;
    signal(&world, "@e@1", "a", "").await;
    let hub = &world.hub;
    assert!(hub.instance("@e@1").await.unwrap().is_none());
    assert!(hub.history("@e@1", 0, 9).await.unwrap().is_none());
    assert_eq!(hub.terminate("@e@1", None, true).await.unwrap(), terminate::Outcome::NotFound);
    assert_eq!(hub.raise_event("@e@1", "x", None).await.unwrap(), raise_event::Outcome::NotFound);
    assert_eq!(hub.purge("@e@1").await.unwrap(), purge::Outcome::NotFound);
    let listed = hub.query_instances(&InstanceQuery::default(), true).await.unwrap();
    assert_eq!(listed.records.len(), 1);
    let counts = hub.count_instances(&InstanceQuery::default()).await.unwrap();
    assert_eq!(counts.values().sum::<u64>(), 1);
    assert_eq!(hub.names().await.unwrap().len(), 1);
    // An event that an orchestration sends to it is dropped.
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let actions = vec![crate::support::world::send(1, "@e@1", "x", "1"), done(2, "")];
    world.complete(token, "o", actions).await;
    let (_, work) = next_entity(&mut worker).await;
    assert_eq!(operations(&work), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_gets_the_entities_that_it_asks_for_and_no_more_at_once_than_it_can_run() {
    let world = World::new().await;
    for id in ["@a@1", "@a@2", "@b@1"] {
        signal(&world, id, "x", "").await;
    }
    let mut filters = Filters::default();
    filters.entities.insert("a".to_owned(), vec![]);
    let profile =
        WorkerProfile { filters: Some(filters), max_entities: 1, ..WorkerProfile::default() };
    let mut worker = world.hub.connect_worker(profile);
    let (token, work) = next_entity(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "@a@1");
    nothing(&mut worker).await;
    answer(&world, token, &["1"], None).await;
    let (_, work) = next_entity(&mut worker).await;
    assert_eq!(&*work.record.instance_id, "@a@2");
    assert_eq!(world.hub.backlog(WorkKind::Entity), 1);
}

#[tokio::test(start_paused = true)]
async fn lists_pages_and_clean_ups() {
    let world = World::new().await;
    let mut worker = world.worker();
    for n in 0..5 {
        signal(&world, &format!("@list@{n}"), "x", "").await;
        let (token, _) = next_entity(&mut worker).await;
        answer(&world, token, &["1"], (n != 2).then_some("1")).await;
        world.advance(1);
    }
    signal(&world, "@other@1", "x", "").await;
    let (token, _) = next_entity(&mut worker).await;
    answer(&world, token, &["1"], Some("1")).await;
    let ids = async |query: EntityQuery| {
        let mut query = query;
        let mut ids = vec![];
        loop {
            let page = world.hub.query_entities(&query).await.unwrap();
            assert!(page.items.len() <= query.limit);
            ids.extend(page.items.iter().map(|entity| entity.record.instance_id.to_string()));
            query.cursor = page.next;
            if query.cursor.is_none() {
                return ids;
            }
        }
    };
    let prefix = |prefix: &str| EntityQuery {
        id_prefix: Some(prefix.to_owned()),
        limit: 2,
        ..EntityQuery::default()
    };
    assert_eq!(ids(prefix("@LIST@")).await, ["@list@4", "@list@3", "@list@1", "@list@0"]);
    assert_eq!(ids(prefix("@oth")).await, ["@other@1"]);
    let changed = |from, to| EntityFilter {
        changed_from: Some(epoch() + TimeDelta::seconds(from)),
        changed_to: Some(epoch() + TimeDelta::seconds(to)),
        transient: true,
    };
    let query = EntityQuery { filter: changed(1, 3), limit: 9, ..EntityQuery::default() };
    assert_eq!(ids(query).await, ["@list@2", "@list@1"]);
    let cleaned = world.hub.clean_entities(None, false, true).await.unwrap();
    assert_eq!((cleaned.removed, cleaned.released), (0, 0));
    let cleaned = world.hub.clean_entities(None, true, true).await.unwrap();
    assert_eq!((cleaned.removed, cleaned.released, cleaned.next), (1, 0, None));
    assert_eq!(ids(transient()).await.len(), 5);
    assert_eq!(world.hub.purge_entity("@list@0").await.unwrap(), Purged::Purged);
    assert_eq!(world.hub.purge_entity("@list@0").await.unwrap(), Purged::NotFound);
    assert_eq!(ids(transient()).await.len(), 4);
    assert!(world.hub.purge_entity("nonsense").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_page_of_states_has_so_many_bytes_that_a_client_can_receive_it() {
    let world = World::new().await;
    let mut worker = world.worker();
    let large = "x".repeat(limits::ENTITY_STATE_BYTES / 2);
    for n in 0..10 {
        signal(&world, &format!("@large@{n}"), "add", "1").await;
        let (token, _) = next_entity(&mut worker).await;
        answer(&world, token, &["r"], Some(&large)).await;
    }
    let mut query = EntityQuery { states: true, limit: 100, ..EntityQuery::default() };
    let (mut seen, mut pages) = (0, 0);
    loop {
        let page = world.hub.query_entities(&query).await.unwrap();
        let states = page.items.iter().filter_map(|entity| entity.record.payloads.output.as_ref());
        assert!(states.map(|state| state.len()).sum::<usize>() <= limits::PAGE_BYTES);
        seen += page.items.len();
        pages += 1;
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), (10, 5));
    let bare = EntityQuery { states: false, ..query };
    assert_eq!(world.hub.query_entities(&bare).await.unwrap().items.len(), 10);
    let cleaned = world.hub.clean_entities(None, true, true).await.unwrap();
    assert_eq!((cleaned.removed, cleaned.next), (0, None), "all have a state");
}

fn transient() -> EntityQuery {
    let filter = EntityFilter { transient: true, ..EntityFilter::default() };
    EntityQuery { filter, limit: 100, ..EntityQuery::default() }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_deleted_entity_is_told() {
    let mut world = World::new().await;
    world.start("O", "o", "").await;
    let mut worker = world.worker();
    let (token, _) = next_turn(&mut worker).await;
    let later = taskhub_hub::engine::entity_event::EntityEvent::OperationCalled {
        request_id: "later".to_owned(),
        operation: "x".to_owned(),
        input: None,
        scheduled_at: Some(epoch() + TimeDelta::hours(1)),
        parent: None,
        parent_execution: None,
        target: Some("@a@1".to_owned()),
    };
    let actions = vec![call(1, "@a@1", "x"), super::say(2, later)];
    world.complete(token, "o", actions).await;
    // The first is with a worker.
    let (batch, _) = next_entity(&mut worker).await;
    assert_eq!(world.hub.purge_entity("@a@1").await.unwrap(), Purged::Purged);
    let (token, work) = next_turn(&mut worker).await;
    let text = "the entity \"@a@1\" was deleted before it ran the operation";
    assert_eq!(answers(&work), [format!("r1!{text}"), format!("later!{text}")]);
    assert_eq!(answer(&world, batch, &["1"], Some("1")).await, Outcome::Stale);
    world.complete(token, "o", vec![done(3, "")]).await;
    check(&world).await;
    world.nothing_left("it has ended").await;
}
