//! What is SQLite's own: the file, its lock, its version, its damage.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should stop")]

use std::{path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use taskhub_hub::{
    Hub, HubOptions,
    clock::{ManualClock, SeededIds},
    engine::worker::WorkerProfile,
    operation::start_instance,
    store::{
        Store, StoreError,
        conformance::{Subject, random},
        model::{Direction, Filter, ListRequest},
        select::{Grouping, SelectRequest, Selection, TallyRequest},
    },
};
use taskhub_shared::{
    id::TaskHubName,
    query::{InstanceQuery, Sort},
    retention::{Retention, RetentionRule},
};
use taskhub_stores::{SqliteStore, sqlite::OpenError};

proptest! {
    #![proptest_config(ProptestConfig { cases: 40,
        // The same each time; a wider search takes another seed and more cases.
        rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    /// The store answers as the reference does, whatever is committed.
    #[test]
    fn random_commits_are_answered_as_by_the_reference(steps in prop::collection::vec(any::<u64>(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut subject = Subject::once(Arc::new(SqliteStore::in_memory().unwrap()));
        let compared = runtime.block_on(random::compare(&mut subject, "Random", &steps));
        prop_assert_eq!(compared, Ok(()));
    }
}

fn everything() -> Selection {
    Selection { query: Arc::default(), now: beginning(), serving: Arc::default() }
}

fn beginning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

async fn hub(store: Arc<SqliteStore>, name: &str) -> Hub {
    let options = HubOptions {
        name: TaskHubName::new(name).unwrap(),
        store,
        clock: Arc::new(ManualClock::new(beginning())),
        ids: Arc::new(SeededIds::new(1)),
    };
    Hub::open(options).await.unwrap()
}

async fn start(hub: &Hub, id: &str) {
    let request = start_instance::Request {
        instance_id: Some(id.to_owned()),
        name: "X".to_owned(),
        ..start_instance::Request::default()
    };
    hub.start_instance(request).await.unwrap();
}

/// Ends a hub, as its loops end soon after it, and closes its store.
async fn close(hub: Hub, store: Arc<SqliteStore>) {
    drop(hub);
    while Arc::strong_count(&store) > 1 {
        tokio::task::yield_now().await;
    }
}

fn change(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn a_database_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let first = SqliteStore::open(&path).unwrap();
    match SqliteStore::open(&path) {
        Err(OpenError::Locked { path: named }) => assert_eq!(named, path),
        other => panic!("{other:?}"),
    }
    drop(first);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    drop(SqliteStore::open(&path).unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 1000).unwrap();
    drop(raw);
    match SqliteStore::open(&path) {
        Err(OpenError::Newer { found: 1000, .. }) => {}
        other => panic!("{other:?}"),
    }
    let raw = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = raw.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 1000);
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    std::fs::write(&path, "this is a letter to my aunt, and no database at all\n".repeat(100))
        .unwrap();
    let refused = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Sqlite(_)), "{refused:?}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is a letter"));
    let below = path.join("taskhub.db");
    let refused = SqliteStore::open(&below).unwrap_err();
    assert!(matches!(refused, OpenError::File { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_row_is_an_error_of_its_instance_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let opened = hub(Arc::clone(&store), "Hub").await;
    for id in ["event", "status", "tags", "fine"] {
        start(&opened, id).await;
    }
    close(opened, store).await;
    change(
        &path,
        "UPDATE inbox SET event = '{\"t\":' WHERE num = (SELECT num FROM instances WHERE instance_id = 'event')",
    );
    change(&path, "UPDATE instances SET status = 99 WHERE instance_id = 'status'");
    change(&path, "UPDATE instances SET extra = CAST(x'ff' AS TEXT) WHERE instance_id = 'tags'");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let id = store.open_hub(&TaskHubName::new("Hub").unwrap(), beginning()).await.unwrap();
    for damaged in ["event", "status", "tags"] {
        let loaded = store.load(id, vec![damaged.into()]).await;
        assert!(matches!(loaded, Err(StoreError::Damaged { .. })), "{damaged}: {loaded:?}");
    }
    assert!(store.load(id, vec!["fine".into()]).await.unwrap()[0].is_some());
    // The others are listed and counted.
    for payloads in [false, true] {
        let request = ListRequest {
            filter: Filter::default(),
            from: None,
            direction: Direction::Older,
            limit: 2,
            payloads,
        };
        let listed = store.list(id, request).await.unwrap();
        let ids: Vec<_> = listed.iter().map(|record| &*record.instance_id).collect();
        assert_eq!(ids, ["fine", "event"]);
        let request = SelectRequest {
            selection: everything(),
            sort: Sort::default(),
            after: None,
            backwards: false,
            limit: 10,
            payloads,
        };
        let selected = store.select(id, request).await.unwrap();
        let ids: Vec<_> = selected.records.iter().map(|record| &*record.instance_id).collect();
        assert_eq!(ids, ["fine", "event"]);
    }
    let tags = TallyRequest { selection: everything(), grouping: Grouping::Tag, after: None };
    store.tally(id, tags).await.unwrap();
    // The one that can be read is worked on.
    let opened = hub(store, "Hub").await;
    let mut worker = opened.connect_worker(WorkerProfile::default());
    let next = tokio::time::timeout(
        std::time::Duration::from_secs(30),
        futures::StreamExt::next(&mut worker),
    );
    let work = format!("{:?}", next.await.unwrap().unwrap());
    assert!(work.contains("\"fine\""), "{work}");
}

#[tokio::test]
async fn damaged_work_does_not_keep_a_hub_from_opening() {
    use taskhub_hub::engine::action::{Action, ActionKind, TurnResponse};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let opened = hub(Arc::clone(&store), "Hub").await;
    start(&opened, "x").await;
    let mut worker = opened.connect_worker(WorkerProfile::default());
    let item = futures::StreamExt::next(&mut worker).await.unwrap();
    let timers = (1..=2).map(|id| Action {
        id,
        kind: ActionKind::CreateTimer {
            fire_at: beginning() + chrono::TimeDelta::days(i64::from(id)),
        },
    });
    let response = TurnResponse { actions: timers.collect(), ..TurnResponse::default() };
    opened.complete_turn(item.token, "x", response).await.unwrap();
    drop(worker);
    close(opened, store).await;
    change(&path, "UPDATE timers SET timer = 'no timer' WHERE id = (SELECT min(id) FROM timers)");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let id = store.open_hub(&TaskHubName::new("Hub").unwrap(), beginning()).await.unwrap();
    assert_eq!(store.outstanding(id).await.unwrap().timers.len(), 1);
    let opened = hub(Arc::clone(&store), "Hub").await;
    close(opened, store).await;
}

/// Names with figures in the minute that is not over.
async fn figures(hub: &Hub) -> Vec<String> {
    let end = beginning() + chrono::TimeDelta::minutes(1);
    let found = hub.statistics(None, Some(end), None).await.unwrap();
    found.names.into_iter().map(|named| named.name).collect()
}

#[tokio::test]
async fn a_damaged_job_or_figure_does_not_keep_a_hub_from_opening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let opened = hub(Arc::clone(&store), "Hub").await;
    start(&opened, "x").await;
    for _ in 0..2 {
        let body = r#"{"action":"suspend","query":"","hold":true}"#;
        opened.create_batch(serde_json::from_str(body).unwrap()).await.unwrap();
    }
    assert_eq!(figures(&opened).await, ["X"]);
    close(opened, store).await;
    change(
        &path,
        "UPDATE batches SET record = 'no job' WHERE num = (SELECT min(num) FROM batches)",
    );
    change(&path, "UPDATE statistics SET tally = 'no tally'");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let opened = hub(Arc::clone(&store), "Hub").await;
    assert_eq!(opened.batches(None, 10).await.unwrap().len(), 1);
    assert!(figures(&opened).await.is_empty());
    close(opened, store).await;
}

#[test]
fn closing_waits_for_all_commits_and_for_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = SqliteStore::open(&path).unwrap();
    let name = TaskHubName::new("Hub").unwrap();
    let id = runtime.block_on(store.open_hub(&name, beginning())).unwrap();
    let mut answers = vec![];
    for _ in 0..500 {
        answers.push(store.commit(id, taskhub_hub::store::model::Commit::default()));
    }
    drop(store);
    for answer in answers {
        runtime.block_on(answer).unwrap();
    }
    let store = SqliteStore::open(&path).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    let check: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    drop(store);
}

