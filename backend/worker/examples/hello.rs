//! A worker with two functions of its own and all samples.
//!
//! ```text
//! cargo run -p taskhub-worker --example hello -- http://127.0.0.1:4001
//! ```

use std::time::Duration;

use futures::future::try_join_all;
use taskhub_worker::{ActivityContext, OrchestrationContext, Result, RetryPolicy, Worker, samples};

/// Greets everybody at once, each at most three times.
async fn greet_all(ctx: OrchestrationContext, names: Vec<String>) -> Result<Vec<String>> {
    let retry = RetryPolicy::new(3, Duration::from_secs(1)).backoff_coefficient(2.0);
    let greetings = names
        .into_iter()
        .map(|name| ctx.call_activity_with::<String>("GreetOne", name, retry.clone()));
    Ok(try_join_all(greetings).await?)
}

async fn greet_one(ctx: ActivityContext, name: String) -> Result<String> {
    tracing::info!(instance_id = ctx.instance_id(), name, "greeting");
    Ok(format!("Good morning, {name}"))
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().unwrap_or_else(|| "http://127.0.0.1:4001".to_owned());

    let mut builder = Worker::builder()
        .endpoint(endpoint)
        .max_concurrent_activities(50)
        .orchestrator("GreetAll", greet_all)
        .activity("GreetOne", greet_one);
    if let Some(task_hub) = arguments.next() {
        builder = builder.task_hub(task_hub);
    }
    let worker = samples::register(builder).build()?;
    worker.run_until(async { drop(tokio::signal::ctrl_c().await) }).await;
    Ok(())
}
