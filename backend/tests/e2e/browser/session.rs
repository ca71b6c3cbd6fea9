//! Chromium, driven over `WebDriver`; one for each test.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    path::Path,
    process::Stdio,
};

use futures::FutureExt;
use serde_json::{Value, json};
use thirtyfour::{
    BrowserCapabilitiesHelper, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities,
    WebDriver,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::Page;
use crate::world::{PATIENCE, Server, Setup, place, within};

/// How the browser looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Width of the window, in CSS pixels.
    pub(super) width: u32,
    /// Language that the browser prefers.
    pub(super) language: &'static str,
}

impl Look {
    pub(super) const DESKTOP: Self = Self { width: 1280, language: "en-US" };
    pub(super) const PHONE: Self = Self { width: 360, language: "en-US" };
}

/// Runs a test with a server, its samples and a browser; afterwards the browser must have nothing to complain of.
pub(super) async fn with_browser(look: Look, test: impl AsyncFnOnce(&Page)) {
    with_browser_at(Setup::with_samples().start().await, look, test).await;
}

/// The same with a server that is there already.
pub(super) async fn with_browser_at(server: Server, look: Look, test: impl AsyncFnOnce(&Page)) {
    server.has_workers(1).await;
    let profile = tempfile::tempdir().expect("make a folder");
    let (process, address) = start_driver().await;
    let capabilities = capabilities(look, profile.path());
    rustls::crypto::ring::default_provider().install_default().ok();
    let driver = WebDriver::new(address, capabilities);
    let driver = within(PATIENCE, "a browser", driver).await.expect("start the browser");
    driver.set_script_timeout(PATIENCE).await.expect("set a timeout");
    let page = Page::new(driver.clone(), server);
    // A browser that nobody tells to end stays for ever, so the end must come after a failure too.
    let outcome = AssertUnwindSafe(async {
        test(&page).await;
        page.check_no_complaints().await;
    })
    .catch_unwind()
    .await;
    if outcome.is_err() {
        picture(&driver).await;
    }
    driver.quit().await.ok();
    drop(process);
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// It takes a free port of IPv4 and ends when that is taken on IPv6, which happens beside other tests: then once more.
async fn start_driver() -> (Child, String) {
    for _ in 0..10 {
        if let Some(started) = try_driver().await {
            return started;
        }
    }
    panic!("chromedriver ends before it tells its port");
}

async fn try_driver() -> Option<(Child, String)> {
    let mut process = Command::new(place("TASKHUB_CHROMEDRIVER"))
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("start chromedriver");
    let mut lines = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
    let port = within(PATIENCE, "chromedriver's port", async {
        while let Some(line) = lines.next_line().await.expect("read stdout") {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return Some(port.trim_end_matches('.').to_owned());
            }
        }
        None
    });
    let address = format!("http://127.0.0.1:{}", port.await?);
    // Read on, so that it never waits for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some((process, address))
}

fn capabilities(look: Look, profile: &Path) -> thirtyfour::Capabilities {
    let mut chrome = DesiredCapabilities::chrome();
    chrome.set_binary(&place("TASKHUB_CHROMIUM").to_string_lossy()).expect("set the browser");
    for argument in [
        "--headless=new",
        // Tests run as root in containers, where the sandbox cannot be set up.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--disable-component-update",
        "--disable-background-networking",
        "--window-size=1280,900",
    ] {
        chrome.add_arg(argument).expect("add an argument");
    }
    chrome.add_arg(&format!("--user-data-dir={}", profile.display())).expect("add an argument");
    chrome.add_arg(&format!("--accept-lang={}", look.language)).expect("add an argument");
    chrome.add_arg(&format!("--lang={}", look.language)).expect("add an argument");
    let preferences = json!({ "intl.accept_languages": look.language });
    chrome.set_browser_option("prefs", preferences).expect("set preferences");
    if look.width < 500 {
        // A window cannot be that narrow; a phone can.
        let metrics =
            json!({ "width": look.width, "height": 740, "pixelRatio": 2.0, "touch": true });
        let emulation = json!({ "deviceMetrics": metrics });
        chrome.set_browser_option("mobileEmulation", emulation).expect("set the phone");
    }
    chrome.set("goog:loggingPrefs", json!({ "browser": "ALL" })).expect("set the log");
    chrome.into()
}

/// Keeps what the browser shows, to be looked at after a failure.
async fn picture(driver: &WebDriver) {
    let name = std::thread::current().name().unwrap_or("browser").replace("::", "-");
    let folder = env!("CARGO_TARGET_TMPDIR");
    let path = Path::new(folder).join(format!("{name}.png"));
    if std::fs::create_dir_all(folder).is_ok() && driver.screenshot(&path).await.is_ok() {
        println!("picture: {}", path.display());
    }
    let html =
        driver.execute("return document.body.innerText.slice(0, 2000)", Vec::<Value>::new()).await;
    let text = html.ok().and_then(|html| html.convert::<String>().ok()).unwrap_or_default();
    println!("the page says:\n{text}");
}