#[tokio::test]
async fn other_users_cannot_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = Arc::new(SqliteStore::open(&data.join("hub.db")).unwrap());
    let hub = hub(Arc::clone(&store), "Hub").await;
    start(&hub, "x").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> =
        std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "the database, its log and its lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    close(hub, store).await;
}

#[tokio::test]
async fn a_database_of_the_schema_before_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(include_str!("../migrations/sqlite/0001_initial.sql")).unwrap();
    raw.execute_batch(include_str!("../migrations/sqlite/0002_completed.sql")).unwrap();
    let parent =
        r#"{"parent":{"instance_id":"p","execution_id":"e","name":"P","task_scheduled_id":1}}"#;
    for (num, id, extra) in [(1, "p", "{}"), (2, "c", parent), (3, "d", "no json")] {
        let row = "INSERT INTO instances (num, hub, instance_id, execution_id, name, status, created_at, updated_at,
                       history_len, revision, entity, extra) VALUES (?1, 1, ?2, 'e', 'X', 0, ?1, ?1, 0, 1, 0, ?3)";
        raw.execute(row, rusqlite::params![num, id, extra]).unwrap();
    }
    raw.execute_batch(
        "INSERT INTO task_hubs VALUES (1, 'hub', 'Hub', 0); INSERT INTO counts VALUES (1, 0, 'X', 0, 3);
         PRAGMA user_version = 2",
    )
    .unwrap();
    drop(raw);
    let store = SqliteStore::open(&path).unwrap();
    let hub = store.open_hub(&TaskHubName::new("Hub").unwrap(), beginning()).await.unwrap();
    for (query, ids) in
        [("parent:p", vec!["c"]), ("wait:child", vec!["p"]), ("is:root id=p", vec!["p"])]
    {
        let request = SelectRequest {
            selection: Selection::new(query.parse().unwrap(), beginning()),
            sort: Sort::default(),
            after: None,
            backwards: false,
            limit: 10,
            payloads: false,
        };
        let found = store.select(hub, request).await.unwrap();
        let found: Vec<_> = found.records.iter().map(|record| &*record.instance_id).collect();
        assert_eq!(found, ids, "{query}");
    }
}

