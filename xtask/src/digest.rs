//! Hashes: short ones for file names and stamps, and the form that `integrity` attributes want.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use sha2::{Digest, Sha256, Sha384};

/// The first 16 hexadecimal digits of SHA-256.
pub(crate) fn short(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Value of an `integrity` attribute.
pub(crate) fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", base64::engine::general_purpose::STANDARD.encode(Sha384::digest(bytes)))
}

/// One hash over many named contents; the order in which they are added counts.
#[derive(Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds one named content.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        self.0.update(name.len().to_le_bytes());
        self.0.update(name);
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds a file, or every file under a folder, in the order of their names.
    pub(crate) fn add_tree(&mut self, path: &Path) -> Result<()> {
        if path.is_dir() {
            let entries = fs::read_dir(path).with_context(|| format!("list {}", path.display()))?;
            let mut entries = entries
                .collect::<Result<Vec<_>, _>>()
                .with_context(|| format!("list {}", path.display()))?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                self.add_tree(&entry.path())?;
            }
        } else if path.is_file() {
            let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
            self.add(&path.to_string_lossy(), &bytes);
        }
        Ok(())
    }

    /// The hash, 16 hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, integrity, short};

    #[test]
    fn known_values() {
        assert_eq!(short(b"abc"), "ba7816bf8f01cfea");
        assert!(integrity(b"abc").starts_with(
            "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
        ));
    }

    #[test]
    fn the_border_between_name_and_content_counts() {
        let print = |name: &str, bytes: &[u8]| {
            let mut print = Fingerprint::default();
            print.add(name, bytes);
            print.finish()
        };
        assert_ne!(print("ab", b"c"), print("a", b"bc"));
    }
}
