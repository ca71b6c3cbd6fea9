//! External events, and choosing between an event and a timer.

use std::time::Duration;

use futures::future::{Either, select};

use super::*;

#[test]
fn events_before_the_wait_are_kept_in_order_whatever_their_case() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.call_activity::<()>("Prepare", ()).await?;
        let a: u32 = ctx.wait_for_event("Item").await?;
        let b: u32 = ctx.wait_for_event("item").await?;
        let c: u32 = ctx.wait_for_event("ITEM").await?;
        Ok([a, b, c])
    });
    check(&instance.turn([raised("item", 1)]), &["1 task Prepare"]);
    check(&instance.turn([raised("other", 0), raised("ITEM", 2)]), &[]);
    check(&instance.turn([completed(1, ())]), &[]);
    check(&instance.turn([raised("Item", 3)]), &["2 completed [1,2,3]"]);
}

#[test]
fn several_waits_are_served_in_the_order_they_were_made() {
    let mut instance = simulate(|ctx, _| async move {
        let first = ctx.wait_for_event::<u32>("Item");
        let second = ctx.wait_for_event::<u32>("Item");
        Ok([second.await?, first.await?])
    });
    instance.turn([raised("Item", 1)]);
    check(&instance.turn([raised("Item", 2)]), &["1 completed [2,1]"]);
}

async fn event_or_timer(
    ctx: OrchestrationContext,
    _: serde_json::Value,
) -> Result<(Option<u32>, Option<u32>)> {
    let wait = ctx.wait_for_event::<u32>("Answer");
    let timer = ctx.create_timer(Duration::from_secs(60));
    let first = match select(wait, timer).await {
        Either::Left((answer, _)) => Some(answer?),
        Either::Right(_) => None,
    };
    ctx.set_custom_status("second");
    let wait = ctx.wait_for_event::<u32>("Answer");
    let timer = ctx.create_timer(Duration::from_secs(60));
    let second = match select(wait, timer).await {
        Either::Left((answer, _)) => Some(answer?),
        Either::Right(_) => None,
    };
    Ok((first, second))
}

#[test]
fn the_event_wins() {
    let mut instance = simulate(event_or_timer);
    check(&instance.turn([]), &["1 timer 09:01:00"]);
    check(&instance.turn([raised("answer", 7)]), &["2 timer 09:01:00"]);
    check(&instance.turn([fired(1), fired(2)]), &["3 completed [7,null]"]);
}

#[test]
fn the_timer_wins_and_the_event_goes_to_the_next_wait() {
    let mut instance = simulate(event_or_timer);
    instance.turn([]);
    check(
        &instance.turn([fired(1), raised("Answer", 8)]),
        &["2 timer 09:01:00", "3 completed [null,8]"],
    );
}

#[test]
fn the_first_in_the_history_wins() {
    let mut instance = simulate(event_or_timer);
    instance.turn([]);
    check(&instance.turn([raised("Answer", 8), fired(1)]), &["2 timer 09:01:00"]);
}

#[test]
fn an_event_given_to_a_dropped_wait_is_not_lost() {
    let mut instance = simulate(|ctx, _| async move {
        let wait = ctx.wait_for_event::<u32>("A");
        ctx.wait_for_event::<()>("Go").await?;
        // The event came while nobody looked.
        drop(wait);
        let first: u32 = ctx.wait_for_event("A").await?;
        let second: u32 = ctx.wait_for_event("A").await?;
        Ok([first, second])
    });
    instance.turn([raised("A", 1), raised("A", 2)]);
    check(&instance.turn([raised("Go", ())]), &["1 completed [1,2]"]);
}

#[test]
fn a_given_back_event_wakes_another_wait() {
    let mut instance = simulate(|ctx, _| async move {
        let first = ctx.wait_for_event::<u32>("A");
        let second = ctx.wait_for_event::<u32>("A");
        let giver = async {
            ctx.wait_for_event::<()>("Go").await?;
            drop(first);
            Ok::<_, Error>(())
        };
        let (second, given) = futures::join!(second, giver);
        given?;
        Ok(second?)
    });
    instance.turn([raised("A", 5)]);
    check(&instance.turn([raised("Go", ())]), &["1 completed 5"]);
}

#[test]
fn an_unreadable_event_names_the_event() {
    let mut instance = simulate(|ctx, _| async move {
        let yes: bool = ctx.wait_for_event("Approval").await?;
        Ok(yes)
    });
    instance.turn([raised("Approval", "perhaps")]);
    let message = instance.failure().message;
    assert!(message.starts_with(r#"external event "Approval": invalid type"#), "{message}");
}
