//! Many activities at once, a bounded number at a time.
//!
//! ```text
//! cargo run -p taskhub-worker --example fan_out -- http://127.0.0.1:4001
//! ```

#![expect(unreachable_pub, reason = "examples share a module")]

mod common;

use std::time::Duration;

use taskhub_worker::futures::future::try_join_all;
use taskhub_worker::futures::stream::{FuturesUnordered, StreamExt};
use taskhub_worker::{ActivityContext, Client, OrchestrationContext, Result, Worker};

/// All at once: a call is asked for when it is made, not when it is awaited.
async fn resize_all(ctx: OrchestrationContext, pictures: Vec<String>) -> Result<u64> {
    let calls = pictures.into_iter().map(|picture| ctx.call_activity::<u64>("Resize", picture));
    Ok(try_join_all(calls).await?.into_iter().sum())
}

/// At most `LIMIT` at a time: the next call is made when one has ended.
async fn resize_gently(ctx: OrchestrationContext, pictures: Vec<String>) -> Result<u64> {
    const LIMIT: usize = 4;
    let mut pictures = pictures.into_iter();
    let mut running = FuturesUnordered::new();
    let mut n_bytes = 0;
    loop {
        while running.len() < LIMIT
            && let Some(picture) = pictures.next()
        {
            running.push(ctx.call_activity::<u64>("Resize", picture));
        }
        let Some(resized) = running.next().await else { return Ok(n_bytes) };
        n_bytes += resized?;
    }
}

async fn resize(_: ActivityContext, picture: String) -> Result<u64> {
    tracing::info!(picture, "resizing");
    Ok(u64::try_from(picture.len())? * 1_000)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder = Worker::builder()
        .orchestrator("ResizeAll", resize_all)
        .orchestrator("ResizeGently", resize_gently)
        .activity("Resize", resize)
        .max_concurrent_activities(16);
    common::run(builder, async |client: Client| {
        let pictures: Vec<_> = (0..20).map(|n| format!("picture-{n}.png")).collect();
        for name in ["ResizeAll", "ResizeGently"] {
            let id = client.start(name, &pictures).await?;
            let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
            tracing::info!(name, status = ?instance.status, output = instance.output.text());
        }
        Ok(())
    })
    .await
}
