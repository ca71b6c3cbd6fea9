//! Gives the console's files names that follow their content, and rewrites every mention of them.
//!
//! Trunk's own names are made before wasm-opt runs, so two different modules can carry one name; a browser that
//! keeps such a file for ever would run the wrong one. Knows bytes and names, does not compress or write.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::digest;
use crate::html;

/// The page; the only file that keeps its name.
pub(crate) const PAGE: &str = "index.html";
/// Name of the start-up script before it gets its hash.
const LOADER: &str = "start.js";

/// Files by their path inside dist/, with `/` between folders.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What trunk made.
pub(crate) struct Bundle {
    page: String,
    files: Files,
}

impl Bundle {
    /// Reads a folder that trunk made.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let mut files = Files::new();
        collect(dir, "", &mut files)?;
        let page =
            files.remove(PAGE).with_context(|| format!("{} has no {PAGE}", dir.display()))?;
        Ok(Self { page: String::from_utf8(page).context("index.html is not UTF-8")?, files })
    }

    /// The files as they are served: no script in the page, names by content, right `integrity` attributes.
    pub(crate) fn finish(mut self) -> Result<Files> {
        let (page, script) = html::take_module_script(&self.page, LOADER)?;
        self.page = page;
        if let Some(script) = script {
            self.files.insert(LOADER.to_owned(), script.into_bytes());
        }
        let mut done = self.rename()?;
        self.page = html::add_integrity(&self.page, &done)?;
        html::check(&self.page, &done)?;
        done.insert(PAGE.to_owned(), self.page.into_bytes());
        Ok(done)
    }

    /// Renames files from the leaves up: a file's hash covers the new names of the files that it mentions.
    fn rename(&mut self) -> Result<Files> {
        let mut waiting = std::mem::take(&mut self.files);
        let mut done = Files::new();
        while !waiting.is_empty() {
            let Some(old) = waiting.keys().find(|name| mentions_none(name, &waiting)).cloned()
            else {
                let names: Vec<&str> = waiting.keys().map(String::as_str).collect();
                bail!(
                    "these files mention each other in a ring, so none can be named first: {}",
                    names.join(", ")
                );
            };
            let Some(bytes) = waiting.remove(&old) else { bail!("lost {old} while renaming") };
            let new = hashed_name(&old, &bytes);
            self.page = replace_name(&self.page, &old, &new);
            for (name, content) in &mut waiting {
                if is_text(name) {
                    let text = std::str::from_utf8(content)
                        .with_context(|| format!("{name} is not UTF-8"))?;
                    *content = replace_name(text, &old, &new).into_bytes();
                }
            }
            if done.insert(new, bytes).is_some() {
                bail!("two files want the new name of {old}");
            }
        }
        Ok(done)
    }
}

fn collect(dir: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let entry = entry.with_context(|| format!("list {}", dir.display()))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let bytes = fs::read(entry.path())
                .with_context(|| format!("read {}", entry.path().display()))?;
            files.insert(name, bytes);
        }
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    [".js", ".css", ".svg", ".json", ".webmanifest"].iter().any(|end| name.ends_with(end))
}

fn mentions_none(name: &str, waiting: &Files) -> bool {
    let Some(text) = waiting
        .get(name)
        .filter(|_| is_text(name))
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
    else {
        return true;
    };
    waiting.keys().filter(|other| *other != name).all(|other| find_name(text, other).is_none())
}

/// `style/base.css` becomes `style/base-0123456789abcdef.css`.
fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let hash = digest::short(bytes);
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    let slash = if folder.is_empty() { "" } else { "/" };
    match file.rsplit_once('.') {
        Some((stem, extension)) => format!("{folder}{slash}{stem}-{hash}.{extension}"),
        None => format!("{folder}{slash}{file}-{hash}"),
    }
}

/// First place where `name` stands as a whole name, not as the end of a longer one.
fn find_name(text: &str, name: &str) -> Option<usize> {
    let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    text.match_indices(name).map(|(at, _)| at).find(|&at| {
        let (before, after) =
            (text.get(..at).unwrap_or(""), text.get(at + name.len()..).unwrap_or(""));
        // "./name" and "/name" are mentions, "other.name" and "name.map" are not.
        !before.ends_with(part) && !after.starts_with(part)
    })
}

fn replace_name(text: &str, old: &str, new: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = find_name(rest, old) {
        out.push_str(rest.get(..at).unwrap_or(""));
        out.push_str(new);
        rest = rest.get(at + old.len()..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{Bundle, Files, replace_name};

    fn bundle(page: &str, files: &[(&str, &str)]) -> Bundle {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
            .collect::<Files>();
        Bundle { page: page.to_owned(), files }
    }

    const PAGE: &str = "<html><head><link rel=\"stylesheet\" href=\"/base.css\"/>\
        <script type=\"module\">\nimport init from '/app.js';\nawait init({ module_or_path: '/app_bg.wasm' });\n</script>\
        </head><body></body></html>";
    const FILES: [(&str, &str); 4] = [
        ("app.js", "import './snippets/x-1/inline0.js'; new URL('app_bg.wasm', import.meta.url)"),
        ("app_bg.wasm", "wasm one"),
        ("base.css", "body { color: red }"),
        ("snippets/x-1/inline0.js", "export const a = 1;"),
    ];

    #[test]
    fn names_follow_content_through_every_mention() {
        let first = bundle(PAGE, &FILES).finish().unwrap();
        let mut changed = FILES;
        changed[1].1 = "wasm two";
        let second = bundle(PAGE, &changed).finish().unwrap();

        let name = |files: &Files, start: &str| {
            files.keys().find(|name| name.starts_with(start)).unwrap().clone()
        };
        for start in ["app_bg-", "app-", "start-"] {
            assert_ne!(name(&first, start), name(&second, start), "{start} depends on the module");
        }
        for start in ["base-", "snippets/x-1/inline0-"] {
            assert_eq!(name(&first, start), name(&second, start), "{start} does not");
        }
        let glue = String::from_utf8(first[&name(&first, "app-")].clone()).unwrap();
        assert!(
            glue.contains(&name(&first, "app_bg-")) && glue.contains(&name(&first, "snippets/")),
            "{glue}"
        );
        let page = String::from_utf8(first["index.html"].clone()).unwrap();
        assert!(page.contains(&format!("src=\"/{}\"", name(&first, "start-"))), "{page}");
        assert!(!page.contains("import init"), "{page}");
    }

    #[test]
    fn a_ring_of_files_is_refused() {
        let ring = [("a.js", "import './b.js'"), ("b.js", "import './a.js'")];
        let error = bundle("<html></html>", &ring).finish().unwrap_err();
        assert!(error.to_string().contains("a.js, b.js"), "{error}");
    }

    #[test]
    fn only_whole_names_are_replaced() {
        assert_eq!(
            replace_name("'/base.css' '/data-base.css' base.css.map", "base.css", "x.css"),
            "'/x.css' '/data-base.css' base.css.map"
        );
    }
}
