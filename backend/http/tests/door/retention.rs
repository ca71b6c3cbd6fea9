//! How long a hub keeps what has ended.

use serde_json::json;

use crate::support::server;

const PATH: &str = "/api/v1/hubs/DurableFunctionsHub/settings/retention";

#[tokio::test]
async fn rules_are_set_and_read() {
    let server = server().await;
    assert_eq!(server.get(PATH).await.json(), json!({"rules": []}));
    let body = json!({"rules": [{"query": "status:completed", "afterHours": 720}]});
    let answer = server.post(PATH, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["rules"], body["rules"]);
    assert_eq!(answer.json()["nextRunAt"], "2026-11-23T14:02:11.123456Z");
    assert_eq!(server.get(PATH).await.json()["rules"], body["rules"]);
    for (body, word) in [
        (r#"{"rules":[{"query":"","afterHours":0}]}"#, "afterHours"),
        (r#"{"rules":[{"query":"stat:x","afterHours":1}]}"#, "rule 1"),
        (r#"{"rules":[{"query":"","afterHours":1,"x":1}]}"#, "x"),
        (r#"{"rule":[]}"#, "rule"),
        ("", "rules"),
    ] {
        let answer = server.post(PATH, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(answer.body.contains(word), "{body}: {}", answer.body);
    }
    assert_eq!(server.get(PATH).await.json()["rules"], body["rules"]);
}
