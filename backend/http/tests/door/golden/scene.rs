//! The scenes: what is asked, and what the worker does meanwhile.

use chrono::TimeDelta;
use taskhub_shared::failure::FailureDetails;

use super::Play;
use crate::support::{call, complete, fail};

async fn completed(play: &mut Play, id: &str) {
    play.server.completed(id, "{\"n\": 1}", "\"done\"").await;
}

async fn failed(play: &mut Play, id: &str) {
    play.server.start(id, "1").await;
    let failure = FailureDetails::new("ValueError", "no \"stock\"");
    play.server.worker().turn(vec![fail(failure)]).await;
}

async fn running(play: &mut Play, id: &str) {
    play.server.start(id, "1").await;
    play.server.worker().turn_with(vec![], 0, Some("{\"step\":1}")).await;
}

pub(super) async fn case_and_verbs(play: &mut Play) {
    running(play, "a%20b").await;
    play.get(":/RUNTIME/Webhooks/DurableTask/Instances/a+b/?SHOWINPUT=False").await;
    play.get(":/durabletask/instances/a%20b").await;
    play.get(":/admin/extensions/DurableTaskExtension/instances/a%20b").await;
    play.get("/instances/A%20B").await;
    play.get("/instances/a%2Fb").await;
    for method in ["PUT", "PATCH", "OPTIONS", "HEAD", "POST"] {
        play.send(method, "/instances/a%20b", "").await;
    }
    play.get("/instances/a%20b/terminate").await;
    play.post("/instances/a%20b/unknown", "").await;
    play.get(":/durabletask").await;
    play.post(":/durabletask/makeprimary", "").await;
}

pub(super) async fn start(play: &mut Play) {
    play.post("/orchestrators/Order", "").await;
    play.post("/orchestrators/Order/a%20b%26?code=k", "{\"a\":1}").await;
    play.post("/orchestrators/Order/given?taskHub=other", "\"{\\\"a\\\": 1}\"").await;
    play.post("/orchestrators/Order/given?taskHub=Other", "").await;
    play.post("/orchestrators/Order/bad", "{\"a\":").await;
    play.post("/orchestrators/Order/@e@k", "").await;
    play.post("/orchestrators/Order/a%23", "").await;
    play.post(&format!("/orchestrators/Order/{}", "x".repeat(257)), "").await;
}

pub(super) async fn start_and_wait(play: &mut Play) {
    let path = |id: &str| format!("/orchestrators/Order/{id}?timeout=5&pollingInterval=1");
    let (a, b) = (path("a"), path("b"));
    let mut worker = play.server.worker();
    let (_, ()) = tokio::join!(play.post(&a, ""), worker.turn(vec![complete("[1,  2]")]));
    let failure = FailureDetails::new("ValueError", "no stock");
    let (_, ()) = tokio::join!(play.post(&b, "7"), worker.turn(vec![fail(failure)]));
    play.post("/orchestrators/Order/c?timeout=0.1", "").await;
    play.post("/orchestrators/Order/d?timeout=1&pollingInterval=1.5", "").await;
    play.post("/orchestrators/Order/e?timeout=soon&pollingInterval=1", "").await;
}

pub(super) async fn status(play: &mut Play) {
    play.server.start("pending", "{\"n\": 1}").await;
    play.get("/instances/pending?showHistory=true").await;
    play.server.post("/durabletask/instances/pending/terminate?reason=enough", "").await;
    play.get("/instances/pending").await;
    running(play, "running").await;
    play.get("/instances/running?showInput=false").await;
    play.server.post("/durabletask/instances/running/suspend", "").await;
    play.server.clock.advance(TimeDelta::milliseconds(2500));
    play.get("/instances/running").await;
    completed(play, "completed").await;
    play.get("/instances/completed").await;
    failed(play, "failed").await;
    play.get("/instances/failed").await;
    play.get("/instances/failed?returnInternalServerErrorOnFailure=true").await;
    play.get("/instances/unknown").await;
}

pub(super) async fn history(play: &mut Play) {
    play.server.start("a", "{\"n\":1}").await;
    let mut worker = play.server.worker();
    worker.turn(vec![call("Good", "\"x\""), call("Bad", "2")]).await;
    play.server.clock.advance(TimeDelta::milliseconds(1234));
    worker.activity(Ok("{\"r\": 1}")).await;
    let failure = FailureDetails::new("IOError", "broken pipe");
    worker.activity(Err(failure)).await;
    play.server.post("/durabletask/instances/a/raiseEvent/Approval", "true").await;
    let last = vec![call("Open", "3"), complete("{\"ok\": true}")];
    worker.turn_on("EventRaised", last).await;
    play.get("/instances/a?showHistory=true").await;
    play.get("/instances/a?showHistory=true&showHistoryOutput=true").await;
    play.get("/instances/a?showHistory=true&showHistoryOutput=true&showInput=false").await;
    drop(worker);
    play.server.start("b", "").await;
    play.server.post("/durabletask/instances/b/suspend?reason=lunch", "").await;
    play.server.post("/durabletask/instances/b/resume", "").await;
    play.server.post("/durabletask/instances/b/terminate?reason=enough", "").await;
    play.get("/instances/b?showHistory=true").await;
}

pub(super) async fn list(play: &mut Play) {
    for id in ["a1", "a2", "b1"] {
        completed(play, id).await;
        play.server.clock.advance(TimeDelta::minutes(1));
    }
    running(play, "c1").await;
    let query = "/instances/?top=2&runtimeStatus=completed,Nonsense&showInput=false";
    let first = play.get(query).await;
    let token = first.header("x-ms-continuation-token").to_owned();
    play.send_with("GET", query, "", &[("x-ms-continuation-token", &token)]).await;
    play.send_with("GET", "/instances?top=2", "", &[("x-ms-continuation-token", &token)]).await;
    play.get("/instances?instanceIdPrefix=a2&createdTimeFrom=yesterday").await;
    play.get("/instances?createdTimeFrom=2027-01-01").await;
}

