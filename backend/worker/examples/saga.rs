//! Steps that are undone, the last one first, when a later one fails.
//!
//! ```text
//! cargo run -p taskhub-worker --example saga -- http://127.0.0.1:4001
//! ```

#![expect(unreachable_pub, reason = "examples share a module")]

mod common;

use std::time::Duration;

use taskhub_worker::{
    ActivityContext, Client, Error, OrchestrationContext, Result, RetryPolicy, Worker,
};

/// Books a hotel and a flight, or neither.
async fn book_trip(ctx: OrchestrationContext, traveller: String) -> Result<String> {
    let mut undo = Vec::new();
    match steps(&ctx, &traveller, &mut undo).await {
        Ok(()) => Ok("booked".to_owned()),
        Err(error) => {
            // Undoing must work in the end, so it is tried for ever.
            let stubborn = RetryPolicy::new(u32::MAX, Duration::from_secs(1))
                .backoff_coefficient(2.0)
                .max_interval(Duration::from_secs(300));
            for activity in undo.into_iter().rev() {
                ctx.call_activity_with::<()>(activity, &traveller, stubborn.clone()).await?;
            }
            Err(error)
        }
    }
}

/// Puts what undoes a step on the list before the step: a step that failed may
/// have been done all the same.
async fn steps(
    ctx: &OrchestrationContext,
    traveller: &str,
    undo: &mut Vec<&'static str>,
) -> Result<()> {
    undo.push("CancelHotel");
    ctx.call_activity::<()>("BookHotel", traveller).await?;
    undo.push("CancelFlight");
    let some = RetryPolicy::new(3, Duration::from_secs(1));
    ctx.call_activity_with::<()>("BookFlight", traveller, some).await?;
    Ok(())
}

async fn done(ctx: ActivityContext, traveller: String) -> Result<()> {
    tracing::info!(activity = ctx.name(), traveller, "done");
    Ok(())
}

async fn book_flight(_: ActivityContext, traveller: String) -> Result<()> {
    let message = format!("no seat for {traveller}");
    // Nobody need ask again for what will not change.
    Err(Error::new("SoldOut", message).non_retriable())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder = Worker::builder()
        .orchestrator("BookTrip", book_trip)
        .activity("BookHotel", done)
        .activity("CancelHotel", done)
        .activity("BookFlight", book_flight)
        .activity("CancelFlight", done);
    common::run(builder, async |client: Client| {
        let id = client.start("BookTrip", "Ada").await?;
        let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
        let failure = instance.failure.map(|failure| failure.message);
        tracing::info!(status = ?instance.status, failure, "ended");
        Ok(())
    })
    .await
}
