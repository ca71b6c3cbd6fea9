//! Flags, environment variables and `taskhub.toml`.

use std::net::TcpListener;

use crate::world::Setup;

async fn hubs_of(setup: Setup) -> Vec<String> {
    let server = setup.start().await;
    let info = server.api().get("/api/v1/server").await.expect(200).json();
    let hubs = info["hubs"].as_array().cloned().unwrap_or_default();
    hubs.iter().filter_map(|hub| hub["name"].as_str().map(str::to_owned)).collect()
}

fn with_file(setup: Setup, text: &str) -> Setup {
    std::fs::write(setup.home().join("taskhub.toml"), text).expect("write the file");
    setup
}

#[tokio::test]
async fn an_address_beyond_loopback_is_refused_in_clear_words() {
    only_when_asked!();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let setup = Setup::bare().arg("--listen").arg(address).arg("--store=sqlite::memory:");
        let refused = setup.refused().await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
        assert!(refused.stderr.contains("--insecure-open"), "{}", refused.stderr);
        assert!(refused.stderr.contains(address), "{}", refused.stderr);
        assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
    }
    let setup = Setup::new().arg("--grpc-listen=0.0.0.0:0");
    assert_eq!(setup.refused().await.code, Some(2), "a flag given twice");
    let setup = Setup::bare().arg("--listen=127.0.0.1:0").arg("--grpc-listen=0.0.0.0:0");
    assert_eq!(setup.refused().await.code, Some(1), "the second address counts as well");
}

#[tokio::test]
async fn insecure_open_opens_and_says_so() {
    only_when_asked!();
    let setup = Setup::bare().arg("--listen=0.0.0.0:0").arg("--grpc-listen=off");
    let server = setup.arg("--store=sqlite::memory:").arg("--insecure-open").start().await;
    let port = server.address().rsplit(':').next().expect("a port").to_owned();
    let info =
        crate::world::Api::new(&format!("http://127.0.0.1:{port}")).get("/api/v1/server").await;
    assert_eq!(info.expect(200).json()["insecureOpen"], true);
    assert!(server.log().contains("--insecure-open"), "{}", server.log());
}

#[tokio::test]
async fn a_taken_grpc_port_is_a_warning_and_no_end() {
    only_when_asked!();
    let taken = TcpListener::bind("127.0.0.1:0").expect("take a port");
    let address = taken.local_addr().expect("an address").to_string();
    let setup =
        Setup::bare().arg("--listen=127.0.0.1:0").arg("--store=sqlite::memory:").arg("--samples");
    let server = setup.arg("--grpc-listen").arg(&address).start().await;
    server.has_workers(1).await;
    let log = server.log();
    let warning = log.lines().find(|line| line.contains("WARN") && line.contains(&address));
    assert!(warning.is_some(), "{log}");
    let info = server.api().get("/api/v1/server").await.json();
    assert_eq!(info["grpcAddress"], server.origin(), "workers are told the address that works");
}

