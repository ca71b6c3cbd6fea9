//! The Python SDK's worker, against this server and against the SDK's own backend in memory.

use std::{env, process::Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use taskhub_proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::Instant,
};

use crate::{
    figures::round,
    measure::{many_on, progress},
    peer::{self, Client, Server},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/sequence3.py");

/// `sequence3` with the Python SDK's worker, so many at once, on both.
pub(crate) async fn python(count: usize, inflight: usize) -> Result<Value> {
    let server = Server::start().await?;
    let ours = {
        let _worker = script(&["work", server.address()]).await?;
        rate(&server.client, count, inflight).await?
    };
    progress(&format!("python: {ours}/s"));
    let (_backend, address) = script(&["backend"]).await?;
    let client = TaskHubSidecarServiceClient::connect(format!("http://{address}")).await?;
    let _worker = script(&["work", &address]).await?;
    let theirs = rate(&client, count, inflight).await?;
    Ok(json!({
        "bench": "python",
        "inflight": inflight,
        "per_s": ours,
        "in_memory_backend_per_s": theirs,
        "share": round(ours / theirs),
    }))
}

async fn rate(client: &Client, count: usize, inflight: usize) -> Result<f64> {
    peer::run(&mut client.clone(), "HelloSequence", None).await?;
    let began = Instant::now();
    many_on(client, count, inflight).await?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_s = count as f64 / began.elapsed().as_secs_f64();
    Ok(round(per_s))
}

/// Starts the script; its first line says that it is ready.
async fn script(arguments: &[&str]) -> Result<(Child, String)> {
    let python = env::var_os("TASKHUB_PYTHON")
        .context("TASKHUB_PYTHON must name a Python that has the SDK; cargo xtask bench sets it")?;
    let mut child = Command::new(python)
        .arg(SCRIPT)
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("start Python")?;
    let stdout = child.stdout.take().context("read what Python says")?;
    let Some(line) = BufReader::new(stdout).lines().next_line().await? else {
        bail!("Python ended without a word");
    };
    Ok((child, line))
}
