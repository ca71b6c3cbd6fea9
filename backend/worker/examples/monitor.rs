//! Looks at something again and again, for ever if need be, with a history that
//! stays short.
//!
//! ```text
//! cargo run -p taskhub-worker --example monitor -- http://127.0.0.1:4001
//! ```

#![expect(unreachable_pub, reason = "examples share a module")]

mod common;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use taskhub_worker::{ActivityContext, Client, OrchestrationContext, Result, Worker};

/// What one generation leaves to the next.
#[derive(Debug, Serialize, Deserialize)]
struct Watch {
    job: String,
    interval_seconds: u64,
    n_looks: u32,
}

/// Gives how often it had to look.
async fn watch_job(ctx: OrchestrationContext, watch: Watch) -> Result<u32> {
    let n_looks = watch.n_looks + 1;
    let is_done: bool = ctx.call_activity("IsDone", (&watch.job, n_looks)).await?;
    ctx.set_custom_status(format!("looked {n_looks} times"));
    if is_done {
        return Ok(n_looks);
    }
    ctx.create_timer(Duration::from_secs(watch.interval_seconds)).await;
    // A new generation with an empty history: a loop would make it grow.
    ctx.continue_as_new(Watch { n_looks, ..watch }).await
}

async fn is_done(_: ActivityContext, (job, n_looks): (String, u32)) -> Result<bool> {
    tracing::info!(job, n_looks, "looking");
    Ok(n_looks >= 3)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder = Worker::builder().orchestrator("WatchJob", watch_job).activity("IsDone", is_done);
    common::run(builder, async |client: Client| {
        let watch = Watch { job: "backup".to_owned(), interval_seconds: 1, n_looks: 0 };
        let id = client.start("WatchJob", watch).await?;
        let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
        tracing::info!(status = ?instance.status, output = instance.output.text(), "ended");
        Ok(())
    })
    .await
}
