//! What comes from strangers: each a clear refusal, nothing lost, nothing panicking.

use axum::body::Body;
use http_body_util::BodyExt;

use crate::support::{BASE, server, server_with};

const HUB: &str = "/api/v1/hubs/DurableFunctionsHub";

#[tokio::test]
async fn the_console_api_names_the_field() {
    let server = server().await;
    server.start("a", "").await;
    let deep = format!(r#"{{"name":"x","input":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    let long = format!(r#"{{"name":"x","instanceId":"{}"}}"#, "é".repeat(257));
    let instances = format!("{HUB}/instances");
    let one = format!("{HUB}/instances/a");
    for (method, path, body, field, detail) in [
        ("POST", instances.clone(), "{\"name\":", "name", "line 1, column 8: EOF"),
        ("POST", instances.clone(), "{\"name\":\"x\",\n\"input\":{,}}", "input", "line 2, column"),
        ("POST", instances.clone(), "{\"name\":\"x\"}{}", "body", "trailing"),
        ("POST", instances.clone(), "[]", "body", "object"),
        ("POST", instances.clone(), "", "name", "missing"),
        ("POST", instances.clone(), "{\"name\":\"\"}", "name", "empty"),
        ("POST", instances.clone(), "{\"name\":\"x\",\"instanceId\":\"@e@k\"}", "instanceId", "@"),
        (
            "POST",
            instances.clone(),
            "{\"name\":\"x\",\"instanceId\":\"a\\nb\"}",
            "instanceId",
            "U+000A",
        ),
        ("POST", instances.clone(), "{\"name\":\"x\",\"instanceId\":\"\"}", "instanceId", "empty"),
        ("POST", instances.clone(), &long, "instanceId", "257"),
        ("POST", instances.clone(), &deep, "body", "128"),
        ("POST", format!("{instances}?dry=1"), "{\"name\":\"x\"}", "dry", "takes none"),
        ("POST", format!("{one}/raise-event"), "{\"name\":\"\"}", "name", "empty"),
        ("POST", format!("{one}/suspend"), "{\"why\":1}", "why", "unknown field"),
        ("POST", format!("{one}/terminate"), "{\"recursive\":\"yes\"}", "recursive", "boolean"),
        ("GET", format!("{instances}?stat=Failed"), "", "query", "stat"),
        ("GET", format!("{instances}?status=runing"), "", "status", "Completed"),
        ("GET", format!("{instances}?cursor=x"), "", "cursor", "cursor"),
        ("GET", format!("{instances}?limit=1001"), "", "limit", "1000"),
        ("GET", format!("{one}?x=1"), "", "x", "takes none"),
        ("GET", format!("{one}/history?after=-1"), "", "after", "whole number"),
        ("GET", format!("{one}/history?limit=0"), "", "limit", "1000"),
        ("GET", format!("{one}/history?from=0"), "", "from", "after, before"),
        ("GET", format!("{HUB}/live?after=x"), "", "after", "whole number"),
        ("GET", "/api/v1/server?x".to_owned(), "", "x", "takes none"),
    ] {
        let answer = server.send(method, &path, body).await;
        let told = answer.is_problem(400, "TH0001", Some(field));
        assert!(told.contains(detail), "{path} {body}: {told}");
    }
}

#[tokio::test]
async fn a_page_of_another_type_is_no_json() {
    let server = server().await;
    let path = format!("{HUB}/instances");
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let headers = [("content-type", kind)];
        let answer = server.send_with("POST", &path, "{\"name\":\"x\"}", &headers).await;
        answer.is_problem(400, "TH0001", Some("Content-Type"));
    }
}

