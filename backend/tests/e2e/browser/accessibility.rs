//! axe on every page, in both themes and both languages: nothing found, of whatever weight.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Look, Page, page::instance_path, with_browser};
use crate::world::{Api, place};

/// What axe found.
#[derive(Deserialize)]
struct Findings {
    passes: usize,
    violations: Vec<String>,
}

pub(super) async fn axe(page: &Page, what: &str) {
    let source = std::fs::read_to_string(place("TASKHUB_AXE")).expect("read axe");
    page.ask_with::<Value>(&format!("if (!window.axe) {{ {source} }} return null"), Vec::new())
        .await;
    let found: Findings = page.ask_later(include_str!("axe.js"), Vec::new()).await;
    assert!(found.violations.is_empty(), "{what}:\n{}", found.violations.join("\n"));
    assert!(
        found.passes >= 15,
        "{what}: axe looked at {} rules only; is the page there?",
        found.passes
    );
}

async fn close_dialog(page: &Page, dialog: &str) {
    page.press(thirtyfour::Key::Escape).await;
    page.see_no(dialog).await;
}

pub(super) async fn prefer(page: &Page, language: &str, theme: &str) {
    let script = "localStorage.setItem('taskhub.language', arguments[0]); \
                  localStorage.setItem('taskhub.theme', arguments[1]); return null";
    page.ask_with::<Value>(script, vec![language.into(), theme.into()]).await;
}

/// Each tab of an instance, with what opens on it.
async fn tabs(page: &Page, id: &str, what: &str) {
    page.open_instance(id).await;
    page.click("timeline-row").await;
    page.see("timeline-selected").await;
    axe(page, &format!("{what}, timeline")).await;
    page.open(&format!("{}/history?at=3&q=-type:nothing", instance_path(id))).await;
    page.see("state-after").await;
    axe(page, &format!("{what}, history")).await;
    page.open(&format!("{}/tree", instance_path(id))).await;
    page.see("tree-self").await;
    axe(page, &format!("{what}, tree")).await;
    page.open(&format!("{}/data", instance_path(id))).await;
    page.see("management-url").await;
    axe(page, &format!("{what}, data")).await;
}

/// Visits everything there is to see in one look.
async fn visit(page: &Page, language: &str, theme: &str) {
    let name = |what: &str| format!("{what}, {language}, {theme}");
    prefer(page, language, theme).await;
    page.open("/h/DurableFunctionsHub/instances").await;
    page.row("broken", "Failed").await;
    let (shown_language, shown_theme): (String, String) = page
        .ask("return [document.documentElement.lang, document.documentElement.dataset.theme ?? 'system']")
        .await;
    assert_eq!((shown_language.as_str(), shown_theme.as_str()), (language, theme));
    axe(page, &name("list")).await;
    page.click("tick").await;
    page.see("selection-bar").await;
    page.click("peek-row").await;
    page.see("peek-open").await;
    axe(page, &name("list with ticks and peek")).await;
    page.click("choose-columns").await;
    page.see("columns-dialog").await;
    axe(page, &name("columns")).await;
    close_dialog(page, "columns-dialog").await;
    page.click("save-view").await;
    page.see("save-view-dialog").await;
    axe(page, &name("save view")).await;
    close_dialog(page, "save-view-dialog").await;
    page.fill("query", "status:failed stat:x").await;
    page.see_css("[data-testid=query-error] span").await;
    axe(page, &name("query with a mistake")).await;
    page.fill("query", "name:").await;
    page.see_css("#query-offers li").await;
    axe(page, &name("suggestions")).await;
    page.open("/h/DurableFunctionsHub/instances?q=id:nobody%20status:failed%20created:%3E-24h")
        .await;
    page.see("empty-filter").await;
    axe(page, &name("empty list")).await;
    for id in ["waits", "broken", "done", "stopped", "held"] {
        tabs(page, id, &name(id)).await;
    }
    page.open_instance("waits").await;
    page.see("timeline").await;
    for action in ["raise", "suspend", "terminate"] {
        page.click(&format!("action-{action}")).await;
        page.see(&format!("{action}-dialog")).await;
        page.click_css(&format!("[data-testid={action}-copy] > summary")).await;
        page.see(&format!("{action}-copy-text")).await;
        axe(page, &name(&format!("dialog {action}"))).await;
        close_dialog(page, &format!("{action}-dialog")).await;
    }
    page.open("/h/DurableFunctionsHub/start").await;
    page.see("start-form").await;
    axe(page, &name("start")).await;
    page.fill("start-input", "{").await;
    page.click("start-submit").await;
    page.see_css("[data-testid=start-name-error] span").await;
    axe(page, &name("start with mistakes")).await;
    page.click_css("h1").await;
    page.press("?").await;
    page.see_css("dialog[open]").await;
    axe(page, &name("help")).await;
    page.open(&instance_path("nobody")).await;
    page.see("instance-missing").await;
    axe(page, &name("missing instance")).await;
    page.open("/nowhere/at/all").await;
    page.see_css("main h1").await;
    axe(page, &name("missing page")).await;
}

async fn everything_in(language: &'static str) {
    with_browser(Look::DESKTOP, async |page| {
        page.expect_complaint("status of 404");
        let api = page.api();
        page.open("/").await;
        page.see("empty-hub").await;
        for theme in ["light", "dark"] {
            prefer(page, language, theme).await;
            page.reload().await;
            page.see("empty-hub").await;
            axe(page, &format!("empty hub, {language}, {theme}")).await;
        }
        for (name, id) in [
            ("Approval", "waits"),
            ("Failing", "broken"),
            ("HelloSequence", "done"),
            ("Approval", "stopped"),
            ("Approval", "held"),
            ("Nobody", "pending"),
        ] {
            api.start(name, id, Value::Null).await;
        }
        api.reaches("stopped", "Running").await;
        api.reaches("held", "Running").await;
        api.post(&Api::path("stopped", "/terminate"), &json!({ "reason": "enough" }))
            .await
            .expect(202);
        api.post(&Api::path("held", "/suspend"), &json!({ "reason": "later" })).await.expect(202);
        api.reaches("broken", "Failed").await;
        for theme in ["light", "dark"] {
            visit(page, language, theme).await;
        }
    })
    .await;
}

#[tokio::test]
async fn axe_finds_nothing_in_english() {
    only_when_asked!();
    everything_in("en").await;
}

#[tokio::test]
async fn axe_finds_nothing_in_french() {
    only_when_asked!();
    everything_in("fr").await;
}

#[tokio::test]
async fn axe_finds_nothing_on_a_phone() {
    only_when_asked!();
    with_browser(Look::PHONE, async |page| {
        let api = page.api();
        api.start("Approval", "waits", Value::Null).await;
        api.start("Failing", "broken", Value::Null).await;
        api.reaches("broken", "Failed").await;
        for theme in ["light", "dark"] {
            page.open("/").await;
            page.row("broken", "Failed").await;
            prefer(page, "en", theme).await;
            page.reload().await;
            page.row("broken", "Failed").await;
            axe(page, &format!("list on a phone, {theme}")).await;
            page.click("tick").await;
            page.see("selection-bar").await;
            axe(page, &format!("ticks on a phone, {theme}")).await;
            for id in ["waits", "broken"] {
                tabs(page, id, &format!("{id} on a phone, {theme}")).await;
            }
            page.open("/h/DurableFunctionsHub/start").await;
            page.see("start-form").await;
            axe(page, &format!("start on a phone, {theme}")).await;
        }
    })
    .await;
}
