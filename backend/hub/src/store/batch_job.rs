//! The part of the store port that keeps batch jobs: [`BatchStore`].

use std::{fmt::Debug, sync::Arc};

use serde::{Deserialize, Serialize};
use taskhub_shared::{
    batch::{BatchCounts, BatchJob, ItemResult},
    status::RuntimeStatus,
};

use super::{
    Answer,
    model::{HubId, RowId},
};
use crate::engine::history_event::Payload;

/// Batch jobs and their instances. Methods see every write whose answer has come.
///
/// What became of an instance is stored in two ways: with [`BatchStore::write`], or in the very commit that does it, as
/// [`super::model::Commit::batch_items`]; so it is known after any end of the process whether it was done.
pub trait BatchStore: Debug + Send + Sync {
    /// Makes one atomic change of a job durable.
    ///
    /// 1. A job that is not there is made; one that is there gets the new record, but keeps its input.
    /// 2. Added items are pending. A position that is taken is left as it is.
    /// 3. A result is stored for a pending item only, once.
    fn write(&self, hub: HubId, write: BatchWrite) -> Answer<()>;

    /// One job.
    fn batch(&self, hub: HubId, num: RowId) -> Answer<Option<BatchRecord>>;

    /// Jobs, the newest first: those before this number, at most `limit`.
    fn batches(&self, hub: HubId, before: Option<RowId>, limit: usize) -> Answer<Vec<BatchRecord>>;

    /// Items of a job by position, after this one; all, or those with this result.
    fn batch_items(&self, num: RowId, request: ItemsRequest) -> Answer<Vec<ItemRecord>>;

    /// Number of items of a job by their result.
    fn batch_counts(&self, num: RowId) -> Answer<BatchCounts>;

    /// Makes failed items pending again, at most `limit`; how many.
    fn retry_failed(&self, num: RowId, limit: usize) -> Answer<usize>;

    /// Deletes a job with its items.
    fn delete_batch(&self, hub: HubId, num: RowId) -> Answer<()>;

    /// Number and status of instances, in the order of `ids`; `None` where there is no orchestration.
    fn statuses(
        &self,
        hub: HubId,
        ids: Vec<Arc<str>>,
    ) -> Answer<Vec<Option<(RowId, RuntimeStatus)>>>;
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// Number of the job.
    #[serde(skip)]
    pub num: RowId,
    /// What people see of it. Its counts may lag behind those of the items.
    pub job: BatchJob,
    /// While it is being frozen from a filter: cursor of what was not written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen_to: Option<String>,
    /// Failures when it was last resumed.
    #[serde(default)]
    pub failed_before: u64,
    /// Payload of the event that it raises.
    #[serde(skip)]
    pub input: Option<Payload>,
}

/// One atomic change of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchWrite {
    /// The job as it is to be.
    pub record: BatchRecord,
    /// Position of the first new item.
    pub from: u64,
    /// New items.
    pub add: Vec<NewItem>,
    /// What became of items.
    pub results: Vec<ItemOutcome>,
}

/// An instance that a job is to deal with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// Id of the instance.
    pub instance_id: Arc<str>,
    /// Its number; absent when there was none.
    pub num: Option<RowId>,
}

/// What became of an item, other than what its own commit tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemOutcome {
    /// Position of the item.
    pub position: u64,
    /// The result.
    pub result: ItemResult,
    /// Code of the refusal, or what went wrong.
    pub detail: Option<String>,
}

/// An item that a commit does. It must be pending, or the commit is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDone {
    /// Number of the job.
    pub batch: RowId,
    /// Position of the item.
    pub position: u64,
    /// Id of the instance that a restart makes.
    pub detail: Option<String>,
}

/// An item as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRecord {
    /// Position, from 1.
    pub position: u64,
    /// Id of the instance.
    pub instance_id: Arc<str>,
    /// Number of the instance that is meant.
    pub num: Option<RowId>,
    /// What became of it.
    pub result: ItemResult,
    /// Code of the refusal, what went wrong, or the id of a new instance.
    pub detail: Option<String>,
}

/// A page of a job's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemsRequest {
    /// Only those with this result.
    pub result: Option<ItemResult>,
    /// Position after which it begins, 0 for the beginning.
    pub after: u64,
    /// Most items.
    pub limit: usize,
}