pub(super) async fn purge_one(play: &mut Play) {
    running(play, "running").await;
    completed(play, "completed").await;
    play.send("DELETE", "/instances/running", "").await;
    play.send("DELETE", "/instances/completed", "").await;
    play.send("DELETE", "/instances/completed", "").await;
    play.send("DELETE", "/instances/@e@k", "").await;
}

pub(super) async fn purge_many(play: &mut Play) {
    running(play, "running").await;
    completed(play, "completed").await;
    failed(play, "failed").await;
    for query in [
        "",
        "createdTimeFrom=yesterday",
        "createdTimeFrom=2026-01-01&runtimeStatus=Faild",
        "createdTimeFrom=2026-01-01&createdTimeTo=2026-01-01&createdTimeTo=2026-01-02",
        "createdTimeFrom=2026-01-01&instanceIdPrefix=f",
        "createdTimeFrom=2026-01-01&runtimeStatus=Running",
        "createdTimeFrom=2026-01-01&runtimeStatus=Failed,Terminated",
        "createdTimeFrom=1-01-01T00:00:00.000000Z",
        "createdTimeFrom=2026-01-01",
    ] {
        play.send("DELETE", &format!("/instances?{query}"), "").await;
    }
}

pub(super) async fn raise_event(play: &mut Play) {
    running(play, "a").await;
    completed(play, "ended").await;
    let text = [("content-type", "text/plain")];
    play.send_with("POST", "/instances/unknown/raiseEvent/Go", "{", &text).await;
    play.send_with("POST", "/instances/ended/raiseEvent/Go", "{", &text).await;
    play.send_with("POST", "/instances/a/raiseEvent/Go", "{", &text).await;
    play.post("/instances/a/raiseEvent/Go", "").await;
    play.post("/instances/a/raiseEvent/Go", "{").await;
    play.post("/instances/a/RAISEEVENT/Go", "\"true\"").await;
}

pub(super) async fn terminate_suspend_resume(play: &mut Play) {
    running(play, "a").await;
    for rest in [
        "a/suspend?reason=lunch",
        "a/suspend",
        "a/resume",
        "a/resume",
        "a/terminate?reason=a%20%26+b",
        "a/terminate",
        "a/suspend",
        "a/resume",
        "unknown/terminate",
        "unknown/suspend",
        "unknown/resume",
    ] {
        play.post(&format!("/instances/{rest}"), "").await;
    }
    play.get("/instances/a").await;
}

pub(super) async fn rewind(play: &mut Play) {
    completed(play, "completed").await;
    failed(play, "failed").await;
    play.post("/instances/unknown/rewind?reason=x", "").await;
    play.post("/instances/completed/rewind", "").await;
    play.post("/instances/failed/rewind?reason=again", "").await;
    play.get("/instances/failed").await;
}

pub(super) async fn restart(play: &mut Play) {
    completed(play, "a").await;
    running(play, "b").await;
    play.post("/instances/unknown/restart", "").await;
    play.post("/instances/a/restart", "").await;
    play.post("/instances/b/restart?restartWithNewInstanceId=false", "").await;
    play.post("/instances/a/restart?restartWithNewInstanceId=FALSE", "").await;
    play.post("/instances/a/restartWithOptions", "").await;
    play.post("/instances/b/restartWithOptions?newInstanceId=b2&version=2", "").await;
    play.post("/instances/b/restartWithOptions?newInstanceId=b2", "").await;
    play.post("/instances/b/restartWithOptions?newInstanceId=b%2F3", "").await;
}

pub(super) async fn entities(play: &mut Play) {
    play.get("/entities").await;
    play.get("/entities/Counter/k").await;
    play.post("/entities/Counter/k?op=add", "5").await;
    play.post("/entities/Counter?op=add", "").await;
    play.post("/entities/Counter/k?op=add", "{").await;
    play.send_with("POST", "/entities/C/k?op=say", "plain", &[("content-type", "text/plain")])
        .await;
    play.post("/entities/Counter/k", "").await;
    play.send("DELETE", "/entities/Counter/$", "").await;
    play.get("/entities/counter?top=1&fetchState=true").await;
}

pub(super) async fn refusals(play: &mut Play) {
    play.get("/instances?taskHub=Nowhere").await;
    play.send_with("GET", "/instances", "", &[("host", "evil.example")]).await;
    play.send_with("POST", "/instances/a/terminate", "", &[("origin", "http://evil.example")])
        .await;
    play.server.break_store();
    play.post("/orchestrators/Order/a", "").await;
    let large = format!("\"{}\"", "x".repeat(4 * 1024 * 1024));
    let answer = play.server.post("/durabletask/orchestrators/Order/large", &large).await;
    play.transcript.push_str(&format!("a body above 4 MiB\n---\n{}\n", answer.status.as_u16()));
    play.transcript.push_str(&format!("\n{}\n===\n", answer.body));
}

pub(super) async fn samples(play: &mut Play) {
    play.post(":/orchestrators/E1_HelloSequence", "").await;
    let mut worker = play.server.worker();
    worker.turn(vec![]).await;
    let path = ":/orchestrators/E1_HelloSequence/wait?timeout=2&retryInterval=0.5";
    let (_, ()) = tokio::join!(play.post(path, ""), worker.turn(vec![complete("[\"Hello\"]")]));
    play.post(path, "").await;
}
