//! What a person may do to an instance.

use serde_json::{Value, json};

use super::{Look, with_browser};
use crate::world::Api;

#[tokio::test]
async fn an_approval_is_given_in_its_dialog() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("Approval", "approval", Value::Null).await;
        page.open_instance("approval").await;
        page.shows_status("Running").await;
        page.see("waiting-for").await;
        page.reads("custom-status", "Approval").await;
        page.mark().await;
        page.click("action-raise").await;
        page.see("raise-dialog").await;
        // Closed and opened again it is as good as new.
        page.press(thirtyfour::Key::Escape).await;
        page.see_no("raise-dialog").await;
        page.click("action-raise").await;
        page.see("raise-dialog").await;
        page.fill("raise-name", "Approval").await;
        page.fill("raise-payload", "{\"approved\": tru}").await;
        page.click("raise-submit").await;
        page.see_css("[data-testid=raise-payload-error] span").await;
        page.fill("raise-payload", "{\"approved\": true}").await;
        page.click("raise-submit").await;
        page.see_no("raise-dialog").await;
        page.shows_status("Completed").await;
        page.reads("output", "approved").await;
        page.check_mark().await;
    })
    .await;
}

#[tokio::test]
async fn terminate_asks_for_a_reason_and_keeps_it() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("Approval", "doomed", Value::Null).await;
        page.open_instance("doomed").await;
        page.shows_status("Running").await;
        page.click("action-terminate").await;
        page.fill("terminate-reason", "not needed any more").await;
        page.click("terminate-submit").await;
        page.shows_status("Terminated").await;
        page.reads("output", "not needed any more").await;
        let instance = page.api().instance("doomed").await.json();
        assert_eq!(instance["runtimeStatus"], "Terminated");
    })
    .await;
}

#[tokio::test]
async fn suspend_resume_and_purge_do_what_they_say() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("Approval", "held", Value::Null).await;
        page.open_instance("held").await;
        page.shows_status("Running").await;
        page.click("action-suspend").await;
        page.fill("suspend-reason", "holiday").await;
        page.click("suspend-submit").await;
        page.shows_status("Suspended").await;
        page.click("action-resume").await;
        page.click("resume-submit").await;
        page.shows_status("Running").await;
        let event = json!({ "name": "Approval", "input": 1 });
        page.api().post(&Api::path("held", "/raise-event"), &event).await.expect(202);
        page.shows_status("Completed").await;
        page.click("action-purge").await;
        page.click("purge-submit").await;
        page.see_no("instance-status").await;
        page.api().instance("held").await.expect_problem(404, "TH0002");
        assert_eq!(page.address().await, "/h/DurableFunctionsHub/instances");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_allowed_now_says_why() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        api.start("HelloSequence", "ended", Value::Null).await;
        api.reaches("ended", "Completed").await;
        page.open_instance("ended").await;
        page.shows_status("Completed").await;
        for action in ["raise", "suspend", "resume", "terminate"] {
            let button = format!("action-{action}");
            assert_eq!(
                page.attribute(&button, "aria-disabled").await.as_deref(),
                Some("true"),
                "{action}"
            );
            let reason = page.attribute(&button, "aria-describedby").await.expect("a description");
            let reason: String = page
                .ask_with(
                    "return document.getElementById(arguments[0]).textContent",
                    vec![reason.into()],
                )
                .await;
            assert!(reason.contains("completed"), "{action}: {reason:?}");
            // It can be reached, and says why instead of doing anything.
            page.click(&button).await;
            page.see_no(&format!("{action}-dialog")).await;
        }
        assert_eq!(page.attribute("action-purge", "aria-disabled").await, None);
        assert_eq!(api.instance("ended").await.json()["runtimeStatus"], "Completed");
    })
    .await;
}

#[tokio::test]
async fn a_failure_shows_its_causes() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("Failing", "broken", Value::Null).await;
        page.open_instance("broken").await;
        page.shows_status("Failed").await;
        page.reads("failure", "payment of order 1042 was declined").await;
        page.reads("failure", "payment gateway answered 503").await;
        page.reads("failure", "connection refused").await;
        page.click("nav-instances").await;
        let row = page.row("broken", "Failed").await.text().await.expect("a text");
        assert!(row.contains("declined"), "{row}");
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_is_not_there_is_told() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.expect_complaint("status of 404");
        page.open(&super::page::instance_path("nobody")).await;
        page.see("instance-missing").await;
        page.open("/h/DurableFunctionsHub/nowhere").await;
        let heading = page.see_css("main h1").await.text().await.expect("a text");
        assert_eq!(heading, "No such page");
    })
    .await;
}
