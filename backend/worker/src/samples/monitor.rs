//! `Monitor`: looks every few seconds whether something is ready.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::within;
use crate::{ActivityContext, Builder, OrchestrationContext, Result};

/// `checks` from 1 to 1,000, default 3: the check that finds it ready.
/// `interval_seconds` from 1 to 86,400, default 2.
/// `deadline_seconds` from 1 to 31,536,000, default 3,600.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Input {
    checks: u32,
    interval_seconds: u64,
    deadline_seconds: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self { checks: 3, interval_seconds: 2, deadline_seconds: 3_600 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Check {
    check: u32,
    ready_at: u32,
}

#[derive(Debug, Serialize)]
struct Output {
    is_ready: bool,
    checks: u32,
}

pub(super) fn register(builder: Builder) -> Builder {
    builder.orchestrator("Monitor", monitor).activity("CheckIfReady", check_if_ready)
}

async fn monitor(ctx: OrchestrationContext, input: Option<Input>) -> Result<Output> {
    let input = input.unwrap_or_default();
    let ready_at = within("checks", input.checks, 1, 1_000)?;
    let interval = within("interval_seconds", input.interval_seconds, 1, 86_400)?;
    let patience = within("deadline_seconds", input.deadline_seconds, 1, 31_536_000)?;
    let interval = Duration::from_secs(interval);
    let deadline = ctx.current_time() + Duration::from_secs(patience);

    for check in 1.. {
        let is_ready: bool = ctx.call_activity("CheckIfReady", Check { check, ready_at }).await?;
        let next_at = ctx.current_time() + interval;
        let gives_up = !is_ready && next_at > deadline;
        let next = (!is_ready && !gives_up).then_some(next_at);
        ctx.set_custom_status(json!({ "checks": check, "is_ready": is_ready, "next": next }));
        if is_ready || gives_up {
            return Ok(Output { is_ready, checks: check });
        }
        ctx.timer_at(next_at).await;
    }
    Ok(Output { is_ready: false, checks: u32::MAX })
}

/// Stands for a look at something real.
async fn check_if_ready(_: ActivityContext, input: Check) -> Result<bool> {
    Ok(input.check >= input.ready_at)
}
