//! The list of instances.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Look, session::with_browser_at, with_browser};
use crate::world::{Api, Setup, within};

#[tokio::test]
async fn the_list_shows_what_is_there_and_follows_what_happens() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        api.start("HelloSequence", "before", Value::Null).await;
        api.reaches("before", "Completed").await;
        page.open("/").await;
        page.row("before", "Completed").await;
        assert_eq!(page.address().await, "/h/DurableFunctionsHub/instances");
        assert!(page.title().await.contains("DurableFunctionsHub"));
        page.mark().await;
        page.see_css("[data-testid=live][data-state=live]").await;

        // A new row does not push the others away; it is offered.
        api.start("Approval", "after", Value::Null).await;
        page.click("show-new").await;
        page.row("after", "Running").await;
        let event = json!({ "name": "Approval", "input": true });
        api.post(&Api::path("after", "/raise-event"), &event).await.expect(202);
        page.row("after", "Completed").await;
        page.reads("status-Completed", "2").await;
        api.delete(&Api::path("before", "")).await.expect(200);
        page.reads("status-Completed", "1").await;
        page.check_mark().await;
    })
    .await;
}

#[tokio::test]
async fn a_filter_lives_in_the_address() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        for (id, name) in
            [("done-1", "HelloWorld"), ("done-2", "HelloSequence"), ("open-1", "Approval")]
        {
            api.start(name, id, Value::Null).await;
        }
        for id in ["done-1", "done-2"] {
            api.reaches(id, "Completed").await;
        }
        api.reaches("open-1", "Running").await;
        page.open("/h/DurableFunctionsHub/instances").await;
        page.lists(&["done-1", "done-2", "open-1"]).await;

        page.click("status-Completed").await;
        page.lists(&["done-1", "done-2"]).await;
        let filtered = "?q=status%3Acompleted";
        assert!(page.address().await.ends_with(filtered), "{}", page.address().await);
        assert_eq!(
            page.attribute("status-Completed", "aria-pressed").await.as_deref(),
            Some("true")
        );
        page.reload().await;
        page.lists(&["done-1", "done-2"]).await;
        assert_eq!(
            page.attribute("status-Completed", "aria-pressed").await.as_deref(),
            Some("true")
        );
        // The other numbers are still those of the query without its statuses.
        page.reads("status-Running", "1").await;
        page.reads("row-count", "of 2").await;

        // To an instance and back: the filter is still there.
        page.click_css("[data-testid=instance-row][data-id=done-1] a").await;
        page.shows_status("Completed").await;
        page.back().await;
        page.lists(&["done-1", "done-2"]).await;
        assert!(page.address().await.ends_with(filtered), "{}", page.address().await);

        page.fill("query", "status:completed name:HelloW*").await;
        page.lists(&["done-1"]).await;
        page.click("clear-filters").await;
        page.lists(&["done-1", "done-2", "open-1"]).await;
        page.fill("query", "id:open").await;
        page.lists(&["open-1"]).await;
        assert!(page.address().await.ends_with("?q=id%3Aopen"), "{}", page.address().await);
        page.fill("query", "id:nobody").await;
        page.see("empty-filter").await;
        // One step back leads to before the letters, not through them.
        page.back().await;
        page.lists(&["done-1", "done-2", "open-1"]).await;
        // What cannot be read is told, and never a wider list.
        page.open("/h/DurableFunctionsHub/instances?q=status:Done").await;
        page.reads("query-error", "Unknown status 'Done'").await;
        assert!(page.rows().await.is_empty());
        page.open("/h/DurableFunctionsHub/instances?colour=red").await;
        let told = page.see_css("[role=alert].banner").await;
        assert!(told.text().await.expect("a text").contains("colour=red"));
        assert!(page.rows().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_empty_hub_says_how_to_begin() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.open("/").await;
        page.see("empty-hub").await;
        page.api().start("HelloWorld", "first", Value::Null).await;
        page.row("first", "Completed").await;
    })
    .await;
}

#[tokio::test]
async fn the_console_tells_when_it_is_not_live_and_comes_back() {
    only_when_asked!();
    let server = Setup::with_samples().with_fixed_port().start().await;
    server.has_workers(1).await;
    // A second server stands in for the first after it has gone.
    let origin = server.origin().to_owned();
    let signal_api = Api::new(&origin);
    with_browser_at(server, Look::DESKTOP, async |page| {
        page.expect_complaint("ERR_CONNECTION_REFUSED");
        page.expect_complaint("ERR_INCOMPLETE_CHUNKED_ENCODING");
        page.expect_complaint("ERR_CONNECTION_RESET");
        signal_api.start("Approval", "lasting", Value::Null).await;
        page.open("/").await;
        page.row("lasting", "Running").await;
        page.see_css("[data-testid=live][data-state=live]").await;
        page.mark().await;
        page.server().signal("KILL").await;
        page.see_css("[data-testid=live][data-state=lost]").await;
        page.row("lasting", "Running").await;
        let again = page.server().setup().start_again().await;
        page.see_css("[data-testid=live][data-state=live]").await;
        again.has_workers(1).await;
        signal_api.start("HelloWorld", "new", Value::Null).await;
        page.click("show-new").await;
        page.row("new", "Completed").await;
        page.check_mark().await;
    })
    .await;
}

#[tokio::test]
async fn ids_and_payloads_of_strangers_are_shown_and_never_run() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        let hostile = "<img src=x onerror=\"window.hacked=1\">";
        let ids = [hostile, "a/b c%d?e#f", "javascript:alert(1)", "é漢🙂 'quoted' \"twice\""];
        for id in ids {
            api.start("Approval", id, json!({ "timeout_seconds": 60 })).await;
            let event = json!({ "name": "Approval", "input": { hostile: hostile } });
            api.post(&Api::path(id, "/raise-event"), &event).await.expect(202);
            api.reaches(id, "Completed").await;
        }
        page.open("/").await;
        page.lists(&ids).await;
        for id in ids {
            page.open_instance(id).await;
            page.shows_status("Completed").await;
            let shown: String =
                page.ask("return document.querySelector('[data-testid=instance-id] .id-text').textContent").await;
            assert_eq!(shown, id);
            assert!(page.text("output").await.contains("onerror"), "{id}");
            page.click("nav-instances").await;
            let row = page.row(id, "Completed").await;
            row.find(thirtyfour::By::Css("a")).await.expect("a link").click().await.expect("click the link");
            page.shows_status("Completed").await;
            assert_eq!(page.address().await, super::page::instance_path(id));
        }
        let hacked: bool = page
            .ask("return 'hacked' in window || document.querySelector('img[src=x]') !== null")
            .await;
        assert!(!hacked);
    })
    .await;
}

/// A browser opens six connections to one server; pages that were left must not hold them.
#[tokio::test]
async fn many_loads_in_a_row_do_not_use_up_the_connections() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.api().start("Approval", "open", Value::Null).await;
        page.api().reaches("open", "Running").await;
        for n in 0..10 {
            let path = if n % 2 == 0 {
                "/h/DurableFunctionsHub/instances"
            } else {
                "/h/DurableFunctionsHub/start"
            };
            within(Duration::from_secs(10), &format!("load {n}"), page.open(path)).await;
            page.see_css("[data-testid=live][data-state=live]").await;
        }
    })
    .await;
}
