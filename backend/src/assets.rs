//! The console's files, which the build put into the binary.

use taskhub_http::{Asset, Assets};

mod files {
    include!(concat!(env!("OUT_DIR"), "/console.rs"));
}

/// Build of the console; empty when the binary has none.
pub(crate) const BUILD: &str = files::BUILD;

/// Files inside the binary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Embedded;

impl Assets for Embedded {
    fn get(&self, path: &str) -> Option<Asset> {
        files::FILES.iter().find(|(name, _)| *name == path).map(|(_, asset)| *asset)
    }
}
