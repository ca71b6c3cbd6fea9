//! A screen of 360 pixels.

use serde_json::{Value, json};

use super::{Look, Page, page::instance_path, with_browser};

pub(super) async fn check_width(page: &Page, what: &str) {
    let (wide, widest): (f64, String) = page
        .ask(
            "const wide = document.documentElement.scrollWidth; \
             const out = [...document.querySelectorAll('body *')].find((one) => { \
               const box = one.getBoundingClientRect(); \
               return box.width > 0 && box.right > innerWidth + 1 && one.closest('[hidden], dialog:not([open])') === null; }); \
             return [wide, wide > innerWidth && out ? out.outerHTML.slice(0, 200) : '']",
        )
        .await;
    assert!(wide <= 360.0, "{what} is {wide} wide: {widest}");
}

#[tokio::test]
async fn no_page_scrolls_sideways() {
    only_when_asked!();
    with_browser(Look::PHONE, async |page| {
        page.expect_complaint("status of 404");
        let api = page.api();
        page.open("/").await;
        page.see("empty-hub").await;
        check_width(page, "the empty hub").await;
        let long = "a-very-long-id-without-any-place-to-break-it-".repeat(5);
        api.start("Approval", &long, json!({ "timeout_seconds": 60 })).await;
        api.start("HelloSequence", "short", Value::Null).await;
        api.start("Failing", "broken", Value::Null).await;
        api.reaches("broken", "Failed").await;
        api.reaches(&long, "Running").await;
        page.open("/h/DurableFunctionsHub/instances").await;
        page.row("broken", "Failed").await;
        check_width(page, "the list").await;
        page.open(
            "/h/DurableFunctionsHub/instances?q=status:failed%20name:Failing%20id:b%20created:%3E-24h&peek=broken",
        )
        .await;
        page.row("broken", "Failed").await;
        check_width(page, "the filtered list").await;
        for id in [long.as_str(), "short", "broken"] {
            page.open_instance(id).await;
            page.see("facts").await;
            page.see("timeline-row").await;
            check_width(page, id).await;
            for tab in ["history", "tree", "data"] {
                page.click(&format!("tab-{tab}")).await;
                let shown = match tab {
                    "history" => "history-row",
                    "tree" => "tree-self",
                    _ => "management-url",
                };
                page.click(shown).await;
                check_width(page, &format!("{tab} of {id}")).await;
                page.back().await;
            }
        }
        page.open_instance(&long).await;
        for action in ["raise", "terminate"] {
            page.click(&format!("action-{action}")).await;
            page.see(&format!("{action}-dialog")).await;
            check_width(page, action).await;
            page.press(thirtyfour::Key::Escape).await;
            page.see_no(&format!("{action}-dialog")).await;
        }
        page.open("/h/DurableFunctionsHub/start").await;
        page.click("start-submit").await;
        page.see_css("[data-testid=start-name-error] span").await;
        check_width(page, "the start form").await;
        page.open(&instance_path("nobody")).await;
        page.see("instance-missing").await;
        check_width(page, "a missing instance").await;
        page.open("/nowhere/at/all").await;
        page.see_css("main h1").await;
        check_width(page, "a missing page").await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_can_start_and_answer() {
    only_when_asked!();
    with_browser(Look::PHONE, async |page| {
        page.open("/").await;
        page.click("nav-start").await;
        page.fill("start-name", "Approval").await;
        page.fill("start-id", "by-phone").await;
        page.click("start-submit").await;
        page.shows_status("Running").await;
        page.click("action-raise").await;
        page.fill("raise-name", "Approval").await;
        page.fill("raise-payload", "true").await;
        page.click("raise-submit").await;
        page.shows_status("Completed").await;
    })
    .await;
}
