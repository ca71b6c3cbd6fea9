//! The routes of the page's samples, at the top level.

use taskhub_shared::failure::FailureDetails;

use crate::support::{BASE, complete, fail, server};

#[tokio::test]
async fn start_answers_with_the_links() {
    let server = server().await;
    let answer = server.post("/Orchestrators/E1_HelloSequence/", "{\"a\": 1}").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (202, "10"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 32);
    let location = format!("http://127.0.0.1:7071{BASE}/instances/{id}?");
    assert!(answer.header("location").starts_with(&location), "{}", answer.header("location"));
    let record = server.hub.instance(&id).await.unwrap().unwrap();
    assert_eq!(
        (&*record.name, record.payloads.input.as_deref()),
        ("E1_HelloSequence", Some("{\"a\": 1}"))
    );
    let other = server.post("/orchestrators/X?taskHub=other", "").await.json();
    let id = other["id"].as_str().unwrap();
    assert!(server.hubs.get("Other").unwrap().instance(id).await.unwrap().is_some());
}

#[tokio::test]
async fn wait_answers_with_the_output() {
    let server = server().await;
    let mut worker = server.worker();
    let path = "/orchestrators/X/wait?timeout=2&retryInterval=0.5";
    let (answer, ()) = tokio::join!(server.post(path, "1"), worker.turn(vec![complete("[1, 2]")]));
    answer.is(200, "[1, 2]");
    let failed = fail(FailureDetails::new("E", "no"));
    let (answer, ()) = tokio::join!(server.post(path, "1"), worker.turn(vec![failed]));
    assert_eq!((answer.status.as_u16(), &answer.json()["runtimeStatus"]), (200, &"Failed".into()));
}

#[tokio::test(start_paused = true)]
async fn wait_answers_with_the_links_when_the_time_is_over() {
    let server = server().await;
    let asked = [("timeout=2&retryInterval=0.5", 2), ("", 30), ("timeout=x&retryInterval=60", 30)];
    for (query, seconds) in asked {
        let began = tokio::time::Instant::now();
        let answer = server.post(&format!("/orchestrators/X/wait?{query}"), "").await;
        assert_eq!((answer.status.as_u16(), began.elapsed().as_secs()), (202, seconds), "{query}");
        assert!(answer.json()["statusQueryGetUri"].is_string());
    }
}

#[tokio::test]
async fn refusals_are_those_of_a_start() {
    let server = server().await;
    let answer = server.post("/orchestrators/X/wait?timeout=1&retryInterval=2", "").await;
    assert_eq!(answer.status, 400);
    let text = "Total timeout 1 should be bigger than retry timeout 2";
    assert_eq!(answer.json()["ExceptionMessage"], text);
    assert_eq!(server.post("/orchestrators/X", "{").await.status, 400);
    assert_eq!(server.get(&format!("{BASE}/instances")).await.body, "[]", "nothing was started");
    for (method, path) in [
        ("GET", "/orchestrators/X"),
        ("POST", "/orchestrators"),
        ("POST", "/orchestrators/X/id"),
        ("PUT", "/orchestrators/X/wait"),
    ] {
        server.send(method, path, "").await.is(404, "");
    }
}
