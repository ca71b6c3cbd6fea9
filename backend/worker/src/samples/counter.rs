//! `Counter`: counts one generation at a time; and an entity of that name, which counts when it is told to.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::within;
use crate::{Builder, Entity, Error, OrchestrationContext, Result};

/// `count` is where the counting is, default 0; `until` from 0 to 10,000,
/// default 5, is where it ends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Input {
    count: u64,
    until: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self { count: 0, until: 5 }
    }
}

pub(super) fn register(builder: Builder) -> Builder {
    builder.orchestrator("Counter", counter).entity("Counter", entity())
}

/// A number, also as a text that holds one: some clients write their inputs as JSON twice.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(i64),
    Text(String),
}

fn entity() -> Entity<i64> {
    Entity::<i64>::new()
        .operation("add", |ctx, amount: Amount| {
            let amount = match amount {
                Amount::Number(amount) => Some(amount),
                Amount::Text(text) => text.parse().ok(),
            };
            let amount = amount.ok_or_else(|| refused("the amount is no whole number"))?;
            let count = ctx.state_or_default();
            *count = count.checked_add(amount).ok_or_else(|| refused("the count is too large"))?;
            Ok(*count)
        })
        .operation("get", |ctx, ()| Ok(ctx.state().copied().unwrap_or_default()))
        .operation("reset", |ctx, ()| {
            *ctx.state_or_default() = 0;
            Ok(())
        })
}

fn refused(message: &str) -> Error {
    Error::new("InvalidInputError", format!("input: {message}"))
}

async fn counter(ctx: OrchestrationContext, input: Option<Input>) -> Result<u64> {
    let Input { count, until } = input.unwrap_or_default();
    let until = within("until", until, 0, 10_000)?;
    ctx.set_custom_status(json!({ "count": count, "until": until }));
    if count >= until {
        return Ok(count);
    }
    ctx.continue_as_new(Input { count: count + 1, until }).await
}