#[tokio::test]
async fn a_damaged_instance_keeps_neither_retention_nor_the_list_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taskhub.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let opened = hub(Arc::clone(&store), "Hub").await;
    for id in ["damaged", "ended", "runs", "sick"] {
        start(&opened, id).await;
    }
    for id in ["damaged", "ended"] {
        opened.terminate(id, None, false).await.unwrap();
    }
    close(opened, store).await;
    let of = "(SELECT num FROM instances WHERE instance_id = ";
    change(&path, &format!("UPDATE payloads SET failure = '{{' WHERE num = {of}'damaged')"));
    change(&path, &format!("UPDATE inbox SET event = '{{' WHERE num = {of}'sick')"));
    let options = HubOptions {
        name: TaskHubName::new("Hub").unwrap(),
        store: Arc::new(SqliteStore::open(&path).unwrap()),
        clock: Arc::new(ManualClock::new(beginning() + chrono::TimeDelta::days(1))),
        ids: Arc::new(SeededIds::new(7)),
    };
    let opened = Hub::open(options).await.unwrap();
    let rule = RetentionRule { query: String::new(), after_hours: 1 };
    opened.set_retention(Retention { rules: vec![rule] }).await.unwrap();
    let run = loop {
        match opened.retention().last_run {
            Some(run) => break run,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!((run.purged, run.error), (1, None));
    let listed = opened.query_instances(&InstanceQuery::default(), false).await.unwrap();
    let waiting = opened.waiting_for_each(&listed.records).await.unwrap();
    assert_eq!(waiting.keys().collect::<Vec<_>>(), ["runs"]);
}
