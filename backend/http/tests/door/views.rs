//! Saved views, and the columns of the list.

use serde_json::json;

use crate::support::server;

const HUB: &str = "/api/v1/hubs/DurableFunctionsHub";

#[tokio::test]
async fn views_are_kept_replaced_and_deleted() {
    let server = server().await;
    let views = format!("{HUB}/views");
    server.get(&views).await.is(200, "[]");
    let view =
        |q: &str| json!({"name": "Paris / é", "q": q, "sort": "-updated", "columns": "id,input.a"});
    for q in ["tag:paris", "is:stuck"] {
        let answer = server.post(&views, &view(q).to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, view(q)));
    }
    server
        .post(&views, "{\"name\":\"All\"}")
        .await
        .is(200, "{\"name\":\"All\",\"q\":\"\",\"sort\":\"\",\"columns\":\"\"}");
    let all = server.get(&views).await.json();
    assert_eq!(all, json!([{"name": "All", "q": "", "sort": "", "columns": ""}, view("is:stuck")]));
    assert_eq!(server.get("/api/v1/hubs/Other/views").await.body, "[]", "each hub has its own");
    let one = format!("{views}/Paris%20%2F%20%C3%A9");
    for deleted in [true, false] {
        let answer = server.send("DELETE", &one, "").await;
        assert_eq!(answer.json(), json!({"name": "Paris / é", "deleted": deleted}));
    }
    assert_eq!(server.get(&views).await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_view_that_cannot_be_shown_is_refused() {
    let server = server().await;
    let views = format!("{HUB}/views");
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(61)}), "name"),
        (json!({"name": "a", "q": "stat:x"}), "q"),
        (json!({"name": "a", "sort": "colour"}), "sort"),
        (json!({"name": "a", "columns": "colour"}), "columns"),
        (json!({"name": "a", "owner": "me"}), "owner"),
        (json!({"q": ""}), "name"),
    ] {
        server.post(&views, &body.to_string()).await.is_problem(400, "TH0001", Some(field));
    }
    for n in 0..100 {
        assert_eq!(server.post(&views, &format!("{{\"name\":\"{n}\"}}")).await.status, 200);
    }
    let told = server.post(&views, "{\"name\":\"x\"}").await;
    assert!(told.is_problem(400, "TH0001", Some("name")).contains("100 views"));
}

#[tokio::test]
async fn the_list_tells_the_columns_that_are_asked_for() {
    let server = server().await;
    server.completed("done", "{\"orderId\":\"A-17\",\"n\":{\"m\":[1,2]}}", "\"ok\"").await;
    server.start("waits", "\"plain\"").await;
    let list = server
        .get(&format!("{HUB}/instances?sort=created&cols=input.orderId,input.n,output,waiting,id"))
        .await
        .json();
    assert_eq!(
        list["cells"],
        json!([["A-17", "{\"m\":[1,2]}", "ok", null, "done"], [null, null, null, null, "waits"]])
    );
    let waiting = &list["waiting"];
    assert_eq!(waiting["waits"], json!([{"kind": "worker", "name": "Order", "served": false}]));
    assert!(waiting.get("done").is_none());
    // A long value is cut.
    server.start("long", &format!("\"{}\"", "é".repeat(500))).await;
    let list = server.get(&format!("{HUB}/instances?limit=1&cols=input")).await.json();
    let cell = list["cells"][0][0].as_str().unwrap();
    assert!(cell.ends_with("é…") && cell.chars().count() == 201);
    let plain = server.get(&format!("{HUB}/instances")).await.json();
    assert!(plain.get("cells").is_none() && plain.get("waiting").is_none());
    for (path, field) in [
        ("instances?cols=colour", "cols"),
        ("instances?cols=id,id", "cols"),
        ("search?cols=id", "cols"),
        ("counts?cols=id", "cols"),
    ] {
        server.get(&format!("{HUB}/{path}")).await.is_problem(400, "TH0001", Some(field));
    }
}
