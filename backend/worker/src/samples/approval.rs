//! `Approval`: waits for a person's answer, but not for ever.

use std::time::Duration;

use futures::future::{Either, select};
use serde::Deserialize;
use serde_json::{Value, json};

use super::within;
use crate::{Builder, OrchestrationContext, Result};

const EVENT: &str = "Approval";

/// `timeout_seconds` from 1 to 31,536,000, default 86,400 (24 hours).
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Input {
    timeout_seconds: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self { timeout_seconds: 86_400 }
    }
}

pub(super) fn register(builder: Builder) -> Builder {
    builder.orchestrator("Approval", approval)
}

/// Gives the event's payload as it came.
async fn approval(ctx: OrchestrationContext, input: Option<Input>) -> Result<Value> {
    let timeout = input.unwrap_or_default().timeout_seconds;
    let timeout = within("timeout_seconds", timeout, 1, 31_536_000)?;
    let deadline = ctx.current_time() + Duration::from_secs(timeout);
    ctx.set_custom_status(json!({ "waiting_for": EVENT, "until": deadline }));

    let answer = ctx.wait_for_event::<Value>(EVENT);
    match select(answer, ctx.timer_at(deadline)).await {
        Either::Left((answer, _)) => {
            ctx.set_custom_status(json!({ "answered_at": ctx.current_time() }));
            Ok(answer?)
        }
        Either::Right(((), _)) => {
            ctx.set_custom_status(json!({ "timed_out_at": ctx.current_time() }));
            Ok(json!({ "approved": false, "reason": "timed out" }))
        }
    }
}
