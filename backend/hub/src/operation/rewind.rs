//! Let a failed instance go on from before its failure.

use std::{collections::BTreeSet, sync::Arc};

use taskhub_shared::status::RuntimeStatus;

use crate::{
    batch_job::Meant,
    engine::{
        core::{Core, Failed, Tree},
        rewind::rewrite,
    },
    error::HubError,
    hub::Hub,
};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The instance runs again.
    Rewound,
    /// There is no such instance.
    NotFound,
    /// It has not failed, so there is nothing to rewind.
    NotFailed(RuntimeStatus),
}

impl Hub {
    /// Lets a failed instance go on from before its failure, with the sub-orchestrations that failed.
    ///
    /// # Errors
    /// [`HubError::TooLarge`] for a reason past the bound, [`HubError::Store`] when nothing was stored.
    pub async fn rewind(&self, id: &str, reason: Option<String>) -> Result<Outcome, HubError> {
        self.rewind_for(None, id, reason).await
    }

    /// The same for an item of a batch job.
    pub(crate) async fn rewind_for(
        &self,
        item: Option<&Meant>,
        id: &str,
        reason: Option<String>,
    ) -> Result<Outcome, HubError> {
        HubError::check_payload("reason", reason.as_deref())?;
        let id: Arc<str> = Arc::from(id);
        loop {
            let mut tree = Tree::new();
            let named = match self.failed_tree(&id, &mut tree).await? {
                Ok(named) => named,
                Err(outcome) => return Ok(outcome),
            };
            if !tree.get(&id).is_some_and(|(record, _)| Meant::has(item, record)) {
                return Ok(Outcome::NotFound);
            }
            let named: Vec<Arc<str>> = named.into_iter().collect();
            let rewind = |core: &mut Core| core.rewind(&id, &tree, reason.as_deref());
            let rewind = |core: &mut Core| core.doing(Meant::done(item), rewind);
            let ack = self.inner.with(&named, rewind).await?;
            // Without one, some instance changed after it was read.
            if let Some(ack) = ack {
                self.inner.durable(ack).await?;
                return Ok(Outcome::Rewound);
            }
        }
    }

    /// Reads the instance and all below it that have failed; the ids of all that are concerned.
    async fn failed_tree(
        &self,
        root: &Arc<str>,
        tree: &mut Tree,
    ) -> Result<Result<BTreeSet<Arc<str>>, Outcome>, HubError> {
        let mut named = BTreeSet::from([Arc::clone(root)]);
        let mut left = vec![Arc::clone(root)];
        while let Some(id) = left.pop() {
            let look = self.inner.with(std::slice::from_ref(&id), |core| core.failed(&id)).await?;
            let record = match look {
                Ok(Failed { unstored: Some(_), .. }) => {
                    self.catch_up().await?;
                    left.push(id);
                    continue;
                }
                Ok(Failed { record, unstored: None }) => record,
                Err(status) if id == *root => {
                    // Nobody is told of what may yet come to nothing.
                    self.catch_up().await?;
                    let outcome = status.map_or(Outcome::NotFound, Outcome::NotFailed);
                    return Ok(Err(outcome));
                }
                Err(_) => continue,
            };
            // The history of an instance that has ended is not in memory.
            let history = self.inner.store.history(self.inner.id, &id, 0, usize::MAX).await?;
            let history: Vec<_> = history.unwrap_or_default().into_iter().map(Arc::new).collect();
            let rewound = rewrite(&history);
            for child in &rewound.open_children {
                let child: Arc<str> = Arc::from(child.instance_id.as_str());
                if named.insert(Arc::clone(&child)) {
                    left.push(child);
                }
            }
            named.extend(rewound.dropped_children.iter().map(|id| Arc::from(id.as_str())));
            tree.insert(id, (record, rewound));
        }
        Ok(Ok(named))
    }

    /// Waits until everything is stored that memory knows.
    async fn catch_up(&self) -> Result<(), HubError> {
        let barrier = self.inner.core().barrier();
        self.inner.durable(barrier).await
    }
}
