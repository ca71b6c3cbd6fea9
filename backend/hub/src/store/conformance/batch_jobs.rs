//! Batch jobs and their items.

use std::sync::Arc;

use taskhub_shared::{
    action::Action,
    batch::{BatchCounts, BatchJob, BatchState, ItemResult},
    status::RuntimeStatus,
};

use super::subject::{Subject, at, creating, text};
use crate::store::{
    batch_job::{
        BatchRecord, BatchWrite, ItemDone, ItemOutcome, ItemRecord, ItemsRequest, NewItem,
    },
    model::{Commit, RowId},
};

/// A job that is not stored yet.
fn job(subject: &Subject) -> BatchRecord {
    let num = subject.number();
    let job = BatchJob {
        id: num.to_string(),
        action: Action::Suspend,
        query: Some("status=Running".to_owned()),
        state: BatchState::Running,
        counts: BatchCounts::default(),
        created_at: at(1),
        started_at: None,
        ended_at: None,
        by: Some("é".to_owned()),
        reason: None,
        rate_per_second: Some(7),
        stop_after_failures: 9,
        recursive: true,
        event_name: Some("go".to_owned()),
        input_bytes: Some(2),
        hold: false,
        start_at: None,
    };
    BatchRecord { num, job, frozen_to: None, failed_before: 3, input: Some(text("\"x\"")) }
}

fn new(id: &str) -> NewItem {
    NewItem { instance_id: Arc::from(id), num: Some(7) }
}

fn outcome(position: u64, result: ItemResult, detail: &str) -> ItemOutcome {
    ItemOutcome { position, result, detail: Some(detail.to_owned()) }
}

async fn write(
    subject: &mut Subject,
    record: &BatchRecord,
    from: u64,
    add: &[&str],
    results: Vec<ItemOutcome>,
) {
    let hub = subject.hub().await;
    let add = add.iter().map(|id| new(id)).collect();
    let write = BatchWrite { record: record.clone(), from, add, results };
    subject.store().batch_jobs().write(hub, write).await.unwrap();
}

async fn stored(subject: &mut Subject, num: RowId) -> Option<BatchRecord> {
    let hub = subject.hub().await;
    subject.store().batch_jobs().batch(hub, num).await.unwrap()
}

async fn items(
    subject: &Subject,
    num: RowId,
    result: Option<ItemResult>,
    after: u64,
    limit: usize,
) -> Vec<ItemRecord> {
    let request = ItemsRequest { result, after, limit };
    subject.store().batch_jobs().batch_items(num, request).await.unwrap()
}

async fn positions(subject: &Subject, num: RowId, result: Option<ItemResult>) -> Vec<u64> {
    items(subject, num, result, 0, 100).await.iter().map(|item| item.position).collect()
}

fn doing(batch: RowId, position: u64) -> Commit {
    let item = ItemDone { batch, position, detail: Some("new".to_owned()) };
    Commit { batch_items: vec![item], ..Commit::default() }
}

/// Batches: what is written comes back, also after reopening.
pub async fn a_job_comes_back_whole(mut subject: Subject) {
    let record = job(&subject);
    assert_eq!(stored(&mut subject, record.num).await, None);
    write(&mut subject, &record, 1, &["a", "b"], vec![]).await;
    assert_eq!(stored(&mut subject, record.num).await, Some(record.clone()));
    let other = subject.other_hub("Other").await;
    assert_eq!(subject.store().batch_jobs().batch(other, record.num).await.unwrap(), None);
    if subject.reopen().await {
        assert_eq!(stored(&mut subject, record.num).await, Some(record.clone()));
        assert_eq!(positions(&subject, record.num, None).await, [1, 2]);
        assert!(subject.number() > record.num, "numbers go on above it");
    }
}

