//! Files that nobody but the server's own user may read: inputs and outputs of orchestrations are other people's data.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Makes the folder, if it is not there, for the own user alone.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens the file for writing, and makes it, if it is not there, for the own user alone.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "other users of this machine can read the file; chmod 600 keeps them out");
    }
    Ok(file)
}