#[tokio::test]
async fn a_taken_port_is_told_with_its_name() {
    only_when_asked!();
    let taken = TcpListener::bind("127.0.0.1:0").expect("take a port");
    let address = taken.local_addr().expect("an address").to_string();
    let setup =
        Setup::bare().arg("--store=sqlite::memory:").arg("--grpc-listen=off").arg("--listen");
    let refused = setup.arg(&address).refused().await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains(&address) && refused.stderr.contains("--listen"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn hubs_come_from_flags_variables_or_the_file_in_this_order() {
    only_when_asked!();
    let file = "task_hub = ['FromFile', 'Second']";
    assert_eq!(hubs_of(with_file(Setup::new(), file)).await, ["FromFile", "Second"]);
    let setup = with_file(Setup::new(), file).env("TASKHUB_TASK_HUB", "FromEnv,Other");
    assert_eq!(hubs_of(setup).await, ["FromEnv", "Other"]);
    let setup = with_file(Setup::new(), file).env("TASKHUB_TASK_HUB", "FromEnv");
    assert_eq!(
        hubs_of(setup.arg("--task-hub=FromFlag").arg("--task-hub=More")).await,
        ["FromFlag", "More"]
    );
}

#[tokio::test]
async fn everything_may_come_from_variables() {
    only_when_asked!();
    let setup = Setup::bare()
        .env("TASKHUB_LISTEN", "127.0.0.1:0")
        .env("TASKHUB_GRPC_LISTEN", "off")
        .env("TASKHUB_STORE", "sqlite:by-variable.db")
        .env("TASKHUB_SAMPLES", "true")
        .env("TASKHUB_PUBLIC_URL", "https://hub.example.org/")
        .env("TASKHUB_LOG_FORMAT", "json");
    let server = setup.start().await;
    server.has_workers(1).await;
    assert!(server.setup().home().join("by-variable.db").is_file());
    let started =
        server.api().post_text("/runtime/webhooks/durabletask/orchestrators/HelloWorld", "").await;
    let link = started.expect(202).json()["statusQueryGetUri"].clone();
    let link = link.as_str().expect("a link").to_owned();
    assert!(link.starts_with("https://hub.example.org/runtime/webhooks/"), "{link}");
    for line in server.log().lines() {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(line);
        assert!(parsed.is_ok_and(|line| line.get("level").is_some()), "no JSON line: {line}");
    }
}

#[tokio::test]
async fn everything_may_come_from_the_file() {
    only_when_asked!();
    let text = "listen = '127.0.0.1:0'\ngrpc_listen = 'off'\nstore = 'sqlite:by-file.db'\nsamples = true\n";
    let setup = Setup::bare();
    std::fs::write(setup.home().join("other.toml"), text).expect("write the file");
    let server = setup.arg("--config=other.toml").start().await;
    server.has_workers(1).await;
    assert!(server.setup().home().join("by-file.db").is_file());
}

#[tokio::test]
async fn the_default_folder_is_made() {
    only_when_asked!();
    let server = Setup::bare().arg("--listen=127.0.0.1:0").arg("--grpc-listen=off").start().await;
    assert!(server.setup().home().join("taskhub-data/taskhub.db").is_file());
}

#[tokio::test]
async fn what_cannot_be_understood_is_named() {
    only_when_asked!();
    let refused = with_file(Setup::new(), "lisen = '127.0.0.1:1'").refused().await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("lisen") && refused.stderr.contains("taskhub.toml"),
        "{}",
        refused.stderr
    );
    for (setup, word) in [
        (with_file(Setup::new(), "listen = "), "taskhub.toml"),
        (Setup::new().arg("--config=nowhere.toml"), "nowhere.toml"),
        (Setup::new().env("TASKHUB_TASK_HUB", "a b"), "--task-hub"),
        (Setup::new().env("TASKHUB_PUBLIC_URL", "ftp://x"), "--public-url"),
        (Setup::bare().arg("--listen=127.0.0.1:0").arg("--store=mysql:x"), "--store"),
        (Setup::bare().arg("--listen=127.0.0.1:0").arg("--grpc-listen=x"), "--grpc-listen"),
    ] {
        let refused = setup.refused().await;
        assert_eq!(refused.code, Some(1), "{word}: {}", refused.stderr);
        assert!(refused.stderr.contains(word), "{word}: {}", refused.stderr);
        assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
    }
    let refused = Setup::new().arg("--fly").refused().await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--fly"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_store_that_cannot_be_made_is_told_with_its_path() {
    only_when_asked!();
    let setup = Setup::bare().arg("--listen=127.0.0.1:0").arg("--grpc-listen=off");
    std::fs::write(setup.home().join("file"), "not a folder").expect("write a file");
    let refused = setup.arg("--store=sqlite:file/taskhub.db").refused().await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("file/taskhub.db"), "{}", refused.stderr);

    let setup = Setup::new();
    std::fs::write(setup.database(), "this is no database, although it is long enough to be one")
        .expect("write");
    let refused = setup.refused().await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("taskhub.db") && !refused.stderr.contains("panicked"),
        "{}",
        refused.stderr
    );
}
