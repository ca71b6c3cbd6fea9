//! The table: complete, unambiguous, and the catalogue of requests in it.

use std::collections::HashSet;

use taskhub_http::route::{ROUTES, Route};
use taskhub_shared::{
    action::Action,
    request::{
        ApiRequest, CancelBatch, CountInstances, CreateBatch, DeleteHub, DeleteView, GetBatch,
        GetHistogram, GetHistory, GetInstance, GetRetention, GetServer, GetStatistics, GetWork,
        ListBatchItems, ListBatches, ListFacets, ListInstances, ListNames, ListViews, Method,
        PauseBatch, PurgeInstance, RaiseEvent, RestartInstance, ResumeBatch, ResumeInstance,
        RetryBatch, RewindInstance, SaveView, SearchInstances, SetRetention, StartInstance,
        SuspendInstance, TerminateInstance,
    },
    role::Role,
};

use crate::support::server;

#[test]
fn names_and_places_are_unique() {
    let names: HashSet<_> = ROUTES.iter().map(|route| route.name).collect();
    assert_eq!(names.len(), ROUTES.len());
    let places: HashSet<_> =
        ROUTES.iter().map(|route| format!("{:?} {}", route.method, route.path)).collect();
    assert_eq!(places.len(), ROUTES.len());
    for route in ROUTES {
        assert!(route.path.starts_with('/') && route.audit.contains('.'), "{route:?}");
    }
}

#[test]
fn each_action_needs_the_role_of_the_one_table() {
    for action in Action::ALL {
        let audit = match action {
            Action::RaiseEvent => "instance.raise-event",
            Action::Suspend => "instance.suspend",
            Action::Resume => "instance.resume",
            Action::Terminate => "instance.terminate",
            Action::Rewind => "instance.rewind",
            Action::Restart | Action::RestartWithSameId => "instance.restart",
            Action::Purge => "instance.purge",
        };
        let rows: Vec<_> = ROUTES.iter().filter(|route| route.audit == audit).collect();
        assert!(rows.len() >= 2, "{audit}: one row for each surface");
        for row in rows {
            assert_eq!(row.least, action.role(), "{}", row.name);
        }
    }
}

#[test]
fn every_call_of_the_catalogue_has_one_row() {
    fn check<T: ApiRequest>(found: &mut HashSet<&'static str>) {
        let mut rows =
            ROUTES.iter().filter(|route| route.method == T::METHOD && route.path == T::PATH);
        let row = rows.next().unwrap_or_else(|| panic!("{} has no row", T::PATH));
        assert!(rows.next().is_none(), "{} has two rows", T::PATH);
        found.insert(row.name);
    }
    let mut found = HashSet::new();
    check::<GetServer>(&mut found);
    check::<DeleteHub>(&mut found);
    check::<GetWork>(&mut found);
    check::<GetStatistics>(&mut found);
    check::<GetRetention>(&mut found);
    check::<SetRetention>(&mut found);
    check::<ListNames>(&mut found);
    check::<ListInstances>(&mut found);
    check::<CountInstances>(&mut found);
    check::<ListFacets>(&mut found);
    check::<GetHistogram>(&mut found);
    check::<SearchInstances>(&mut found);
    check::<ListViews>(&mut found);
    check::<SaveView>(&mut found);
    check::<DeleteView>(&mut found);
    check::<GetInstance>(&mut found);
    check::<GetHistory>(&mut found);
    check::<StartInstance>(&mut found);
    check::<RaiseEvent>(&mut found);
    check::<TerminateInstance>(&mut found);
    check::<SuspendInstance>(&mut found);
    check::<ResumeInstance>(&mut found);
    check::<RewindInstance>(&mut found);
    check::<RestartInstance>(&mut found);
    check::<PurgeInstance>(&mut found);
    check::<CancelBatch>(&mut found);
    check::<CreateBatch>(&mut found);
    check::<GetBatch>(&mut found);
    check::<ListBatchItems>(&mut found);
    check::<ListBatches>(&mut found);
    check::<PauseBatch>(&mut found);
    check::<ResumeBatch>(&mut found);
    check::<RetryBatch>(&mut found);

    let rest: Vec<_> = ROUTES
        .iter()
        .filter(|route| route.path.starts_with("/api/") && !found.contains(route.name))
        .map(|route| route.name)
        .collect();
    let no_calls = [
        "openapi",
        "api-docs",
        "api-docs-style",
        "export-instances",
        "get-event-payload",
        "get-input",
        "get-output",
        "get-custom-status",
        "live",
    ];
    assert_eq!(rest, no_calls, "documents, files and the stream are no calls");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/src/request");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let calls = files
        .map(|file| std::fs::read_to_string(file).unwrap().matches("impl ApiRequest for").count());
    assert_eq!(calls.sum::<usize>(), found.len(), "a new call: check it here too");
}

#[test]
fn writes_need_more_than_reading() {
    let reads = |route: &&Route| route.method == Method::Get;
    for route in ROUTES.iter().filter(|route| !reads(route)) {
        assert!(!matches!(route.least, Role::Anyone | Role::Viewer), "{route:?}");
    }
    let open: Vec<_> =
        ROUTES.iter().filter(|route| route.least == Role::Anyone).map(|route| route.name).collect();
    assert_eq!(open, ["healthz", "readyz", "error-page"], "nothing else is for everybody");
}

#[tokio::test]
async fn every_row_is_served() {
    let server = server().await;
    for route in ROUTES {
        let method = match route.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let path = route.path.replace("{hub}", "DurableFunctionsHub").replace("{code}", "TH0001");
        let path: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        // It would wait for what nobody brings to its end.
        let path = if path.ends_with("/wait") { format!("{path}?timeout=0") } else { path };
        let response = server.open(method, &path, axum::body::Body::empty(), &[]).await;
        // An unknown instance is 404 too, but never an unknown route, and never a wrong method.
        let status = response.status().as_u16();
        assert_ne!(status, 405, "{route:?}");
        if status == 404 && path.starts_with("/api") {
            let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains("TH0002") || body.contains("TH0011"), "{route:?}");
        }
    }
}
