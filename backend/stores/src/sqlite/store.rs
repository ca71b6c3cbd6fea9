//! [`SqliteStore`]: the database with its threads, as the engine's store.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use taskhub_hub::{
    engine::history_event::HistoryEvent,
    store::{
        Answer, Sequence, Store, StoreError,
        batch_job::BatchStore,
        model::{
            Commit, Ended, EndedRequest, Filter, HubId, InstanceRecord, ListRequest, Loaded,
            NameCount, Outstanding,
        },
        select::{SelectRequest, Selected, Tallied, TallyRequest},
        settings::SettingStore,
        statistics::StatisticsStore,
        views::ViewStore,
    },
};
use taskhub_shared::id::TaskHubName;
use tokio::sync::oneshot;

use super::{
    error::unavailable,
    hubs, private, read, schema, select,
    writer::{self, Job},
};

/// Most read-only connections that are kept open while nobody reads.
const IDLE_READERS: usize = 8;

/// Most instances that are looked up on the caller's own thread. Each start asks for an id that nearly always is new, and
/// to hand that to another thread takes longer than to look into the index.
const LOOKED_UP_HERE: usize = 4;

/// A SQLite database. Only one process has it open at a time.
#[derive(Debug)]
pub struct SqliteStore {
    sequence: Sequence,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    readers: Arc<Readers>,
    /// Held for as long as the store is open, so that no other process opens the database.
    _lock: Option<File>,
}

/// Read-only connections that are not in use. Without a path all reads go through the writer's connection.
#[derive(Debug)]
struct Readers {
    path: Option<PathBuf>,
    idle: Mutex<Vec<Connection>>,
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "the database {path:?} is open in another process; stop that one, or name another --store"
    )]
    Locked {
        /// Path of the database.
        path: PathBuf,
    },
    /// It was written by a newer version.
    #[error(
        "the database has schema {found}, this version knows up to {known}; use a newer taskhub"
    )]
    Newer {
        /// Schema version of the database.
        found: i64,
        /// Newest schema version that this build knows.
        known: i64,
    },
    /// The folder or a file beside the database cannot be made.
    #[error("open {path:?}")]
    File {
        /// Path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("open the database")]
    Sqlite(#[from] rusqlite::Error),
}

impl SqliteStore {
    /// Opens the database at `path`, and makes it with its folder when there is none.
    ///
    /// # Errors
    /// [`OpenError`], which says what stands in the way.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file_error = |source| OpenError::File { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private::create_folder(folder).map_err(file_error)?;
        }
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock = private::create_file(Path::new(&lock_path)).map_err(file_error)?;
        lock.try_lock().map_err(|_| OpenError::Locked { path: path.to_owned() })?;
        // Made before SQLite would; it gives its own files beside it the same mode.
        private::create_file(path).map_err(file_error)?;
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // The checkpoint thread keeps the log short; this is the bound should it fall behind.
        connection.pragma_update(None, "wal_autocheckpoint", 32_768)?;
        Self::start(connection, Some(path.to_owned()), Some(lock))
    }

    /// A database in memory, which ends with the process. For trials.
    ///
    /// # Errors
    /// [`OpenError::Sqlite`] when SQLite refuses.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::start(Connection::open_in_memory()?, None, None)
    }

    fn start(
        mut connection: Connection,
        path: Option<PathBuf>,
        lock: Option<File>,
    ) -> Result<Self, OpenError> {
        connection.set_prepared_statement_cache_capacity(128);
        plan_once(&connection)?;
        select::register(&connection)?;
        schema::migrate(&mut connection)?;
        let sequence = Sequence::after(schema::last_number(&connection)?);
        let unfinished = hubs::going(&connection)?;
        let (jobs, queue) = mpsc::channel();
        for hub in unfinished {
            delete_on(&jobs, hub, |_| {});
        }
        let checkpoints = path.clone();
        let thread = std::thread::Builder::new().name("sqlite-writer".to_owned());
        let writer = thread
            .spawn(move || writer::run(connection, &queue, checkpoints.as_deref()))
            .map_err(|source| OpenError::File { path: PathBuf::from("writer thread"), source })?;
        Ok(Self {
            sequence,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            readers: Arc::new(Readers { path, idle: Mutex::default() }),
            _lock: lock,
        })
    }

    fn send(&self, job: Job) {
        // A job that is not taken drops its reply, which the caller sees as an error.
        if let Some(jobs) = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            jobs.send(job).ok();
        }
    }

    /// Runs a read on a connection of its own, or on the writer's when the database is in memory.
    pub(super) fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        if self.readers.path.is_none() {
            return self.on_writer(operation, move |connection| read(connection));
        }
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            tokio::task::spawn_blocking(move || readers.with(operation, read))
                .await
                .map_err(|error| unavailable(operation, error))?
        })
    }

    /// Runs something on the writer's connection, after all commits before it.
    pub(super) fn on_writer<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Run(Box::new(move |connection| {
            // The caller may have gone.
            reply.send(work(connection)).ok();
        })));
        Box::pin(async move { answer.await.map_err(|error| unavailable(operation, error))? })
    }
}

