//! `HelloWorld`, `HelloSequence` and the activities they call.

use crate::{ActivityContext, Builder, OrchestrationContext, Result};

pub(super) fn register(builder: Builder) -> Builder {
    builder
        .orchestrator("HelloWorld", hello_world)
        .orchestrator("HelloSequence", |ctx, ()| hello_sequence(ctx, "SayHello"))
        .orchestrator("E1_HelloSequence", |ctx, ()| hello_sequence(ctx, "E1_SayHello"))
        .activity("Greet", greet)
        .activity("SayHello", say_hello)
        .activity("E1_SayHello", say_hello)
}

async fn hello_world(ctx: OrchestrationContext, name: Option<String>) -> Result<String> {
    let name = name.unwrap_or_else(|| "World".to_owned());
    Ok(ctx.call_activity("Greet", name).await?)
}

/// Source: the first sample of Durable Functions, names and result included.
async fn hello_sequence(ctx: OrchestrationContext, activity: &'static str) -> Result<Vec<String>> {
    let mut greetings = Vec::new();
    for city in ["Tokyo", "Seattle", "London"] {
        greetings.push(ctx.call_activity(activity, city).await?);
    }
    Ok(greetings)
}

async fn greet(_: ActivityContext, name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

async fn say_hello(_: ActivityContext, name: String) -> Result<String> {
    Ok(format!("Hello {name}!"))
}
