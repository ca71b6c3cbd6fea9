//! axe on the pages beside list and instance, in both themes and languages, and on a phone.

use serde_json::{Value, json};

use super::{
    Look, Page,
    accessibility::{axe, prefer},
    narrow::check_width,
    with_browser,
};

const HUB: &str = "/h/DurableFunctionsHub";

/// A job that waits to be undone, and one that has ended with something skipped.
async fn jobs(page: &Page) -> [String; 2] {
    let api = page.api();
    for (name, id) in [("Approval", "waits"), ("Failing", "broken"), ("Nobody", "pending")] {
        api.start(name, id, Value::Null).await;
    }
    api.reaches("waits", "Running").await;
    api.reaches("broken", "Failed").await;
    let make = async |body: Value| {
        let made = api.post("/api/v1/hubs/DurableFunctionsHub/batches", &body).await.expect(202);
        made.json()["batch"]["id"].as_str().expect("a job has an id").to_owned()
    };
    let waits = json!({
        "action": "purge", "query": "", "reason": "room", "by": "Ana", "startAfterSeconds": 3600,
    });
    [make(waits).await, make(json!({"action": "suspend", "query": "id:broken"})).await]
}

/// Visits every page and looks at it.
async fn visit(page: &Page, jobs: &[String; 2], what: &str, narrow: bool) {
    let [waits, done] = jobs;
    for (path, shown) in [
        ("/hubs".to_owned(), "hubs"),
        ("/me".to_owned(), "me-name"),
        (HUB.to_owned(), "by-name"),
        (format!("{HUB}?range=7d"), "attention"),
        (format!("{HUB}/batches"), "batches-table"),
        (format!("{HUB}/batches/new?op=purge&q=is:root"), "batch-count"),
        (format!("{HUB}/batches/{waits}"), "grace"),
        (format!("{HUB}/batches/{done}?result=skipped"), "batch-items"),
        (format!("{HUB}/batches/1"), "batch-missing"),
        (format!("{HUB}/workers"), "unserved"),
        (format!("{HUB}/settings/danger"), "danger"),
    ] {
        page.open(&path).await;
        page.see(shown).await;
        if path.contains("/new") {
            page.click("batch-check").await;
            page.click_css("[data-testid=batch-refused] summary").await;
            page.see("batch-number").await;
        }
        axe(page, &format!("{path}, {what}")).await;
        if narrow {
            check_width(page, &path).await;
        }
    }
    page.press_with_control("k").await;
    page.see("palette-input").await;
    axe(page, &format!("palette, {what}")).await;
}

async fn everything(look: Look, languages: &[&str]) {
    let narrow = look.width < 500;
    with_browser(look, async |page| {
        page.expect_complaint("status of 404");
        page.open(HUB).await;
        page.see("first-run").await;
        axe(page, "first run").await;
        let jobs = jobs(page).await;
        for language in languages {
            for theme in ["light", "dark"] {
                prefer(page, language, theme).await;
                visit(page, &jobs, &format!("{language}, {theme}"), narrow).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn axe_finds_nothing_on_the_other_pages() {
    only_when_asked!();
    everything(Look::DESKTOP, &["en", "fr"]).await;
}

#[tokio::test]
async fn the_other_pages_fit_a_phone() {
    only_when_asked!();
    everything(Look::PHONE, &["fr"]).await;
}
