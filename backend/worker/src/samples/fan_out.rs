//! `FanOutFanIn`: squares the numbers from 1 to `count` at once and sums them.

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::within;
use crate::{ActivityContext, Builder, OrchestrationContext, Result};

/// `count` from 1 to 10,000, default 10.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Input {
    count: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self { count: 10 }
    }
}

#[derive(Debug, Serialize)]
struct Output {
    count: u64,
    sum: u64,
}

pub(super) fn register(builder: Builder) -> Builder {
    builder.orchestrator("FanOutFanIn", fan_out_fan_in).activity("Square", square)
}

async fn fan_out_fan_in(ctx: OrchestrationContext, input: Option<Input>) -> Result<Output> {
    let count = within("count", input.unwrap_or_default().count, 1, 10_000)?;
    let squares = (1..=count).map(|n| ctx.call_activity::<u64>("Square", n));
    let sum = try_join_all(squares).await?.into_iter().sum();
    Ok(Output { count, sum })
}

async fn square(_: ActivityContext, n: u64) -> Result<u64> {
    n.checked_mul(n).ok_or_else(|| crate::Error::new("OverflowError", format!("{n} is too large")))
}
