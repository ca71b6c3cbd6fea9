//! Orchestrators of the tests, and a worker that runs them.

use std::time::Duration;

use futures::StreamExt;
use taskhub_hub::{engine::entity::EntityResponse, operation::work::WorkItems};
use taskhub_shared::failure::FailureDetails;

use super::{
    Item, World,
    replay::{self, Outcome, Program, Replay},
};

/// The orchestrator with this name.
pub(crate) fn program(name: &str) -> Program {
    match name {
        "Sequence" => sequence,
        "FanOut" => fan_out,
        "Timer" => timer,
        "Waiter" => waiter,
        "Parent" => parent,
        "Counter" => counter,
        "Collect" => collect,
        "Sender" => sender,
        "Fails" => fails,
        other => panic!("no orchestrator {other}"),
    }
}

fn sequence(replay: &mut Replay<'_>) -> Option<()> {
    let a = replay.call("Echo", "a")?;
    let b = replay.call("Echo", &format!("{a}b"))?;
    let c = replay.call("Echo", &format!("{b}c"))?;
    replay.complete(&c);
    Some(())
}

fn fan_out(replay: &mut Replay<'_>) -> Option<()> {
    let ids: Vec<i32> = (0..5).map(|n| replay.schedule("Echo", &n.to_string())).collect();
    let results: Option<Vec<_>> = ids.iter().map(|id| replay.result(*id)?.ok()).collect();
    replay.complete(&results?.join(","));
    Some(())
}

fn timer(replay: &mut Replay<'_>) -> Option<()> {
    replay.call("Echo", "before")?;
    replay.sleep(60)?;
    let after = replay.call("Echo", "after")?;
    replay.complete(&after);
    Some(())
}

fn waiter(replay: &mut Replay<'_>) -> Option<()> {
    let event = replay.event("go")?;
    let echo = replay.call("Echo", &event)?;
    replay.complete(&echo);
    Some(())
}

fn parent(replay: &mut Replay<'_>) -> Option<()> {
    let id = replay.id().to_owned();
    let first = replay.start(&format!("{id}-s"), "Sequence");
    let second = replay.start(&format!("{id}-t"), "Timer");
    let third = replay.start("", "Fails");
    let text = |result: Outcome| match result {
        Ok(text) => text.to_string(),
        Err(failure) => failure.error_type,
    };
    let first = text(replay.result(first)?);
    let second = text(replay.result(second)?);
    let third = text(replay.result(third)?);
    replay.complete(&format!("{first},{second},{third}"));
    Some(())
}

fn counter(replay: &mut Replay<'_>) -> Option<()> {
    let echo = replay.call("Echo", &format!("{}i", replay.input()))?;
    if echo.len() < 4 {
        replay.continue_as_new(&echo, "none");
    } else {
        replay.complete(&echo);
    }
    Some(())
}

/// One event in each generation, five in all.
fn collect(replay: &mut Replay<'_>) -> Option<()> {
    let event = replay.event("item")?;
    let all = format!("{}{event}", replay.input());
    if all.len() < 5 {
        replay.continue_as_new(&all, "item");
    } else {
        replay.complete(&all);
    }
    Some(())
}

/// Sends to the instance that its input names, and to nobody.
fn sender(replay: &mut Replay<'_>) -> Option<()> {
    let to = replay.input().to_owned();
    replay.call("Echo", "x")?;
    replay.send(&to, "go", "sent");
    replay.send("nobody", "go", "lost");
    replay.complete("sent");
    Some(())
}

fn fails(replay: &mut Replay<'_>) -> Option<()> {
    let id = replay.schedule("Fail", "why");
    let failure = replay.result(id)?.err()?;
    replay.fail(failure);
    Some(())
}

/// The failure of the activity `Fail`.
pub(crate) fn failure() -> FailureDetails {
    let mut properties = serde_json::Map::new();
    properties.insert("code".to_owned(), 7.into());
    FailureDetails {
        error_type: "Oops".to_owned(),
        error_message: String::new(),
        stack_trace: Some("at line 1".to_owned()),
        inner_failure: Some(Box::new(FailureDetails::new("Cause", "deep"))),
        is_non_retriable: true,
        properties,
    }
}

/// Does one item of work as a worker would; whether the hub took the answer.
pub(crate) async fn perform(world: &World, item: Item) -> bool {
    match item {
        Item::Turn(token, work) => {
            let response = replay::run(&work, program(&work.record.name));
            world.hub.complete_turn(token, &work.record.instance_id, response).await.is_ok()
        }
        Item::Activity(token, task) => {
            let result = match task.name.as_str() {
                "Echo" => Ok(task.input.clone()),
                "Fail" => Err(Box::new(failure())),
                other => panic!("no activity {other}"),
            };
            let done = world.hub.complete_activity(token, &task.instance_id, task.event_id, result);
            done.await.is_ok()
        }
        // Every entity counts its operations.
        Item::Entity(token, work) => {
            let before: u64 =
                work.record.payloads.output.as_deref().map_or(0, |state| state.parse().unwrap());
            let counts = (before + 1..).take(work.operations.len());
            let results: Vec<_> =
                counts.map(|count| Ok(Some(super::payload(&count.to_string())))).collect();
            let state = results.last().and_then(|last| last.clone().ok()).flatten();
            let response = EntityResponse { results, state, ..EntityResponse::default() };
            world.hub.complete_entity(token, response).await.is_ok()
        }
    }
}

/// Works until nothing is left to do without the clock.
pub(crate) async fn drive(world: &World, items: &mut WorkItems) {
    while let Ok(Some(item)) = tokio::time::timeout(Duration::from_millis(20), items.next()).await {
        perform(world, item.into()).await;
    }
}

/// Works and lets the time pass, until the instance has ended.
pub(crate) async fn drive_to_end(world: &World, id: &str) -> Option<String> {
    let mut items = world.worker();
    for _ in 0..200 {
        drive(world, &mut items).await;
        if let Some(record) = world.hub.instance(id).await.unwrap()
            && record.status.is_terminal()
        {
            return Some(record.payloads.output.as_deref().unwrap_or_default().to_owned());
        }
        world.advance(1);
    }
    let left = world.hub.instance(id).await.unwrap();
    let history = world.hub.history(id, 0, usize::MAX).await.unwrap();
    panic!("{id} does not end: {left:#?} {history:#?}");
}
