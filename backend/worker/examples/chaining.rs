//! Activities one after another, each with the result of the one before.
//!
//! ```text
//! cargo run -p taskhub-worker --example chaining -- http://127.0.0.1:4001
//! ```

#![expect(unreachable_pub, reason = "examples share a module")]

mod common;

use std::time::Duration;

use taskhub_worker::{ActivityContext, Client, OrchestrationContext, Result, RetryPolicy, Worker};

/// Fetches a page, counts its words, and stores the count.
async fn count_words(ctx: OrchestrationContext, page: String) -> Result<u64> {
    // A page that is not there yet is tried again for an hour.
    let patience = RetryPolicy::new(1_000, Duration::from_secs(1))
        .backoff_coefficient(2.0)
        .max_interval(Duration::from_secs(60))
        .retry_timeout(Duration::from_secs(3_600));
    let text: String = ctx.call_activity_with("Fetch", &page, patience).await?;
    let n_words: u64 = ctx.call_activity("Count", text).await?;
    ctx.call_activity::<()>("Store", (page, n_words)).await?;
    Ok(n_words)
}

async fn fetch(ctx: ActivityContext, page: String) -> Result<String> {
    tracing::info!(instance_id = ctx.instance_id(), page, "fetching");
    Ok(format!("this stands for the text of {page}"))
}

async fn count(_: ActivityContext, text: String) -> Result<u64> {
    Ok(u64::try_from(text.split_whitespace().count())?)
}

/// May run twice for one call: storing the same again must do no harm.
async fn store(_: ActivityContext, (page, n_words): (String, u64)) -> Result<()> {
    tracing::info!(page, n_words, "stored");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder = Worker::builder()
        .orchestrator("CountWords", count_words)
        .activity("Fetch", fetch)
        .activity("Count", count)
        .activity("Store", store);
    common::run(builder, async |client: Client| {
        let id = client.start("CountWords", "index.html").await?;
        let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
        tracing::info!(status = ?instance.status, output = instance.output.text(), "ended");
        Ok(())
    })
    .await
}