#[tokio::test]
async fn unknown_routes_and_methods() {
    let server = server().await;
    for path in [
        "/api",
        "/api/v1",
        "/api/v1/unknown",
        "/api/v2/server",
        "/api/v1/hubs/DurableFunctionsHub/instances/",
    ] {
        let headers = [("accept", "text/html")];
        let answer = server.send_with("GET", path, "", &headers).await;
        answer.is_problem(404, "TH0010", None);
    }
    for (method, path, allow) in [
        ("PUT", "/api/v1/server", "GET,HEAD"),
        ("POST", "/api/v1/server", "GET,HEAD"),
        ("DELETE", "/healthz", "GET,HEAD"),
        ("PATCH", "/api/v1/hubs/DurableFunctionsHub/instances", "GET,HEAD,POST"),
    ] {
        let answer = server.send(method, path, "").await;
        answer.is_problem(405, "TH0010", None);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    server.post("/unknown", "").await.is_problem(404, "TH0010", None);
    server.get("/api/v1/hubs/%FF/instances").await.is_problem(404, "TH0010", None);
    server
        .get(&format!("{HUB}/instances/{}", "x".repeat(257)))
        .await
        .is_problem(404, "TH0002", None);
}

#[tokio::test]
async fn a_large_body_is_refused_on_both_surfaces() {
    let server = server().await;
    server.start("a", "").await;
    for path in [
        format!("{HUB}/instances"),
        format!("{BASE}/orchestrators/Order/big"),
        format!("{BASE}/instances/a/raiseEvent/x"),
    ] {
        let large = Body::from(vec![b' '; 20 * 1024 * 1024]);
        let response = server.open("POST", &path, large, &[]).await;
        assert_eq!(response.status(), 413, "{path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let told = if path.starts_with("/api") { &body["detail"] } else { &body["Message"] };
        assert!(told.as_str().unwrap().contains("at most 4 MiB"), "{body}");
    }
    let most = taskhub_shared::limits::PAYLOAD_BYTES;
    let too_large = format!("\"{}\"", "x".repeat(most - 1));
    let refused = server.post(&format!("{BASE}/orchestrators/Order/big"), &too_large).await;
    assert_eq!(refused.status, 413);
    let told = refused.json()["Message"].as_str().unwrap().to_owned();
    assert!(told.contains("input") && told.contains(&most.to_string()), "{told}");
    let fits = format!("\"{}\"", "x".repeat(most - 2));
    server.start("fits", &fits).await;
    assert_eq!(
        server.hub.instance("fits").await.unwrap().unwrap().payloads.input.as_deref(),
        Some(&*fits)
    );
    assert!(server.hub.instance("big").await.unwrap().is_none());
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_before_it_sends() {
    let server = server().await;
    let headers = [("expect", "100-continue"), ("content-length", "5000000")];
    let never = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let response = server.open("POST", &format!("{HUB}/instances"), never, &headers).await;
    assert_eq!(response.status(), 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_given_up() {
    let server = server().await;
    let never = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let response = server.open("POST", &format!("{HUB}/instances"), never, &[]).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_store_that_fails_loses_nothing_and_tells_nothing() {
    let server = server().await;
    server.start("a", "").await;
    for (method, path, body) in [
        ("POST", format!("{HUB}/instances"), "{\"name\":\"x\",\"instanceId\":\"new\"}"),
        ("POST", format!("{HUB}/instances/a/terminate"), ""),
        ("POST", format!("{HUB}/instances/a/suspend"), ""),
    ] {
        server.break_store();
        let answer = server.send(method, &path, body).await;
        let told = answer.is_problem(503, "TH0007", None);
        assert_eq!(answer.header("retry-after"), "2");
        assert!(!told.contains("secret"));
    }
    for path in ["orchestrators/Order/new", "instances/a/raiseEvent/x", "instances/a/terminate"] {
        server.break_store();
        let answer = server.post(&format!("{BASE}/{path}"), "1").await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
        assert!(answer.json()["Message"].as_str().unwrap().contains("try again"));
    }
    assert_eq!(server.get(&format!("{BASE}/instances/a")).await.json()["runtimeStatus"], "Pending");
    server.get(&format!("{BASE}/instances/new")).await.is(404, "");
    server.post(&format!("{BASE}/instances/a/terminate"), "").await.is(202, "");
}

#[tokio::test]
async fn a_panic_fails_one_request() {
    let server =
        server_with(|options| options.metrics = taskhub_http::Metrics::new(|| panic!("secret")))
            .await;
    let answer = server.get("/metrics").await;
    let told = answer.is_problem(500, "TH0099", None);
    assert!(!told.contains("secret"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(server.get("/healthz").await.status, 200);
}
