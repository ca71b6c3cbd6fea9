//! Continue-as-new, time, ids, custom status.

use std::time::Duration;

use super::*;

async fn collect(ctx: OrchestrationContext, seen: serde_json::Value) -> Result<Vec<u32>> {
    let mut seen: Vec<u32> = serde_json::from_value(seen).unwrap_or_default();
    if seen.is_empty() {
        ctx.call_activity::<()>("Prepare", ()).await?;
    }
    seen.push(ctx.wait_for_event("Item").await?);
    if seen.len() == 3 {
        return Ok(seen);
    }
    drop(ctx.call_activity::<()>("Unwanted", ()));
    let _timer = ctx.create_timer(Duration::from_secs(5));
    ctx.send_event("other", "Seen", &seen);
    ctx.continue_as_new(seen).await
}

#[test]
fn events_nobody_took_reach_the_next_generation() {
    let mut instance = simulate(collect);
    check(&instance.turn([raised("Item", 1), raised("item", 2)]), &["1 task Prepare"]);
    let end = instance.turn([completed(1, ()), raised("Other", 0), raised("ITEM", 3)]);
    check(&end, &["4 send Seen [1] to other", "5 continued_as_new [1]"]);
    check(&instance.turn([]), &["3 send Seen [1,2] to other", "4 continued_as_new [1,2]"]);
    check(&instance.turn([]), &["1 completed [1,2,3]"]);
}

#[test]
fn a_terminate_in_the_same_batch_is_not_lost() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.wait_for_event::<()>("Go").await?;
        ctx.continue_as_new::<Result<()>>(()).await
    });
    instance.turn([]);
    let terminate = taskhub_proto::ExecutionTerminatedEvent { input: None, recurse: false };
    let terminate = taskhub_proto::history_event::EventType::ExecutionTerminated(terminate);
    check(&instance.turn([raised("Go", ()), terminate]), &["1 terminated"]);
}

#[test]
fn continue_as_new_also_works_without_awaiting_it() {
    let mut instance = simulate(|ctx, input| async move {
        if input.is_null() {
            let _next = ctx.continue_as_new::<()>(1);
        }
        Ok("done")
    });
    check(&instance.turn([]), &["1 continued_as_new 1"]);
    check(&instance.turn([]), &[r#"1 completed "done""#]);
}

#[test]
fn a_failure_beats_continue_as_new() {
    let mut instance = simulate(|ctx, _| async move {
        let _next = ctx.continue_as_new::<()>(1);
        Err::<(), _>(Error::new("Broken", "no"))
    });
    check(&instance.turn([]), &["1 failed Broken"]);
}

#[test]
fn time_is_the_time_of_the_batch() {
    let mut instance = simulate(|ctx, _| async move {
        let first = ctx.current_time();
        ctx.wait_for_event::<()>("Go").await?;
        Ok([first, ctx.current_time()])
    });
    instance.turn([]);
    instance.pass(90);
    instance.turn([raised("Go", ())]);
    assert_eq!(
        instance.output(),
        serde_json::json!(["2026-03-01T09:00:00Z", "2026-03-01T09:01:30Z"])
    );
}

#[test]
fn ids_are_new_and_the_same_on_replay() {
    let mut instance = simulate(|ctx, _| async move {
        let before = [ctx.new_guid(), ctx.new_guid()].map(|id| id.to_string());
        ctx.set_custom_status(&before);
        let go: u32 = ctx.wait_for_event("Go").await?;
        Ok((before, ctx.new_guid().to_string(), go))
    });
    instance.turn([]);
    let before = instance.custom_status.clone().unwrap();
    assert_ne!(before[0], before[1]);
    instance.turn([raised("Go", 1)]);
    assert_eq!(instance.output()[0], before);
    assert_eq!(instance.statuses.len(), 1);
}

#[test]
fn replaying_ends_where_the_new_events_begin() {
    let mut instance = simulate(|ctx, _| async move {
        let first = ctx.is_replaying();
        ctx.wait_for_event::<()>("Go").await?;
        let second = ctx.is_replaying();
        ctx.set_custom_status([first, second]);
        ctx.wait_for_event::<()>("Go").await?;
        Ok([first, second, ctx.is_replaying()])
    });
    instance.turn([]);
    instance.turn([raised("Go", ())]);
    assert_eq!(instance.custom_status, Some(serde_json::json!([true, false])));
    instance.turn([raised("Go", ())]);
    assert_eq!(instance.output(), serde_json::json!([true, true, false]));
}

#[test]
fn an_unset_custom_status_is_absent() {
    let mut instance = simulate(|ctx, _| async move {
        ctx.wait_for_event::<()>("Go").await?;
        ctx.set_custom_status("");
        Ok(())
    });
    instance.turn([]);
    assert_eq!(instance.custom_status, None);
    instance.turn([raised("Go", ())]);
    assert_eq!(instance.custom_status, Some(serde_json::json!("")));
}

#[test]
fn the_context_tells_who_is_running() {
    let mut instance = simulate(|ctx, _| async move {
        assert_eq!(ctx.version(), None);
        assert_eq!(ctx.parent_instance_id(), None);
        Ok((ctx.instance_id(), ctx.name(), ctx.execution_id()))
    });
    instance.turn([]);
    assert_eq!(instance.output(), serde_json::json!([INSTANCE, "Main", format!("{:032x}", 1)]));
}
