//! The figures, one function each.

use std::time::Duration;

use anyhow::{Result, bail};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    figures::{percentile, round},
    peer::{self, Client, Server},
};

/// Three activities in sequence, many at once, worker in another process.
pub(crate) async fn sequence3(count: usize, inflight: usize) -> Result<Value> {
    let server = Server::with_worker().await?;
    many(&server, count.min(500), inflight).await?;
    progress("sequence3: warmed up");
    let began = Instant::now();
    let mut samples = many(&server, count, inflight).await?;
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_s = round(count as f64 / seconds);
    Ok(json!({
        "bench": "sequence3",
        "inflight": inflight,
        "per_s": per_s,
        "p50_ms": percentile(&mut samples, 50),
        "p99_ms": percentile(&mut samples, 99),
    }))
}

pub(crate) async fn many(server: &Server, count: usize, inflight: usize) -> Result<Vec<Duration>> {
    many_on(&server.client, count, inflight).await
}

pub(crate) async fn many_on(
    client: &Client,
    count: usize,
    inflight: usize,
) -> Result<Vec<Duration>> {
    stream::iter(0..count)
        .map(|_| {
            let mut client = client.clone();
            async move {
                let began = Instant::now();
                peer::run(&mut client, "HelloSequence", None).await?;
                anyhow::Ok(began.elapsed())
            }
        })
        .buffer_unordered(inflight)
        .try_collect()
        .await
}

/// Three activities in sequence, one orchestration at a time.
pub(crate) async fn latency() -> Result<Value> {
    let server = Server::with_worker().await?;
    many(&server, 100, 1).await?;
    progress("latency: warmed up");
    let mut samples = many(&server, 500, 1).await?;
    Ok(
        json!({"bench": "latency", "p50_ms": percentile(&mut samples, 50), "p99_ms": percentile(&mut samples, 99)}),
    )
}

/// So many activities at once; the median of five.
pub(crate) async fn fanout(count: usize) -> Result<Value> {
    let bench = format!("fanout{count}");
    let input = json!({ "count": count }).to_string();
    let server = Server::with_worker().await?;
    let mut samples = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        peer::run(&mut server.client.clone(), "FanOutFanIn", Some(&input)).await?;
        samples.push(began.elapsed());
        progress(&format!("{bench}: one more"));
    }
    Ok(json!({"bench": bench, "seconds": percentile(&mut samples, 50).round() / 1000.0}))
}

/// The newest hundred of a hundred thousand instances, as the console asks for them.
pub(crate) async fn list100k() -> Result<Value> {
    const INSTANCES: usize = 100_000;
    let server = Server::start().await?;
    let began = Instant::now();
    stream::iter(0..INSTANCES)
        .map(|n| {
            let mut client = server.client.clone();
            async move {
                peer::start(&mut client, if n % 3 == 0 { "Order" } else { "Invoice" }, Some("{}"))
                    .await
            }
        })
        .buffer_unordered(256)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    progress(&format!("list100k: {INSTANCES} started in {:.1} s", began.elapsed().as_secs_f64()));
    let mut http = server.http().await?;
    let path = "/api/v1/hubs/DurableFunctionsHub/instances?limit=100";
    let mut samples = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        let body = http.get(path).await?;
        samples.push(began.elapsed());
        let rows = serde_json::from_slice::<Value>(&body)?
            .pointer("/items")
            .and_then(Value::as_array)
            .map(Vec::len);
        if rows != Some(100) {
            bail!("the list has {rows:?} rows instead of 100");
        }
    }
    Ok(
        json!({"bench": "list100k", "p50_ms": percentile(&mut samples, 50), "p95_ms": percentile(&mut samples, 95)}),
    )
}

#[expect(clippy::print_stderr, reason = "progress for whoever waits")]
pub(crate) fn progress(text: &str) {
    eprintln!("{text}");
}
