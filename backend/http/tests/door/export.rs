//! The list as a file: what stands in it, that it streams, bad input.

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use taskhub_shared::limits::PAGE_BYTES;

use crate::support::{BASE, Server, server};

const EXPORT: &str = "/api/v1/hubs/DurableFunctionsHub/export";

async fn filled() -> Server {
    let server = server().await;
    server.completed("plain", "{\"a\":1,\"b\":\"x,y\"}", "\"=SUM(A1)\"").await;
    server.start("-dash", "{\"b\":\"say \\\"hi\\\"\\nthere\",\"c\":{\"d\":[1,null]}}").await;
    server.start("=1", "\"no object\"").await;
    server
}

#[tokio::test]
async fn csv_is_quoted_and_defused() {
    let server = filled().await;
    let columns = "cols=id,status,input.b,output,input.c,parent";
    let answer = server.get(&format!("{EXPORT}?format=csv&sort=created&{columns}")).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").contains("instances.csv"));
    answer.is(
        200,
        "id,status,input.b,output,input.c,parent\r\n\
         plain,Completed,\"x,y\",'=SUM(A1),,\r\n\
         '-dash,Pending,\"say \"\"hi\"\"\nthere\",,\"{\"\"d\"\":[1,null]}\",\r\n\
         '=1,Pending,,,,\r\n",
    );
    let usual = server.get(&format!("{EXPORT}?format=csv&q=id=plain")).await;
    let head = "id,name,status,created,updated,completed,duration,parent,version,error\r\n";
    assert!(usual.body.starts_with(head), "{}", usual.body);
    assert_eq!(usual.body.matches("\r\n").count(), 2);
    assert_eq!(server.get(&format!("{EXPORT}?format=csv&status=Failed")).await.body, head);
}

#[tokio::test]
async fn json_lines_keep_their_values() {
    let server = filled().await;
    let url = format!("{EXPORT}?format=jsonl&sort=created&cols=id,input.a,input.c,duration,tags");
    let answer = server.get(&url).await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    let first = json!({"id": "plain", "input.a": 1, "input.c": null, "duration": 0, "tags": null});
    assert_eq!(lines[0], first);
    assert_eq!(lines[1]["input.c"], json!({"d": [1, null]}));
    let found = server.get(&format!("{EXPORT}?format=jsonl&q=status:completed&cols=id")).await;
    found.is(200, "{\"id\":\"plain\"}\n");
}

/// No more is in memory than a slice: parts are small, and what goes before it is reached is not in the file.
#[tokio::test]
async fn an_export_is_written_while_it_is_read() {
    let server = server().await;
    let input = format!("\"{}\"", "x".repeat(200_000));
    for n in 0..60 {
        server.start(&format!("i{n:02}"), &input).await;
    }
    let url = format!("{EXPORT}?format=csv&sort=created&cols=id,input");
    let response = server.open("GET", &url, Body::empty(), &[]).await;
    let mut body = response.into_body();
    let mut next = async || Some(body.frame().await?.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "id,input\r\n");
    let first = next().await.unwrap();
    assert!(first.starts_with(b"i00,"));
    server.post(&format!("{BASE}/instances/i59/terminate?reason=x"), "").await;
    assert_eq!(server.send("DELETE", &format!("{BASE}/instances/i59"), "").await.status, 200);
    let (mut all, mut parts) = (first.len(), 1);
    let mut last = first;
    while let Some(part) = next().await {
        assert!(part.len() < PAGE_BYTES + 300_000, "a part has {} bytes", part.len());
        (all, parts, last) = (all + part.len(), parts + 1, part);
    }
    assert!(parts >= 4 && all > 11_000_000, "{parts} parts of {all} bytes");
    let last = String::from_utf8(last.to_vec()).unwrap();
    let (_, row) = last.trim_end().rsplit_once("\r\n").unwrap();
    assert!(row.starts_with("i58,"), "it was read ahead: {}", &row[..10]);
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let server = server().await;
    for (text, field) in [
        ("", "format"),
        ("format=xml", "format"),
        ("format=csv&format=csv", "format"),
        ("format=csv&cols=colour", "cols"),
        ("format=csv&cols=waiting", "cols"),
        ("format=csv&limit=5", "limit"),
        ("format=csv&cursor=x", "cursor"),
        ("format=csv&q=stat:x", "q"),
        ("format=csv&colour=red", "query"),
    ] {
        let answer = server.get(&format!("{EXPORT}?{text}")).await;
        answer.is_problem(400, "TH0001", Some(field));
    }
}
