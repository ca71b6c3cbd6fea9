//! Waiting for conditions, never for time.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How long anything may take that normally takes far less than a second.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the future gives, which must come in time.
pub(crate) async fn within<F: Future>(time: Duration, what: &str, future: F) -> F::Output {
    match tokio::time::timeout(time, future).await {
        Ok(output) => output,
        Err(_) => panic!("not within {time:?}: {what}"),
    }
}
