//! Every route of the table, with every method and as every role.
//!
//! Nobody asks for a role yet. Who may do what is decided in [`may`] and how a caller shows a role in [`as_role`]; what
//! follows from a refusal is in [`walk`]. The rest of the walk stays when roles are asked for.

use axum::body::Body;
use taskhub_http::route::{ROUTES, Route};
use taskhub_shared::{request::Method, role::Role};

use crate::support::{BASE, Server, server};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"];

/// Headers by which a caller shows that it has this role.
fn as_role(role: Role) -> &'static [(&'static str, &'static str)] {
    match role {
        Role::Anyone
        | Role::Viewer
        | Role::Approver
        | Role::Operator
        | Role::Admin
        | Role::Worker => &[],
    }
}

/// Whether a caller of this role may call a route that needs that one.
fn may(role: Role, least: Role) -> bool {
    // Everybody may do everything: the server listens on loopback only.
    let everybody = [Role::Anyone, Role::Viewer, Role::Approver, Role::Operator, Role::Admin];
    everybody.contains(&least) && Role::ALL.contains(&role)
}

fn method(route: &Route) -> &'static str {
    match route.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    }
}

fn is_compat(route: &Route) -> bool {
    route.path.starts_with(BASE) || route.path.starts_with("/orchestrators")
}

/// A path of the route that leads to something.
fn path(route: &Route) -> String {
    let filled = |part: &str| match part {
        "{hub}" => "DurableFunctionsHub".to_owned(),
        "{code}" => "TH0001".to_owned(),
        part if part.starts_with('{') => "x".to_owned(),
        part => part.to_owned(),
    };
    let path: Vec<String> = route.path.split('/').map(filled).collect();
    path.join("/")
}

/// Query without which the call is wrong.
pub(crate) fn query(route: &str) -> &'static str {
    match route {
        // It would wait for what nobody brings to its end.
        "sample-wait" => "timeout=0",
        "df-purge-many" => "createdTimeFrom=2030-01-01",
        "df-restart-with-options" => "newInstanceId=y",
        "df-signal-entity" => "op=add",
        "list-facets" => "facet=name",
        "export-instances" => "format=csv",
        _ => "",
    }
}

/// Whether a row has this path and method. One of the own surface that reads answers HEAD too.
fn is_other(route: &Route, verb: &str) -> bool {
    let verb = if verb == "HEAD" && !is_compat(route) { "GET" } else { verb };
    let alike = |other: &&Route| forms(other).iter().any(|form| fits(form, &path(route)));
    ROUTES.iter().filter(alike).any(|other| method(other) == verb)
}

/// Templates of a route: two, when its last segment may be absent.
fn forms(route: &Route) -> Vec<&'static str> {
    let without = route.path.strip_suffix("?}").and_then(|with| with.rsplit_once("/{"));
    without.map(|(without, _)| without).into_iter().chain([route.path]).collect()
}

fn fits(template: &str, path: &str) -> bool {
    let (parts, given): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    parts.len() == given.len()
        && parts.iter().zip(&given).all(|(part, given)| part.starts_with('{') || part == given)
}

async fn walk(server: &Server, route: &Route, verb: &str, role: Role) {
    let full = format!("{}?{}", path(route), query(route.name));
    let full = full.trim_end_matches('?');
    let headers = as_role(role);
    let at = format!("{verb} {full} as {role:?}");
    let is_head = verb == "HEAD" && route.method == Method::Get && !is_compat(route);
    let is_right = verb == method(route) || is_head;
    if !is_right && !is_other(route, verb) {
        let answer = server.send_with(verb, full, "", headers).await;
        if is_compat(route) {
            // Compat: never 405.
            assert_eq!((answer.status.as_u16(), &*answer.body), (404, ""), "{at}");
        } else {
            assert_eq!(answer.status, 405, "{at}");
            let allow = answer.header("allow");
            let allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
            let own = METHODS.into_iter().filter(|verb| is_other(route, verb));
            assert_eq!(allowed, own.collect::<Vec<_>>(), "{at}");
        }
        return;
    }
    if !is_right {
        return;
    }
    if route.name == "live" {
        // It has no end, so only its beginning is looked at.
        let answer = server.open(verb, full, Body::empty(), headers).await;
        assert_eq!(answer.status() == 200, may(role, route.least), "{at}");
        return;
    }
    let answer = server.send_with(verb, full, "", headers).await;
    let status = answer.status.as_u16();
    if may(role, route.least) {
        assert!(!matches!(status, 401 | 403 | 405 | 500..), "{at}: {status} {}", answer.body);
        let is_route = status != 404 || !answer.body.contains("TH0010");
        assert!(is_route, "{at}: {}", answer.body);
    } else {
        assert!(matches!(status, 401 | 403), "{at}: {status}");
    }
    if is_head {
        assert_eq!(answer.body, "", "{at}");
    }
}

#[tokio::test]
async fn every_route_with_every_method_as_every_role() {
    for role in Role::ALL {
        let server = server().await;
        server.completed("x", "1", "2").await;
        for route in ROUTES {
            for verb in METHODS {
                walk(&server, route, verb, role).await;
            }
        }
    }
}
