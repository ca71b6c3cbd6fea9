//! Waits for a person, reminds them, and gives up after a while.
//!
//! ```text
//! cargo run -p taskhub-worker --example human_interaction -- http://127.0.0.1:4001
//! ```

#![expect(unreachable_pub, reason = "examples share a module")]

mod common;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use taskhub_worker::futures::future::{Either, select};
use taskhub_worker::{ActivityContext, Client, OrchestrationContext, Result, Worker};

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    approved: bool,
    by: String,
}

/// Asks up to three times, an hour apart; nobody's answer is a no.
async fn approve(ctx: OrchestrationContext, expense: u64) -> Result<Answer> {
    // One wait for all reminders: the answer to the first counts after the third.
    let mut answer = ctx.wait_for_event::<Answer>("Answer");
    for reminder in 1..=3 {
        ctx.call_activity::<()>("Ask", (expense, reminder)).await?;
        ctx.set_custom_status(json!({ "waiting_for": "Answer", "reminder": reminder }));
        let patience = ctx.create_timer(Duration::from_secs(3_600));
        match select(answer, patience).await {
            Either::Left((given, _)) => return Ok(given?),
            Either::Right(((), still_waiting)) => answer = still_waiting,
        }
    }
    Ok(Answer { approved: false, by: "nobody".to_owned() })
}

async fn ask(ctx: ActivityContext, (expense, reminder): (u64, u8)) -> Result<()> {
    tracing::info!(instance_id = ctx.instance_id(), expense, reminder, "may this be spent?");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder = Worker::builder().orchestrator("Approve", approve).activity("Ask", ask);
    common::run(builder, async |client: Client| {
        let id = client.start("Approve", 250).await?;
        // An event that comes before it is waited for is kept.
        client.raise_event(&id, "Answer", Answer { approved: true, by: "Ada".to_owned() }).await?;
        let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
        let answer: Answer = instance.output.read()?;
        tracing::info!(approved = answer.approved, by = answer.by, "answered");
        Ok(())
    })
    .await
}
