//! Host, Origin, request ids and the headers on every answer.

use crate::support::{BASE, server, server_with};

const EVIL: [(&str, &str); 1] = [("host", "evil.example")];

#[tokio::test]
async fn a_foreign_host_gets_nothing() {
    let server = server().await;
    for path in ["/", "/api/v1/server", "/metrics", "/docs/errors/TH0001", "/app-1a2b.js"] {
        server.send_with("GET", path, "", &EVIL).await.is_problem(403, "TH0009", None);
    }
    let answer = server.send_with("GET", &format!("{BASE}/instances"), "", &EVIL).await;
    assert_eq!(answer.status, 403);
    assert!(answer.json()["Message"].as_str().unwrap().contains("evil.example"));
    assert_eq!(server.send_with("GET", "/healthz", "", &EVIL).await.status, 200);
    let open = server_with(|options| options.insecure_open = true).await;
    assert_eq!(open.send_with("GET", "/api/v1/server", "", &EVIL).await.status, 200);
    let listed =
        server_with(|options| options.allowed_hosts = vec!["evil.example".to_owned()]).await;
    assert_eq!(listed.send_with("GET", "/api/v1/server", "", &EVIL).await.status, 200);
}

#[tokio::test]
async fn a_foreign_page_does_not_write() {
    let server = server_with(|options| options.insecure_open = true).await;
    server.start("a", "").await;
    let api = "/api/v1/hubs/DurableFunctionsHub/instances/a";
    for (method, path) in [
        ("POST", format!("{api}/terminate")),
        ("DELETE", api.to_owned()),
        ("POST", format!("{BASE}/instances/a/terminate")),
        ("POST", format!("{BASE}/orchestrators/Order/b")),
    ] {
        for header in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let answer = server.send_with(method, &path, "", &[header]).await;
            assert_eq!(answer.status, 403, "{method} {path} {header:?}");
        }
    }
    let own = [("origin", "http://127.0.0.1:7071"), ("sec-fetch-site", "same-origin")];
    let answer = server.send_with("POST", &format!("{api}/terminate"), "", &own).await;
    assert_eq!(answer.status, 202);
    let read = [("origin", "http://evil.example")];
    let answer = server.send_with("GET", api, "", &read).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test]
async fn the_headers_are_on_every_answer() {
    let server = server().await;
    for (method, path, headers) in [
        ("GET", "/", &[][..]),
        ("GET", "/app-1a2b.js", &[]),
        ("GET", "/unknown", &[]),
        ("GET", "/healthz", &[]),
        ("GET", "/metrics", &[]),
        ("GET", "/docs/errors/TH0001", &[]),
        ("GET", "/api/v1/server", &[]),
        ("PUT", "/api/v1/server", &[]),
        ("GET", "/api/v1/unknown", &[]),
        ("GET", "/api/v1/server", &EVIL),
        ("GET", "/durabletask/instances/unknown", &[]),
        ("GET", "/durabletask/instances", &[]),
        ("POST", "/durabletask/orchestrators/Order", &[("origin", "null")]),
    ] {
        let answer = server.send_with(method, path, "", headers).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{method} {path}");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe-inline"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert_eq!(answer.header("server"), "");
        assert_eq!(answer.header("x-request-id").len(), 32);
        let kept = matches!(path, "/" | "/app-1a2b.js");
        assert_eq!(answer.header("cache-control") == "no-store", !kept, "{method} {path}");
        let html = answer.header("content-type").contains("text/html");
        assert_eq!(html, path == "/", "{method} {path}");
    }
}

#[tokio::test]
async fn a_sane_request_id_is_kept() {
    let server = server().await;
    let ask = |id: &'static str| {
        let server = &server;
        async move {
            let answer = server.send_with("GET", "/healthz", "", &[("x-request-id", id)]).await;
            answer.header("x-request-id").to_owned()
        }
    };
    assert_eq!(ask("abc-1.2_3").await, "abc-1.2_3");
    for bad in ["", "a b", "a\"b", "é"] {
        assert_eq!(ask(bad).await.len(), 32, "{bad}");
    }
}
