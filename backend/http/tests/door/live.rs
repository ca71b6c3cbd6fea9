//! The live stream. Time is the test's: it moves when nothing else can.

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use taskhub_shared::{
    batch::BatchState,
    live::{BatchChanges, Changes, Resync},
    status::RuntimeStatus,
};
use tokio::time::Instant;

use crate::support::{BASE, Server, complete, server};

struct Stream(BodyDataStream, String);

#[derive(Debug)]
struct Event {
    name: String,
    id: u64,
    data: String,
}

async fn listen(server: &Server, query: &str, headers: &[(&str, &str)]) -> Stream {
    let path = format!("/api/v1/hubs/DurableFunctionsHub/live{query}");
    let response = server.open("GET", &path, Body::empty(), headers).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    Stream(response.into_body().into_data_stream(), String::new())
}

impl Stream {
    async fn next(&mut self) -> Option<Event> {
        while !self.1.contains("\n\n") {
            let part = self.0.next().await?.unwrap();
            self.1.push_str(std::str::from_utf8(&part).unwrap());
        }
        let (event, rest) = self.1.split_once("\n\n").unwrap();
        let field = |name: &str| {
            let find = |line: &str| line.strip_prefix(name).map(|value| value.trim().to_owned());
            event.lines().find_map(find).unwrap_or_default()
        };
        let (name, id, data) = (field("event:"), field("id:"), field("data:"));
        self.1 = rest.to_owned();
        Some(Event { name, id: id.parse().unwrap(), data })
    }

