//! Batch jobs: make one, see what it would do, hold it, end it, see how far it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::TimeDelta;
use taskhub_shared::{
    action::{Action, Refusal},
    batch::{
        BatchCounts, BatchItem, BatchJob, BatchState, DryRun, DryRunItem, ItemResult, MOST_ACTIVE,
        MOST_ENDED, MOST_IDS, MOST_PER_SECOND, MOST_WAIT_SECONDS, STOP_AFTER,
    },
    id::check_name,
    limits::{NAME_CHARS, PAGE_DEFAULT, PAGE_MAX},
    page::Page,
    query::{InstanceQuery, QueryError},
    request::CreateBatchBody,
};

use crate::{
    batch_job::{Active, Items, NAMED_SLICE},
    error::HubError,
    hub::Hub,
    hubs::run,
    store::{
        batch_job::{BatchRecord, ItemRecord, ItemsRequest, NewItem},
        model::RowId,
    },
};

/// Longest reason of a job, in characters.
const REASON_CHARS: usize = 10_000;

/// How the making of a job went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// It is stored and works.
    Created(Box<BatchJob>),
    /// Too many have not ended.
    TooMany,
}

/// What somebody asks of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Hold it.
    Pause,
    /// Let it go on.
    Resume,
    /// End it.
    Cancel,
    /// Do once more what failed.
    Retry,
}

/// How that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stands so now.
    Changed(Box<BatchJob>),
    /// There is no such job.
    NotFound,
    /// Its state does not allow it.
    NotAllowed(BatchState),
}

/// Which instances a job is about.
enum Which {
    Query { text: String, query: Box<InstanceQuery> },
    Ids(Vec<Arc<str>>),
}

impl Hub {
    /// Makes a job. The ids that were named are stored when this returns; what a filter finds is written down by the job.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] that names the field, [`HubError::Store`] when nothing was stored.
    pub async fn create_batch(&self, body: CreateBatchBody) -> Result<Creation, HubError> {
        // A job that is stored is to be known in memory too, also when the caller goes away.
        let hub = self.clone();
        run(async move { hub.make_batch(body).await }).await
    }

    async fn make_batch(&self, body: CreateBatchBody) -> Result<Creation, HubError> {
        let which = check(&body)?;
        if matches!(body.action, Action::Terminate | Action::Purge)
            && body.reason.as_ref().is_none_or(|reason| reason.trim().is_empty())
        {
            return Err(invalid("reason", "it must say why, for terminate and purge"));
        }
        let inner = &self.inner;
        let one = inner.batches.making.lock().await;
        inner.refuse_if_closed()?;
        if inner.batches.count() >= MOST_ACTIVE {
            return Ok(Creation::TooMany);
        }
        let record = self.new_record(body, &which);
        let num = record.num;
        let active = Arc::new(Active::new(record, BatchCounts::default(), inner.clock.now()));
        match which {
            Which::Query { .. } => {
                active.change(inner, |_| Some(Items::default())).await?;
            }
            Which::Ids(ids) => self.freeze_ids(&active, &ids).await?,
        }
        self.begin_batch(&active);
        let job = active.job();
        drop(one);
        if let Err(error) = self.forget_old(num).await {
            tracing::warn!(error = %error, "old batch jobs could not be deleted");
        }
        Ok(Creation::Created(Box::new(job)))
    }

    fn new_record(&self, body: CreateBatchBody, which: &Which) -> BatchRecord {
        let num = self.inner.store.sequence().next();
        let input = body.input.as_ref().map(|input| Arc::from(input.get()));
        let query = match which {
            Which::Query { text, .. } => Some(text.clone()),
            Which::Ids(_) => None,
        };
        let blank = |text: &String| !text.trim().is_empty();
        let now = self.inner.clock.now();
        let job = BatchJob {
            id: num.to_string(),
            action: body.action,
            query,
            state: BatchState::Freezing,
            counts: BatchCounts::default(),
            created_at: now,
            started_at: None,
            ended_at: None,
            by: body.by.filter(blank),
            reason: body.reason.filter(blank),
            rate_per_second: body.rate_per_second,
            stop_after_failures: body.stop_after_failures.unwrap_or(STOP_AFTER),
            recursive: body.recursive,
            event_name: body.event_name,
            input_bytes: input.as_ref().map(|input: &Arc<str>| input.len() as u64),
            hold: body.hold,
            start_at: body
                .start_after_seconds
                .map(|seconds| now + TimeDelta::seconds(i64::from(seconds))),
        };
        BatchRecord { num, job, frozen_to: None, failed_before: 0, input }
    }

