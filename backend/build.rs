//! Puts the finished console, as `cargo xtask build` leaves it in `dist/`, into the binary.
//!
//! Without `dist/manifest.json` the binary has no console, and says so when a browser asks for it.

use std::{env, fmt::Write as _, fs, path::Path};

use serde_json::Value;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let dist = Path::new(&root).join("../dist");
    let manifest = dist.join("manifest.json");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let list: Value = fs::read(&manifest)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or(Value::Null);
    let files = list.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut code = String::from("pub(super) static FILES: &[(&str, taskhub_http::Asset)] = &[\n");
    for file in &files {
        entry(&mut code, &dist, file);
    }
    code.push_str("];\n");
    let index =
        files.iter().find(|file| text(file, "path") == "index.html").map(|file| text(file, "etag"));
    let build = index.unwrap_or_default().trim_matches('"').to_owned();
    writeln!(
        code,
        "/// Build of the console: the tag of its page.\npub(super) const BUILD: &str = {build:?};"
    )
    .ok();
    let out = env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = fs::write(Path::new(&out).join("console.rs"), code) {
        println!("cargo::error=write the list of the console's files: {error}");
    }
}

fn text<'a>(file: &'a Value, key: &str) -> &'a str {
    file.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn entry(code: &mut String, dist: &Path, file: &Value) {
    let path = text(file, "path");
    let bytes =
        |suffix: &str| format!("include_bytes!({:?})", dist.join(format!("{path}{suffix}")));
    let packed = |size: &str, suffix: &str| {
        let there = file.pointer(&format!("/sizes/{size}")).is_some_and(Value::is_u64);
        if there { format!("Some({})", bytes(suffix)) } else { "None".to_owned() }
    };
    writeln!(
        code,
        "({path:?}, taskhub_http::Asset {{ content_type: {:?}, etag: {:?}, immutable: {}, raw: {}, br: {}, gz: {} }}),",
        text(file, "content_type"),
        text(file, "etag").trim_matches('"'),
        file.get("immutable").and_then(Value::as_bool).unwrap_or(false),
        bytes(""),
        packed("brotli", ".br"),
        packed("gzip", ".gz"),
    )
    .ok();
}
