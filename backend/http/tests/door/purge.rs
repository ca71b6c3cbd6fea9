//! Purge of many instances: what goes, what stays, and what is refused rather than widened.

use chrono::TimeDelta;

use crate::support::{BASE, Server, complete, fail, server};

/// Three that completed a minute after each other, one that failed, one that is terminated, two that go on.
async fn some() -> Server {
    let server = server().await;
    for id in ["c1", "c2", "c3"] {
        server.completed(id, "1", "2").await;
        server.clock.advance(TimeDelta::minutes(1));
    }
    server.start("failed", "").await;
    server.worker().turn(vec![fail(taskhub_shared::failure::FailureDetails::default())]).await;
    server.start("terminated", "").await;
    server.post(&format!("{BASE}/instances/terminated/terminate"), "").await.is(202, "");
    server.start("running", "").await;
    server.worker().turn(vec![]).await;
    server.start("pending", "").await;
    server
}

async fn purge(server: &Server, query: &str) -> (u16, String) {
    let answer = server.send("DELETE", &format!("{BASE}/instances?{query}"), "").await;
    (answer.status.as_u16(), answer.body)
}

async fn left(server: &Server) -> Vec<String> {
    let rows = server.get(&format!("{BASE}/instances?showInput=false")).await.json();
    let id = |row: &serde_json::Value| row["instanceId"].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(id).collect()
}

fn deleted(n: u64) -> (u16, String) {
    (200, format!("{{\"instancesDeleted\":{n}}}"))
}

#[tokio::test]
async fn only_what_has_ended_goes() {
    let server = some().await;
    for nothing in ["Running", "Pending,Suspended", "Running&runtimeStatus=ContinuedAsNew", "0"] {
        let query = format!("createdTimeFrom=2000-01-01&runtimeStatus={nothing}");
        assert_eq!(purge(&server, &query).await, (404, String::new()), "{nothing}");
    }
    assert_eq!(left(&server).await.len(), 7);
    let query = "createdTimeFrom=2000-01-01&runtimeStatus=failed,RUNNING&RuntimeStatus=5";
    assert_eq!(purge(&server, query).await, deleted(2));
    assert_eq!(purge(&server, "createdTimeFrom=1-01-01T00:00:00.000000Z").await, deleted(3));
    assert_eq!(left(&server).await, ["pending", "running"]);
    assert_eq!(purge(&server, "createdTimeFrom=2000-01-01").await, (404, String::new()));
    assert_eq!(server.get(&format!("{BASE}/instances/c1")).await.status, 404);
}

#[tokio::test]
async fn the_times_are_inclusive_and_the_hub_is_the_one_named() {
    let server = some().await;
    let from = "createdTimeFrom=2026-11-23T14:02:11.123456Z";
    assert_eq!(purge(&server, &format!("{from}&taskHub=Other")).await, (404, String::new()));
    let before = format!("{from}&createdTimeTo=2026-11-23T14:02:11.123455Z");
    assert_eq!(purge(&server, &before).await, (404, String::new()));
    let first =
        format!("{from}&createdTimeTo=2026-11-23T14:02:11.123456Z&taskHub=&connection=x&code=k");
    assert_eq!(purge(&server, &first).await, deleted(1));
    let last = "createdTimeFrom=2026-11-23T14:04:11.123456%2B00:00&createdTimeTo=9999-12-31&runtimeStatus=Completed";
    assert_eq!(purge(&server, last).await, deleted(1));
    assert_eq!(purge(&server, &from.replace("Z", "")).await, deleted(3));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_name() {
    let server = some().await;
    let from = "createdTimeFrom=2000-01-01";
    let absent = "\"Please provide value for 'createdTimeFrom' parameter.\"";
    for query in ["", "createdTimeFrom=", "createdTimeTo=2026-11-23", "runtimeStatus=Failed"] {
        assert_eq!(purge(&server, query).await, (400, absent.to_owned()), "{query}");
    }
    let huge = format!("{from}&runtimeStatus={}", "x".repeat(20_000));
    for (query, name) in [
        ("createdTimeFrom=yesterday", "createdTimeFrom"),
        ("createdTimeFrom=2000-01-01&createdTimeFrom=2000-01-01", "createdTimeFrom"),
        ("createdTimeFrom=2000-01-01,2000-01-02", "createdTimeFrom"),
        (&format!("{from}&createdTimeTo=soon"), "createdTimeTo"),
        (&format!("{from}&createdTimeTo="), "createdTimeTo"),
        (&format!("{from}&createdTimeTo=2026-01-01&CREATEDTIMETO=2026-01-01"), "createdTimeTo"),
        (&format!("{from}&runtimeStatus="), "runtimeStatus"),
        (&format!("{from}&runtimeStatus=Faild"), "runtimeStatus"),
        (&format!("{from}&runtimeStatus=Failed,Complete"), "runtimeStatus"),
        (&format!("{from}&runtimeStatus=Failed&runtimeStatus=8"), "runtimeStatus"),
        (&format!("{from}&instanceIdPrefix=c"), "instanceidprefix"),
        (&format!("{from}&status=Failed"), "status"),
        (&huge, "runtimeStatus"),
    ] {
        let (status, body) = purge(&server, query).await;
        assert_eq!(status, 400, "{query}");
        let text: String = serde_json::from_str(&body).unwrap();
        assert!(text.contains(&format!("'{name}'")) && text.len() < 400, "{query}: {text}");
    }
    assert_eq!(left(&server).await.len(), 7, "nothing went");
}

#[tokio::test]
async fn slices_follow_each_other() {
    let server = server().await;
    let mut worker = server.worker();
    for number in 0..600 {
        server.start(&format!("i{number}"), "").await;
        if number % 3 != 0 {
            worker.turn(vec![complete("1")]).await;
        } else {
            worker.turn(vec![]).await;
        }
    }
    assert_eq!(purge(&server, "createdTimeFrom=2000-01-01").await, deleted(400));
    let top = server.get(&format!("{BASE}/instances?top=1000")).await.json();
    assert_eq!(top.as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn a_store_that_fails_is_told() {
    let server = some().await;
    server.break_store();
    let (status, body) = purge(&server, "createdTimeFrom=2000-01-01").await;
    assert_eq!(status, 503, "{body}");
    assert!(!body.contains("secret"));
    assert_eq!(purge(&server, "createdTimeFrom=2000-01-01").await.0, 200);
    assert_eq!(left(&server).await, ["pending", "running"]);
}

#[tokio::test]
async fn an_entity_goes_by_its_id() {
    let server = server().await;
    server.post(&format!("{BASE}/entities/Counter/k?op=add"), "1").await.is(202, "");
    let path = format!("{BASE}/instances/@counter@k");
    server.send("DELETE", &path, "").await.is(200, "{\"instancesDeleted\":1}");
    server.send("DELETE", &path, "").await.is(404, "");
    assert_eq!(server.send("DELETE", &format!("{BASE}/instances/@counter"), "").await.status, 400);
}
