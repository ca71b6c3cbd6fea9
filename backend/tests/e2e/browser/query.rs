//! The query of the list: what may be written, what is wrong with it, its conditions; and views of it.

use serde_json::{Value, json};
use thirtyfour::Key;

use super::{Look, Page, with_browser};

async fn filled(page: &Page) {
    let api = page.api();
    for (id, name, input) in [
        ("one", "HelloWorld", json!("x")),
        ("two", "HelloSequence", Value::Null),
        ("three", "Approval", json!({ "timeout_seconds": 900 })),
    ] {
        api.start(name, id, input).await;
    }
    api.reaches("one", "Completed").await;
    api.reaches("two", "Completed").await;
    api.reaches("three", "Running").await;
    page.open("/h/DurableFunctionsHub/instances").await;
    page.lists(&["one", "two", "three"]).await;
}

#[tokio::test]
async fn a_query_is_completed_with_numbers_by_keys_alone() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        filled(page).await;
        page.press("/").await;
        page.press("sta").await;
        page.reads("query-offers", "status:").await;
        page.press(Key::Down).await;
        page.press(Key::Enter).await;
        page.reads("query-offers", "Completed").await;
        page.reads("query-offers", "2").await;
        page.press("comp").await;
        // The values of the server come after the word's own.
        page.reads("query-offers", "Completed").await;
        page.press(Key::Down).await;
        page.press(Key::Enter).await;
        page.lists(&["one", "two"]).await;
        page.press("name:").await;
        page.reads("query-offers", "HelloSequence").await;
        // Numbers are those of the rest of the query.
        assert!(!page.text("query-offers").await.contains("Approval"));
        page.press(Key::Escape).await;
        page.see_no("query-offers").await;
        assert_eq!(page.focus().await, "query");
    })
    .await;
}

#[tokio::test]
async fn a_mistake_is_underlined_and_said_in_words() {
    only_when_asked!();
    let french = Look { language: "fr-FR", ..Look::DESKTOP };
    for (look, words) in [
        (Look::DESKTOP, "Unknown field 'stat'. Did you mean status? (character 10)"),
        (french, "Champ inconnu « stat ». Vouliez-vous dire status ? (caractère 10)"),
    ] {
        with_browser(look, async |page| {
            filled(page).await;
            page.fill("query", "id:three stat:x").await;
            page.reads("query-error", words).await;
            let wrong: String =
                page.ask("return document.querySelector('.query-wrong').textContent").await;
            assert_eq!(wrong, "stat");
            // The rows stay, and are not those of a wider query that passes for this one.
            assert_eq!(page.attribute("query", "aria-invalid").await.as_deref(), Some("true"));
            page.see_css(".table-box.stale").await;
            page.fill("query", "id:three status:running").await;
            page.lists(&["three"]).await;
            let told: String =
                page.ask("return document.getElementById('query-error').textContent").await;
            assert_eq!(told, "");
        })
        .await;
    }
}

#[tokio::test]
async fn conditions_are_chips_that_can_be_taken_away() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        filled(page).await;
        page.fill("query", "is:root -name:Approval input.timeout_seconds=900").await;
        page.see("empty-filter").await;
        let chips: Vec<String> = page
            .ask("return [...document.querySelectorAll('.chip > span')].map((one) => one.textContent)")
            .await;
        assert_eq!(chips, ["is:root", "-name:Approval", "input.timeout_seconds=900"]);
        page.click_css(".chip:nth-child(2) button").await;
        page.lists(&["three"]).await;
        let left: String = page.ask("return document.getElementById('query').value").await;
        assert_eq!(left, "is:root input.timeout_seconds=900");
        assert_eq!(page.focus().await, "query");
    })
    .await;
}

#[tokio::test]
async fn a_view_is_saved_for_everybody_and_taken_away() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        filled(page).await;
        page.reads("view-all", "3").await;
        page.reads("view-waiting", "1").await;
        page.click("view-waiting").await;
        page.lists(&["three"]).await;
        page.fill("query", "input.timeout_seconds=900").await;
        page.lists(&["three"]).await;
        page.click("save-view").await;
        page.fill("view-name", "Fifteen minutes").await;
        page.press(Key::Enter).await;
        page.reads("saved-Fifteen minutes", "1").await;
        // It is on the server, not in this browser.
        page.ask::<Value>("localStorage.clear(); return null").await;
        page.open("/h/DurableFunctionsHub/instances").await;
        page.lists(&["one", "two", "three"]).await;
        page.click("saved-Fifteen minutes").await;
        page.lists(&["three"]).await;
        let current = page.attribute("saved-Fifteen minutes", "aria-current").await;
        assert_eq!(current.as_deref(), Some("page"));
        page.click("delete-view").await;
        page.click("delete-view-submit").await;
        page.lists(&["one", "two", "three"]).await;
        page.see_no("saved-Fifteen minutes").await;
    })
    .await;
}