    async fn changes(&mut self) -> Changes {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, "changes");
        let changes: Changes = serde_json::from_str(&event.data).unwrap();
        assert_eq!(changes.seq, event.id);
        changes
    }

    async fn resync(&mut self) -> Resync {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, "resync");
        serde_json::from_str(&event.data).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn changes_are_collected_and_each_row_is_told_once() {
    let server = server().await;
    let base = server.hub.seq();
    server.start("old", "").await;
    let mut stream = listen(&server, "", &[]).await;
    let first = stream.changes().await;
    assert_eq!(
        (first.seq - base, first.rows.len(), first.counts[&RuntimeStatus::Pending]),
        (1, 0, 1)
    );

    let began = Instant::now();
    server.start("a", "").await;
    server.start("b", "").await;
    server.post(&format!("{BASE}/instances/a/terminate"), "").await;
    let told = stream.changes().await;
    assert!(began.elapsed().as_millis() <= 250);
    let rows: Vec<_> =
        told.rows.iter().map(|row| (&*row.instance_id, row.runtime_status)).collect();
    assert_eq!(rows, [("b", RuntimeStatus::Pending), ("a", RuntimeStatus::Terminated)]);
    assert_eq!(told.seq, server.hub.seq());
    assert_eq!(told.counts[&RuntimeStatus::Pending], 2);

    server
        .send("DELETE", &format!("{BASE}/instances/a"), "")
        .await
        .is(200, r#"{"instancesDeleted":1}"#);
    let told = stream.changes().await;
    assert_eq!((told.rows.len(), told.purged), (0, vec!["a".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_every_15_seconds() {
    let server = server().await;
    let mut stream = listen(&server, "", &[]).await;
    stream.changes().await;
    let began = Instant::now();
    for seconds in [15, 30] {
        let event = stream.next().await.unwrap();
        assert_eq!((&*event.name, event.id, &*event.data), ("ping", server.hub.seq(), "{}"));
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_changes_are_not_told_one_by_one() {
    let server = server().await;
    let base = server.hub.seq();
    let mut stream = listen(&server, "", &[]).await;
    stream.changes().await;
    for number in 0..65 {
        server.start(&format!("i{number}"), "").await;
    }
    let told = stream.resync().await;
    assert_eq!((told.seq - base, told.counts[&RuntimeStatus::Pending]), (65, 65));
    server.start("next", "").await;
    assert_eq!(stream.changes().await.rows.len(), 1, "row by row again");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_missed_some_reads_again() {
    let server = server().await;
    server.start("a", "").await;
    let mut stream = listen(&server, "", &[]).await;
    stream.changes().await;
    // More than the buffer of notices holds, while nobody reads.
    for _ in 0..2_100 {
        for verb in ["suspend", "resume"] {
            server.post(&format!("{BASE}/instances/a/{verb}"), "").await;
        }
    }
    assert_eq!(stream.resync().await.seq, server.hub.seq());
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_told_what_it_missed_or_to_read_again() {
    let server = server().await;
    server.start("a", "").await;
    let newest = server.hub.seq();
    let (last, before, beyond) =
        (newest.to_string(), (newest - 1).to_string(), (newest + 6).to_string());
    let after = |number: &str| format!("?after={number}");
    for (query, last, name) in [
        (String::new(), &*last, "changes"),
        (String::new(), &*before, "changes"),
        (String::new(), &*beyond, "resync"),
        (String::new(), "x", "resync"),
        (after(&last), "", "changes"),
        (after("0"), "", "resync"),
        (after("0"), &*last, "changes"),
    ] {
        let mut stream = listen(&server, &query, &[("last-event-id", last)]).await;
        let event = stream.next().await.unwrap();
        assert_eq!((&*event.name, event.id), (name, newest), "{query} {last}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_comes_first() {
    let server = server().await;
    server.start("old", "").await;
    let known = server.hub.seq().to_string();
    server.start("a", "").await;
    server.start("b", "").await;
    server.post(&format!("{BASE}/instances/b/terminate"), "").await;
    server.send("DELETE", &format!("{BASE}/instances/b"), "").await;
    let mut stream = listen(&server, "", &[("last-event-id", &known)]).await;
    let told = stream.changes().await;
    assert_eq!((told.rows.len(), &*told.rows[0].instance_id), (1, "a"));
    assert_eq!((told.purged, told.seq), (vec!["b".to_owned()], server.hub.seq()));
    server.start("c", "").await;
    assert_eq!(stream.changes().await.rows[0].instance_id, "c", "it goes on from there");
    let mut one = listen(&server, "?instanceId=old", &[("last-event-id", &known)]).await;
    assert_eq!(one.changes().await.rows, []);
    for number in 0..65 {
        server.start(&format!("i{number}"), "").await;
    }
    listen(&server, "", &[("last-event-id", &known)]).await.resync().await;
}

#[tokio::test(start_paused = true)]
async fn batch_jobs_are_told_in_their_newest_form() {
    let server = server().await;
    server.start("a", "").await;
    let mut stream = listen(&server, "", &[]).await;
    stream.changes().await;
    let known = server.hub.seq().to_string();
    let body = r#"{"action":"suspend","query":""}"#;
    let answer = server.post("/api/v1/hubs/DurableFunctionsHub/batches", body).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.json()["batch"]["id"].as_str().unwrap().to_owned();
    let event = stream.next().await.unwrap();
    let told: BatchChanges = serde_json::from_str(&event.data).unwrap();
    assert_eq!((&*event.name, told.batches.len(), told.seq), ("batches", 1, event.id));
    let job = &told.batches[0];
    assert_eq!((&*job.id, job.state, job.counts.succeeded), (&*id, BatchState::Completed, 1));
    assert_eq!(stream.changes().await.rows[0].runtime_status, RuntimeStatus::Suspended);
    let mut again = listen(&server, "", &[("last-event-id", &known)]).await;
    assert_eq!(again.changes().await.rows.len(), 1);
    assert_eq!(again.next().await.unwrap().name, "batches", "missed jobs come too");
}

#[tokio::test(start_paused = true)]
async fn one_instance_is_watched_alone() {
    let server = server().await;
    let base = server.hub.seq();
    let mut stream = listen(&server, "?instanceId=a%2Fb", &[]).await;
    stream.changes().await;
    for id in ["x", "a"] {
        server.start(id, "").await;
    }
    let body = "{\"name\":\"Order\",\"instanceId\":\"a/b\"}";
    server.post("/api/v1/hubs/DurableFunctionsHub/instances", body).await;
    let told = stream.changes().await;
    assert_eq!((told.seq - base, told.rows.len(), &*told.rows[0].instance_id), (3, 1, "a/b"));
    let mut worker = server.worker();
    for _ in 0..3 {
        worker.turn(vec![complete("1")]).await;
    }
    let told = stream.changes().await;
    assert_eq!((told.rows.len(), told.rows[0].runtime_status), (1, RuntimeStatus::Completed));
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_server() {
    let server = server().await;
    let mut stream = listen(&server, "", &[]).await;
    stream.changes().await;
    server.ready.send_replace(false);
    assert!(stream.next().await.is_none());
    let unknown = server.get("/api/v1/hubs/Nowhere/live").await;
    unknown.is_problem(404, "TH0003", None);
}
