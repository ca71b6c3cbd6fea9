//! SQLite keeps the rules of a store, in a file and in memory.
#![expect(clippy::unwrap_used, reason = "a test without its folder should stop")]

use std::{path::PathBuf, sync::Arc};

use taskhub_hub::store::conformance::Subject;
use taskhub_stores::SqliteStore;

fn file() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("rules").join("taskhub.db");
    Subject::reopening(move || Arc::new(SqliteStore::open(&path).unwrap()), folder)
}

mod in_a_file {
    use super::*;
    taskhub_hub::store_conformance! { file() }
}

mod in_memory {
    use super::*;
    taskhub_hub::store_conformance! { Subject::once(Arc::new(SqliteStore::in_memory().unwrap())) }
}
