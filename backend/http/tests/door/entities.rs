//! Entities on the compatible surface.

use futures::StreamExt;
use taskhub_hub::engine::{
    entity::EntityResponse,
    worker::{Work, WorkerProfile},
};

use crate::support::{BASE, Server, server};

/// Runs the operations that wait for one entity, and sets its state.
async fn run(server: &Server, state: Option<&str>) -> String {
    let mut items = server.hub.connect_worker(WorkerProfile::default());
    let item = items.next().await.unwrap();
    let Work::Entity(work) = item.work else { panic!("a batch of an entity was to come") };
    let response = EntityResponse {
        results: work.operations.iter().map(|_| Ok(None)).collect(),
        state: state.map(Into::into),
        ..EntityResponse::default()
    };
    server.hub.complete_entity(item.token, response).await.unwrap();
    format!("{} {:?}", work.record.instance_id, work.operations[0].kind)
}

#[tokio::test]
async fn a_signal_reaches_the_entity_and_its_state_is_read() {
    let server = server().await;
    let path = format!("{BASE}/entities/Counter/A b?op=Add").replace(' ', "%20");
    server.post(&path, "5").await.is(202, "");
    let seen = run(&server, Some("{\"value\":5}")).await;
    assert!(seen.starts_with("@counter@A b "), "{seen}");
    assert!(seen.contains("operation: \"Add\"") && seen.contains("Some(\"5\")"), "{seen}");
    server.get(&format!("{BASE}/entities/COUNTER/A%20b")).await.is(200, "{\"value\":5}");
    server.get(&format!("{BASE}/entities/counter/a%20b")).await.is(404, "");
    server.send("DELETE", &format!("{BASE}/entities/counter/A%20b"), "").await.is(202, "");
    assert!(run(&server, None).await.contains("operation: \"delete\""));
    server.get(&format!("{BASE}/entities/counter/A%20b")).await.is(404, "");
}

#[tokio::test]
async fn inputs_are_json_or_text_or_nothing() {
    let server = server().await;
    let path = format!("{BASE}/entities/e/$?op=x");
    server.post(&path, "").await.is(202, "");
    assert!(run(&server, None).await.contains("input: None"));
    let headers = [("content-type", "text/plain")];
    let answer = server.send_with("POST", &path, "a \"text\"", &headers).await;
    assert_eq!(answer.status, 202);
    let seen = run(&server, None).await;
    assert!(seen.starts_with("@e@ ") && seen.contains(r#"\"a \\\"text\\\"\""#), "{seen}");
    let answer = server.post(&path, "{").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.starts_with(r#"{"Message":"Could not parse JSON content: "#));
    let answer = server.post(&format!("{BASE}/entities/e/1"), "1").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("op"), "{}", answer.body);
}

#[tokio::test]
async fn lists_come_in_pages_with_or_without_states() {
    let server = server().await;
    for (name, state) in
        [("a/1", Some("1")), ("a/2", Some("\"two\"")), ("a/3", None), ("b/1", Some("0"))]
    {
        server.post(&format!("{BASE}/entities/{name}?op=set"), "1").await.is(202, "");
        run(&server, state).await;
        server.clock.advance(chrono::TimeDelta::minutes(1));
    }
    let answer = server.get(&format!("{BASE}/entities?fetchState=true&top=2")).await;
    answer.is(
        200,
        r#"[{"entityId":{"name":"b","key":"1"},"lastOperationTime":"2026-11-23T14:05:11.123456Z","state":0},{"entityId":{"name":"a","key":"2"},"lastOperationTime":"2026-11-23T14:03:11.123456Z","state":"two"}]"#,
    );
    let token = answer.header("x-ms-continuation-token").to_owned();
    let path = format!("{BASE}/entities?top=2");
    let next = server.send_with("GET", &path, "", &[("x-ms-continuation-token", &token)]).await;
    assert_eq!(
        (next.header("x-ms-continuation-token"), next.json().as_array().unwrap().len()),
        ("", 1)
    );
    server.get(&format!("{BASE}/entities/A")).await.is(
        200,
        r#"[{"entityId":{"name":"a","key":"2"},"lastOperationTime":"2026-11-23T14:03:11.123456Z","state":null},{"entityId":{"name":"a","key":"1"},"lastOperationTime":"2026-11-23T14:02:11.123456Z","state":null}]"#,
    );
    let from = "lastOperationTimeFrom=2026-11-23T14:03:11.123456Z";
    let to = "lastOperationTimeTo=2026-11-23T14:03:11.123456Z";
    let answer = server.get(&format!("{BASE}/entities?{from}&{to}")).await;
    assert_eq!(answer.json().as_array().unwrap().len(), 1);
    let bad = server.send_with("GET", &path, "", &[("x-ms-continuation-token", "x")]).await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn keys_that_no_link_can_hold_are_refused() {
    let server = server().await;
    for key in ["a%23b", "a%3Fb", "a%5Cb", "a%0Ab"] {
        for (method, query) in [("POST", "?op=add"), ("DELETE", "")] {
            let path = format!("{BASE}/entities/Counter/{key}{query}");
            let answer = server.send(method, &path, "1").await;
            assert_eq!(answer.status, 400, "{path}");
            assert!(answer.json()["Message"].as_str().unwrap().starts_with("The entity key"));
        }
    }
}
