//! What a browser is told, and who is not answered.

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::json;

use crate::world::{Answer, Api, DF, HUB, Server, Setup, send};

fn check_headers(headers: &HeaderMap, of: &str) {
    let value = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let first = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(values.next().is_none(), "{of}: {name} is there twice");
        first.to_owned()
    };
    let policy = value("content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(
            policy.split(';').any(|part| part.trim() == rule),
            "{of}: {rule} is not in {policy:?}"
        );
    }
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{of}: {policy}"
    );
    assert_eq!(value("x-content-type-options"), "nosniff", "{of}");
    assert_eq!(value("referrer-policy"), "no-referrer", "{of}");
    assert_eq!(value("cross-origin-opener-policy"), "same-origin", "{of}");
    assert_eq!(value("cross-origin-resource-policy"), "same-origin", "{of}");
    assert!(!value("permissions-policy").is_empty(), "{of}");
    assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"), "{of}");
    assert!(!headers.contains_key("access-control-allow-origin"), "{of}");
}

#[tokio::test]
async fn the_security_headers_are_on_every_kind_of_answer() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let api = server.api();
    let path = |path: &str| api.request(Method::GET, path);
    let kinds: Vec<(&str, u16, RequestBuilder)> = vec![
        ("health", 200, path("/healthz")),
        ("figures", 200, path("/metrics")),
        ("list", 200, path(HUB)),
        ("unknown instance", 404, path(&Api::path("nobody", ""))),
        ("unknown route", 404, path("/api/v1/nothing")),
        ("unknown query", 400, path(&format!("{HUB}?stat=x"))),
        (
            "broken JSON",
            400,
            api.request(Method::POST, HUB).header("content-type", "application/json").body("{"),
        ),
        ("wrong method", 405, api.request(Method::PUT, HUB)),
        ("foreign host", 403, path(HUB).header("host", "evil.example")),
        ("too large", 413, api.request(Method::POST, HUB).body(vec![b' '; 5 << 20])),
        ("Durable Functions, list", 200, path(&format!("{DF}/instances"))),
        ("Durable Functions, unknown", 404, path(&format!("{DF}/instances/nobody"))),
        (
            "Durable Functions, started",
            202,
            api.request(Method::POST, &format!("{DF}/orchestrators/HelloWorld")),
        ),
        ("error page", 200, path("/docs/errors/TH0002")),
        ("file that is not there", 404, path("/nothing.js")),
    ];
    for (kind, status, request) in kinds {
        let answer = send(request).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(answer.status.as_u16(), status, "{kind}: {}", answer.text);
        check_headers(&answer.headers, kind);
        assert_eq!(answer.header("cache-control"), "no-store", "{kind}");
    }
    let live = api
        .request(Method::GET, "/api/v1/hubs/DurableFunctionsHub/live")
        .send()
        .await
        .expect("open");
    check_headers(live.headers(), "live stream");
}

#[tokio::test]
async fn the_console_and_its_files_have_them_too() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let api = server.api();
    for page in ["/", "/h/DurableFunctionsHub/instances", "/h/DurableFunctionsHub/instances/a%2Fb"]
    {
        let index = api.get(page).await.expect(200);
        check_headers(&index.headers, page);
        assert!(index.header("content-type").starts_with("text/html"), "{page}");
        assert_ne!(
            index.header("cache-control"),
            "public, max-age=31536000, immutable",
            "{page} must be asked for"
        );
    }
    let index = api.get("/").await.text;
    assert!(
        !index.contains("<script>") && !index.contains(" style=") && !index.contains(" onload="),
        "{index}"
    );
    let files: Vec<&str> =
        index.split('"').filter(|part| part.starts_with('/') && part.contains('.')).collect();
    assert!(files.len() >= 3, "style, script and module: {index}");
    for file in files {
        let answer = send(api.request(Method::GET, file).header("accept-encoding", "br")).await;
        // The body is compressed, and read as text it is of no use; its head is what counts.
        let answer = answer.expect("get").expect(200);
        check_headers(&answer.headers, file);
        assert!(
            answer.header("cache-control").contains("immutable"),
            "{file}: {:?}",
            answer.headers
        );
        let tag = answer.header("etag").to_owned();
        let again = send(
            api.request(Method::GET, file)
                .header("if-none-match", &tag)
                .header("accept-encoding", "br"),
        );
        let again = again.await.expect("get").expect(304);
        check_headers(&again.headers, file);
    }
}

async fn with_header(
    server: &Server,
    method: Method,
    path: &str,
    name: &str,
    value: &str,
) -> Answer {
    let body = json!({ "name": "HelloWorld" });
    let request = server.api().request(method, path).header(name, value);
    send(request.json(&body)).await.expect("send")
}

#[tokio::test]
async fn a_foreign_host_is_refused() {
    only_when_asked!();
    let server = Setup::new().arg("--allowed-host=hub.example").start().await;
    for host in
        ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"]
    {
        with_header(&server, Method::GET, HUB, "host", host).await.expect_problem(403, "TH0009");
        with_header(&server, Method::POST, HUB, "host", host).await.expect_problem(403, "TH0009");
        with_header(&server, Method::GET, "/", "host", host).await.expect(403);
        with_header(&server, Method::GET, &format!("{DF}/instances"), "host", host)
            .await
            .expect(403);
    }
    for host in ["localhost", "LOCALHOST:9", "127.0.0.1", "[::1]:80", "hub.example"] {
        with_header(&server, Method::GET, HUB, "host", host).await.expect(200);
    }
    assert_eq!(server.api().get(HUB).await.json()["items"], json!([]), "nothing was started");
}

#[tokio::test]
async fn a_foreign_page_cannot_write() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let start = format!("{DF}/orchestrators/HelloWorld");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        with_header(&server, Method::POST, HUB, name, value).await.expect_problem(403, "TH0009");
        with_header(&server, Method::POST, &start, name, value).await.expect(403);
        with_header(&server, Method::DELETE, &Api::path("x", ""), name, value).await.expect(403);
    }
    assert_eq!(server.api().get(HUB).await.json()["items"], json!([]), "nothing was started");
    with_header(&server, Method::POST, HUB, "origin", server.origin()).await.expect(201);
    with_header(&server, Method::POST, HUB, "sec-fetch-site", "same-origin").await.expect(201);
}

#[tokio::test]
async fn a_page_cannot_call_the_grpc_door() {
    only_when_asked!();
    let server = Setup::new().start().await;
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")] {
        let request = server.api().request(Method::POST, "/TaskHubSidecarService/Hello");
        let request = request.header("content-type", "application/grpc").header(name, value);
        let answer = send(request.body(vec![0; 5])).await.expect("post");
        assert_eq!(answer.header("grpc-status"), "7", "{answer:?}");
    }
}
