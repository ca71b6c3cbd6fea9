//! The store port: [`Store`], the contract that every database keeps, rule by rule.
//!
//! The engine is the one owner of a hub's instances: it keeps the active ones in memory, and the store is its log and
//! its index. The numbered rules are tested by `store_conformance!`, for every store alike.

pub mod batch_job;
#[cfg(feature = "test-support")]
pub mod conformance;
#[cfg(feature = "test-support")]
pub mod memory;
#[cfg(feature = "test-support")]
mod memory_batches;
#[cfg(feature = "test-support")]
mod memory_settings;
#[cfg(feature = "test-support")]
mod memory_statistics;
pub mod model;
pub mod select;
pub mod settings;
pub mod statistics;
pub mod views;

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use taskhub_shared::id::TaskHubName;

use crate::engine::history_event::HistoryEvent;
use model::{
    Commit, Ended, EndedRequest, Filter, HubId, InstanceRecord, ListRequest, Loaded, NameCount,
    Outstanding, RowId,
};
use select::{SelectRequest, Selected, Tallied, TallyRequest};

/// Answer of a store, when it comes.
pub type Answer<T> = BoxFuture<'static, Result<T, StoreError>>;

/// Database behind the engine.
///
/// Every method may be called at any time from any task. Methods other than [`Store::commit`] see every commit whose
/// answer has come.
pub trait Store: Debug + Send + Sync + 'static {
    /// Kind of database, for people: `memory`, `sqlite`.
    fn kind(&self) -> &'static str;

    /// The sequence that all row numbers come from.
    ///
    /// 1. After reopening, it goes on above every number that is stored.
    fn sequence(&self) -> &Sequence;

    /// Number of the hub with this name, which is made when there is none.
    ///
    /// 1. The same name in another case is the same hub.
    /// 2. Hubs do not see each other's instances.
    fn open_hub(&self, name: &TaskHubName, now: DateTime<Utc>) -> Answer<HubId>;

    /// Names of the hubs that were ever opened and not deleted, oldest first.
    fn hubs(&self) -> Answer<Vec<TaskHubName>>;

    /// Deletes the hub with everything in it. Nobody commits to it any more.
    ///
    /// 1. Nothing of it is left, and a hub that takes its name is empty.
    /// 2. Other hubs are as before.
    fn delete_hub(&self, hub: HubId) -> Answer<()>;

    /// Makes one atomic change durable.
    ///
    /// 1. Commits apply in the order of the calls, whether or not the answers are awaited.
    /// 2. The answer comes when the change survives the end of the process.
    /// 3. All of a commit applies or nothing of it; a refused commit does not touch its neighbours.
    /// 4. A created instance whose id exists in the hub, and is not replaced, is a conflict.
    /// 5. An update whose revision is not one above the stored one, or whose former status is not the stored one, is a
    ///    conflict.
    /// 6. A consumed message that is not there is a conflict.
    /// 7. A done task that is not there is a conflict.
    /// 8. An append that does not follow the stored history without gap is a conflict.
    /// 9. A purge of an instance that has not ended and is no entity, or is not there, is a conflict.
    /// 10. A message, task or timer for an instance that is not there is a conflict.
    /// 11. Replacing or purging takes the history, messages, tasks, timers and payloads along.
    /// 12. A row number that is in use is a conflict.
    /// 13. An instance of another hub is not there.
    /// 14. A replaced history is the new one alone, from position 1, also when the instance has ended.
    /// 15. An expected revision that is not the stored one is a conflict, and so is an instance that is there and was
    ///     expected to be gone. What is expected is as the commits before this one left it.
    /// 16. An item of a batch job that is not there, or not pending, is a conflict.
    ///
    /// Purges come first, then creations, then all that is added, then what is used up.
    fn commit(&self, hub: HubId, commit: Commit) -> Answer<()>;

    /// What is outstanding in the hub, oldest first. What is damaged is left out.
    fn outstanding(&self, hub: HubId) -> Answer<Outstanding>;

    /// Instances with all that is needed to go on, in the order of `ids`; `None` where there is none.
    ///
    /// 1. The history of an instance that has ended is left out.
    fn load(&self, hub: HubId, ids: Vec<Arc<str>>) -> Answer<Vec<Option<Loaded>>>;

    /// One instance's record with its payloads.
    fn instance(&self, hub: HubId, id: &str) -> Answer<Option<InstanceRecord>>;

    /// Events after a position (0 for the beginning), oldest first, at most `limit`; `None` when there is no instance.
    fn history(
        &self,
        hub: HubId,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Answer<Option<Vec<HistoryEvent>>>;

    /// One page of a list, ordered by creation and number.
    ///
    /// 1. The position itself is not part of the page.
    /// 2. Pages that follow each other show each instance that does not change once.
    /// 3. Without payloads, the payloads are empty but for a failure's message.
    /// 4. Entities are listed only when they are asked for, and then alone.
    fn list(&self, hub: HubId, request: ListRequest) -> Answer<Vec<InstanceRecord>>;

    /// Number of instances that match, by name and status; groups of none are left out.
    ///
    /// 1. The numbers are exact.
    /// 2. Entities are counted only when they are asked for, and then alone.
    fn counts(&self, hub: HubId, filter: Filter) -> Answer<Vec<NameCount>>;

    /// A slice of the instances that match, in any order of [`taskhub_shared::query::SortField`].
    ///
    /// 1. What matches is said by [`select::Selection::fits`] alone.
    /// 2. Rows come in the order of their [`select::Place`], each once; the row at the place itself is not among them.
    /// 3. `rest` is absent at the end of the list; else the slice has `limit` rows, or so many bytes as a page may have,
    ///    or looked at so many rows that others have their turn now.
    /// 4. Without payloads, the payloads are empty but for a failure's message.
    fn select(&self, hub: HubId, request: SelectRequest) -> Answer<Selected>;

    /// Numbers of the instances that match, in groups, of a part of them.
    ///
    /// 1. All parts together count each instance once in each of its groups.
    /// 2. When name and status decide whether an instance matches, and group it, no row is looked at.
    fn tally(&self, hub: HubId, request: TallyRequest) -> Answer<Tallied>;

    /// One page of the instances that have ended, ordered by their end and id.
    ///
    /// 1. The position itself is not part of the page.
    /// 2. Times are from inclusive to exclusive.
    fn ended(&self, hub: HubId, request: EndedRequest) -> Answer<Vec<Ended>>;

    /// The part that keeps batch jobs.
    fn batch_jobs(&self) -> &dyn batch_job::BatchStore;

    /// The part that keeps settings.
    fn settings(&self) -> &dyn settings::SettingStore;

    /// The part that keeps figures by minute.
    fn statistics_store(&self) -> &dyn statistics::StatisticsStore;

    /// The part that keeps saved views.
    fn views(&self) -> &dyn views::ViewStore;

    /// Whether the store can write now.
    fn ping(&self) -> Answer<()>;
}

/// Numbers that rise, one for each row.
#[derive(Debug)]
pub struct Sequence(AtomicU64);

impl Sequence {
    /// A sequence whose first number is `last + 1`.
    #[must_use]
    pub fn after(last: RowId) -> Self {
        Self(AtomicU64::new(last))
    }

    /// The next number.
    pub fn next(&self) -> RowId {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Why a store did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// What is stored is not what the commit took for granted; nothing was changed. Source: rules of [`Store::commit`].
    #[error("{what} of instance {num} is not as the commit expects")]
    Conflict {
        /// What differs.
        what: &'static str,
        /// Number of the instance.
        num: RowId,
    },
    /// The database refused; trying again may help.
    #[error("{operation}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// What the database said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// What is stored cannot be read.
    #[error("{operation}: stored data is damaged")]
    Damaged {
        /// What was tried.
        operation: &'static str,
        /// What is wrong with it.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}
