//! `Counter`: counts one generation at a time.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::within;
use crate::{Builder, OrchestrationContext, Result};

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
    builder.orchestrator("Counter", counter)
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
