//! Histories from both ends, and payloads apart from rows.

use serde_json::Value;

use crate::support::{Server, server};

const HUB: &str = "/api/v1/hubs/DurableFunctionsHub/instances";

/// An instance `a` whose history has 2 events more for each suspension, and its length.
async fn long(server: &Server, pairs: usize) -> u64 {
    server.completed("z", "1", "1").await;
    server.start("a", "{\"x\":1}").await;
    for _ in 0..pairs {
        for verb in ["suspend", "resume"] {
            let path = format!("{HUB}/a/{verb}");
            assert_eq!(server.post(&path, "{\"reason\":\"r\"}").await.status, 202);
        }
    }
    server.hub.instance("a").await.unwrap().unwrap().history_len
}

async fn page(server: &Server, query: &str) -> (Vec<u64>, Option<String>, Value) {
    let answer = server.get(&format!("{HUB}/a/history?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = answer.json();
    let items = page["items"].as_array().unwrap();
    let seqs = items.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    (seqs, page["next"].as_str().map(str::to_owned), page)
}

#[tokio::test]
async fn a_history_is_read_from_both_ends() {
    let server = server().await;
    let length = long(&server, 4).await;
    assert_eq!(length, 10);
    let (seqs, next, first) = page(&server, "limit=3").await;
    assert_eq!((seqs, next.as_deref()), (vec![1, 2, 3], Some("3")));
    assert_eq!(first["total"], length);
    let record = server.hub.instance("a").await.unwrap().unwrap();
    assert_eq!(first["executionId"], record.execution_id);
    for (query, seqs, next) in [
        ("order=desc&limit=3", vec![10, 9, 8], Some("8")),
        ("order=desc&before=8&limit=3", vec![7, 6, 5], Some("5")),
        ("order=desc&before=3&limit=3", vec![2, 1], None),
        ("order=desc&before=4&limit=3", vec![3, 2, 1], None),
        ("order=desc&before=1", vec![], None),
        ("order=desc&after=8", vec![10, 9], None),
        ("order=desc&after=7&limit=2", vec![10, 9], Some("9")),
        ("after=8", vec![9, 10], None),
        ("after=8&limit=2", vec![9, 10], None),
        ("after=2&before=5", vec![3, 4], None),
        ("after=2&before=9&limit=2", vec![3, 4], Some("4")),
        ("after=5&before=3", vec![], None),
        ("after=99", vec![], None),
        ("before=0", vec![], None),
        ("after=18446744073709551615", vec![], None),
        ("order=asc&before=99&after=9", vec![10], None),
    ] {
        let (found, told, _) = page(&server, query).await;
        assert_eq!((found, told.as_deref()), (seqs, next), "{query}");
    }
    for (query, field) in [
        ("order=up", "order"),
        ("before=x", "before"),
        ("after=1&after=2", "after"),
        ("inline=-1", "inline"),
        ("limit=1001", "limit"),
        ("page=1", "page"),
    ] {
        let answer = server.get(&format!("{HUB}/a/history?{query}")).await;
        answer.is_problem(400, "TH0001", Some(field));
    }
}

#[tokio::test]
async fn large_payloads_of_events_come_cut_with_a_link() {
    let server = server().await;
    let text = format!("\"{}\"", "é".repeat(10_000));
    let start = format!("{{\"name\":\"Order\",\"instanceId\":\"a/b ü\",\"input\":{text}}}");
    assert_eq!(server.post(HUB, &start).await.status, 201);
    server.worker().turn(vec![crate::support::complete("\"small\"")]).await;
    let base = format!("{HUB}/a%2Fb%20%C3%BC");
    let whole = server.get(&format!("{base}/history")).await.json();
    assert_eq!(whole["items"][1]["input"], text);
    assert_eq!(whole["items"][1].get("large"), None);
    let cut = server.get(&format!("{base}/history?inline=101")).await.json();
    let event = &cut["items"][1];
    assert_eq!(event["large"]["field"], "input");
    assert_eq!(event["large"]["bytes"], text.len());
    let shown = event["input"].as_str().unwrap();
    assert!(text.starts_with(shown) && shown.len() == 101, "{shown}");
    assert_eq!(cut["items"][2]["result"], "\"small\"");
    let file = server.get(event["large"]["link"].as_str().unwrap()).await;
    assert_eq!((file.status.as_u16(), file.body.as_str()), (200, &*text));
    assert_eq!(file.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"a_b__-2.json\"; filename*=UTF-8''a%2Fb%20%C3%BC-2.json"
    );
    let none = server.get(&format!("{base}/history/1/payload")).await;
    none.is_problem(404, "TH0013", None);
    server.get(&format!("{base}/history/99/payload")).await.is_problem(404, "TH0013", None);
    let zero = server.get(&format!("{base}/history/0/payload")).await;
    zero.is_problem(400, "TH0001", Some("position"));
    server.get(&format!("{HUB}/none/history/1/payload")).await.is_problem(404, "TH0002", None);
}

#[tokio::test]
async fn a_page_ends_early_when_its_payloads_are_large() {
    let server = server().await;
    server.start("a", "").await;
    let event = format!("{{\"reason\":\"{}\"}}", "x".repeat(3_000_000));
    for verb in ["suspend", "resume", "suspend", "resume"] {
        let path = format!("{HUB}/a/{verb}");
        assert_eq!(server.post(&path, &event).await.status, 202);
    }
    let (seqs, next, _) = page(&server, "").await;
    assert_eq!((seqs, next.as_deref()), (vec![1, 2, 3, 4], Some("4")));
    let (seqs, next, _) = page(&server, "after=4").await;
    assert_eq!((seqs, next), (vec![5, 6], None));
    let (seqs, next, _) = page(&server, "inline=10").await;
    assert_eq!((seqs.len(), next), (6, None));
}

#[tokio::test]
async fn large_payloads_of_an_instance_come_cut_and_each_is_a_file() {
    let server = server().await;
    let text = format!("\"{}\"", "x".repeat(300_000));
    server.completed("a", &text, "plain, no JSON").await;
    let detail = server.get(&format!("{HUB}/a")).await.json();
    assert_eq!(detail["input"].as_str().unwrap().len(), 4096);
    assert_eq!(detail["large"].as_array().unwrap().len(), 1);
    assert_eq!(detail["large"][0]["bytes"], text.len());
    let input = server.get(detail["large"][0]["link"].as_str().unwrap()).await;
    assert_eq!(input.body, text);
    let output = server.get(&format!("{HUB}/a/output")).await;
    assert_eq!(output.body, "plain, no JSON");
    assert_eq!(output.header("content-type"), "text/plain; charset=utf-8");
    assert!(output.header("content-disposition").contains("a-output.txt"));
    let none = server.get(&format!("{HUB}/a/custom-status")).await;
    let detail = none.is_problem(404, "TH0013", None);
    assert_eq!(detail, "\"a\" has no custom-status");
    server.get(&format!("{HUB}/b/input")).await.is_problem(404, "TH0002", None);
    server.get(&format!("{HUB}/a/input?x=1")).await.is_problem(400, "TH0001", Some("x"));
}
