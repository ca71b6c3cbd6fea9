//! The tabs of an instance: what ran when, event by event, its family, its data.

use serde_json::{Value, json};
use taskhub_worker::{
    ActivityContext, Error, OrchestrationContext, Result, SubOrchestratorOptions, Worker,
};
use thirtyfour::Key;

use super::{Look, Page, page::instance_path, with_browser};
use crate::world::eventually;

async fn order(ctx: OrchestrationContext, (): ()) -> Result<()> {
    let child = |id: &str| SubOrchestratorOptions::default().instance_id(id);
    let packed = ctx.call_sub_orchestrator_with::<()>("Pack", (), child("order-pack"));
    packed.await?;
    let paid = ctx.call_sub_orchestrator_with::<()>("Pay", (), child("order-pay"));
    Ok(paid.await?)
}

async fn pay(ctx: OrchestrationContext, (): ()) -> Result<()> {
    Ok(ctx.call_activity("Charge", ()).await?)
}

async fn pack(_: OrchestrationContext, (): ()) -> Result<()> {
    Ok(())
}

async fn charge(_: ActivityContext, (): ()) -> Result<()> {
    Err(Error::new("CardError", "the card has expired"))
}

#[tokio::test]
async fn a_parent_leads_to_its_failed_child_and_to_what_failed_there() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let worker = Worker::builder()
            .endpoint(page.server().origin())
            .orchestrator("Order", order)
            .orchestrator("Pack", pack)
            .orchestrator("Pay", pay)
            .activity("Charge", charge)
            .build()
            .expect("make a worker");
        let running = tokio::spawn(async move { worker.run_until(std::future::pending()).await });
        page.api().start("Order", "order", Value::Null).await;
        page.open_instance("order").await;
        page.shows_status("Failed").await;
        page.mark().await;
        page.click("tab-tree").await;
        page.is_at("/instances/order/tree").await;
        let child = "[data-testid=tree-child][data-id=order-pay]";
        page.see_css(&format!("{child} [data-status=Failed]")).await;
        page.see_css("[data-testid=tree-child][data-id=order-pack] [data-status=Completed]").await;
        page.click_css(&format!("{child} a")).await;
        page.is_at("/instances/order-pay").await;
        page.shows_status("Failed").await;
        page.reads("failure", "the card has expired").await;
        page.reads("parent-link", "order").await;
        // What failed, on the time line and from there in the history.
        page.click("timeline-row").await;
        page.reads("timeline-selected", "the card has expired").await;
        page.click_css("[data-testid=timeline-selected] .attempts a:last-of-type").await;
        page.reads("event-panel", "TaskFailed").await;
        page.reads("event-panel", "the card has expired").await;
        page.click("tab-tree").await;
        page.see_css("[data-testid=tree-ancestor][data-id=order]").await;
        page.check_mark().await;
        running.abort();
    })
    .await;
}

/// Presses a key and waits for the address.
async fn press_to(page: &Page, key: &str, end: &str) {
    page.press(key).await;
    page.is_at(end).await;
}

#[tokio::test]
async fn keys_lead_through_the_tabs_and_the_time_line() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("HelloSequence", "keys", Value::Null).await;
        page.open_instance("keys").await;
        page.shows_status("Completed").await;
        page.see("timeline-row").await;
        press_to(page, "2", "/instances/keys/history").await;
        page.see("history-row").await;
        press_to(page, "3", "/instances/keys/tree").await;
        press_to(page, "4", "/instances/keys/data").await;
        page.see("management-url").await;
        press_to(page, "1", "/instances/keys").await;
        page.see("timeline-row").await;
        page.ask::<Value>("document.getElementById('timeline').focus(); return null").await;
        page.press(Key::Down).await;
        page.press(Key::Down).await;
        page.press(Key::Enter).await;
        page.reads("timeline-selected", "SayHello").await;
        let active: String = page
            .ask("return document.getElementById('timeline').getAttribute('aria-activedescendant')")
            .await;
        assert_eq!(active, "timeline-1");
        page.press("+").await;
        eventually("the scale is drawn anew", || async {
            let first: String =
                page.ask("return document.querySelector('.tl-scale > span').textContent").await;
            (first != "0").then_some(())
        })
        .await;
        page.back().await;
        page.is_at("/instances/keys/data").await;
    })
    .await;
}

