//! What a person does on a page and sees there.

use std::{cell::RefCell, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::Value;
use taskhub_shared::query::encode;
use thirtyfour::{By, Key, TypingData, WebDriver, WebElement, extensions::query::ElementQueryable};

use crate::world::{Api, PATIENCE, Server, eventually};

/// A browser with a server.
pub(super) struct Page {
    driver: WebDriver,
    server: Server,
    /// Parts of complaints that are part of the test.
    expected: RefCell<Vec<&'static str>>,
}

impl Page {
    pub(super) fn new(driver: WebDriver, server: Server) -> Self {
        Self { driver, server, expected: RefCell::default() }
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn api(&self) -> Api {
        self.server.api()
    }

    /// Opens a path of the console.
    pub(super) async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.server.origin());
        self.driver.goto(address).await.expect("open a page");
    }

    /// Opens the page of an instance.
    pub(super) async fn open_instance(&self, id: &str) {
        self.open(&instance_path(id)).await;
        self.see("instance-status").await;
    }

    pub(super) async fn reload(&self) {
        self.driver.refresh().await.expect("reload");
    }

    pub(super) async fn back(&self) {
        self.driver.back().await.expect("go back");
    }

    /// Path and query of the address.
    pub(super) async fn address(&self) -> String {
        self.ask("return location.pathname + location.search").await
    }

    pub(super) async fn title(&self) -> String {
        self.driver.title().await.expect("read the title")
    }

    /// The element with this test id, as soon as it is shown.
    pub(super) async fn see(&self, id: &str) -> WebElement {
        self.see_css(&test_id(id)).await
    }

    pub(super) async fn see_css(&self, selector: &str) -> WebElement {
        let query = self.driver.query(By::Css(selector.to_owned()));
        let query = query.wait(PATIENCE, Duration::from_millis(30)).and_displayed();
        match query.first().await {
            Ok(element) => element,
            Err(error) => panic!("{selector} does not show: {error}"),
        }
    }

    /// Waits until nothing with this test id is shown.
    pub(super) async fn see_no(&self, id: &str) {
        self.see_no_css(&test_id(id)).await;
    }

    pub(super) async fn see_no_css(&self, selector: &str) {
        let script = "return ![...document.querySelectorAll(arguments[0])].some((one) => one.checkVisibility())";
        eventually(&format!("{selector} goes"), || async {
            let gone: bool = self.ask_with(script, vec![selector.into()]).await;
            gone.then_some(())
        })
        .await;
    }

    pub(super) async fn click(&self, id: &str) {
        self.click_css(&test_id(id)).await;
    }

    pub(super) async fn click_css(&self, selector: &str) {
        let element = self.see_css(selector).await;
        // To the middle, as a person scrolls; the driver would stop at the edge, where a bar may lie over it.
        let script =
            "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' }); return null";
        self.ask_with::<Value>(script, vec![selector.into()]).await;
        element.click().await.unwrap_or_else(|error| panic!("click {selector}: {error}"));
    }

    /// Replaces what an input holds by this text.
    pub(super) async fn fill(&self, id: &str, text: &str) {
        let element = self.see(id).await;
        element.send_keys(Key::Control + "a").await.expect("select all");
        element.send_keys(Key::Delete + "").await.expect("delete");
        element.send_keys(text).await.unwrap_or_else(|error| panic!("type into {id}: {error}"));
    }

    pub(super) async fn text(&self, id: &str) -> String {
        self.see(id).await.text().await.expect("read a text")
    }

    /// Waits until the element's text holds this.
    pub(super) async fn reads(&self, id: &str, wanted: &str) {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let selector = test_id(id);
        eventually(&format!("{id} reads {wanted:?}"), || async {
            let text: String = self.ask_with(script, vec![selector.clone().into()]).await;
            text.contains(wanted).then_some(())
        })
        .await;
    }

    /// Waits until the input's value holds this.
    pub(super) async fn reads_value(&self, id: &str, wanted: &str) {
        let script = "return document.querySelector(arguments[0])?.value ?? ''";
        let selector = test_id(id);
        eventually(&format!("{id} holds {wanted:?}"), || async {
            let text: String = self.ask_with(script, vec![selector.clone().into()]).await;
            text.contains(wanted).then_some(())
        })
        .await;
    }

    /// Waits until the address ends like this.
    pub(super) async fn is_at(&self, end: &str) {
        eventually(&format!("the address ends with {end}"), || async {
            self.address().await.ends_with(end).then_some(())
        })
        .await;
    }

    /// Waits until the instance's badge shows this status.
    pub(super) async fn shows_status(&self, status: &str) {
        self.see_css(&format!("[data-testid=instance-status][data-status={status}]")).await;
    }

    /// The row of an instance, as soon as it has this status.
    pub(super) async fn row(&self, id: &str, status: &str) -> WebElement {
        let id = id.replace('\\', "\\\\").replace('"', "\\\"");
        let row = format!("[data-testid=instance-row][data-id=\"{id}\"]");
        self.see_css(&format!("{row}:has([data-status={status}])")).await
    }

    /// Ids of the rows, top to bottom.
    pub(super) async fn rows(&self) -> Vec<String> {
        self.ask("return [...document.querySelectorAll('[data-testid=instance-row]')].map((row) => row.dataset.id)")
            .await
    }

    /// Waits until the list shows just these instances, in any order.
    pub(super) async fn lists(&self, wanted: &[&str]) {
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        eventually(&format!("the list is {wanted:?}"), || async {
            let mut rows = self.rows().await;
            rows.sort_unstable();
            (rows == wanted).then_some(())
        })
        .await;
    }

    pub(super) async fn attribute(&self, id: &str, name: &str) -> Option<String> {
        self.see(id).await.attr(name).await.expect("read an attribute")
    }

    /// Test id of the element that has the focus.
    pub(super) async fn focus(&self) -> String {
        self.ask(
            "return document.activeElement?.dataset?.testid ?? document.activeElement?.id ?? ''",
        )
        .await
    }

    /// Presses keys where the focus is.
    pub(super) async fn press(&self, keys: impl Into<TypingData>) {
        let chain = self.driver.action_chain_with_delay(None, None).send_keys(keys);
        chain.perform().await.expect("press keys");
    }

    /// Presses a key while Control is held.
    pub(super) async fn press_with_control(&self, key: &str) {
        let chain = self.driver.action_chain_with_delay(None, None).key_down(Key::Control);
        let chain = chain.send_keys(key).key_up(Key::Control);
        chain.perform().await.expect("press keys");
    }

    /// What a script returns.
    pub(super) async fn ask<T: DeserializeOwned>(&self, script: &str) -> T {
        self.ask_with(script, Vec::new()).await
    }

    pub(super) async fn ask_with<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> T {
        let answer = self.driver.execute(script.to_owned(), arguments).await;
        let answer = answer.unwrap_or_else(|error| panic!("{error} of {script}"));
        answer.convert().unwrap_or_else(|error| panic!("{error} in the answer of {script}"))
    }

    /// The same for a script that calls its last argument when it is done.
    pub(super) async fn ask_later<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> T {
        let answer = self.driver.execute_async(script.to_owned(), arguments).await;
        answer.expect("run a script").convert().expect("read the answer of a script")
    }

    /// Leaves a mark that a reload would wipe away.
    pub(super) async fn mark(&self) {
        self.ask::<Value>("window.notReloaded = true; return null").await;
    }

    pub(super) async fn check_mark(&self) {
        let kept: bool = self.ask("return window.notReloaded === true").await;
        assert!(kept, "the page was loaded anew");
    }

    /// Takes complaints with this text for part of the test.
    pub(super) fn expect_complaint(&self, part: &'static str) {
        self.expected.borrow_mut().push(part);
    }

    /// Fails when the browser's console holds errors; breaches of the content policy are among them.
    pub(super) async fn check_no_complaints(&self) {
        let log = self.driver.browser_log().await.expect("read the browser's log");
        let expected = self.expected.borrow();
        let complaints: Vec<String> = log
            .into_iter()
            .filter(|entry| {
                let told = entry.message.contains("Content Security Policy")
                    || entry.message.contains("panicked");
                told || ["SEVERE", "WARNING"].contains(&entry.level.as_str())
            })
            .filter(|entry| !expected.iter().any(|part| entry.message.contains(part)))
            .map(|entry| format!("{} {}", entry.level, entry.message))
            .collect();
        assert!(complaints.is_empty(), "the browser complains:\n{}", complaints.join("\n"));
    }
}

fn test_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// Address of an instance's page.
pub(super) fn instance_path(id: &str) -> String {
    format!("/h/DurableFunctionsHub/instances/{}", encode(id))
}
