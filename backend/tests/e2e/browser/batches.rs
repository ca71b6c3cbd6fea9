//! Batch jobs: from a query over its check to its end, and back while there is time.

use serde_json::{Value, json};

use super::{Look, Page, with_browser};
use crate::world::{Api, eventually};

const NEW: &str = "/h/DurableFunctionsHub/batches/new";

/// Three that wait, and one that has ended.
async fn four(api: &Api) {
    for id in ["w-1", "w-2", "w-3"] {
        api.start("Approval", id, Value::Null).await;
        api.reaches(id, "Running").await;
    }
    api.start("HelloSequence", "w-done", Value::Null).await;
    api.reaches("w-done", "Completed").await;
}

async fn state(page: &Page, state: &str) {
    page.see_css(&format!("[data-testid=batch-state][data-state={state}]")).await;
}

#[tokio::test]
async fn what_a_query_finds_is_terminated_after_its_check() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        four(&api).await;
        page.open("/h/DurableFunctionsHub").await;
        page.click("nav-batches").await;
        page.see("no-batches").await;
        page.click("new-batch").await;
        page.reads("batch-run-why", "Check first").await;
        page.fill("batch-query", "id:w-").await;
        page.reads("batch-count", "4 instances match").await;
        page.click("batch-check").await;
        page.reads("batch-dry-run", "4 match. 3 will be terminated; 1 will be skipped.").await;
        page.click_css("[data-testid=batch-refused] summary").await;
        page.reads("batch-refused", "w-done").await;
        page.reads("batch-refused", "Has ended already").await;
        // The reason is required.
        page.reads("batch-run-why", "Say why").await;
        page.fill("batch-reason", "end of the trial").await;
        page.click("batch-run").await;
        page.reads("grace", "Terminates in").await;
        for id in ["w-1", "w-2", "w-3"] {
            assert_eq!(api.reaches(id, "Running").await["runtimeStatus"], "Running");
        }
        page.click("batch-now").await;
        state(page, "Completed").await;
        for id in ["w-1", "w-2", "w-3"] {
            api.reaches(id, "Terminated").await;
        }
        page.reads("tab-succeeded", "3").await;
        page.click("tab-skipped").await;
        page.reads("batch-items", "w-done").await;
        assert!(page.address().await.ends_with("?result=skipped"));
        page.reload().await;
        page.reads("batch-items", "Has ended already").await;
        page.click("nav-batches").await;
        page.reads("batches-table", "end of the trial").await;
        page.reads("batches-table", "4 of 4").await;
    })
    .await;
}

#[tokio::test]
async fn a_job_is_undone_while_there_is_time() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        four(&api).await;
        page.open(&format!("{NEW}?op=purge&q=status:Completed")).await;
        page.fill("batch-reason", "room").await;
        page.click("batch-check").await;
        page.reads("batch-dry-run", "1 matches. 1 will be purged; 0 will be skipped.").await;
        // A purge takes the number to be typed.
        page.reads("batch-run-why", "Type the number").await;
        page.fill("batch-number", "1").await;
        page.click("batch-run").await;
        page.reads("grace", "Purges in").await;
        page.reload().await;
        page.reads("grace", "Purges in").await;
        page.click("batch-undo").await;
        state(page, "Cancelled").await;
        page.see_no("grace").await;
        assert_eq!(api.instance("w-done").await.expect(200).json()["runtimeStatus"], "Completed");
    })
    .await;
}

#[tokio::test]
async fn a_job_goes_on_without_its_page() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        four(&api).await;
        page.open(&format!("{NEW}?op=suspend&ids=w-1,w-2,w-3")).await;
        page.click("batch-check").await;
        page.reads("batch-dry-run", "3 match. 3 will be suspended").await;
        page.fill("batch-rate", "1").await;
        page.click("batch-run").await;
        state(page, "Running").await;
        let job = page.address().await;
        page.open("/h/DurableFunctionsHub/workers").await;
        page.reads("workers-table", "HelloSequence").await;
        for id in ["w-1", "w-2", "w-3"] {
            api.reaches(id, "Suspended").await;
        }
        page.open(&job).await;
        state(page, "Completed").await;
    })
    .await;
}

#[tokio::test]
async fn what_is_ticked_in_the_list_can_become_a_job() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        four(&api).await;
        page.open("/h/DurableFunctionsHub/instances?q=id:w-").await;
        page.row("w-done", "Completed").await;
        page.click("tick-all").await;
        page.click("batch-chosen").await;
        page.click("batch-check").await;
        page.reads("batch-dry-run", "4 match. 3 will be terminated").await;
    })
    .await;
}

#[tokio::test]
async fn a_running_job_is_held_and_resumed() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        four(&api).await;
        let body = json!({
            "action": "suspend", "ids": ["w-1", "w-2", "w-3"], "ratePerSecond": 1, "hold": true,
        });
        let made = api.post("/api/v1/hubs/DurableFunctionsHub/batches", &body).await.expect(202);
        let id = made.json()["batch"]["id"].as_str().expect("a job has an id").to_owned();
        page.open(&format!("/h/DurableFunctionsHub/batches/{id}")).await;
        state(page, "Paused").await;
        let told = page.attribute("batch-pause", "aria-disabled").await;
        assert_eq!(told.as_deref(), Some("true"));
        page.click("batch-resume").await;
        state(page, "Running").await;
        page.click("batch-pause").await;
        state(page, "Paused").await;
        page.click("batch-cancel").await;
        state(page, "Cancelled").await;
        eventually("the list of jobs says so", || async {
            let jobs = api.get("/api/v1/hubs/DurableFunctionsHub/batches").await.json();
            (jobs["items"][0]["state"] == "cancelled").then_some(())
        })
        .await;
    })
    .await;
}
