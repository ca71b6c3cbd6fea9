//! What does not grow: speed with many finished instances, and memory with nothing to do.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    figures::round,
    list,
    measure::{many, progress},
    peer::Server,
};

/// `sequence3` beside so many finished instances, as a share of what an empty hub does before and after.
pub(crate) async fn flat(instances: usize, count: usize, inflight: usize) -> Result<Value> {
    let before = rate(&Server::with_worker().await?, count, inflight).await?;
    progress(&format!("flat: an empty hub does {before}/s"));
    let folder = tempfile::tempdir().context("make a folder")?;
    list::make(&folder.path().join("bench.db"), instances).await?;
    progress(&format!("flat: made {instances} instances"));
    let mut server = Server::start_in(folder).await?;
    server.add_worker().await?;
    let full = rate(&server, count, inflight).await?;
    server.end_worker().await?;
    let bytes = server.memory()?;
    progress(&format!("flat: one with {instances} instances does {full}/s"));
    let after = rate(&Server::with_worker().await?, count, inflight).await?;
    progress(&format!("flat: an empty hub does {after}/s"));
    Ok(json!({
        "bench": "flat",
        "instances": instances,
        "empty_per_s": round(f64::midpoint(before, after)),
        "full_per_s": full,
        "share": round(full / f64::midpoint(before, after)),
        "memory_mb": bytes / (1024 * 1024),
    }))
}

async fn rate(server: &Server, count: usize, inflight: usize) -> Result<f64> {
    many(server, count.min(500), inflight).await?;
    let began = Instant::now();
    many(server, count, inflight).await?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_s = count as f64 / began.elapsed().as_secs_f64();
    Ok(round(per_s))
}

/// Memory of a server with nothing to do.
pub(crate) async fn idle() -> Result<Value> {
    let server = Server::start().await?;
    // What it needs to start is given back within a moment.
    tokio::time::sleep(Duration::from_secs(3)).await;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let megabytes = round(server.memory()? as f64 / (1024.0 * 1024.0));
    Ok(json!({"bench": "idle", "memory_mb": megabytes}))
}
