//! Batch jobs: how fast they terminate, and purge while starts go on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    figures::{percentile, round},
    measure::progress,
    peer::{self, Client, Http, Server},
};

/// Starts that are under way while the purge runs.
const INFLIGHT: usize = 8;
const BATCHES: &str = "/api/v1/hubs/DurableFunctionsHub/batches";

/// A job ends so many instances, another purges them while clients start new ones.
pub(crate) async fn purge(instances: usize) -> Result<Value> {
    let server = Server::start().await?;
    let mut http = server.http().await?;
    stream::iter(0..instances)
        .map(|_| {
            let mut client = server.client.clone();
            async move { peer::start(&mut client, "Order", Some("{}")).await }
        })
        .buffer_unordered(256)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    progress(&format!("purge: {instances} are started"));
    let dry = json!({"action": "terminate", "query": "", "dryRun": true}).to_string();
    let began = Instant::now();
    http.post(BATCHES, dry).await?;
    let dry_run = began.elapsed();
    let terminated = job(&mut http, "terminate", instances).await?;
    progress(&format!("purge: all are terminated after {:.1} s", terminated.as_secs_f64()));
    let stop = Arc::new(AtomicBool::new(false));
    let starts = tokio::spawn(start_until(server.client.clone(), Arc::clone(&stop)));
    let purged = job(&mut http, "purge", instances).await?;
    stop.store(true, Ordering::Relaxed);
    let mut starts = starts.await??;
    Ok(json!({
        "bench": "purge",
        "instances": instances,
        "dry_run_ms": round(dry_run.as_secs_f64() * 1000.0),
        "terminate_per_s": per_s(instances, terminated),
        "purge_per_s": per_s(instances, purged),
        "starts_per_s": per_s(starts.len(), purged),
        "start_p50_ms": percentile(&mut starts, 50),
        "start_p95_ms": percentile(&mut starts, 95),
        "start_p99_ms": percentile(&mut starts, 99),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per_s(count: usize, time: Duration) -> f64 {
    round(count as f64 / time.as_secs_f64())
}

/// Runs a job on everything; how long it takes, the freezing of the set with it.
async fn job(http: &mut Http, action: &str, instances: usize) -> Result<Duration> {
    let body = json!({"action": action, "query": "", "reason": "figures"}).to_string();
    let began = Instant::now();
    let made: Value = serde_json::from_slice(&http.post(BATCHES, body).await?)?;
    let id = made.pointer("/batch/id").and_then(Value::as_str).context("the job has no id")?;
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let job: Value = serde_json::from_slice(&http.get(&format!("{BATCHES}/{id}")).await?)?;
        if job.get("state").and_then(Value::as_str) == Some("completed") {
            let done = job.pointer("/counts/succeeded").and_then(Value::as_u64);
            if done != u64::try_from(instances).ok() {
                bail!("the job ended as {job}");
            }
            return Ok(began.elapsed());
        }
    }
}

/// Starts one instance after the other on each of a few lines; how long each took.
async fn start_until(client: Client, stop: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let lines = (0..INFLIGHT).map(|_| {
        let (mut client, stop) = (client.clone(), Arc::clone(&stop));
        async move {
            let mut samples = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                peer::start(&mut client, "Invoice", Some("{}")).await?;
                samples.push(began.elapsed());
            }
            anyhow::Ok(samples)
        }
    });
    Ok(futures::future::try_join_all(lines).await?.concat())
}
