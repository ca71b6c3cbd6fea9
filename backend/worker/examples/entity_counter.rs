//! Counters that are entities, and a move between two of them under a lock.
//!
//! ```text
//! cargo run -p taskhub-worker --example entity_counter -- http://127.0.0.1:4001
//! ```

#![expect(unreachable_pub, reason = "examples share a module")]

mod common;

use std::time::Duration;

use taskhub_worker::{Client, Entity, EntityId, Error, OrchestrationContext, Result, Worker};

/// A counter that never goes below zero.
fn counter() -> Entity<u64> {
    Entity::<u64>::new()
        .operation("add", |ctx, n: u64| {
            let count = ctx.state_or_default();
            *count = count.checked_add(n).ok_or_else(|| Error::new("Overflow", "too much"))?;
            Ok(*count)
        })
        .operation("take", |ctx, n: u64| {
            let count = ctx.state_or_default();
            *count = count.checked_sub(n).ok_or_else(|| Error::new("TooFew", "too few"))?;
            Ok(*count)
        })
        .operation("get", |ctx, ()| Ok(ctx.state().copied().unwrap_or_default()))
}

/// Moves `n` from one counter to another. Nobody sees it half done.
async fn move_count(ctx: OrchestrationContext, n: u64) -> Result<bool> {
    let (from, to) = (EntityId::new("Counter", "from"), EntityId::new("Counter", "to"));
    let _lock = ctx.lock_entities([&from, &to]).await?;
    let count: u64 = ctx.call_entity(&from, "get", ()).await?;
    if count < n {
        return Ok(false);
    }
    ctx.call_entity::<u64>(&from, "take", n).await?;
    ctx.call_entity::<u64>(&to, "add", n).await?;
    Ok(true)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder =
        Worker::builder().orchestrator("MoveCount", move_count).entity("Counter", counter());
    common::run(builder, async |client: Client| {
        client.signal_entity(&EntityId::new("Counter", "from"), "add", 5).await?;
        let id = client.start("MoveCount", 2).await?;
        let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
        tracing::info!(status = ?instance.status, moved = instance.output.text(), "ended");
        for key in ["from", "to"] {
            let entity = client.get_entity(&EntityId::new("Counter", key)).await?;
            let count = entity.map(|entity| entity.state.read::<u64>()).transpose()?;
            tracing::info!(key, count, "counted");
        }
        Ok(())
    })
    .await
}
