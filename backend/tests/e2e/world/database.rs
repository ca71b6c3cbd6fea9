//! Looking at the SQLite file from outside.

use std::path::Path;

use tokio::process::Command;

use super::place;

/// Has SQLite check a copy of the database, so that the server's own recovery is not done for it.
pub(crate) async fn check_integrity(database: &Path) {
    let copy = tempfile::tempdir().expect("make a folder");
    let folder = database.parent().expect("a file lies in a folder");
    for entry in std::fs::read_dir(folder).expect("list the folder").flatten() {
        let name = entry.file_name();
        // The log of the writes belongs to the database; the shared memory is made anew from it.
        if [".db", ".db-wal"].iter().any(|end| name.to_string_lossy().ends_with(end)) {
            std::fs::copy(entry.path(), copy.path().join(&name)).expect("copy the database");
        }
    }
    let code = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('pragma integrity_check').fetchall())";
    let file = copy.path().join(database.file_name().expect("a file has a name"));
    let output = Command::new(place("TASKHUB_PYTHON")).args(["-c", code]).arg(file).output().await;
    let output = output.expect("run Python");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), "[('ok',)]", "{}", String::from_utf8_lossy(&output.stderr));
}
