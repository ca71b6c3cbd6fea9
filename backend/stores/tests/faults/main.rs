//! Every call to the store goes wrong once, in each way, in each scenario; and once more while the hub recovers.
//!
//! Source: section 2.2 of the project's reliability plan.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    reason = "a test that meets what it does not expect should stop, and says what it covers"
)]

mod program;
mod store;
mod world;

use std::collections::BTreeMap;

use taskhub_hub::operation::{purge, raise_event, rewind, terminate};
use taskhub_shared::status::RuntimeStatus::{Completed, Failed, Suspended, Terminated};

use program::text;
use store::{Mode, Plan};
use world::World;

/// What clients do in a scenario; the output of the instance `x` at the end.
async fn play(scenario: &str, world: &mut World) -> Option<String> {
    match scenario {
        "chain" => {
            world.start("Chain").await;
            world.until(Completed).await;
            Some("abc".to_owned())
        }
        "fan-out" => {
            world.start("FanOut").await;
            world.until(Completed).await;
            Some("210".to_owned())
        }
        "timer" => {
            world.start("Timer").await;
            world.until(Completed).await;
            Some("fired".to_owned())
        }
        "event" => {
            world.start("Event").await;
            world.work().await;
            let raise = async |hub: taskhub_hub::Hub| hub.raise_event("x", "go", text("now")).await;
            let raised = world.insist(raise).await;
            // One that was stored and not answered may have brought the end already.
            assert!(!matches!(raised, raise_event::Outcome::NotFound));
            world.until(Completed).await;
            Some("now".to_owned())
        }
        "child" => {
            world.start("Parent").await;
            world.until(Completed).await;
            Some("abc".to_owned())
        }
        "continue-as-new" => {
            world.start("Again").await;
            world.until(Completed).await;
            Some("iii".to_owned())
        }
        "terminate" => {
            world.start("Parent").await;
            world.work().await;
            let end = async |hub: taskhub_hub::Hub| hub.terminate("x", text("stopped"), true).await;
            let ended = world.insist(end).await;
            assert!(!matches!(ended, terminate::Outcome::NotFound));
            // The child may have been quicker.
            let record = world.record("x").await.unwrap();
            assert!([Completed, Terminated].contains(&record.status), "{record:?}");
            record.payloads.output.map(|output| output.to_string())
        }
        "suspend" => {
            world.start("Event").await;
            world.work().await;
            world.suspend().await;
            let raise = async |hub: taskhub_hub::Hub| hub.raise_event("x", "go", text("now")).await;
            world.insist(raise).await;
            world.until(Suspended).await;
            world.resume().await;
            world.until(Completed).await;
            Some("now".to_owned())
        }
        "purge" => {
            world.start("Chain").await;
            world.until(Completed).await;
            let purged = world.insist(async |hub| hub.purge("x").await).await;
            assert!(matches!(purged, purge::Outcome::Purged | purge::Outcome::NotFound));
            None
        }
        "restart" => {
            world.restless = true;
            world.start("Chain").await;
            world.until(Completed).await;
            Some("abc".to_owned())
        }
        "entity" => {
            world.start("Caller").await;
            world.until(Completed).await;
            Some("1".to_owned())
        }
        "rewind" => {
            world.start("Flaky").await;
            world.until(Failed).await;
            world.mended = true;
            let rewound = world.insist(async |hub| hub.rewind("x", None).await).await;
            assert!(!matches!(rewound, rewind::Outcome::NotFound));
            world.until(Completed).await;
            Some("flaky".to_owned())
        }
        other => panic!("no scenario {other}"),
    }
}

/// Plays a scenario with these faults; whether the first of them came, and the calls that were made.
async fn life(scenario: &str, faults: &[(u64, Mode)]) -> (bool, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(faults);
    let mut world = World::new(folder.path().join("taskhub.db"), &plan);
    let output = play(scenario, &mut world).await;
    world.check(&format!("{scenario} with {faults:?}"), output.as_deref()).await;
    let names = plan.names.lock().unwrap().clone();
    (plan.hit() > 0, names)
}

/// Plays a scenario until no fault is hit any more.
async fn sweep(scenario: &str) {
    let (_, calls) = life(scenario, &[]).await;
    let mut faults = 0_u32;
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for (mode, number) in Mode::ALL.into_iter().zip(0..) {
        for at in 1.. {
            let (hit, _) = life(scenario, &[(at, mode)]).await;
            if !hit {
                break;
            }
            // Once more while it recovers, in another way and soon after.
            let other = Mode::ALL.into_iter().cycle().nth(number + 1 + usize::from(at % 2 == 0));
            life(scenario, &[(at, mode), (at + 1 + at % 3, other.unwrap())]).await;
            faults += 1;
            let index = usize::try_from(at - 1).unwrap();
            *kinds.entry(calls.get(index).copied().unwrap_or("later")).or_default() += 1;
        }
    }
    println!(
        "{scenario}: {} calls, {faults} faults and as many pairs, by call {kinds:?}",
        calls.len()
    );
    assert!(faults as usize >= calls.len() * Mode::ALL.len(), "every call went wrong in each way");
}

macro_rules! sweeps {
    ($($test:ident: $scenario:literal,)+) => {
        $(
            #[tokio::test]
            async fn $test() {
                sweep($scenario).await;
            }
        )+
    };
}

sweeps! {
    a_chain: "chain",
    a_fan_out: "fan-out",
    a_timer: "timer",
    an_event: "event",
    a_sub_orchestration: "child",
    generations: "continue-as-new",
    an_end_from_outside: "terminate",
    a_suspension: "suspend",
    a_purge: "purge",
    a_process_that_ends_again_and_again: "restart",
    an_entity_under_a_lock: "entity",
    a_rewind: "rewind",
}