/// Batches, rules 1 and 2 of writing.
pub async fn a_job_changes_and_keeps_what_it_raises(mut subject: Subject) {
    let mut record = job(&subject);
    write(&mut subject, &record, 1, &["a"], vec![]).await;
    record.job.state = BatchState::Paused;
    let changed = BatchRecord { input: None, ..record.clone() };
    write(&mut subject, &changed, 1, &["other", "b"], vec![]).await;
    assert_eq!(stored(&mut subject, record.num).await, Some(record.clone()));
    let all = items(&subject, record.num, None, 0, 9).await;
    let ids: Vec<&str> = all.iter().map(|item| &*item.instance_id).collect();
    assert_eq!(ids, ["a", "b"], "a position that is taken stays");
    assert!(all.iter().all(|item| item.result == ItemResult::Pending && item.num == Some(7)));
}

/// Batches, rule 3 of writing.
pub async fn a_result_is_stored_once(mut subject: Subject) {
    let record = job(&subject);
    let num = record.num;
    write(&mut subject, &record, 1, &["a", "b", "c"], vec![]).await;
    let results =
        vec![outcome(1, ItemResult::Failed, "x"), outcome(2, ItemResult::Skipped, "notEnded")];
    write(&mut subject, &record, 4, &[], results).await;
    write(&mut subject, &record, 4, &[], vec![outcome(1, ItemResult::Skipped, "y")]).await;
    let failed = items(&subject, num, Some(ItemResult::Failed), 0, 9).await;
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].detail.as_deref(), Some("x"));
    assert_eq!(positions(&subject, num, Some(ItemResult::Skipped)).await, [2]);
    assert_eq!(positions(&subject, num, Some(ItemResult::Pending)).await, [3]);
    assert_eq!(positions(&subject, num, Some(ItemResult::Succeeded)).await, [0; 0]);
}

/// Commit, rule 16.
pub async fn a_commit_does_an_item_once(mut subject: Subject) {
    let record = job(&subject);
    let num = record.num;
    write(&mut subject, &record, 1, &["a", "b"], vec![]).await;
    let instance = subject.record("i");
    let both = Commit { batch_items: doing(num, 1).batch_items, ..creating(&instance) };
    subject.accept(both).await;
    let done = items(&subject, num, Some(ItemResult::Succeeded), 0, 9).await;
    assert_eq!(done.len(), 1);
    assert_eq!((done[0].position, done[0].detail.as_deref()), (1, Some("new")));
    let again = subject.record("j");
    subject.refuse(Commit { batch_items: doing(num, 1).batch_items, ..creating(&again) }).await;
    assert_eq!(subject.stored("j").await, None, "nothing of it is stored");
    subject.refuse(doing(num, 3)).await;
    subject.refuse(doing(num + 1, 1)).await;
    let twice = [doing(num, 2).batch_items, doing(num, 2).batch_items].concat();
    subject.refuse(Commit { batch_items: twice, ..Commit::default() }).await;
    assert_eq!(positions(&subject, num, Some(ItemResult::Pending)).await, [2]);
}

/// Commit, rule 16: nothing is noted for a commit that is refused.
pub async fn a_refused_commit_does_no_item(mut subject: Subject) {
    let record = job(&subject);
    write(&mut subject, &record, 1, &["a"], vec![]).await;
    let instance = subject.created("i").await;
    let taken = subject.record("i");
    assert_ne!(taken.num, instance.num);
    let refused = Commit { batch_items: doing(record.num, 1).batch_items, ..creating(&taken) };
    subject.refuse(refused).await;
    assert_eq!(positions(&subject, record.num, Some(ItemResult::Pending)).await, [1]);
}

/// Batches: the newest come first, page by page, and those of one hub alone.
pub async fn jobs_come_newest_first(mut subject: Subject) {
    let jobs = [job(&subject), job(&subject), job(&subject)];
    for job in &jobs {
        write(&mut subject, job, 1, &[], vec![]).await;
    }
    let hub = subject.hub().await;
    let list = async |before, limit| {
        let listed = subject.store().batch_jobs().batches(hub, before, limit).await.unwrap();
        listed.iter().map(|record| record.num).collect::<Vec<_>>()
    };
    let [first, second, third] = jobs.map(|job| job.num);
    assert_eq!(list(None, 2).await, [third, second]);
    assert_eq!(list(Some(second), 2).await, [first]);
    let other = subject.other_hub("Other").await;
    assert_eq!(subject.store().batch_jobs().batches(other, None, 9).await.unwrap(), []);
}

