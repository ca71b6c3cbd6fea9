//! Language and theme.

use serde_json::Value;

use super::{Look, with_browser};

#[tokio::test]
async fn the_language_is_chosen_and_kept() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        let api = page.api();
        api.start("HelloSequence", "langue", Value::Null).await;
        api.reaches("langue", "Completed").await;
        page.open("/").await;
        page.reads("status-Completed", "Completed").await;
        // The radio button itself is hidden behind its label.
        page.click_css("label:has([data-testid=rail-language-fr])").await;
        page.reads("status-Completed", "Achevée").await;
        page.reads("status-Terminated", "Arrêtée").await;
        let language: String = page.ask("return document.documentElement.lang").await;
        assert_eq!(language, "fr");
        page.reload().await;
        page.reads("status-Completed", "Achevée").await;
        page.open_instance("langue").await;
        page.reads("instance-status", "Achevée").await;
        page.click_css("label:has([data-testid=rail-language-en])").await;
        page.reads("instance-status", "Completed").await;
    })
    .await;
}

#[tokio::test]
async fn a_french_browser_begins_in_french() {
    only_when_asked!();
    let look = Look { language: "fr-FR", ..Look::DESKTOP };
    with_browser(look, async |page| {
        page.open("/h/DurableFunctionsHub/start").await;
        page.see("start-form").await;
        let language: String = page.ask("return document.documentElement.lang").await;
        assert_eq!(language, "fr");
        page.click("start-submit").await;
        let error = page.text("start-name-error").await;
        assert!(!error.is_empty() && !error.contains("Fill this in"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_theme_is_chosen_and_kept() {
    only_when_asked!();
    with_browser(Look::DESKTOP, async |page| {
        page.open("/").await;
        page.see("empty-hub").await;
        let brightness = "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number); \
                          return (r + g + b) / 3";
        for (theme, is_dark) in [("dark", true), ("light", false)] {
            page.click_css(&format!("label:has([data-testid=rail-theme-{theme}])")).await;
            let value: f64 = page.ask(brightness).await;
            assert_eq!(value < 128.0, is_dark, "{theme}: {value}");
            page.reload().await;
            page.see("empty-hub").await;
            let value: f64 = page.ask(brightness).await;
            assert_eq!(value < 128.0, is_dark, "{theme} after a reload: {value}");
        }
    })
    .await;
}
