//! Events, terminate, suspend, resume and what is missing, on the compatible surface.

use crate::support::{BASE, server};

fn one(rest: &str) -> String {
    format!("{BASE}/instances/{rest}")
}

#[tokio::test]
async fn the_checks_of_an_event_come_in_order() {
    let server = server().await;
    server.completed("ended", "", "1").await;
    server.start("a", "").await;
    let send = |path: String, body: &'static str, headers: &'static [(&str, &str)]| {
        let server = &server;
        async move { server.send_with("POST", &path, body, headers).await }
    };
    send(one("unknown/raiseEvent/x"), "{", &[("content-type", "text/plain")]).await.is(404, "");
    send(one("ended/raiseEvent/x"), "{", &[("content-type", "text/plain")]).await.is(410, "");
    let refused = send(one("a/raiseEvent/x"), "{", &[("content-type", "text/plain")]).await;
    refused.is(400, r#"{"Message":"Only application/json request content is supported"}"#);
    for bad in ["{", ""] {
        let refused = send(one("a/raiseEvent/x"), bad, &[]).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["Message"], "Invalid JSON content");
        assert!(refused.json()["ExceptionMessage"].as_str().unwrap().starts_with("EOF"));
    }
    let long = one(&format!("a/raiseEvent/{}", "x".repeat(257)));
    assert_eq!(send(long, "1", &[]).await.status, 400);
    let kind: &[(&str, &str)] = &[("content-type", "Application/JSON; charset=utf-8")];
    send(one("a/RaiseEvent/Appr%C3%B6val+1"), "\"true\"", kind).await.is(202, "");

    let (_, work) = server.worker().take().await;
    let raised = format!("{:?}", work.new.last().unwrap().kind);
    assert_eq!(raised, r#"EventRaised { name: "Appröval 1", input: Some("\"true\"") }"#);
}

#[tokio::test]
async fn suspend_and_resume() {
    let server = server().await;
    server.start("a", "").await;
    for (verb, status) in [
        ("suspend?reason=lunch", "Suspended"),
        ("suspend", "Suspended"),
        ("resume", "Running"),
        ("resume", "Running"),
    ] {
        server.post(&one(&format!("a/{verb}")), "").await.is(202, "");
        assert_eq!(server.get(&one("a")).await.json()["runtimeStatus"], status, "{verb}");
    }
    server.post(&one("a/suspend"), "").await.is(202, "");
    server.post(&one("a/raiseEvent/x"), "1").await.is(202, "");
    server.post(&one("a/terminate"), "").await.is(202, "");
    for verb in ["terminate", "suspend", "resume", "raiseEvent/x"] {
        server.post(&one(&format!("a/{verb}")), "1").await.is(410, "");
        server.post(&one(&format!("unknown/{verb}")), "1").await.is(404, "");
    }
}

#[tokio::test]
async fn what_is_missing_says_so() {
    let server = server().await;
    assert_eq!(server.post(&format!("{BASE}/makeprimary"), "").await.status, 400);
}
