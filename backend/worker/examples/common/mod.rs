//! What all examples share: a worker, and a client that plays with it.

use std::error::Error;

use taskhub_worker::{Builder, Client, Result};

/// Runs a worker for as long as `scene` takes.
///
/// The first argument of the program is the server, default
/// `http://127.0.0.1:4001`; the second is the task hub, default the
/// server's default one.
pub async fn run(
    builder: Builder,
    scene: impl AsyncFnOnce(Client) -> Result<()>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().unwrap_or_else(|| "http://127.0.0.1:4001".to_owned());
    let mut builder = builder.endpoint(endpoint);
    if let Some(task_hub) = arguments.next() {
        builder = builder.task_hub(task_hub);
    }
    let worker = builder.build()?;
    let client = worker.client();
    let mut outcome = Ok(());
    worker.run_until(async { outcome = scene(client).await }).await;
    Ok(outcome?)
}
