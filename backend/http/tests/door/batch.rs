//! Batch jobs by the console's API.

use serde_json::{Value, json};
use taskhub_shared::status::RuntimeStatus;

use crate::support::{Server, server};

const HUB: &str = "/api/v1/hubs/DurableFunctionsHub";

fn batches(rest: &str) -> String {
    format!("{HUB}/batches{rest}")
}

/// Makes a job and waits for its end.
async fn run(server: &Server, body: Value) -> Value {
    let answer = server.post(&batches(""), &body.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.json()["batch"]["id"].as_str().unwrap().to_owned();
    loop {
        let job = server.get(&batches(&format!("/{id}"))).await.json();
        if job["state"] == "completed" {
            return job;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_refused_and_changes_nothing() {
    let server = server().await;
    server.completed("done", "1", "1").await;
    for id in ["a", "b"] {
        server.start(id, "").await;
    }
    let ask = async |body: Value| {
        let answer = server.post(&batches(""), &body.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["dryRun"].clone()
    };
    let purge = json!({"action": "purge", "query": "", "dryRun": true, "limit": 1});
    let told = ask(purge.clone()).await;
    assert_eq!((&told["total"], &told["allowed"]), (&json!(3), &json!(1)));
    assert_eq!(told["refused"], json!({"notEnded": 2}));
    assert_eq!(told["items"]["items"][0]["refusal"], "notEnded");
    let mut next = purge.clone();
    next["cursor"] = told["items"]["next"].clone();
    let second = ask(next).await;
    assert_eq!(second["items"]["items"].as_array().unwrap().len(), 1);
    assert_ne!(second["items"]["items"], told["items"]["items"]);
    let named =
        json!({"action": "rewind", "ids": ["done", "none", "a", "a"], "dryRun": true, "limit": 2});
    let told = ask(named.clone()).await;
    assert_eq!((&told["total"], &told["allowed"]), (&json!(3), &json!(0)));
    assert_eq!(told["refused"], json!({"notFailed": 2, "notFound": 1}));
    assert_eq!(told["items"]["items"][0]["runtimeStatus"], "Completed");
    let mut next = named;
    next["cursor"] = told["items"]["next"].clone();
    assert_eq!(ask(next).await["items"]["items"][0]["instanceId"], "a");
    assert_eq!(server.get(&batches("")).await.json()["items"], json!([]));
    assert!(server.hub.instance("done").await.unwrap().is_some());
}

#[tokio::test]
async fn a_job_runs_and_tells_what_became_of_each() {
    let server = server().await;
    server.completed("done", "1", "1").await;
    for id in ["a", "b"] {
        server.start(id, "").await;
    }
    let body = json!({"action": "terminate", "query": "", "reason": "night", "by": "Ana"});
    let job = run(&server, body).await;
    let counts = json!({"total": 3, "succeeded": 2, "skipped": 1, "failed": 0});
    assert_eq!(job["counts"], counts);
    assert_eq!((&job["by"], &job["reason"]), (&json!("Ana"), &json!("night")));
    let record = server.hub.instance("a").await.unwrap().unwrap();
    assert_eq!(record.status, RuntimeStatus::Terminated);
    let id = job["id"].as_str().unwrap();
    let items = server.get(&batches(&format!("/{id}/items?limit=2"))).await.json();
    assert_eq!(items["items"].as_array().unwrap().len(), 2);
    let next = items["next"].as_str().unwrap();
    let rest = server.get(&batches(&format!("/{id}/items?cursor={next}"))).await.json();
    let skipped = server.get(&batches(&format!("/{id}/items?result=skipped"))).await.json();
    assert_eq!(rest["items"], skipped["items"], "the oldest comes last");
    assert_eq!(skipped["items"][0]["refusal"], "alreadyEnded");
    let purged = run(&server, json!({"action": "purge", "query": "", "reason": "old"})).await;
    assert_eq!(purged["counts"]["succeeded"], 3);
    let list = server.get(&batches("?limit=1")).await.json();
    assert_eq!(list["items"][0]["id"], purged["id"]);
    let cursor = list["next"].as_str().unwrap();
    let list = server.get(&batches(&format!("?cursor={cursor}"))).await.json();
    assert_eq!((list["items"][0]["id"].as_str(), &list["next"]), (Some(id), &Value::Null));
    for call in ["pause", "resume", "cancel"] {
        let answer = server.post(&batches(&format!("/{id}/{call}")), "").await;
        let detail = answer.is_problem(409, "TH0012", None);
        assert!(detail.contains("it is completed"), "{detail}");
    }
    server.post("/api/v1/hubs/Other/batches/1/cancel", "").await.is_problem(404, "TH0011", None);
    server.get(&batches("/01")).await.is_problem(404, "TH0011", None);
    server.get(&batches(&format!("/{id}x/items"))).await.is_problem(404, "TH0011", None);
}

#[tokio::test]
async fn a_held_job_waits_and_too_many_are_refused() {
    let server = server().await;
    let body = json!({"action": "suspend", "ids": ["a"], "hold": true}).to_string();
    let first = server.post(&batches(""), &body).await.json()["batch"].clone();
    assert_eq!(first["state"], "paused");
    for _ in 1..100 {
        assert_eq!(server.post(&batches(""), &body).await.status, 202);
    }
    server.post(&batches(""), &body).await.is_problem(409, "TH0012", None);
    let id = first["id"].as_str().unwrap();
    let cancelled = server.post(&batches(&format!("/{id}/cancel")), "").await.json();
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(server.post(&batches(""), &body).await.status, 202);
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let server = server().await;
    let many: Vec<String> = (0..100_001).map(|n| n.to_string()).collect();
    let long = "x".repeat(257);
    for (body, field) in [
        (json!({}), "action"),
        (json!({"action": "explode", "query": ""}), "action"),
        (json!({"action": "suspend"}), "query"),
        (json!({"action": "suspend", "query": "status:runing"}), "query"),
        (json!({"action": "purge", "query": "status:", "reason": "x"}), "query"),
        (json!({"action": "purge", "query": "stat:failed", "reason": "x"}), "query"),
        (json!({"action": "suspend", "query": 7}), "query"),
        (json!({"action": "suspend", "query": "", "ids": ["a"]}), "ids"),
        (json!({"action": "suspend", "ids": []}), "ids"),
        (json!({"action": "suspend", "ids": many}), "ids"),
        (json!({"action": "suspend", "ids": ["a", ""]}), "ids"),
        (json!({"action": "suspend", "ids": [long]}), "ids"),
        (json!({"action": "suspend", "ids": ["a\nb"]}), "ids"),
        (json!({"action": "terminate", "query": ""}), "reason"),
        (json!({"action": "purge", "query": "", "reason": " "}), "reason"),
        (json!({"action": "suspend", "query": "", "reason": "x".repeat(10_001)}), "reason"),
        (json!({"action": "suspend", "query": "", "by": long}), "by"),
        (json!({"action": "suspend", "query": "", "ratePerSecond": 0}), "ratePerSecond"),
        (json!({"action": "suspend", "query": "", "ratePerSecond": 501}), "ratePerSecond"),
        (json!({"action": "suspend", "query": "", "ratePerSecond": -1}), "ratePerSecond"),
        (json!({"action": "suspend", "query": "", "stopAfterFailures": 0}), "stopAfterFailures"),
        (json!({"action": "suspend", "query": "", "recursive": true}), "recursive"),
        (json!({"action": "suspend", "query": "", "eventName": "go"}), "eventName"),
        (json!({"action": "suspend", "query": "", "input": 1}), "input"),
        (json!({"action": "raiseEvent", "query": ""}), "eventName"),
        (json!({"action": "raiseEvent", "query": "", "eventName": ""}), "eventName"),
        (json!({"action": "suspend", "query": "", "cursor": "x"}), "cursor"),
        (json!({"action": "suspend", "query": "", "limit": 5}), "limit"),
        (json!({"action": "suspend", "query": "", "dryRun": true, "limit": 0}), "limit"),
        (json!({"action": "suspend", "ids": ["a"], "dryRun": true, "cursor": "x"}), "cursor"),
        (json!({"action": "suspend", "query": "", "hold": 1}), "hold"),
        (json!({"action": "suspend", "query": "", "startAfterSeconds": 0}), "startAfterSeconds"),
        (
            json!({"action": "suspend", "query": "", "startAfterSeconds": 86_401}),
            "startAfterSeconds",
        ),
        (
            json!({"action": "suspend", "query": "", "startAfterSeconds": 1, "hold": true}),
            "startAfterSeconds",
        ),
        (json!({"action": "suspend", "query": "", "speed": 1}), "speed"),
    ] {
        let answer = server.post(&batches(""), &body.to_string()).await;
        answer.is_problem(400, "TH0001", Some(field));
    }
    let twice = r#"{"action":"suspend","query":"","query":"status=Failed"}"#;
    server.post(&batches(""), twice).await.is_problem(400, "TH0001", Some("query"));
    let body = r#"{"action":"suspend","ids":["a"],"hold":true}"#;
    let made = server.post(&batches(""), body).await.json();
    let id = made["batch"]["id"].as_str().unwrap();
    for (query, field) in [
        ("?cursor=x".to_owned(), "cursor"),
        ("?limit=0".to_owned(), "limit"),
        ("?limit=101".to_owned(), "limit"),
        ("?limit=1&limit=2".to_owned(), "limit"),
        ("?state=x".to_owned(), "state"),
        (format!("/{id}?x=1"), "x"),
        (format!("/{id}/items?result=done"), "result"),
        (format!("/{id}/items?cursor=-1"), "cursor"),
        (format!("/{id}/items?limit=1001"), "limit"),
        (format!("/{id}/items?result=failed&result=failed"), "result"),
    ] {
        server.get(&batches(&query)).await.is_problem(400, "TH0001", Some(field));
    }
}

#[tokio::test]
async fn a_job_means_what_its_query_says_and_no_more() {
    let server = server().await;
    for id in ["a", "b", "c"] {
        server.start(id, "").await;
    }
    let total = async |query: &str| {
        let body = json!({"action": "terminate", "query": query, "dryRun": true});
        let answer = server.post(&format!("{HUB}/batches"), &body.to_string()).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        answer.json()["dryRun"]["total"].as_u64().unwrap()
    };
    assert_eq!(total("").await, 3);
    // What looks like the filter of an address is no query: these words are searched for, and nothing has them.
    for query in ["name:NoSuchThing", "id=b -id=b", "name:R&D*", "nothing"] {
        assert_eq!(total(query).await, 0, "{query}");
    }
    assert_eq!(total("id:a or id:c").await, 2);
}
