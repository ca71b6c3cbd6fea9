//! Lists, counts and searches of a hub of many instances, asked of the store itself.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use taskhub_hub::{
    engine::history_event::ParentInstance,
    store::{
        Store,
        model::{Commit, Create, HubId, InstanceRecord, Payloads},
        select::{Grouping, Key, Place, SelectRequest, Selected, Selection, Tallied, TallyRequest},
    },
};
use taskhub_shared::{
    failure::FailureDetails,
    id::TaskHubName,
    query::{Sort, SortField},
    status::RuntimeStatus,
};
use taskhub_stores::SqliteStore;
use tokio::time::Instant;

use crate::{
    figures::{percentile, round},
    measure::progress,
};

/// Filters that an index answers, with the order.
const INDEXED: [(&str, &str); 18] = [
    ("", "-created"),
    ("", "created"),
    ("", "-updated"),
    ("", "-completed"),
    ("", "-duration"),
    ("", "name"),
    ("", "status"),
    ("status:failed", "-created"),
    ("status:failed,pending,terminated", "-created"),
    ("status:failed", "-updated"),
    ("name:Order7", "-created"),
    ("name:Order1*", "-created"),
    ("name:Order7 status:failed", "-created"),
    ("id:order-0000123", "-created"),
    ("id=order-00001234", "-created"),
    ("parent:order-00000000", "-created"),
    ("created:>-1h status:completed", "created"),
    ("is:root status:running", "-created"),
];
const REPEATS: usize = 40;
const NAMES: usize = 20;

struct Subject {
    store: SqliteStore,
    hub: HubId,
    now: DateTime<Utc>,
}

/// Figures of a hub with so many instances.
pub(crate) async fn list(instances: usize) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("taskhub.db");
    let began = Instant::now();
    let (subject, middle) = fill(&path, instances).await?;
    let filled = began.elapsed().as_secs_f64();
    progress(&format!("list: {instances} instances after {filled:.0} s"));
    let mut figures = serde_json::Map::new();
    for (query, sort) in INDEXED {
        let sort: Sort = sort.parse().map_err(anyhow::Error::msg)?;
        let name = format!("{query} by {sort}");
        figures.insert(name, subject.page(query, sort, None).await?);
    }
    let deep = Place { key: Key::Number(middle.1), created: 0, num: middle.0 };
    let name = format!("at depth {}", instances / 2);
    figures.insert(name, subject.page("", Sort::default(), Some(deep)).await?);
    for query in [
        "",
        "status:failed",
        "name:Order7",
        "name:Order7 status:failed",
        "-status:completed name:Order1*",
    ] {
        figures.insert(format!("count of {query}"), subject.count(query).await?);
    }
    for query in ["created:>-1h", "name:Order7 status:failed created:>-48h", "is:root version:2"] {
        figures.insert(format!("count of {query}"), subject.count(query).await?);
    }
    let late = format!("input.orderId=\"A-{}\"", instances / 100);
    for query in
        ["input.customer.tier=gold", "input.lines[1].qty>8", late.as_str(), "error:\"time out\""]
    {
        figures.insert(format!("search of {query}"), subject.search(query).await?);
    }
    let bytes = std::fs::metadata(&path)?.len();
    Ok(json!({
        "bench": "list",
        "instances": instances,
        "filled_s": round(filled),
        "file_mb": bytes / (1024 * 1024),
        "figures": figures,
    }))
}

/// Makes a database with so many instances, most of which have ended.
pub(crate) async fn make(path: &Path, instances: usize) -> Result<()> {
    fill(path, instances).await.map(drop)
}

/// A database with so many instances, most of which have ended; number and start of the one in the middle.
async fn fill(path: &Path, instances: usize) -> Result<(Subject, (u64, i64))> {
    let store = SqliteStore::open(path)?;
    let start = DateTime::from_timestamp(1_790_000_000, 0).context("a time")?;
    let hub = store.open_hub(&TaskHubName::default(), start).await?;
    let mut middle = (0, 0);
    let mut answers = std::collections::VecDeque::new();
    for first in (0..instances).step_by(500) {
        let mut commit = Commit::default();
        for n in first..instances.min(first + 500) {
            let record = record(store.sequence().next(), n, start)?;
            if n == instances / 2 {
                middle = (record.num, record.created_at.timestamp_micros());
            }
            commit.creates.push(Create { record: Arc::new(record), replaces: None });
        }
        answers.push_back(store.commit(hub, commit));
        if answers.len() > 8
            && let Some(answer) = answers.pop_front()
        {
            answer.await?;
        }
    }
    for answer in answers {
        answer.await?;
    }
    let now = start + TimeDelta::seconds(i64::try_from(instances)?);
    Ok((Subject { store, hub, now }, middle))
}

