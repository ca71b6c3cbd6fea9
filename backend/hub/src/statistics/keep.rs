//! Stores figures, and goes on with them when a hub opens.

use std::sync::Arc;

use chrono::TimeDelta;
use taskhub_shared::statistics::KEPT_DAYS;

use super::minute;
use crate::{
    error::HubError,
    hub::{Hub, Inner},
};

/// How often figures are stored.
const EVERY: TimeDelta = TimeDelta::seconds(10);

impl Hub {
    /// Goes on counting where the hub was closed.
    pub(crate) async fn open_statistics(&self) -> Result<(), HubError> {
        let inner = &self.inner;
        let now = minute(inner.clock.now());
        let rows = inner.store.statistics_store().statistics(inner.id, now, now + 1).await?;
        inner.counting.go_on(rows);
        self.run_beside(store_now_and_then(Arc::clone(inner)));
        Ok(())
    }
}

impl Inner {
    /// Stores what was counted since the last time.
    pub(crate) async fn store_statistics(&self) -> Result<(), HubError> {
        let _one = self.counting.storing.lock().await;
        let rows = self.counting.take();
        let now = self.clock.now();
        if !rows.is_empty() {
            let keep_from = minute(now - TimeDelta::days(KEPT_DAYS));
            let store = self.store.statistics_store();
            if let Err(error) = store.write_statistics(self.id, rows.clone(), keep_from).await {
                self.counting.put_back(&rows);
                return Err(error.into());
            }
        }
        self.counting.forget(now);
        Ok(())
    }
}

async fn store_now_and_then(inner: Arc<Inner>) {
    loop {
        let next = inner.clock.now() + EVERY;
        inner.clock.sleep_until(next).await;
        if let Err(error) = inner.store_statistics().await {
            tracing::warn!(error = %error, "figures could not be stored; trying again");
        }
    }
}