#[tokio::test]
async fn the_state_at_an_event_is_in_the_address() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("HelloSequence", "past", Value::Null).await;
        page.api().reaches("past", "Completed").await;
        page.open(&format!("{}/history?at=3", instance_path("past"))).await;
        for _ in 0..2 {
            page.reads("event-panel", "TaskScheduled").await;
            page.reads("state-after", "Running").await;
            page.reads("state-after", "SayHello").await;
            page.see_css("#history-table .pair").await;
            page.reload().await;
        }
        page.click("event-pair").await;
        page.reads("event-panel", "TaskCompleted").await;
        page.click("event-after").await;
        page.reads("event-panel", "TaskScheduled").await;
        page.fill("history-filter", "type:TaskCompleted").await;
        page.is_at("q=type%3ATaskCompleted").await;
        eventually("three events are left", || async {
            let left: usize = page
                .ask("return document.querySelectorAll('[data-testid=history-row]').length")
                .await;
            (left == 3).then_some(())
        })
        .await;
        page.fill("history-filter", "-type:Task").await;
        eventually("no task is left", || async {
            let left: String =
                page.ask("return document.getElementById('history-table').innerText").await;
            (!left.contains("TaskCompleted") && left.contains("ExecutionStarted")).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn parallel_work_is_one_line_and_few_rows_are_in_the_page() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let rows = "return document.querySelectorAll('[data-testid=timeline-row]').length";
        page.api().start("FanOutFanIn", "wide", json!({ "count": 900 })).await;
        page.open_instance("wide").await;
        page.shows_status("Completed").await;
        page.reads("timeline", "900").await;
        assert_eq!(page.ask::<usize>(rows).await, 1);
        page.click("timeline-row").await;
        page.reads("timeline-selected", "900").await;
        eventually("the rows are there", || async {
            let shown: usize = page.ask(rows).await;
            (shown > 10 && shown < 60).then_some(())
        })
        .await;
        page.press(Key::End).await;
        page.see_css("#timeline-900").await;
        assert!(page.ask::<usize>(rows).await < 60);
        page.click("tab-history").await;
        page.see("history-row").await;
        page.fill("history-jump", "1500\u{e007}").await;
        page.reads("event-panel", "#1500").await;
        page.see_css("#history-table-1499").await;
    })
    .await;
}

#[tokio::test]
async fn a_call_can_be_copied_before_it_is_made() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("Approval", "copied", Value::Null).await;
        page.open_instance("copied").await;
        page.shows_status("Running").await;
        page.click("action-terminate").await;
        page.fill("terminate-reason", "it's late").await;
        page.click_css("[data-testid=terminate-copy] > summary").await;
        page.reads("terminate-copy-text", "/instances/copied/terminate").await;
        page.reads("terminate-copy-text", r"it'\''s late").await;
        page.click_css("[data-testid=terminate-copy] label:nth-of-type(2)").await;
        page.reads("terminate-copy-text", "taskhub durable terminate --id copied").await;
        page.press(Key::Escape).await;
        page.see_no("terminate-dialog").await;
        page.click("action-restart").await;
        // It runs, so its id is taken; the box says so and stays as it is.
        page.click("restart-same-id").await;
        page.reads("restart-dialog", "running").await;
        let ticked: bool =
            page.ask("return document.getElementById('restart-same-id').checked").await;
        assert!(!ticked);
        assert_eq!(page.api().instance("copied").await.json()["runtimeStatus"], "Running");
    })
    .await;
}

#[tokio::test]
async fn data_is_searched_and_its_path_is_told() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let input = json!({ "items": (0..500).map(|n| json!({ "sku": format!("A-{n}") })).collect::<Vec<_>>() });
        page.api().start("Nobody", "data", input).await;
        page.open(&format!("{}/data", instance_path("data"))).await;
        page.see("management-url").await;
        page.click_css("[data-testid=input] input[type=search]").await;
        page.press("a-421").await;
        page.reads("input", "$.items[421].sku").await;
        page.click_css("[data-testid=input] .json-hits button").await;
        page.reads("input", "\"A-421\"").await;
        page.reads("input", "Whole document").await;
        assert!(page.text("input").await.contains("$.items[421].sku"));
    })
    .await;
}

#[tokio::test]
async fn a_large_payload_is_loaded_when_it_is_asked_for() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let items: Vec<Value> = (0..20_000).map(|n| json!({ "sku": format!("A-{n}") })).collect();
        page.api().start("Nobody", "large", json!({ "items": items })).await;
        page.open(&format!("{}/data", instance_path("large"))).await;
        page.reads("input", "KiB in all").await;
        page.click_css("[data-testid=input] .cut-foot button").await;
        page.reads("input", "20,000 items").await;
        page.click_css("[data-testid=input] input[type=search]").await;
        page.press("a-19999").await;
        page.reads("input", "$.items[19999].sku").await;
        // To start it once more, the beginning of an input is not enough.
        page.click("start-like").await;
        page.reads_value("start-input", "A-19999").await;
    })
    .await;
}
