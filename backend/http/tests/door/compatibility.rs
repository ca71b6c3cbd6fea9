//! docs/compatibility.md and the table say the same.

use taskhub_http::route::ROUTES;
use taskhub_shared::request::Method;

use crate::support::{BASE, server};

const PAGE: &str = include_str!("../../../../docs/compatibility.md");

/// Rows of the table of routes: method, path and whether it is served.
fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let cells = |line: &'static str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            [_, method @ ("GET" | "POST" | "DELETE"), path, state, ..] => {
                Some((*method, path.trim_matches('`'), *state))
            }
            _ => None,
        }
    };
    PAGE.lines().filter_map(cells).collect()
}

#[test]
fn every_route_has_its_row() {
    let mut expected: Vec<(&str, &str)> = ROUTES
        .iter()
        .filter_map(|route| {
            let method = match route.method {
                Method::Get => "GET",
                Method::Post => "POST",
                Method::Delete => "DELETE",
            };
            Some((method, route.path.strip_prefix(BASE)?))
        })
        .collect();
    let mut written: Vec<_> = rows().into_iter().map(|(method, path, _)| (method, path)).collect();
    expected.sort_unstable();
    written.sort_unstable();
    assert_eq!(written, expected, "docs/compatibility.md lists the routes of the table, each once");
}

#[tokio::test]
async fn the_states_are_true() {
    let server = server().await;
    server.completed("x", "1", "2").await;
    server.post(&format!("{BASE}/entities/x/x?op=x"), "1").await.is(202, "");
    for (method, path, state) in rows() {
        let path: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let status = server.send(method, &format!("{BASE}{path}"), "1").await.status.as_u16();
        let missing = matches!(status, 501) || path == "/makeprimary";
        assert_eq!(state == "missing", missing, "{method} {path}: {status}");
    }
}
