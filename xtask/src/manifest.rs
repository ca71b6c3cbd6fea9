//! Writes dist/: every file plain, as `.br` and as `.gz`, and `manifest.json`, the list that the server embeds.
//!
//! `manifest.json` is `{"files": [...]}`; one entry is `{"path", "content_type", "etag", "immutable", "sizes":
//! {"raw", "gzip", "brotli"}}`. `path` has no leading slash. `etag` is a quoted strong tag of the plain bytes: a server
//! that sends a compressed form makes another tag of it. A size of `null` means that this form does not exist,
//! because it would not be smaller. `immutable` files have their hash in the name.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::digest;
use crate::dist::{Files, PAGE};
use crate::server::Mode;

/// Name of the list inside dist/.
pub(crate) const NAME: &str = "manifest.json";

/// Bytes of a file, or of many, in the three forms.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// As they are.
    pub(crate) raw: u64,
    /// gzip, level 9.
    pub(crate) gzip: u64,
    /// brotli, quality 11.
    pub(crate) brotli: u64,
}

impl std::fmt::Display for Sizes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} bytes, {} gzip, {} brotli", self.raw, self.gzip, self.brotli)
    }
}

/// Writes all files to `dir` and answers what the first page loads.
pub(crate) fn write(dir: &Path, files: &Files, mode: Mode) -> Result<Sizes> {
    let mut entries = Vec::new();
    for (path, bytes) in files {
        let place = dir.join(path);
        let parent = place.parent().unwrap_or(dir);
        fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        put(&place, "", bytes)?;
        let gzip = Some(gzip(bytes)?).filter(|packed| packed.len() < bytes.len());
        let brotli = Some(brotli(bytes, mode)?).filter(|packed| packed.len() < bytes.len());
        if let Some(packed) = &gzip {
            put(&place, ".gz", packed)?;
        }
        if let Some(packed) = &brotli {
            put(&place, ".br", packed)?;
        }
        entries.push(json!({
            "path": path,
            "content_type": content_type(path),
            "etag": format!("\"{}\"", digest::short(bytes)),
            "immutable": path != PAGE,
            "sizes": {"raw": bytes.len(), "gzip": gzip.map(|packed| packed.len()), "brotli": brotli.map(|packed| packed.len())},
        }));
    }
    let list = json!({ "files": entries });
    put(&dir.join(NAME), "", format!("{list:#}\n").as_bytes())?;
    Ok(first_page(&list))
}

/// Reads the list of a finished dist/.
pub(crate) fn read(dist: &Path) -> Result<Value> {
    let path = dist.join(NAME);
    let text = fs::read(&path)
        .with_context(|| format!("read {} (build the console first)", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("understand {}", path.display()))
}

/// Bytes that the first page loads: the page, its scripts, its module and its stylesheets.
pub(crate) fn first_page(list: &Value) -> Sizes {
    let mut sum = Sizes::default();
    let kinds = [".html", ".js", ".wasm", ".css"];
    let files = list.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for file in files {
        if !file
            .get("path")
            .and_then(Value::as_str)
            .is_some_and(|path| kinds.iter().any(|kind| path.ends_with(kind)))
        {
            continue;
        }
        let size = |form: &str| file.pointer(&format!("/sizes/{form}")).and_then(Value::as_u64);
        let raw = size("raw").unwrap_or(0);
        sum.raw += raw;
        sum.gzip += size("gzip").unwrap_or(raw);
        sum.brotli += size("brotli").unwrap_or(raw);
    }
    sum
}

fn put(place: &Path, suffix: &str, bytes: &[u8]) -> Result<()> {
    let path = format!("{}{suffix}", place.display());
    fs::write(&path, bytes).with_context(|| format!("write {path}"))
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).context("compress with gzip")?;
    encoder.finish().context("compress with gzip")
}

fn brotli(bytes: &[u8], mode: Mode) -> Result<Vec<u8>> {
    let quality = match mode {
        Mode::Release => 11,
        // The best quality takes longer than the whole quick build.
        Mode::Debug => 2,
    };
    let settings =
        brotli::enc::BrotliEncoderParams { quality, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &settings).context("compress with brotli")?;
    Ok(packed)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Sizes, first_page, read, write};
    use crate::dist::Files;
    use crate::server::Mode;

    #[test]
    fn the_list_tells_what_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let long = "body { color: red } ".repeat(50);
        let files = Files::from([
            ("a-1.css".to_owned(), long.clone().into_bytes()),
            ("icon.svg".to_owned(), b"x".to_vec()),
            ("index.html".to_owned(), b"<p>".to_vec()),
        ]);
        let sizes = write(dir.path(), &files, Mode::Release).unwrap();
        let list = read(dir.path()).unwrap();
        assert_eq!(sizes, first_page(&list));
        assert_eq!(sizes.raw, long.len() as u64 + 3, "the icon is not part of the first page");
        assert!(sizes.brotli < sizes.gzip && sizes.gzip < sizes.raw, "{sizes:?}");
        assert_ne!(sizes, Sizes::default());
        assert!(dir.path().join("a-1.css.br").is_file() && dir.path().join("a-1.css.gz").is_file());
        assert!(!dir.path().join("icon.svg.br").exists(), "one byte does not get smaller");
        assert_eq!(list["files"][0]["immutable"], true);
        assert_eq!(list["files"][2]["immutable"], false);
        assert!(list["files"][1]["sizes"]["brotli"].is_null());
    }
}
