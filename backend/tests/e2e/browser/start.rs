//! The start form.

use super::{Look, with_browser};

#[tokio::test]
async fn an_instance_started_from_the_form_completes_before_ones_eyes() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.open("/").await;
        page.mark().await;
        page.click("nav-start").await;
        page.fill("start-name", "HelloSequence").await;
        page.see_css("[data-testid=served] .good").await;
        page.fill("start-id", "from the form").await;
        page.click("start-submit").await;
        page.shows_status("Completed").await;
        assert_eq!(page.address().await, "/h/DurableFunctionsHub/instances/from%20the%20form");
        page.reads("output", "Hello London!").await;
        page.reads("toast", "from the form").await;
        page.click("tab-history").await;
        page.see("history-row").await;
        let kinds: Vec<String> = page
            .ask("return [...document.querySelectorAll('[data-testid=history-row]')].map((row) => row.innerText)")
            .await;
        assert!(kinds.iter().filter(|kind| kind.contains("TaskCompleted")).count() == 3, "{kinds:?}");
        page.click("nav-instances").await;
        page.row("from the form", "Completed").await;
        page.check_mark().await;
    })
    .await;
}

#[tokio::test]
async fn mistakes_are_shown_at_their_field() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        // The refusal of the taken id.
        page.expect_complaint("status of 409");
        page.open("/h/DurableFunctionsHub/start").await;
        page.click("start-submit").await;
        page.see_css("[data-testid=start-name-error] span").await;
        assert_eq!(page.focus().await, "start-name");
        assert_eq!(page.attribute("start-name", "aria-invalid").await.as_deref(), Some("true"));

        page.fill("start-name", "Approval").await;
        page.fill("start-id", "@counter@1").await;
        page.fill("start-input", "{ \"a\": 1, }").await;
        page.click("start-submit").await;
        page.see_css("[data-testid=start-id-error] span").await;
        page.reads("start-input-error", "1").await;
        assert_eq!(page.focus().await, "start-id");
        let started = page.api().get(crate::world::HUB).await.json();
        assert_eq!(started["items"], serde_json::json!([]));

        page.fill("start-id", "taken").await;
        page.fill("start-input", "{\"timeout_seconds\": 60}").await;
        page.click("start-submit").await;
        page.shows_status("Running").await;
        page.open("/h/DurableFunctionsHub/start").await;
        page.fill("start-name", "Approval").await;
        page.fill("start-id", "taken").await;
        page.click("start-submit").await;
        // The server's own refusal, at the field that it names or above the button.
        page.see_css("[data-testid=start-id-error] span, [data-testid=start-form] .banner.error")
            .await;
    })
    .await;
}

#[tokio::test]
async fn start_like_this_with_another_input() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("FanOutFanIn", "pattern", serde_json::json!({ "count": 4 })).await;
        page.open_instance("pattern").await;
        page.shows_status("Completed").await;
        page.click("start-like").await;
        page.see("start-form").await;
        crate::world::eventually("the form is filled", || async {
            let value: String =
                page.ask("return document.getElementById('start-name').value").await;
            (value == "FanOutFanIn").then_some(())
        })
        .await;
        page.reads_value("start-input", "\"count\": 4").await;
        page.fill("start-input", "{\"count\": 3}").await;
        page.click("start-submit").await;
        page.shows_status("Completed").await;
        page.reads("output", "14").await;
        page.reads("input", "3").await;
        assert!(!page.address().await.ends_with("/pattern"));
        assert_eq!(page.api().instance("pattern").await.json()["input"], r#"{"count":4}"#);
    })
    .await;
}
