//! Wait until an instance has begun or ended.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use taskhub_shared::status::RuntimeStatus;
use tokio::{
    sync::oneshot::{self, error::RecvError},
    time::Instant,
};

use crate::{
    error::HubError,
    hub::{Hub, Told, Waiter},
    store::model::InstanceRecord,
};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The instance is no longer pending.
    Started,
    /// The instance has ended.
    Ended,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The instance has come to the point; its record as it was then.
    Reached(Arc<InstanceRecord>),
    /// There is no such instance, and none came within a second.
    NotFound,
    /// The time is over.
    TimedOut,
}

/// How long a wait for an instance that does not exist lasts: a client may wait for what another is about to start.
const GRACE: Duration = Duration::from_secs(1);

impl Until {
    pub(crate) fn reached(self, status: RuntimeStatus) -> bool {
        match self {
            Self::Started => status != RuntimeStatus::Pending,
            Self::Ended => status.is_terminal(),
        }
    }
}

impl Hub {
    /// Waits, told by the commit and without polling, until the instance comes to the point or `patience` is over.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn wait(
        &self,
        id: &str,
        until: Until,
        patience: Duration,
    ) -> Result<Outcome, HubError> {
        let id: Arc<str> = Arc::from(id);
        // Declared before the receiver, so that it looks at the list after that is closed.
        let _forget = Forget { hub: self, id: &id };
        let began = Instant::now();
        loop {
            let (tell, told) = oneshot::channel();
            {
                // Registered before the look, so that nothing slips by in between.
                let mut waiters = self.inner.waiters.lock().unwrap_or_else(PoisonError::into_inner);
                let waiting = waiters.entry(Arc::clone(&id)).or_default();
                waiting.retain(|waiter| !waiter.tell.is_closed());
                waiting.push(Waiter { until, tell });
            }
            let left = patience.saturating_sub(began.elapsed());
            if let Some(outcome) = self.wait_once(&id, until, left, told).await? {
                return Ok(outcome);
            }
        }
    }

    /// Looks and waits; `None` when the look was wrong.
    async fn wait_once(
        &self,
        id: &str,
        until: Until,
        mut patience: Duration,
        mut told: oneshot::Receiver<Told>,
    ) -> Result<Option<Outcome>, HubError> {
        if !self.is_to_come(id, until) {
            match self.instance(id).await? {
                Some(record) if until.reached(record.status) => {
                    return Ok(Some(Outcome::Reached(Arc::new(record))));
                }
                Some(_) => {}
                None => {
                    let short = patience.min(GRACE);
                    if let Ok(told) = tokio::time::timeout(short, &mut told).await {
                        return outcome(told);
                    }
                    if !self.is_to_come(id, until) && self.instance(id).await?.is_none() {
                        return Ok(Some(Outcome::NotFound));
                    }
                    patience = patience.saturating_sub(short);
                }
            }
        }
        match tokio::time::timeout(patience, told).await {
            Ok(told) => outcome(told),
            Err(_) => Ok(Some(Outcome::TimedOut)),
        }
    }

    /// Whether memory knows that the point is still to come, so that its commit will tell.
    fn is_to_come(&self, id: &str, until: Until) -> bool {
        self.inner
            .core()
            .orchestration(id)
            .is_some_and(|instance| !until.reached(instance.record.status))
    }
}

/// How the wait ends that was told this, if it does.
fn outcome(told: Result<Told, RecvError>) -> Result<Option<Outcome>, HubError> {
    match told {
        Ok(Told::Reached(record)) => Ok(Some(Outcome::Reached(record))),
        Ok(Told::LookAgain) => Ok(None),
        Err(_) => Err(HubError::Draining),
    }
}

/// Takes a waiter that is not needed any more off the list.
struct Forget<'a> {
    hub: &'a Hub,
    id: &'a Arc<str>,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let mut waiters = self.hub.inner.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = waiters.get_mut(self.id) {
            waiting.retain(|waiter| !waiter.tell.is_closed());
            if waiting.is_empty() {
                waiters.remove(self.id);
            }
        }
    }
}
