//! The rows of a long list: scrolling, place, order, columns, ticks, peek, files.

use serde_json::{Value, json};
use thirtyfour::Key;

use super::{Look, Page, with_browser};
use crate::world::{Api, eventually};

const LIST: &str = "/h/DurableFunctionsHub/instances";

async fn many(page: &Page, count: usize) {
    let api = page.api();
    for n in 0..count {
        api.start("Approval", &format!("many-{n:03}"), json!({ "timeout_seconds": 1000 + n }))
            .await;
    }
    api.reaches("many-000", "Running").await;
    api.reaches(&format!("many-{:03}", count - 1), "Running").await;
    page.open(LIST).await;
    page.see_css(&format!("[data-id=many-{:03}]", count - 1)).await;
}

async fn scroll_to_row(page: &Page, row: usize) {
    let script =
        "const top = document.getElementById('instances').getBoundingClientRect().top + scrollY;
                  const each = document.querySelector('.row').offsetHeight;
                  scrollTo(0, top + arguments[0] * each - 76); return null";
    page.ask_with::<Value>(script, vec![row.into()]).await;
}

/// Scrolls on until a row is drawn.
async fn scroll_until(page: &Page, row: usize, id: &str) {
    eventually(&format!("{id} is drawn"), || async {
        scroll_to_row(page, row).await;
        page.rows().await.iter().any(|drawn| drawn == id).then_some(())
    })
    .await;
}

#[tokio::test]
async fn scrolling_fetches_pages_both_ways_and_draws_few_rows() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        many(page, 250).await;
        page.reads("row-count", "of 250").await;
        assert!(page.rows().await.len() <= 60, "{} rows are drawn", page.rows().await.len());
        scroll_until(page, 220, "many-029").await;
        assert!(page.rows().await.len() <= 60, "{} rows are drawn", page.rows().await.len());
        // The place is in the address: a reload comes back to it, and its beginning can be scrolled to.
        eventually("the place is in the address", || async {
            page.address().await.contains("skipped=200").then_some(())
        })
        .await;
        page.reload().await;
        eventually("the same rows come back", || async {
            page.rows().await.iter().any(|id| id == "many-029" || id == "many-049").then_some(())
        })
        .await;
        scroll_until(page, 0, "many-249").await;
        let rows = page.rows().await;
        assert_eq!(rows[0], "many-249");
        eventually("the beginning needs no place", || async {
            (page.address().await == LIST).then_some(())
        })
        .await;
        let wanted: Vec<String> = (0..rows.len()).map(|n| format!("many-{:03}", 249 - n)).collect();
        assert_eq!(rows, wanted, "no row is lost or there twice");
    })
    .await;
}

#[tokio::test]
async fn back_from_an_instance_leads_to_its_row() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        many(page, 250).await;
        scroll_until(page, 180, "many-069").await;
        eventually("the place is in the address", || async {
            page.address().await.contains("cursor=").then_some(())
        })
        .await;
        let top: f64 = page.ask("return scrollY").await;
        page.click_css("[data-id=many-069] a").await;
        page.shows_status("Running").await;
        page.back().await;
        page.see_css("[data-id=many-069]").await;
        let again: f64 = page.ask("return scrollY").await;
        assert!((top - again).abs() < 400.0, "from {top} to {again}");
    })
    .await;
}

#[tokio::test]
async fn news_move_nothing_and_keep_ticks_and_place() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        many(page, 120).await;
        page.see_css("[data-testid=live][data-state=live]").await;
        page.click_css("[data-id=many-110] [data-testid=tick]").await;
        scroll_to_row(page, 40).await;
        page.see_css("[data-id=many-070]").await;
        let place =
            "return document.querySelector('[data-id=many-070]').getBoundingClientRect().top";
        let before: f64 = page.ask(place).await;
        let api = page.api();
        api.start("Approval", "new", Value::Null).await;
        let event = json!({ "name": "Approval", "input": true });
        api.post(&Api::path("many-070", "/raise-event"), &event).await.expect(202);
        page.row("many-070", "Completed").await;
        page.reads("show-new", "1 new").await;
        let after: f64 = page.ask(place).await;
        assert!((before - after).abs() < 1.0, "it moved from {before} to {after}");
        page.reads("selection-count", "1 selected").await;
        page.click("show-new").await;
        page.row("new", "Running").await;
        page.reads("selection-count", "1 selected").await;
    })
    .await;
}

