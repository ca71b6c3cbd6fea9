//! `Failing`: an activity that fails twice, for a reason that has a reason.

use std::time::Duration;

use crate::{ActivityContext, Builder, OrchestrationContext, Result, RetryPolicy};

#[derive(Debug, thiserror::Error)]
#[error("payment of order 1042 was declined")]
struct PaymentDeclinedError(#[source] GatewayError);

#[derive(Debug, thiserror::Error)]
#[error("payment gateway answered 503")]
struct GatewayError(#[source] std::io::Error);

pub(super) fn register(builder: Builder) -> Builder {
    builder.orchestrator("Failing", failing).activity("DeclinePayment", decline_payment)
}

async fn failing(ctx: OrchestrationContext, (): ()) -> Result<()> {
    let twice = RetryPolicy::new(2, Duration::from_secs(1));
    Ok(ctx.call_activity_with("DeclinePayment", (), twice).await?)
}

async fn decline_payment(_: ActivityContext, (): ()) -> Result<(), PaymentDeclinedError> {
    let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
    Err(PaymentDeclinedError(GatewayError(refused)))
}
