//! Where things are on this machine.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The file or folder that an environment variable of CONTRIBUTING.md names.
pub(crate) fn place(variable: &str) -> PathBuf {
    let found = env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set; use cargo xtask e2e"));
    let path = PathBuf::from(found);
    let path = if path.is_absolute() { path } else { top().join(path) };
    assert!(path.exists(), "{variable} names {}, which is not there", path.display());
    path
}

/// A script under `e2e/`.
pub(crate) fn script_path(name: &str) -> PathBuf {
    let path = top().join("e2e").join(name);
    assert!(path.is_file(), "{} is not there", path.display());
    path
}

fn top() -> PathBuf {
    // Not the variable of the compiler: the test may run in a copy of the checkout.
    let backend = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    backend.parent().map(Path::to_path_buf).expect("the crate lies in the workspace")
}
