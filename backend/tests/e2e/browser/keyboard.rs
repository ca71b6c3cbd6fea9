//! Everything works without a mouse.

use serde_json::Value;
use thirtyfour::Key;

use super::{Look, Page, with_browser};

/// Presses Tab until the focus is there.
async fn tab_to(page: &Page, id: &str) {
    for _ in 0..60 {
        if page.focus().await == id {
            return;
        }
        page.press(Key::Tab).await;
    }
    panic!("Tab does not lead to {id}; it ended at {:?}", page.focus().await);
}

#[tokio::test]
async fn an_instance_is_started_and_answered_with_keys_alone() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.open("/").await;
        page.see("empty-hub").await;
        tab_to(page, "nav-start").await;
        page.press(Key::Enter).await;
        page.see("start-form").await;
        tab_to(page, "start-name").await;
        page.press("Approval").await;
        tab_to(page, "start-id").await;
        page.press("typed").await;
        tab_to(page, "start-submit").await;
        page.press(Key::Enter).await;
        page.shows_status("Running").await;

        tab_to(page, "action-raise").await;
        page.press(Key::Enter).await;
        page.see("raise-dialog").await;
        // The focus is in the dialog, and Escape gives it back to the button.
        let inside: bool =
            page.ask("return document.activeElement.closest('dialog') !== null").await;
        assert!(inside);
        page.press(Key::Escape).await;
        page.see_no("raise-dialog").await;
        assert_eq!(page.focus().await, "action-raise");
        page.press(Key::Enter).await;
        page.see("raise-dialog").await;
        tab_to(page, "raise-name").await;
        let name: String = page.ask("return document.getElementById('raise-name').value").await;
        if name.is_empty() {
            page.press("Approval").await;
        }
        tab_to(page, "raise-payload").await;
        page.press("true").await;
        tab_to(page, "raise-submit").await;
        page.press(Key::Enter).await;
        page.shows_status("Completed").await;
    })
    .await;
}

#[tokio::test]
async fn the_focus_is_always_seen_and_the_skip_link_skips() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("HelloWorld", "one", Value::Null).await;
        page.open("/").await;
        page.row("one", "Completed").await;
        page.press(Key::Tab).await;
        let first: String = page.ask("return document.activeElement.getAttribute('href')").await;
        assert_eq!(first, "#main");
        page.press(Key::Enter).await;
        let main: bool = page.ask("return document.activeElement.closest('main') !== null").await;
        assert!(main, "the skip link leads to the page's content");
        for step in 0..15 {
            page.press(Key::Tab).await;
            let seen: bool = page
                .ask(
                    "const one = document.activeElement; if (one === document.body) return true; \
                     const seen = (element, part) => { const style = getComputedStyle(element, part); \
                       return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) \
                         || style.boxShadow !== 'none'; }; \
                     return seen(one) || seen(one, '::after') || (one.parentElement !== null && seen(one.parentElement)) \
                       || (one.nextElementSibling !== null && seen(one.nextElementSibling));",
                )
                .await;
            assert!(seen, "step {step}: no ring around {:?}", page.focus().await);
        }
    })
    .await;
}

#[tokio::test]
async fn shortcuts_lead_about_and_stay_out_of_inputs() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("HelloWorld", "one", Value::Null).await;
        page.open("/").await;
        page.row("one", "Completed").await;
        page.press("gs").await;
        page.see("start-form").await;
        // Typed into a field they are letters.
        page.see("start-name").await.click().await.expect("click");
        page.press("gi?j").await;
        let value: String = page.ask("return document.getElementById('start-name').value").await;
        assert_eq!(value, "gi?j");
        page.click_css("h1").await;
        page.press("gi").await;
        page.row("one", "Completed").await;
        page.press("j").await;
        page.press(Key::Enter).await;
        page.shows_status("Completed").await;
        page.press("?").await;
        page.see_css("dialog[open]").await;
        page.press(Key::Escape).await;
        page.press("gi").await;
        page.row("one", "Completed").await;
        page.press("/").await;
        assert_eq!(page.focus().await, "query");
    })
    .await;
}

/// Source: WCAG 2.2, 2.4.11.
#[tokio::test]
async fn what_has_the_focus_is_not_hidden_under_a_bar() {
    only_when_asked!();
    with_browser(Look::PHONE, async |page| {
        page.api().start("Approval", "waits", Value::Null).await;
        page.api().reaches("waits", "Running").await;
        let paths = ["/h/DurableFunctionsHub/start".to_owned(), super::page::instance_path("waits")];
        for path in paths {
            page.open(&path).await;
            page.see_css("[data-testid=start-submit], [data-testid=action-raise]").await;
            for step in 0..20 {
                page.press(Key::Tab).await;
                let hidden: Option<String> = page
                    .ask(
                        "const one = document.activeElement; if (one === document.body) return null; \
                         const box = one.getBoundingClientRect(); \
                         const points = [[0.5, 0.1], [0.5, 0.5], [0.5, 0.9], [0.1, 0.5], [0.9, 0.5]]; \
                         const seen = points.some(([x, y]) => { \
                           const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y); \
                           return top !== null && (one.contains(top) || top.contains(one) \
                             || one.parentElement.contains(top)); }); \
                         return seen ? null : one.outerHTML.slice(0, 120)",
                    )
                    .await;
                assert_eq!(hidden, None, "{path}, step {step}");
            }
        }
    })
    .await;
}
