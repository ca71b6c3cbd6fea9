//! The built-in sample worker: an ordinary worker that speaks the protocol over gRPC, in this process or another.

use std::future::Future;

use anyhow::{Context, Result};
use clap::Args;
use taskhub_worker::{Worker, samples};

use crate::{config::LogFormat, telemetry};

/// Flags of `taskhub sample-worker`.
#[derive(Debug, Args)]
pub(crate) struct SampleWorkerArgs {
    /// Address of the server
    #[arg(
        long,
        env = "TASKHUB_ENDPOINT",
        default_value = "http://127.0.0.1:4001",
        value_name = "URL"
    )]
    endpoint: String,
    /// Task hub to work for
    #[arg(long, env = "TASKHUB_TASK_HUB", default_value = taskhub_shared::id::TaskHubName::DEFAULT, value_name = "NAME")]
    task_hub: String,
    /// Most orchestrations and most activities at once
    #[arg(long, default_value_t = 200, value_name = "NUMBER")]
    concurrency: usize,
}

/// Works for a server until the process is told to end.
pub(crate) async fn run(args: SampleWorkerArgs) -> Result<()> {
    telemetry::start_log(LogFormat::Text);
    let worker = build(&args.endpoint, &args.task_hub, args.concurrency)?;
    worker.run_until(crate::serve::told_to_end()).await;
    Ok(())
}

/// Works for a server of this process until `shutdown`.
pub(crate) async fn run_inside(
    endpoint: String,
    task_hub: String,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    build(&endpoint, &task_hub, 100)?.run_until(shutdown).await;
    Ok(())
}

fn build(endpoint: &str, task_hub: &str, concurrency: usize) -> Result<Worker> {
    let builder = Worker::builder()
        .endpoint(endpoint)
        .task_hub(task_hub)
        .max_concurrent_activities(concurrency)
        .max_concurrent_orchestrations(concurrency);
    samples::register(builder).build().context("set up the sample worker")
}
