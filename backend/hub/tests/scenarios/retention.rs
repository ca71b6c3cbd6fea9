//! Rules that purge what has ended long ago.

use chrono::TimeDelta;
use taskhub_shared::{
    query::InstanceQuery,
    retention::{LONGEST_HOURS, MOST_RULES, Retention, RetentionRule, RetentionState},
};

use crate::support::world::{World, epoch};

fn rules(rules: &[(&str, u32)]) -> Retention {
    let rule = |(query, after_hours): &(&str, u32)| RetentionRule {
        query: (*query).to_owned(),
        after_hours: *after_hours,
    };
    Retention { rules: rules.iter().map(rule).collect() }
}

async fn ids(world: &World) -> Vec<String> {
    let query = InstanceQuery { sort: "created".parse().unwrap(), ..InstanceQuery::default() };
    let listed = world.hub.query_instances(&query, false).await.unwrap();
    listed.records.iter().map(|record| record.instance_id.to_string()).collect()
}

/// What the rules did, once they ran at this time or later.
async fn ran(world: &World, at: chrono::DateTime<chrono::Utc>) -> RetentionState {
    loop {
        let state = world.hub.retention();
        if state.last_run.as_ref().is_some_and(|run| run.at >= at) {
            return state;
        }
        tokio::task::yield_now().await;
    }
}

/// Instances that were started, and ended by termination but for one, an hour apart.
async fn world() -> World {
    let mut world = World::new().await;
    for (name, id) in [("Order", "old"), ("Keep", "kept"), ("Order", "runs"), ("Order", "new")] {
        world.start(name, id, "").await;
        if id != "runs" {
            world.hub.terminate(id, None, false).await.unwrap();
        }
        world.advance(3600);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn what_ended_long_ago_goes_and_nothing_else() {
    let world = world().await;
    assert_eq!(world.hub.retention(), RetentionState::default());
    let now = epoch() + TimeDelta::hours(4);
    let state = world.hub.set_retention(rules(&[("name:Order", 2)])).await.unwrap();
    assert_eq!(state.next_run_at, Some(now));
    let state = ran(&world, now).await;
    let run = state.last_run.unwrap();
    assert_eq!((run.purged, run.error), (1, None));
    assert_eq!(state.next_run_at, Some(now + TimeDelta::hours(1)));
    assert_eq!(ids(&world).await, ["kept", "runs", "new"]);
    // Every hour they are applied again.
    world.advance(2 * 3600);
    let state = ran(&world, now + TimeDelta::hours(2)).await;
    assert_eq!(state.last_run.unwrap().purged, 1);
    assert_eq!(ids(&world).await, ["kept", "runs"]);
}

#[tokio::test(start_paused = true)]
async fn rules_are_kept_and_go_on_after_a_restart() {
    let mut world = world().await;
    world.hub.set_retention(rules(&[("", 100), ("id:kept", 1)])).await.unwrap();
    ran(&world, epoch() + TimeDelta::hours(4)).await;
    assert_eq!(ids(&world).await, ["old", "runs", "new"]);
    world.reopen().await;
    let state = world.hub.retention();
    assert_eq!(state.rules, rules(&[("", 100), ("id:kept", 1)]).rules);
    assert_eq!(state.last_run.unwrap().purged, 1);
    world.advance(100 * 3600);
    ran(&world, epoch() + TimeDelta::hours(104)).await;
    assert_eq!(ids(&world).await, ["runs"]);
    // With no rules nothing is ever applied.
    let state = world.hub.set_retention(Retention::default()).await.unwrap();
    assert_eq!(state.next_run_at, None);
}

#[tokio::test]
async fn rules_that_cannot_be_applied_are_refused() {
    let world = World::new().await;
    let many = vec![("", 1); MOST_RULES + 1];
    for (refused, word) in [
        (rules(&[("", 1), ("", 0)]), "rule 2: \"afterHours\""),
        (rules(&[("", LONGEST_HOURS + 1)]), "rule 1: \"afterHours\""),
        (rules(&[("nonsense:1", 1)]), "rule 1: \"query\""),
        (rules(&[("a) (b", 1)]), "rule 1: \"query\""),
        (rules(&many), "at most 20"),
    ] {
        let error = world.hub.set_retention(refused).await.unwrap_err().to_string();
        assert!(error.contains("rules") && error.contains(word), "{error}");
    }
    assert_eq!(world.hub.retention(), RetentionState::default());
}