/// Keeps SQLite from planning a kept statement anew for each value that it is given: that is most of the cost of a
/// look-up by key.
fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

impl SqliteStore {
    /// Runs steps on the writer's connection, with the commits of others in between.
    pub(super) fn in_steps(
        &self,
        operation: &'static str,
        step: impl FnMut(&mut Connection) -> Result<Again, StoreError> + Send + 'static,
    ) -> Answer<()> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (reply, answer) = oneshot::channel();
        if let Some(jobs) = jobs {
            step_on(&jobs, step, |result| {
                // The caller may have gone.
                reply.send(result).ok();
            });
        }
        Box::pin(async move { answer.await.map_err(|error| unavailable(operation, error))? })
    }
}

/// Deletes a hub step by step.
fn delete_on(
    jobs: &mpsc::Sender<Job>,
    hub: HubId,
    done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
) {
    step_on(jobs, move |connection| hubs::delete_step(connection, hub), done);
}

/// Whether a step is to be followed by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}

/// Works step by step. The next step queues behind the commits that came meanwhile.
fn step_on(
    jobs: &mpsc::Sender<Job>,
    mut step: impl FnMut(&mut Connection) -> Result<Again, StoreError> + Send + 'static,
    done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
) {
    // The writer waits for the end of all senders, so the next step must not hold one for long.
    let again = jobs.clone();
    let step = Job::Run(Box::new(move |connection| match step(connection) {
        Ok(Again::Yes) => step_on(&again, step, done),
        Ok(Again::No) => done(Ok(())),
        Err(error) => done(Err(error)),
    }));
    // What a writer that has ended leaves undone is done when the store is opened again, or asked for again.
    jobs.send(step).ok();
}

impl Readers {
    /// Reads with a connection that nobody else uses meanwhile.
    fn with<T>(
        &self,
        operation: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.take().map_err(|error| unavailable(operation, error))?;
        let answer = read(&connection);
        self.give_back(connection);
        answer
    }

    fn take(&self) -> rusqlite::Result<Connection> {
        if let Some(connection) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(connection);
        }
        let path = self.path.clone().unwrap_or_default();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.set_prepared_statement_cache_capacity(64);
        plan_once(&connection)?;
        select::register(&connection)?;
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The writer ends when its queue does, after everything that was asked for.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            writer.join().ok();
        }
    }
}