    /// Writes down the ids that were named.
    async fn freeze_ids(&self, active: &Active, ids: &[Arc<str>]) -> Result<(), HubError> {
        let inner = &self.inner;
        let slices = ids.chunks(NAMED_SLICE).count();
        for (number, slice) in (1..).zip(ids.chunks(NAMED_SLICE)) {
            let found = inner.store.batch_jobs().statuses(inner.id, slice.to_vec()).await?;
            let add = slice
                .iter()
                .zip(found)
                .map(|(id, found)| NewItem {
                    instance_id: Arc::clone(id),
                    num: found.map(|(num, _)| num),
                })
                .collect();
            let now = inner.clock.now();
            let change = |record: &mut BatchRecord| {
                if number == slices {
                    record.job.frozen(now);
                }
                Some(Items { add, results: Vec::new() })
            };
            if let Err(error) = active.change(inner, change).await {
                // Nobody is told of it, so nothing of it is to stay.
                inner.store.batch_jobs().delete_batch(inner.id, active.num()).await.ok();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Deletes the oldest jobs that have ended, when there are many.
    async fn forget_old(&self, newest: RowId) -> Result<(), HubError> {
        let inner = &self.inner;
        let store = inner.store.batch_jobs();
        let jobs = store.batches(inner.id, Some(newest), usize::MAX).await?;
        let ended = jobs.iter().filter(|record| record.job.state.has_ended());
        for record in ended.skip(MOST_ENDED) {
            store.delete_batch(inner.id, record.num).await?;
        }
        Ok(())
    }

    /// What the job would do now, without doing it.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] that names the field, [`HubError::Store`] when the store cannot be read.
    pub async fn check_batch(&self, body: &CreateBatchBody) -> Result<DryRun, HubError> {
        let limit = body.limit.unwrap_or(PAGE_DEFAULT);
        if !(1..=PAGE_MAX).contains(&limit) {
            let reason = format!("{limit} is no whole number from 1 to {PAGE_MAX}");
            return Err(HubError::InvalidInput { field: "limit", reason });
        }
        match check(body)? {
            Which::Query { query, .. } => {
                let cursor = body.cursor.clone();
                self.check_query(body.action, *query, cursor, limit).await
            }
            Which::Ids(ids) => {
                self.check_ids(body.action, &ids, body.cursor.as_deref(), limit).await
            }
        }
    }

    /// What may be done depends on the status alone, so the kept counters answer for any number of instances.
    async fn check_query(
        &self,
        action: Action,
        query: InstanceQuery,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<DryRun, HubError> {
        let (mut total, mut refused) = (0, BTreeMap::<Refusal, u64>::new());
        for (status, count) in self.count_instances(&query).await? {
            if !query.statuses.is_empty() && !query.statuses.contains(&status) {
                continue;
            }
            total += count;
            if let Err(refusal) = action.check(status) {
                *refused.entry(refusal).or_default() += count;
            }
        }
        let statuses = taskhub_shared::status::RuntimeStatus::ALL
            .into_iter()
            .filter(|status| query.statuses.is_empty() || query.statuses.contains(status))
            .filter(|status| action.check(*status).is_err())
            .collect();
        let mut items = Page { items: Vec::new(), next: None, previous: None };
        if !refused.is_empty() {
            let query = InstanceQuery { statuses, cursor, limit: Some(limit), ..query };
            let listed = self.query_instances(&query, false).await?;
            (items.next, items.previous) = (listed.next, listed.previous);
            items.items = listed
                .records
                .iter()
                .filter_map(|record| {
                    Some(DryRunItem {
                        instance_id: record.instance_id.to_string(),
                        runtime_status: Some(record.status),
                        refusal: action.check(record.status).err()?,
                    })
                })
                .collect();
        }
        let allowed = total - refused.values().sum::<u64>();
        Ok(DryRun { total, allowed, refused, items })
    }

    async fn check_ids(
        &self,
        action: Action,
        ids: &[Arc<str>],
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DryRun, HubError> {
        let inner = &self.inner;
        let skip: usize = cursor
            .unwrap_or("0")
            .parse()
            .map_err(|_| invalid("cursor", "this is no cursor of this list"))?;
        let mut refused = BTreeMap::<Refusal, u64>::new();
        let (mut seen, mut items) = (0_usize, Vec::new());
        for slice in ids.chunks(NAMED_SLICE) {
            let found = inner.store.batch_jobs().statuses(inner.id, slice.to_vec()).await?;
            for (id, found) in slice.iter().zip(found) {
                let status = found.map(|(_, status)| status);
                let check = status.map_or(Err(Refusal::NotFound), |status| action.check(status));
                let Err(refusal) = check else { continue };
                *refused.entry(refusal).or_default() += 1;
                seen += 1;
                if seen > skip && items.len() < limit {
                    let instance_id = id.to_string();
                    items.push(DryRunItem { instance_id, runtime_status: status, refusal });
                }
            }
        }
        let shown = skip.saturating_add(items.len());
        let next = (shown < seen).then(|| shown.to_string());
        let total = ids.len() as u64;
        let allowed = total - seen as u64;
        Ok(DryRun { total, allowed, refused, items: Page { items, next, previous: None } })
    }

    /// One page of the jobs, newest first: those before this one.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn batches(
        &self,
        before: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<BatchJob>, HubError> {
        let inner = &self.inner;
        let records = inner.store.batch_jobs().batches(inner.id, before, limit).await?;
        Ok(records.into_iter().map(|record| self.newest(record)).collect())
    }

    /// One job; `None` when there is none.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn batch(&self, num: RowId) -> Result<Option<BatchJob>, HubError> {
        let inner = &self.inner;
        let record = inner.store.batch_jobs().batch(inner.id, num).await?;
        Ok(record.map(|record| self.newest(record)))
    }

    /// Memory knows more of a job that has not ended.
    fn newest(&self, record: BatchRecord) -> BatchJob {
        self.inner.batches.get(record.num).map_or(record.job, |active| active.job())
    }

    /// Instances of a job by position, after this one: all, or those with this result; `None` when there is no such job.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn batch_items(
        &self,
        num: RowId,
        request: ItemsRequest,
    ) -> Result<Option<Vec<BatchItem>>, HubError> {
        let Some(job) = self.batch(num).await? else { return Ok(None) };
        let items = self.inner.store.batch_jobs().batch_items(num, request).await?;
        Ok(Some(items.into_iter().map(|item| shown(&job, item)).collect()))
    }

    /// Holds a job, lets it go on, ends it, or does once more what failed.
    ///
    /// # Errors
    /// [`HubError::Store`] when nothing was changed.
    pub async fn control_batch(&self, num: RowId, control: Control) -> Result<Outcome, HubError> {
        // What is stored and what memory knows follow each other, also when the caller goes away.
        let hub = self.clone();
        run(async move { hub.change_batch(num, control).await }).await
    }

    async fn change_batch(&self, num: RowId, control: Control) -> Result<Outcome, HubError> {
        let inner = &self.inner;
        let holds = matches!(control, Control::Pause | Control::Cancel);
        // A job must not be taken up twice. To hold one that works need not wait until another is made.
        let _one = if holds && inner.batches.get(num).is_some() {
            None
        } else {
            Some(inner.batches.making.lock().await)
        };
        let active = match inner.batches.get(num) {
            Some(active) => active,
            None => {
                let Some(record) = inner.store.batch_jobs().batch(inner.id, num).await? else {
                    return Ok(Outcome::NotFound);
                };
                let counts = record.job.counts;
                Arc::new(Active::new(record, counts, inner.clock.now()))
            }
        };
        if control == Control::Retry && active.job().counts.failed > 0 {
            let state = active.job().state;
            if !matches!(state, BatchState::Completed | BatchState::Stopped) {
                return Ok(Outcome::NotAllowed(state));
            }
            while inner.store.batch_jobs().retry_failed(num, NAMED_SLICE).await? >= NAMED_SLICE {}
            let counts = inner.store.batch_jobs().batch_counts(num).await?;
            active.recount(counts);
        }
        let now = inner.clock.now();
        let changed = active.change(inner, |record| {
            let job = &mut record.job;
            let (state, failed, waits) = (job.state, job.counts.failed, job.start_at.is_some());
            use BatchState::{Cancelled, Completed, Freezing, Paused, Running, Stopped};
            match (control, state) {
                (Control::Pause, Freezing) => (job.hold, job.start_at) = (true, None),
                (Control::Pause, Paused) if waits => job.start_at = None,
                (Control::Pause, Running) => job.state = Paused,
                (Control::Resume, Freezing) => (job.hold, job.start_at) = (false, None),
                (Control::Resume, Paused | Stopped) | (Control::Retry, Completed | Stopped) => {
                    job.begin(now);
                    record.failed_before = failed;
                }
                (Control::Cancel, Freezing | Running | Paused | Stopped) => {
                    job.state = Cancelled;
                    job.ended_at = Some(now);
                    job.start_at = None;
                }
                (Control::Pause, Paused | Stopped | Completed | Cancelled)
                | (Control::Resume, Running | Completed | Cancelled)
                | (Control::Retry, Freezing | Running | Paused | Cancelled)
                | (Control::Cancel, Completed | Cancelled) => return None,
            }
            Some(Items::default())
        });
        let Some(job) = changed.await? else {
            return Ok(Outcome::NotAllowed(active.job().state));
        };
        if job.state == BatchState::Running {
            self.begin_batch(&active);
        }
        Ok(Outcome::Changed(Box::new(job)))
    }
}

/// An item, for people.
fn shown(job: &BatchJob, item: ItemRecord) -> BatchItem {
    let ItemRecord { position, instance_id, result, detail, num: _ } = item;
    let is = |wanted| result == wanted;
    let refusal = detail.as_deref().filter(|_| is(ItemResult::Skipped));
    BatchItem {
        position,
        instance_id: instance_id.to_string(),
        result,
        refusal: refusal
            .and_then(|code| Refusal::ALL.into_iter().find(|refusal| refusal.code() == code)),
        new_instance_id: detail
            .clone()
            .filter(|_| is(ItemResult::Succeeded) && job.action == Action::Restart),
        error: detail.filter(|_| is(ItemResult::Failed)),
    }
}

fn invalid(field: &'static str, reason: &str) -> HubError {
    HubError::InvalidInput { field, reason: reason.to_owned() }
}

/// Checks the fields of a new job.
fn check(body: &CreateBatchBody) -> Result<Which, HubError> {
    let is = |action| body.action == action;
    match (&body.event_name, is(Action::RaiseEvent)) {
        (Some(name), true) => check_name("eventName", name)?,
        (None, true) => return Err(invalid("eventName", "raiseEvent needs the event's name")),
        (Some(_), false) => return Err(invalid("eventName", "it is taken only with raiseEvent")),
        (None, false) => {}
    }
    if body.input.is_some() && !is(Action::RaiseEvent) {
        return Err(invalid("input", "it is taken only with raiseEvent"));
    }
    HubError::check_payload("input", body.input.as_ref().map(|input| input.get()))?;
    if body.recursive && !is(Action::Terminate) {
        return Err(invalid("recursive", "it is taken only with terminate"));
    }
    if body.rate_per_second.is_some_and(|rate| !(1..=MOST_PER_SECOND).contains(&rate)) {
        let reason = format!("it must be a whole number from 1 to {MOST_PER_SECOND}");
        return Err(HubError::InvalidInput { field: "ratePerSecond", reason });
    }
    if let Some(seconds) = body.start_after_seconds {
        if !(1..=MOST_WAIT_SECONDS).contains(&seconds) {
            let reason = format!("it must be a whole number from 1 to {MOST_WAIT_SECONDS}");
            return Err(HubError::InvalidInput { field: "startAfterSeconds", reason });
        }
        if body.hold {
            return Err(invalid("startAfterSeconds", "it is not taken together with hold"));
        }
    }
    if body.stop_after_failures == Some(0) {
        return Err(invalid("stopAfterFailures", "it must be at least 1"));
    }
    let paged = [("cursor", body.cursor.is_some()), ("limit", body.limit.is_some())];
    if let Some((field, _)) = paged.into_iter().find(|(_, given)| *given && !body.dry_run) {
        return Err(invalid(field, "it is taken only with dryRun"));
    }
    let texts = [("reason", &body.reason, REASON_CHARS), ("by", &body.by, NAME_CHARS)];
    for (field, text, most) in texts {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            let reason = format!("it must have at most {most} characters");
            return Err(HubError::InvalidInput { field, reason });
        }
    }
    match (&body.query, &body.ids) {
        (Some(_), Some(_)) => Err(invalid("ids", "it is not taken together with query")),
        (None, None) => {
            Err(invalid("query", "either query or ids must say which instances; empty is all"))
        }
        (Some(text), None) => {
            let query = meant(text)?;
            Ok(Which::Query { text: text.clone(), query: Box::new(query) })
        }
        (None, Some(ids)) => checked_ids(ids).map(Which::Ids),
    }
}

/// The instances that a query means; nothing is guessed when it cannot be read.
pub(crate) fn meant(text: &str) -> Result<InstanceQuery, HubError> {
    let q = text.parse().map_err(|error: QueryError| invalid("query", &error.to_string()))?;
    Ok(InstanceQuery { q, ..InstanceQuery::default() })
}

/// The ids, each once.
fn checked_ids(ids: &[String]) -> Result<Vec<Arc<str>>, HubError> {
    if ids.is_empty() || ids.len() > MOST_IDS {
        let reason = format!("it must hold 1 to {MOST_IDS} ids; use query for more");
        return Err(HubError::InvalidInput { field: "ids", reason });
    }
    let mut seen = BTreeSet::new();
    let mut unique = Vec::new();
    for id in ids {
        check_name("ids", id)?;
        if seen.insert(id.as_str()) {
            unique.push(Arc::from(id.as_str()));
        }
    }
    Ok(unique)
}
