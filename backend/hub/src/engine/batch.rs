//! A commit in the making, and what is to happen when it is durable.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::BoxFuture;
use taskhub_shared::batch::BatchJob;
use tokio::sync::oneshot;

use super::worker::Token;
use crate::{
    error::HubError,
    store::{
        StoreError,
        model::{Commit, InstanceRecord, RowId, Task},
    },
};

/// Answer to whoever waits for a commit.
pub(crate) type Ack = oneshot::Receiver<Result<(), HubError>>;

/// A commit in the making.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) commit: Commit,
    /// Instances that the commit touches.
    pub(crate) touched: BTreeMap<RowId, Arc<str>>,
    /// Activities that workers may have once the commit is durable.
    pub(crate) release: Vec<Arc<Task>>,
    /// News once the commit is durable.
    pub(crate) changes: Vec<Change>,
    /// Delivery that the commit completes.
    pub(crate) completes: Option<Token>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An instance is new or its record changed.
    Updated(Arc<InstanceRecord>),
    /// An instance is gone.
    Purged(Arc<str>),
    /// A batch job is new, or it stands otherwise than before.
    BatchJob(Arc<BatchJob>),
}

impl Batch {
    /// Notes that the commit touches an instance; twice is once.
    pub(crate) fn touch(&mut self, id: &Arc<str>, num: RowId) {
        self.touched.entry(num).or_insert_with(|| Arc::clone(id));
    }
}

/// A commit on its way.
pub(crate) struct InFlight {
    pub(crate) answer: BoxFuture<'static, Result<(), StoreError>>,
    pub(crate) touched: BTreeMap<RowId, Arc<str>>,
    pub(crate) release: Vec<Arc<Task>>,
    pub(crate) changes: Vec<Change>,
    pub(crate) completes: Option<Token>,
    pub(crate) ack: oneshot::Sender<Result<(), HubError>>,
}
