//! The list of the compatible surface.

use chrono::TimeDelta;

use crate::support::{BASE, Server, server};

async fn ids(server: &Server, query: &str) -> Vec<String> {
    let answer = server.get(&format!("{BASE}/instances/?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.headers.contains_key("x-ms-continuation-token"), "always there");
    let ids = |row: &serde_json::Value| row["instanceId"].as_str().unwrap().to_owned();
    answer.json().as_array().unwrap().iter().map(ids).collect()
}

/// Instances a1, a2, b1, a minute apart; a2 has ended.
async fn three() -> Server {
    let server = server().await;
    for id in ["a1", "a2", "b1"] {
        server.start(id, "7").await;
        server.clock.advance(TimeDelta::minutes(1));
    }
    server.post(&format!("{BASE}/instances/a2/terminate"), "").await.is(202, "");
    server
}

#[tokio::test]
async fn rows_are_statuses_without_history() {
    let server = three().await;
    let answer =
        server.get(&format!("{BASE}/instances?top=1&showHistory=true&showInput=false")).await;
    answer.is(
        200,
        r#"[{"name":"Order","instanceId":"b1","runtimeStatus":"Pending","input":null,"customStatus":null,"output":null,"createdTime":"2026-11-23T14:04:11Z","lastUpdatedTime":"2026-11-23T14:04:11Z"}]"#,
    );
    let one = server.get(&format!("{BASE}/instances?instanceIdPrefix=a1")).await;
    assert_eq!(one.json()[0]["input"], 7);
}

#[tokio::test]
async fn filters() {
    let server = three().await;
    let all = ["b1", "a2", "a1"];
    assert_eq!(ids(&server, "").await, all);
    assert_eq!(ids(&server, "INSTANCEIDPREFIX=a").await, ["a2", "a1"]);
    assert_eq!(ids(&server, "runtimeStatus=Terminated").await, ["a2"]);
    assert_eq!(ids(&server, "runtimeStatus=pending,+5&runtimeStatus=Failed").await, all);
    assert_eq!(ids(&server, "runtimeStatus=6").await, ["b1", "a1"]);
    assert_eq!(ids(&server, "runtimeStatus=nonsense").await, all, "as the original");
    assert_eq!(ids(&server, "createdTimeFrom=2026-11-23T14:03:11.123456Z").await, ["b1", "a2"]);
    assert_eq!(ids(&server, "createdTimeTo=2026-11-23T14:03:11.123456Z").await, ["a2", "a1"]);
    assert_eq!(ids(&server, "createdTimeTo=2026-11-23T14:03:11.123455Z").await, ["a1"]);
    assert_eq!(ids(&server, "createdTimeFrom=1-01-01T00:00:00.000000Z").await, all);
    assert_eq!(ids(&server, "createdTimeFrom=yesterday&top=x&showInput=1").await, all);
    assert_eq!(ids(&server, "top=0").await, all);
    assert_eq!(ids(&server, "top=-1").await, all);
    assert_eq!(ids(&server, "top=99999").await, all);
    assert!(ids(&server, "taskHub=Other").await.is_empty());
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = three().await;
    let path = format!("{BASE}/instances?top=2");
    let first = server.get(&path).await;
    let token = first.header("x-ms-continuation-token").to_owned();
    assert!(!token.is_empty());
    let second = server.send_with("GET", &path, "", &[("x-ms-continuation-token", &token)]).await;
    assert_eq!(second.json()[0]["instanceId"], "a1");
    assert_eq!(second.json().as_array().unwrap().len(), 1);
    assert_eq!(second.headers["x-ms-continuation-token"], "");
    let blank = server.send_with("GET", &path, "", &[("x-ms-continuation-token", " ")]).await;
    assert_eq!(blank.body, first.body);
    let bad = server.send_with("GET", &path, "", &[("x-ms-continuation-token", "bad")]).await;
    assert_eq!(bad.status, 400);
    assert!(
        bad.json()["ExceptionMessage"].as_str().unwrap().starts_with("x-ms-continuation-token:")
    );
}

#[tokio::test]
async fn a_token_belongs_to_its_list() {
    let server = three().await;
    server.post(&format!("{BASE}/entities/e/k?op=add"), "1").await.is(202, "");
    let path = |query: &str| format!("{BASE}/instances?{query}");
    let send = async |path: String, token: &str| {
        server.send_with("GET", &path, "", &[("x-ms-continuation-token", token)]).await
    };
    let query = "top=1&runtimeStatus=Pending&createdTimeFrom=2026-01-01";
    let token = server.get(&path(query)).await.header("x-ms-continuation-token").to_owned();
    let same = "createdTimeFrom=2026-01-01T00:00:00Z&TOP=7&runtimestatus=6&showInput=false";
    assert_eq!(send(path(same), &token).await.json()[0]["instanceId"], "a1");
    let cut = token.get(..token.len() - 1).unwrap();
    let forged = token.replacen(".a.", ".b.", 1);
    for (path, token) in [
        (path("top=1"), token.as_str()),
        (path("top=1&runtimeStatus=Failed&createdTimeFrom=2026-01-01"), &token),
        (path(&format!("{query}&instanceIdPrefix=a")), &token),
        (path(&format!("{query}&taskHub=Other")), &token),
        (format!("{BASE}/entities?top=1"), &token),
        (path(query), cut),
        (path(query), &forged),
        (path(query), "eyJOZXh0Um93S2V5IjoiMSJ9"),
    ] {
        let answer = send(path.clone(), token).await;
        assert_eq!(answer.status, 400, "{path} {token}");
        let told = answer.json()["ExceptionMessage"].as_str().unwrap().to_owned();
        assert!(told.starts_with("x-ms-continuation-token: "), "{told}");
    }
}

#[tokio::test]
async fn numbers_come_without_rows() {
    let server = three().await;
    let count = async |query: &str| {
        let answer = server.get(&format!("{BASE}/instances?countOnly=true&{query}")).await;
        assert_eq!(answer.status, 200);
        answer.body
    };
    let all = r#"{"total":3,"byStatus":{"Terminated":1,"Pending":2}}"#;
    assert_eq!(count("").await, all);
    assert_eq!(count("top=1&runtimeStatus=Nonsense").await, all, "as in the list");
    let ended = r#"{"total":1,"byStatus":{"Terminated":1}}"#;
    assert_eq!(count("runtimeStatus=terminated,Failed").await, ended);
    let some = r#"{"total":1,"byStatus":{"Pending":1}}"#;
    assert_eq!(count("instanceIdPrefix=a1").await, some);
    assert_eq!(count("createdTimeFrom=2026-11-23T14:04:00Z").await, some);
    assert_eq!(count("taskHub=Other").await, r#"{"total":0,"byStatus":{}}"#);
}

#[tokio::test]
async fn the_order_may_be_chosen() {
    let server = three().await;
    assert_eq!(ids(&server, "sort=created").await, ["a1", "a2", "b1"]);
    assert_eq!(ids(&server, "Sort=-created").await, ["b1", "a2", "a1"]);
    assert_eq!(ids(&server, "sort=-updated").await, ["a2", "b1", "a1"]);
    assert_eq!(ids(&server, "sort=").await, ["b1", "a2", "a1"]);
    let path = |sort: &str| format!("{BASE}/instances?top=2&sort={sort}");
    let token = server.get(&path("created")).await.header("x-ms-continuation-token").to_owned();
    let headers = [("x-ms-continuation-token", token.as_str())];
    let next = server.send_with("GET", &path("created"), "", &headers).await;
    assert_eq!(next.json()[0]["instanceId"], "b1");
    let other = server.send_with("GET", &path("-created"), "", &headers).await;
    assert_eq!(other.status, 400, "the token is of another order");
    let bad = server.get(&path("age")).await;
    assert_eq!(bad.status, 400);
    assert!(bad.json()["ExceptionMessage"].as_str().unwrap().starts_with("sort: "));
}
