//! The writer thread: takes everything that waits, writes it in one transaction, flushes once, answers all.

use std::{collections::HashMap, path::Path, sync::mpsc, time::Duration};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use taskhub_hub::store::{
    StoreError,
    model::{Commit, HubId},
};
use tokio::sync::oneshot;

use super::{
    apply::{self, CountKey},
    error::unavailable,
};

/// Most commits in one transaction. More would make the first of them wait for long.
const GROUP: usize = 1000;
/// Size of the log from which a checkpoint is worth its while, in bytes.
const CHECKPOINT_BYTES: u64 = 16 * 1024 * 1024;
/// How often the size of the log is looked at.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(250);

/// Something for the writer.
pub(super) enum Job {
    /// Makes a change durable.
    Commit { hub: HubId, commit: Box<Commit>, reply: oneshot::Sender<Result<(), StoreError>> },
    /// Runs on the writer's connection, after all commits before it.
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// A commit that waits for the end of its transaction.
struct Waiting {
    hub: HubId,
    commit: Box<Commit>,
    reply: oneshot::Sender<Result<(), StoreError>>,
    result: Result<(), StoreError>,
}

/// Why the group was not written.
enum Unwritten {
    /// One of its commits is refused, and must not take the others along.
    Refused,
    /// The database failed.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Unwritten {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

/// Works until the queue ends.
pub(super) fn run(mut connection: Connection, queue: &mpsc::Receiver<Job>, path: Option<&Path>) {
    let (stop, stopped) = mpsc::channel();
    let checkpoints = path.map(|path| {
        let path = path.to_owned();
        std::thread::spawn(move || checkpoint(&path, &stopped))
    });
    let mut next = None;
    while let Some(job) = next.take().or_else(|| queue.recv().ok()) {
        match job {
            Job::Run(work) => work(&mut connection),
            commit @ Job::Commit { .. } => next = write_group(&mut connection, commit, queue),
        }
    }
    drop(stop);
    if let Some(checkpoints) = checkpoints {
        checkpoints.join().ok();
    }
}

/// Writes this commit and all that wait behind it; the job that ended the group, if one did.
fn write_group(
    connection: &mut Connection,
    first: Job,
    queue: &mpsc::Receiver<Job>,
) -> Option<Job> {
    let mut group = Vec::new();
    let mut other = None;
    let mut job = Some(first);
    let mut next = || match job.take().or_else(|| queue.try_recv().ok())? {
        Job::Commit { hub, commit, reply } => Some(Waiting { hub, commit, reply, result: Ok(()) }),
        run @ Job::Run(_) => {
            other = Some(run);
            None
        }
    };
    let written = match write_all(connection, &mut group, &mut next) {
        Err(Unwritten::Refused) => write_each(connection, &mut group),
        Err(Unwritten::Failed(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    if let Err(error) = written {
        let error = unavailable("commit", error);
        for one in group {
            one.reply.send(Err(error.clone())).ok();
        }
    } else {
        for one in group {
            // The caller may have gone; what is written stays written.
            one.reply.send(one.result).ok();
        }
    }
    other
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Writes commits for as long as there are more, as if none of them would be refused: nearly always none is.
fn write_all(
    connection: &mut Connection,
    group: &mut Vec<Waiting>,
    next: &mut dyn FnMut() -> Option<Waiting>,
) -> Result<(), Unwritten> {
    let transaction = begin(connection)?;
    let mut counts: HashMap<CountKey, i64> = HashMap::new();
    while group.len() < GROUP
        && let Some(one) = next()
    {
        // In the group whatever comes of it, so that it is answered.
        group.push(one);
        let Some(one) = group.last() else { break };
        match apply::commit(&transaction, one.hub, &one.commit, &mut counts) {
            Ok(()) => {}
            Err(apply::Refused::Conflict(_)) => return Err(Unwritten::Refused),
            Err(apply::Refused::Sqlite(error)) => return Err(error.into()),
        }
    }
    apply::counts(&transaction, &counts)?;
    Ok(transaction.commit()?)
}

/// Writes the commits of a group once more, each so that it can be taken back alone. That costs a copy of each page that
/// it changes.
fn write_each(connection: &mut Connection, group: &mut [Waiting]) -> rusqlite::Result<()> {
    let transaction = begin(connection)?;
    let mut counts: HashMap<CountKey, i64> = HashMap::new();
    for one in group {
        let mut delta = HashMap::new();
        transaction.prepare_cached("SAVEPOINT one")?.execute([])?;
        match apply::commit(&transaction, one.hub, &one.commit, &mut delta) {
            Ok(()) => {
                for (key, change) in delta {
                    *counts.entry(key).or_default() += change;
                }
            }
            Err(apply::Refused::Conflict(error)) => {
                transaction.prepare_cached("ROLLBACK TO one")?.execute([])?;
                one.result = Err(error);
            }
            // The database itself failed: nothing of the group can be trusted.
            Err(apply::Refused::Sqlite(error)) => return Err(error),
        }
        transaction.prepare_cached("RELEASE one")?.execute([])?;
    }
    apply::counts(&transaction, &counts)?;
    transaction.commit()
}

/// Moves the log into the database now and then, beside the writer, so that no commit waits for it.
fn checkpoint(path: &Path, stop: &mpsc::Receiver<()>) {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let Ok(connection) = Connection::open(path) else { return };
    while stop.recv_timeout(CHECKPOINT_INTERVAL) == Err(mpsc::RecvTimeoutError::Timeout) {
        if std::fs::metadata(&log).is_ok_and(|file| file.len() > CHECKPOINT_BYTES)
            && let Err(error) =
                connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        {
            tracing::warn!(error = %error, "checkpoint failed; the log grows until one succeeds");
        }
    }
}
