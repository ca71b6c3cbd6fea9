//! Health, readiness, figures and the pages of the error codes.

use taskhub_shared::problem::ErrorCode;

use crate::support::server;

#[tokio::test]
async fn ready_until_it_drains() {
    let server = server().await;
    server.get("/healthz").await.is(200, "ok");
    server.get("/readyz").await.is(200, "ready");
    server.ready.send_replace(false);
    server.get("/readyz").await.is(503, "draining");
    server.get("/healthz").await.is(200, "ok");
}

#[tokio::test]
async fn figures() {
    let answer = server().await.get("/metrics").await;
    answer.is(200, "taskhub_up 1\n");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn every_code_has_a_page() {
    let server = server().await;
    for code in ErrorCode::ALL {
        let answer = server.get(&format!("/docs/errors/{}", code.as_str())).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with("text/plain"));
        assert!(answer.body.contains(code.title()));
    }
    server.get("/docs/errors/TH9999").await.is_problem(404, "TH0010", None);
}