impl Store for SqliteStore {
    fn kind(&self) -> &'static str {
        "sqlite"
    }

    fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    fn open_hub(&self, name: &TaskHubName, now: DateTime<Utc>) -> Answer<HubId> {
        let name = name.clone();
        self.on_writer("open the task hub", move |connection| {
            schema::open_hub(connection, &name, now)
        })
    }

    fn commit(&self, hub: HubId, commit: Commit) -> Answer<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit { hub, commit: Box::new(commit), reply });
        Box::pin(async move { answer.await.map_err(|error| unavailable("commit", error))? })
    }

    fn outstanding(&self, hub: HubId) -> Answer<Outstanding> {
        self.read("read what is outstanding", move |connection| read::outstanding(connection, hub))
    }

    fn load(&self, hub: HubId, ids: Vec<Arc<str>>) -> Answer<Vec<Option<Loaded>>> {
        let operation = "load instances";
        let readers = Arc::clone(&self.readers);
        let asked = ids.clone();
        let all = self.read(operation, move |connection| {
            ids.iter().map(|id| read::load(connection, hub, id)).collect()
        });
        if asked.len() > LOOKED_UP_HERE || readers.path.is_none() {
            return all;
        }
        Box::pin(async move {
            let look = |connection: &Connection| {
                let mut ids = asked.iter();
                ids.try_fold(false, |any, id| Ok(any || read::exists(connection, hub, id)?))
            };
            if readers.with(operation, look)? {
                return all.await;
            }
            Ok(asked.iter().map(|_| None).collect())
        })
    }

    fn instance(&self, hub: HubId, id: &str) -> Answer<Option<InstanceRecord>> {
        let id = id.to_owned();
        self.read("read an instance", move |connection| read::instance(connection, hub, &id))
    }

    fn history(
        &self,
        hub: HubId,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Answer<Option<Vec<HistoryEvent>>> {
        let id = id.to_owned();
        self.read("read a history", move |connection| {
            read::history(connection, hub, &id, after, limit)
        })
    }

    fn list(&self, hub: HubId, request: ListRequest) -> Answer<Vec<InstanceRecord>> {
        self.read("list instances", move |connection| read::list(connection, hub, &request))
    }

    fn counts(&self, hub: HubId, filter: Filter) -> Answer<Vec<NameCount>> {
        self.read("count instances", move |connection| read::counts(connection, hub, &filter))
    }

    fn select(&self, hub: HubId, request: SelectRequest) -> Answer<Selected> {
        self.read("list instances", move |connection| select::select(connection, hub, &request))
    }

    fn tally(&self, hub: HubId, request: TallyRequest) -> Answer<Tallied> {
        self.read("count instances", move |connection| select::tally(connection, hub, &request))
    }

    fn hubs(&self) -> Answer<Vec<TaskHubName>> {
        self.on_writer("list the task hubs", |connection| hubs::list(connection))
    }

    fn delete_hub(&self, hub: HubId) -> Answer<()> {
        let operation = "delete the task hub";
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let begun =
            self.on_writer(operation, move |connection| hubs::begin_delete(connection, hub));
        Box::pin(async move {
            begun.await?;
            let (reply, answer) = oneshot::channel();
            if let Some(jobs) = jobs {
                delete_on(&jobs, hub, |result| {
                    // The caller may have gone.
                    reply.send(result).ok();
                });
            }
            answer.await.map_err(|error| unavailable(operation, error))?
        })
    }

    fn batch_jobs(&self) -> &dyn BatchStore {
        self
    }

    fn settings(&self) -> &dyn SettingStore {
        self
    }

    fn statistics_store(&self) -> &dyn StatisticsStore {
        self
    }

    fn ended(&self, hub: HubId, request: EndedRequest) -> Answer<Vec<Ended>> {
        self.read("list ended instances", move |connection| read::ended(connection, hub, &request))
    }

    fn views(&self) -> &dyn ViewStore {
        self
    }

    fn ping(&self) -> Answer<()> {
        self.on_writer("write", |connection| {
            // Asks for the write lock and gives it back: what a commit needs, without changing anything.
            let ping = connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
            ping.map_err(|error| unavailable("write", error))
        })
    }
}
