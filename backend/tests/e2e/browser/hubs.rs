//! Hubs: the cards, a first run, deleting one, and how to get anywhere.

use serde_json::Value;
use thirtyfour::Key;

use super::{Look, session::with_browser_at, with_browser};
use crate::world::Setup;

#[tokio::test]
async fn a_hub_is_deleted_by_its_name() {
    only_when_asked!();
    let server = Setup::with_samples()
        .arg("--task-hub=DurableFunctionsHub")
        .arg("--task-hub=Second")
        .start()
        .await;
    with_browser_at(server, Look::DESKTOP, async |page| {
        page.open("/hubs").await;
        page.see_css("[data-testid=hub-card][data-hub=Second]").await;
        page.click_css("[data-hub=Second] a").await;
        page.see("first-run").await;
        page.click("nav-settings").await;
        page.fill("danger-name", "second").await;
        let told = page.attribute("danger-delete", "aria-disabled").await;
        assert_eq!(told.as_deref(), Some("true"), "the name must be typed as it is");
        page.fill("danger-name", "Second").await;
        page.click("danger-delete").await;
        page.reads("toast", "Second was deleted").await;
        page.see_no_css("[data-hub=Second]").await;
        assert_eq!(page.address().await, "/hubs");
        page.open("/h/DurableFunctionsHub/settings/danger").await;
        page.fill("danger-name", "DurableFunctionsHub").await;
        page.reads("danger", "cannot be deleted").await;
        let told = page.attribute("danger-delete", "aria-disabled").await;
        assert_eq!(told.as_deref(), Some("true"));
    })
    .await;
}

#[tokio::test]
async fn the_first_run_ticks_as_it_happens() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.open("/h/DurableFunctionsHub").await;
        page.see_css("[data-testid=step-worker][data-done=true]").await;
        page.see_css("[data-testid=step-done][data-done=false]").await;
        page.reads("worker-code", "TaskHubGrpcWorker").await;
        page.click("start-sample").await;
        page.see_css("[data-testid=step-start][data-done=true]").await;
        page.see_css("[data-testid=step-done][data-done=true]").await;
        page.click("to-overview").await;
        page.reads("by-name", "HelloSequence").await;
        page.reads("card-Running", "0").await;
        page.click("range-24h").await;
        assert!(page.address().await.ends_with("?range=24h"));
    })
    .await;
}

#[tokio::test]
async fn the_palette_leads_to_pages_and_instances() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        api.start("HelloSequence", "order-17", Value::Null).await;
        api.reaches("order-17", "Completed").await;
        page.open("/h/DurableFunctionsHub/workers").await;
        page.see("workers-table").await;
        page.press_with_control("k").await;
        page.fill("palette-input", "order-").await;
        page.see_css("[role=option][data-href$=\"order-17\"]").await;
        page.press(Key::Enter).await;
        page.shows_status("Completed").await;
        page.press_with_control("k").await;
        page.fill("palette-input", "job new").await;
        page.press(Key::Enter).await;
        page.see("batch-form").await;
        page.click_css("h1").await;
        page.press("gw").await;
        page.see("workers-table").await;
        // Whoever speaks to the machine can switch single keys off.
        page.open("/me").await;
        page.click_css("label:has([data-testid=me-keys-off])").await;
        page.click_css("h1").await;
        page.press("gw").await;
        assert_eq!(page.address().await, "/me");
        page.click_css("label:has([data-testid=me-zone-utc])").await;
        page.reads("zone", "UTC").await;
    })
    .await;
}