fn record(num: u64, n: usize, start: DateTime<Utc>) -> Result<InstanceRecord> {
    let status = match n % 100 {
        0..=4 => RuntimeStatus::Failed,
        5 | 6 => RuntimeStatus::Running,
        7 => RuntimeStatus::Pending,
        8 => RuntimeStatus::Terminated,
        _ => RuntimeStatus::Completed,
    };
    // Neither names nor statuses come in turn.
    let kind = n * 7 / 3 % NAMES;
    let created_at = start + TimeDelta::seconds(i64::try_from(n)?);
    let updated_at = created_at + TimeDelta::milliseconds(i64::try_from(n * 37 % 100_000)?);
    let tier = ["basic", "silver", "gold", "basic"].get(n % 4).copied().unwrap_or_default();
    let input = format!(
        "{{\"orderId\":\"A-{n}\",\"customer\":{{\"name\":\"Customer {}\",\"tier\":\"{tier}\"}},\
         \"lines\":[{{\"sku\":\"S{}\",\"qty\":{}}},{{\"sku\":\"T{}\",\"qty\":{}}}],\"note\":\"{}\"}}",
        n % 1000,
        n % 77,
        n % 9,
        n % 13,
        n % 10,
        "as agreed, by the door on the left ".repeat(4)
    );
    let failed = status == RuntimeStatus::Failed;
    let failure = failed.then(|| {
        let message = if n.is_multiple_of(700) {
            "the payment timed out: time out"
        } else {
            "no such customer"
        };
        Arc::new(FailureDetails::new("Error", message))
    });
    let parent = (n % 50 == 9).then(|| ParentInstance {
        instance_id: format!("order-{:08}", n / 1000 * 1000),
        execution_id: format!("{n:032x}"),
        name: "Order".to_owned(),
        version: None,
        task_scheduled_id: 1,
    });
    Ok(InstanceRecord {
        num,
        instance_id: format!("order-{n:08}").into(),
        execution_id: format!("{num:032x}"),
        name: format!("Order{kind}"),
        version: (!n.is_multiple_of(3)).then(|| (n % 3).to_string()),
        status,
        created_at,
        updated_at,
        completed_at: status.is_terminal().then_some(updated_at),
        scheduled_start_at: None,
        parent,
        tags: BTreeMap::new(),
        orchestration_trace: None,
        history_len: 12,
        revision: 1,
        entity: None,
        payloads: Payloads {
            input: Some(input.into()),
            output: (status == RuntimeStatus::Completed).then(|| Arc::from("{\"ok\":true}")),
            custom_status: None,
            failure,
        },
    })
}

impl Subject {
    fn selection(&self, query: &str) -> Result<Selection> {
        Ok(Selection::new(query.parse()?, self.now))
    }

    /// The first 100 rows, or those behind a place.
    async fn page(&self, query: &str, sort: Sort, after: Option<Place>) -> Result<Value> {
        let request = SelectRequest {
            selection: self.selection(query)?,
            sort,
            after,
            backwards: false,
            limit: 101,
            payloads: false,
        };
        let mut samples = Vec::new();
        let mut rows = 0;
        for _ in 0..REPEATS {
            let began = Instant::now();
            rows = self.all(request.clone()).await?;
            samples.push(began.elapsed());
        }
        Ok(times(&mut samples, "rows", rows))
    }

    /// Rows of the page, in as many slices as it takes.
    async fn all(&self, mut request: SelectRequest) -> Result<usize> {
        let mut rows = 0;
        loop {
            let Selected { records, rest, .. } =
                self.store.select(self.hub, request.clone()).await?;
            rows += records.len();
            request.limit -= records.len().min(request.limit);
            match rest {
                Some(rest) if request.limit > 0 => request.after = Some(rest),
                Some(_) | None => return Ok(rows),
            }
        }
    }

    async fn count(&self, query: &str) -> Result<Value> {
        let mut samples = Vec::new();
        let mut count = 0;
        for _ in 0..REPEATS / 4 {
            let began = Instant::now();
            let selection = self.selection(query)?;
            let mut request = TallyRequest { selection, grouping: Grouping::Status, after: None };
            count = 0;
            loop {
                let Tallied { groups, rest } = self.store.tally(self.hub, request.clone()).await?;
                count += groups.iter().map(|group| group.count).sum::<u64>();
                let Some(rest) = rest else { break };
                request.after = Some(rest);
            }
            samples.push(began.elapsed());
        }
        Ok(times(&mut samples, "count", usize::try_from(count)?))
    }

    /// Time to the first row, time to the end, and the longest slice.
    async fn search(&self, query: &str) -> Result<Value> {
        let mut request = SelectRequest {
            selection: self.selection(query)?,
            sort: Sort { field: SortField::Created, descending: true },
            after: None,
            backwards: false,
            limit: 1000,
            payloads: false,
        };
        let began = Instant::now();
        let (mut first, mut longest, mut rows) = (None, Duration::ZERO, 0);
        loop {
            let slice = Instant::now();
            let Selected { records, rest, .. } =
                self.store.select(self.hub, request.clone()).await?;
            longest = longest.max(slice.elapsed());
            rows += records.len();
            if !records.is_empty() {
                first = first.or(Some(began.elapsed()));
            }
            let Some(rest) = rest else { break };
            request.after = Some(rest);
        }
        let ms = |time: Duration| round(time.as_secs_f64() * 1000.0);
        Ok(json!({
            "first_ms": first.map(ms),
            "all_ms": ms(began.elapsed()),
            "longest_slice_ms": ms(longest),
            "rows": rows,
        }))
    }
}

fn times(samples: &mut [Duration], what: &str, number: usize) -> Value {
    json!({"p50_ms": percentile(samples, 50), "p95_ms": percentile(samples, 95), what: number})
}