#[tokio::test]
async fn orders_and_columns_are_chosen_and_shared_by_the_address() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        many(page, 5).await;
        page.click("sort-created").await;
        page.see_css("th[aria-sort=ascending]").await;
        eventually("the oldest come first", || async {
            (page.rows().await.first()? == "many-000").then_some(())
        })
        .await;
        page.click("choose-columns").await;
        page.fill("column-path", "input.").await;
        page.press(Key::Enter).await;
        page.see_css("#column-path[aria-invalid=true]").await;
        page.fill("column-path", "input.timeout_seconds").await;
        page.press(Key::Enter).await;
        page.see_css("[data-testid='column-input.timeout_seconds']").await;
        page.press(Key::Escape).await;
        let cell = "return [...document.querySelectorAll('[data-id=many-003] td.c-value')].map((one) => one.lastElementChild.textContent).join()";
        eventually("the value shows", || async {
            let text: String = page.ask(cell).await;
            (text == "1003").then_some(())
        })
        .await;
        page.reload().await;
        page.see_css("th[aria-sort=ascending]").await;
        eventually("the value shows again", || async {
            let text: String = page.ask(cell).await;
            (text == "1003").then_some(())
        })
        .await;
        // What a row waits for is told in words.
        eventually("the row says what it waits for", || async {
            let text: String =
                page.ask("return document.querySelector('[data-id=many-003] td.c-words').textContent").await;
            text.contains("external event").then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn rows_are_walked_ticked_and_peeked_at_by_keys() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        many(page, 130).await;
        for _ in 0..3 {
            page.press("j").await;
        }
        page.press("x").await;
        page.reads("selection-count", "1 selected").await;
        page.press("jj").await;
        page.press("X").await;
        page.reads("selection-count", "3 selected").await;
        page.press("k").await;
        page.press("o").await;
        page.see_css("[data-testid=peek] [title=many-126]").await;
        assert!(page.address().await.contains("peek=many-126"), "{}", page.address().await);
        page.press(Key::Escape).await;
        page.see_no("peek").await;
        page.press("*a").await;
        page.reads("selection-count", "All 130 that match").await;
        page.click("clear-selection").await;
        page.see_no("selection-bar").await;
        // Down to a row that was not drawn at first.
        for _ in 0..60 {
            page.press("j").await;
        }
        let focused: String =
            page.ask("return document.activeElement.closest('[data-id]')?.dataset.id ?? ''").await;
        assert!(focused.as_str() < "many-080", "the focus is at {focused:?}");
        page.press(Key::Enter).await;
        page.shows_status("Running").await;
        assert_eq!(page.address().await, super::page::instance_path(&focused));
    })
    .await;
}

#[tokio::test]
async fn a_file_holds_what_is_chosen() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        many(page, 3).await;
        // Instead of a download, the address that it would come from.
        page.ask::<Value>(
            "HTMLAnchorElement.prototype.click = function () { window.file = this.href; }; return null",
        )
        .await;
        let file = async || -> String {
            page.ask_later::<String>(
                "const done = arguments[arguments.length - 1];
                 fetch(window.file).then((answer) => answer.text()).then(done)",
                Vec::new(),
            )
            .await
        };
        page.click("export-csv").await;
        let whole = file().await;
        assert_eq!(whole.lines().count(), 4, "{whole}");
        page.click_css("[data-id=many-001] [data-testid=tick]").await;
        page.click("export-json").await;
        let ticked = file().await;
        assert_eq!(ticked.lines().count(), 1, "{ticked}");
        assert!(ticked.contains("\"id\":\"many-001\""), "{ticked}");
    })
    .await;
}
