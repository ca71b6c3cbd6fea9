//! The pinned tools and where they are kept.
//!
//! Everything lies in a folder of its own, named after tool and version, so that a tool of the same name that the
//! user has is neither used nor replaced. Knows names and places, does not install (that is `setup`).

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::digest;
use crate::process;
use crate::workspace::Workspace;

/// Newest trunk that builds with the workspace's Rust version.
pub(crate) const TRUNK: &str = "0.21.14";
/// Version of wasm-opt. Older ones (108) break the module without a word, so the build checks it.
pub(crate) const BINARYEN: &str = "132";

/// Places of all tools, whether or not they are there yet.
pub(crate) struct Tools {
    /// Folder of all tools.
    pub(crate) home: PathBuf,
    /// Version that Cargo.lock has; the command line tool must be the same.
    pub(crate) wasm_bindgen: String,
    node: PathBuf,
    venv: PathBuf,
}

impl Tools {
    /// Works the places out from the environment and the lock files.
    pub(crate) fn new(workspace: &Workspace) -> Result<Self> {
        let home = cache()?.join("tools");
        let lock_of = |file: &str| -> Result<String> {
            let path = workspace.path(file);
            let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            Ok(digest::short(&text))
        };
        Ok(Self {
            wasm_bindgen: workspace.locked_version("wasm-bindgen")?,
            node: home.join(format!("node-{}", lock_of("e2e/package-lock.json")?)),
            venv: home.join(format!("venv-{}", lock_of("e2e/requirements.txt")?)),
            home,
        })
    }

    /// Folder of trunk.
    pub(crate) fn trunk_dir(&self) -> PathBuf {
        self.home.join(format!("trunk-{TRUNK}"))
    }

    /// The trunk program.
    pub(crate) fn trunk(&self) -> PathBuf {
        self.trunk_dir().join("bin/trunk")
    }

    /// Folder of the wasm-bindgen command line tools.
    pub(crate) fn wasm_bindgen_dir(&self) -> PathBuf {
        self.home.join(format!("wasm-bindgen-cli-{}", self.wasm_bindgen))
    }

    /// Folder that holds `node_modules`.
    pub(crate) fn node_dir(&self) -> PathBuf {
        self.node.clone()
    }

    /// The installed npm packages.
    pub(crate) fn node_modules(&self) -> PathBuf {
        self.node.join("node_modules")
    }

    /// wasm-opt of the npm package, never the system's.
    pub(crate) fn wasm_opt(&self) -> PathBuf {
        self.node_modules().join(".bin/wasm-opt")
    }

    /// The accessibility checker that browser tests put into the page.
    pub(crate) fn axe(&self) -> PathBuf {
        self.node_modules().join("axe-core/axe.min.js")
    }

    /// Folder of the Python environment.
    pub(crate) fn venv_dir(&self) -> PathBuf {
        self.venv.clone()
    }

    /// Python with the SDKs installed.
    pub(crate) fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    /// Folders to put first on PATH for trunk.
    pub(crate) fn build_path(&self) -> Vec<PathBuf> {
        vec![
            self.node_modules().join(".bin"),
            self.trunk_dir().join("bin"),
            self.wasm_bindgen_dir().join("bin"),
        ]
    }
}

/// The browser: `TASKHUB_CHROMIUM`, or the first one found on PATH.
pub(crate) fn chromium() -> Option<PathBuf> {
    chosen("TASKHUB_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])
}

/// The browser's remote control: `TASKHUB_CHROMEDRIVER`, or the one found on PATH.
pub(crate) fn chromedriver() -> Option<PathBuf> {
    chosen("TASKHUB_CHROMEDRIVER", &["chromedriver"])
}

fn chosen(variable: &str, names: &[&str]) -> Option<PathBuf> {
    match env::var_os(variable) {
        Some(path) => Some(PathBuf::from(path)).filter(|file| file.is_file()),
        None => names.iter().find_map(|name| process::which(name)),
    }
}

fn cache() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("TASKHUB_TOOLS") {
        return std::path::absolute(dir).context("read TASKHUB_TOOLS");
    }
    let caches = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    Ok(caches
        .context("neither TASKHUB_TOOLS, XDG_CACHE_HOME nor HOME is set: no place to keep tools")?
        .join("taskhub"))
}
