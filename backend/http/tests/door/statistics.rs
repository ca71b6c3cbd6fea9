//! Figures by minute.

use chrono::TimeDelta;
use serde_json::json;
use taskhub_hub::engine::action::ActionKind;

use crate::support::{complete, server};

const PATH: &str = "/api/v1/hubs/DurableFunctionsHub/statistics";

#[tokio::test]
async fn what_was_started_and_how_it_ended_by_minute() {
    let server = server().await;
    server.start("a", "").await;
    server.start("b", "").await;
    let mut worker = server.worker();
    let task = ActionKind::ScheduleTask {
        name: "Charge".to_owned(),
        version: None,
        input: None,
        trace: None,
        tags: std::collections::BTreeMap::new(),
    };
    worker.turn(vec![task]).await;
    server.clock.advance(TimeDelta::seconds(90));
    worker.turn(vec![complete("1")]).await;
    worker.activity(Ok("1")).await;
    server.post("/api/v1/hubs/DurableFunctionsHub/instances/a/terminate", "").await;
    let answer = server.get(PATH).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let found = answer.json();
    let points = found["points"].as_array().unwrap();
    assert_eq!((points.len(), &found["stepSeconds"]), (61, &json!(60)));
    let (first, last) = (&points[59], &points[60]);
    assert_eq!(first["at"], "2026-11-23T14:02:00Z");
    let none = json!({"started": 0, "completed": 0, "failed": 0, "terminated": 0});
    let mut two = none.clone();
    two["started"] = json!(2);
    assert_eq!((&first["orchestrations"], &first["turns"]), (&two, &json!(1)));
    let ended = &last["orchestrations"];
    assert_eq!((&ended["completed"], &ended["terminated"]), (&json!(1), &json!(1)));
    let p95 = ended["p95Ms"].as_u64().unwrap();
    assert!(p95.abs_diff(90_000) <= 3_600, "{p95}");
    assert_eq!((&last["turns"], &last["activities"]["completed"]), (&json!(1), &json!(1)));
    let names = found["names"].as_array().unwrap();
    let named =
        names.iter().map(|one| (one["kind"].as_str().unwrap(), one["name"].as_str().unwrap()));
    assert_eq!(
        named.collect::<Vec<_>>(),
        [("orchestration", "Order"), ("turn", "Order"), ("activity", "Charge")]
    );
    assert_eq!(names[0]["started"], 2);
    let steps = "?from=2026-11-23T14:00:00Z&to=2026-11-23T14:10:00Z&step=300";
    let found = server.get(&format!("{PATH}{steps}")).await.json();
    assert_eq!(found["points"].as_array().unwrap().len(), 2);
    assert_eq!(found["points"][0]["orchestrations"]["started"], 2);
    let other = server.get("/api/v1/hubs/Other/statistics").await.json();
    assert_eq!(other["names"], json!([]));
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let server = server().await;
    for (query, field) in [
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("from=2026-11-23T15:00:00Z", "from"),
        ("from=2026-11-01T00:00:00Z", "from"),
        ("step=x", "step"),
        ("step=0", "step"),
        ("step=90", "step"),
        ("from=2026-11-17T00:00:00Z&to=2026-11-23T14:00:00Z&step=60", "step"),
        ("step=60&step=60", "step"),
        ("name=x", "name"),
    ] {
        let answer = server.get(&format!("{PATH}?{query}")).await;
        answer.is_problem(400, "TH0001", Some(field));
    }
}
