//! The writer thread: takes everything that waits, writes it in one transaction, flushes once, answers all.

use std::{collections::HashMap, path::Path, sync::mpsc, time::Duration};

use rusqlite::Connection;
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
    reply: oneshot::Sender<Result<(), StoreError>>,
    result: Result<(), StoreError>,
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
    let mut waiting = Vec::new();
    let mut other = None;
    let written = (|| {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut counts: HashMap<CountKey, i64> = HashMap::new();
        let mut job = Some(first);
        while let Some(Job::Commit { hub, commit, reply }) = job.take() {
            let mut delta = HashMap::new();
            transaction.prepare_cached("SAVEPOINT one")?.execute([])?;
            let result = apply::commit(&transaction, hub, &commit, &mut delta);
            if result.is_err() {
                transaction.prepare_cached("ROLLBACK TO one")?.execute([])?;
            }
            waiting.push(Waiting { reply, result: Ok(()) });
            match result {
                Ok(()) => {
                    for (key, change) in delta {
                        *counts.entry(key).or_default() += change;
                    }
                }
                Err(apply::Refused::Conflict(error)) => {
                    if let Some(last) = waiting.last_mut() {
                        last.result = Err(error);
                    }
                }
                // The database itself failed: nothing of the group can be trusted.
                Err(apply::Refused::Sqlite(error)) => return Err(error),
            }
            transaction.prepare_cached("RELEASE one")?.execute([])?;
            if waiting.len() >= GROUP {
                break;
            }
            match queue.try_recv() {
                Ok(next @ Job::Commit { .. }) => job = Some(next),
                Ok(next @ Job::Run(_)) => other = Some(next),
                Err(_) => {}
            }
        }
        apply::counts(&transaction, &counts)?;
        transaction.commit()
    })();
    if let Err(error) = written {
        let error = unavailable("commit", error);
        for one in waiting {
            one.reply.send(Err(error.clone())).ok();
        }
    } else {
        for one in waiting {
            // The caller may have gone; what is written stays written.
            one.reply.send(one.result).ok();
        }
    }
    other
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
