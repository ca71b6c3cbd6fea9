//! Batch jobs of the reference store.

use std::{collections::BTreeMap, sync::Arc};

use taskhub_shared::{
    batch::{BatchCounts, ItemResult},
    status::RuntimeStatus,
};

use super::{
    Answer, StoreError,
    batch_job::{BatchRecord, BatchStore, BatchWrite, ItemDone, ItemRecord, ItemsRequest},
    memory::{MemoryStore, ready},
    model::{HubId, RowId},
};

/// All jobs, by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Batches(BTreeMap<RowId, Batch>);

#[derive(Debug, Clone)]
struct Batch {
    hub: HubId,
    record: BatchRecord,
    items: BTreeMap<u64, ItemRecord>,
}

impl Batches {
    /// Refuses items that are not pending.
    pub(super) fn check(&self, done: &[ItemDone]) -> Result<(), StoreError> {
        let mut seen = std::collections::BTreeSet::new();
        for item in done {
            let batch = self.0.get(&item.batch);
            let pending = batch
                .and_then(|batch| batch.items.get(&item.position))
                .is_some_and(|item| item.result == ItemResult::Pending);
            if !pending || !seen.insert((item.batch, item.position)) {
                return Err(StoreError::Conflict { what: "batch item", num: item.batch });
            }
        }
        Ok(())
    }

    /// Notes what a commit has done.
    pub(super) fn done(&mut self, done: Vec<ItemDone>) {
        for ItemDone { batch, position, detail } in done {
            if let Some(item) =
                self.0.get_mut(&batch).and_then(|batch| batch.items.get_mut(&position))
            {
                (item.result, item.detail) = (ItemResult::Succeeded, detail);
            }
        }
    }

    pub(super) fn delete_hub(&mut self, hub: HubId) {
        self.0.retain(|_, batch| batch.hub != hub);
    }

    fn write(&mut self, hub: HubId, write: BatchWrite) {
        let BatchWrite { record, from, add, results } = write;
        let num = record.num;
        let batch = self.0.entry(num).or_insert_with(|| Batch {
            hub,
            record: record.clone(),
            items: BTreeMap::new(),
        });
        let input = batch.record.input.take();
        batch.record = BatchRecord { input, ..record };
        for (position, new) in (from..).zip(add) {
            batch.items.entry(position).or_insert(ItemRecord {
                position,
                instance_id: new.instance_id,
                num: new.num,
                result: ItemResult::Pending,
                detail: None,
            });
        }
        for outcome in results {
            let item = batch.items.get_mut(&outcome.position);
            if let Some(item) = item.filter(|item| item.result == ItemResult::Pending) {
                (item.result, item.detail) = (outcome.result, outcome.detail);
            }
        }
    }
}

impl BatchStore for MemoryStore {
    fn write(&self, hub: HubId, write: BatchWrite) -> Answer<()> {
        self.with_batches(|batches| batches.write(hub, write));
        ready(Ok(()))
    }

    fn batch(&self, hub: HubId, num: RowId) -> Answer<Option<BatchRecord>> {
        ready(Ok(self.with_batches(|batches| {
            batches.0.get(&num).filter(|batch| batch.hub == hub).map(|batch| batch.record.clone())
        })))
    }

    fn batches(&self, hub: HubId, before: Option<RowId>, limit: usize) -> Answer<Vec<BatchRecord>> {
        ready(Ok(self.with_batches(|batches| {
            let jobs = batches.0.values().rev().filter(|batch| batch.hub == hub);
            jobs.map(|batch| &batch.record)
                .filter(|record| before.is_none_or(|before| record.num < before))
                .take(limit)
                .cloned()
                .collect()
        })))
    }

    fn batch_items(&self, num: RowId, request: ItemsRequest) -> Answer<Vec<ItemRecord>> {
        ready(Ok(self.with_batches(|batches| {
            let items = batches.0.get(&num).into_iter().flat_map(|batch| batch.items.values());
            items
                .filter(|item| item.position > request.after)
                .filter(|item| request.result.is_none_or(|result| item.result == result))
                .take(request.limit)
                .cloned()
                .collect()
        })))
    }

    fn batch_counts(&self, num: RowId) -> Answer<BatchCounts> {
        ready(Ok(self.with_batches(|batches| {
            let mut counts = BatchCounts::default();
            for item in batches.0.get(&num).into_iter().flat_map(|batch| batch.items.values()) {
                counts.total += 1;
                counts.add(item.result);
            }
            counts
        })))
    }

    fn retry_failed(&self, num: RowId, limit: usize) -> Answer<usize> {
        ready(Ok(self.with_batches(|batches| {
            let items =
                batches.0.get_mut(&num).into_iter().flat_map(|batch| batch.items.values_mut());
            let failed = items.filter(|item| item.result == ItemResult::Failed).take(limit);
            let reset = |item: &mut ItemRecord| {
                (item.result, item.detail) = (ItemResult::Pending, None);
            };
            failed.map(reset).count()
        })))
    }

    fn delete_batch(&self, hub: HubId, num: RowId) -> Answer<()> {
        self.with_batches(|batches| batches.0.retain(|key, batch| *key != num || batch.hub != hub));
        ready(Ok(()))
    }

    fn statuses(
        &self,
        hub: HubId,
        ids: Vec<Arc<str>>,
    ) -> Answer<Vec<Option<(RowId, RuntimeStatus)>>> {
        ready(Ok(ids.iter().map(|id| self.status(hub, id)).collect()))
    }
}