/// Batches: pages of items follow each other, and counts are exact.
pub async fn items_come_in_pages_and_are_counted(mut subject: Subject) {
    let record = job(&subject);
    let num = record.num;
    let ids: Vec<String> = (1..=10).map(|n| format!("i{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    write(&mut subject, &record, 1, &ids, vec![]).await;
    let odd = [1, 3, 5, 7].map(|position| outcome(position, ItemResult::Failed, "x"));
    write(&mut subject, &record, 11, &[], odd.to_vec()).await;
    subject.accept(doing(num, 2)).await;
    let page = async |result, after| {
        let items = items(&subject, num, result, after, 3).await;
        items.iter().map(|item| item.position).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 0).await, [1, 2, 3]);
    assert_eq!(page(None, 8).await, [9, 10]);
    assert_eq!(page(Some(ItemResult::Failed), 0).await, [1, 3, 5]);
    assert_eq!(page(Some(ItemResult::Failed), 5).await, [7]);
    assert_eq!(page(Some(ItemResult::Pending), 6).await, [8, 9, 10]);
    let counts = subject.store().batch_jobs().batch_counts(num).await.unwrap();
    assert_eq!(counts, BatchCounts { total: 10, succeeded: 1, skipped: 0, failed: 4 });
}

/// Batches: what failed is pending again, and nothing else.
pub async fn what_failed_can_be_pending_again(mut subject: Subject) {
    let record = job(&subject);
    let num = record.num;
    write(&mut subject, &record, 1, &["a", "b", "c", "d"], vec![]).await;
    let results = vec![
        outcome(1, ItemResult::Failed, "x"),
        outcome(2, ItemResult::Skipped, "y"),
        outcome(3, ItemResult::Failed, "x"),
    ];
    write(&mut subject, &record, 5, &[], results).await;
    let store = subject.shared();
    assert_eq!(store.batch_jobs().retry_failed(num, 1).await.unwrap(), 1);
    assert_eq!(store.batch_jobs().retry_failed(num, 9).await.unwrap(), 1);
    assert_eq!(store.batch_jobs().retry_failed(num, 9).await.unwrap(), 0);
    let pending = items(&subject, num, Some(ItemResult::Pending), 0, 9).await;
    assert_eq!(pending.iter().map(|item| item.position).collect::<Vec<_>>(), [1, 3, 4]);
    assert!(pending.iter().all(|item| item.detail.is_none()));
}

/// Batches: one that is deleted is gone with its items, and so are those of a deleted hub.
pub async fn a_deleted_job_leaves_nothing(mut subject: Subject) {
    let (one, other) = (job(&subject), job(&subject));
    write(&mut subject, &one, 1, &["a"], vec![]).await;
    write(&mut subject, &other, 1, &["b"], vec![]).await;
    let hub = subject.hub().await;
    let elsewhere = subject.other_hub("Other").await;
    let store = subject.shared();
    store.batch_jobs().delete_batch(elsewhere, one.num).await.unwrap();
    assert!(stored(&mut subject, one.num).await.is_some(), "it is not that hub's");
    store.batch_jobs().delete_batch(hub, one.num).await.unwrap();
    assert_eq!(stored(&mut subject, one.num).await, None);
    assert_eq!(positions(&subject, one.num, None).await, [0; 0]);
    assert_eq!(positions(&subject, other.num, None).await, [1]);
    store.delete_hub(hub).await.unwrap();
    assert_eq!(store.batch_jobs().batches(hub, None, 9).await.unwrap(), []);
    assert_eq!(positions(&subject, other.num, None).await, [0; 0]);
}

/// Batches: the statuses of orchestrations, in the order of the ids.
pub async fn statuses_come_in_the_order_of_the_ids(mut subject: Subject) {
    let active = subject.created("a").await;
    let ended = subject.ended("e").await;
    let hub = subject.hub().await;
    let ids = ["e", "none", "a", "e"].map(Arc::from).to_vec();
    let found = subject.store().batch_jobs().statuses(hub, ids).await.unwrap();
    let ended = Some((ended.num, RuntimeStatus::Completed));
    let active = Some((active.num, RuntimeStatus::Pending));
    assert_eq!(found, [ended, None, active, ended]);
}
