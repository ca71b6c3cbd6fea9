//! House rules that neither the compiler nor clippy knows. Each rule is one test and says what to do.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read the checkout should stop"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of code in one file, without tests, comments and empty lines.
const MOST_LINES: usize = 800;
/// Most lines of code in `lib.rs` and `mod.rs`, which list modules and say what they are for.
const MOST_LINES_OF_A_LIST: usize = 150;
/// Files that are longer all the same, with their length. The numbers may only fall, and nothing may be added.
const LONGER: [(&str, usize); 0] = [];
/// Folders that hold no source.
const NOT_SOURCE: [&str; 6] =
    [".git", "target", "dist", "node_modules", "taskhub-data", "generated"];

/// One text file of the checkout.
struct Source {
    /// From the top of the checkout, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is(&self, extension: &str) -> bool {
        self.path.ends_with(extension)
    }

    /// Numbered lines, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

#[test]
fn files_are_short() {
    let mut broken = Vec::new();
    let sources = sources();
    for source in sources.iter().filter(|source| source.is(".rs") && !is_test(&source.path)) {
        let lines = lines_of_code(&source.text);
        let listed = LONGER.iter().find(|(path, _)| *path == source.path).map(|(_, lines)| *lines);
        match listed {
            Some(most) if lines > most => {
                broken
                    .push(format!("{}: grew from {most} to {lines} lines; split it", source.path));
            }
            Some(most) if lines < most => broken.push(format!(
                "{}: has {lines} lines now; lower or remove its number in LONGER",
                source.path
            )),
            None if lines > MOST_LINES => broken.push(format!(
                "{}: {lines} lines of code, at most {MOST_LINES}; split it",
                source.path
            )),
            _ => {}
        }
    }
    for (path, _) in LONGER {
        if !sources.iter().any(|source| source.path == path) {
            broken.push(format!("{path} is gone; remove it from LONGER"));
        }
    }
    report("a file that is read in one sitting has one subject", &broken);
}

#[test]
fn lib_and_mod_files_list_modules() {
    let mut broken = Vec::new();
    for source in sources() {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        let lines = lines_of_code(&source.text);
        if ["lib.rs", "mod.rs"].contains(&name)
            && !is_test(&source.path)
            && lines > MOST_LINES_OF_A_LIST
        {
            broken.push(format!("{}: {lines} lines of code, at most {MOST_LINES_OF_A_LIST}; move them to a named file", source.path));
        }
    }
    report("lib.rs and mod.rs say what there is, the code stands elsewhere", &broken);
}

#[test]
fn silenced_lints_have_a_reason() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.is(".rs")) {
        for start in [
            concat!("#[al", "low("),
            concat!("#![al", "low("),
            concat!("#[exp", "ect("),
            concat!("#![exp", "ect("),
        ] {
            for (at, _) in source.text.match_indices(start) {
                let rest = source.text.get(at..).unwrap_or_default();
                let attribute = rest.split(")]").next().unwrap_or_default();
                if !attribute.contains("reason") {
                    broken.push(format!(
                        "{}:{}: {start}...)]",
                        source.path,
                        line_of(&source.text, at)
                    ));
                }
            }
        }
    }
    report("write #[expect(lint, reason = \"...\")]", &broken);
}

#[test]
fn the_console_never_writes_raw_html() {
    let words = [
        "inner_html",
        "innerHTML",
        "outer_html",
        "outerHTML",
        "insert_adjacent_html",
        "insertAdjacentHTML",
        "document_write",
        "eval(",
    ];
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("frontend/")) {
        for (number, line) in source.lines() {
            if let Some(word) = words.iter().find(|word| line.contains(*word)) {
                broken.push(format!("{}:{number}: {word}", source.path));
            }
        }
    }
    report("ids, names and payloads are strangers' text: build nodes, never HTML", &broken);
}

#[test]
fn to_dos_name_an_issue() {
    let mut broken = Vec::new();
    for source in &sources() {
        for (number, line) in source.lines() {
            for word in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
                if let Some(rest) = find_word(line, word).filter(|rest| !names_an_issue(rest)) {
                    broken.push(format!(
                        "{}:{number}: {word}{}",
                        source.path,
                        rest.chars().take(40).collect::<String>()
                    ));
                }
            }
        }
    }
    report(concat!("write TO", "DO(#12): ..., with the number of an open issue"), &broken);
}

#[test]
fn no_path_of_one_machine() {
    let mut broken = Vec::new();
    for source in &sources() {
        for (number, line) in source.lines() {
            if let Some(path) = absolute_path(line) {
                broken.push(format!("{}:{number}: {path}", source.path));
            }
        }
    }
    report("paths start at the top of the checkout, or come from the environment", &broken);
}

#[test]
fn the_npm_lock_file_names_no_addresses() {
    let path = root().join("e2e/package-lock.json");
    let lock = fs::read_to_string(&path).expect("e2e/package-lock.json is there");
    let word = "\"resolved\"";
    assert!(
        !lock.contains(word),
        "e2e/package-lock.json holds download addresses: remove the {word} lines (e2e/.npmrc avoids them)"
    );
}

#[test]
fn architecture_names_what_exists() {
    let Some(text) = read(&root().join("ARCHITECTURE.md")) else { return };
    let broken: Vec<String> =
        quoted_paths(&text).into_iter().filter(|path| !root().join(path).exists()).collect();
    report(
        "ARCHITECTURE.md names paths from the top of the checkout; these are not there",
        &broken,
    );
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.is(".md")) {
        let file = root().join(&source.path);
        let folder = file.parent().expect("a file lies in a folder");
        for target in links(&source.text) {
            if !folder.join(&target).exists() {
                broken.push(format!("{}: {target}", source.path));
            }
        }
    }
    report("these links lead nowhere", &broken);
}

#[test]
fn every_error_code_has_a_page() {
    let Some(text) = read(&root().join("shared/src/problem.rs")) else { return };
    let codes = error_codes(&text);
    assert!(
        !codes.is_empty(),
        "found no error code in shared/src/problem.rs: has this test gone blind?"
    );
    let pages = root().join("docs/errors");
    let mut broken = Vec::new();
    for code in &codes {
        if !pages.join(format!("{code}.md")).is_file() {
            broken
                .push(format!("docs/errors/{code}.md is missing: what it means, why, what to do"));
        }
    }
    for page in fs::read_dir(&pages).into_iter().flatten().flatten() {
        let name = page.file_name().to_string_lossy().into_owned();
        if let Some(code) = name
            .strip_suffix(".md")
            .filter(|code| code.starts_with("TH") && !codes.iter().any(|known| known == code))
        {
            broken.push(format!("docs/errors/{name}: there is no code {code} any more"));
        }
    }
    report("error codes and their pages go together", &broken);
}

#[test]
fn the_rules_see_what_they_should() {
    let code = "//! Doc.\n\nfn a() {\n    // Why.\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    fn c() {\n    }\n}\nfn d() {}\n";
    assert_eq!(lines_of_code(code), 4);
    assert!(
        names_an_issue("(#12): later")
            && !names_an_issue("(#): later")
            && !names_an_issue(": later")
    );
    assert!(
        find_word("a NOTES list", "NOTE").is_none() && find_word("// NOTE x", "NOTE").is_some(),
        "whole words only"
    );
    let path = |folder: &str| format!("see \"{folder}/main/x\"");
    assert!(
        absolute_path(&path("/work")).is_some()
            && absolute_path(&path("/root")).is_some()
            && absolute_path(&path(concat!("/ho", "me/me"))).is_some()
    );
    assert!(absolute_path("frontend/work/x and --root <dir> and /runtime/webhooks").is_none());
    assert_eq!(
        quoted_paths(
            "`backend/x.rs`, `/api/v1`, `text/html`, `a b/c.rs`, `docs/errors/THnnnn.md`, `xtask/`"
        ),
        ["backend/x.rs", "xtask/"]
    );
    assert_eq!(links("[a](b.md#c) [d](https://e) [f](#g)\n```\n[h](i)\n```\n"), ["b.md"]);
    assert_eq!(error_codes("\"TH0001\" TH00 \"TH0002\" TH0001"), ["TH0001", "TH0002"]);
}

fn report(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// Lines with code on them, without the test modules.
fn lines_of_code(text: &str) -> usize {
    let mut lines = text.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            // rustfmt puts the end of a module at the start of a line.
            let inline = lines.next().is_some_and(|head| head.ends_with('{'));
            if inline {
                lines.by_ref().find(|line| *line == "}");
            }
        } else if !line.trim().is_empty() && !line.trim_start().starts_with("//") {
            count += 1;
        }
    }
    count
}

/// What follows the first whole `word` of a line.
fn find_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).find_map(|(at, _)| {
        let (before, after) = (line.get(..at)?, line.get(at + word.len()..)?);
        (!before.ends_with(part) && !after.starts_with(part)).then_some(after)
    })
}

fn names_an_issue(rest: &str) -> bool {
    rest.strip_prefix("(#")
        .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// A path that only exists on its author's machine.
fn absolute_path(line: &str) -> Option<&str> {
    let folders = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    folders.iter().find_map(|folder| {
        line.match_indices(folder).find_map(|(at, _)| {
            let before = line.get(..at)?;
            let inside = before.ends_with(|letter: char| {
                letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '}' | '>')
            });
            (!inside).then(|| line.get(at..).unwrap_or_default())
        })
    })
}

/// Words in backticks that look like a path from the top of the checkout.
fn quoted_paths(text: &str) -> Vec<String> {
    let tops = [".cargo", ".ci", "backend", "docs", "e2e", "frontend", "shared", "xtask"];
    let ends = [".rs", ".md", ".toml", ".css", ".html", ".proto", ".sql"];
    let plain = |word: &&str| {
        word.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/-".contains(letter))
    };
    let words = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(plain);
    words
        .filter(|word| {
            word.contains('/') && !word.starts_with('/') && !word.to_lowercase().contains("nnnn")
        })
        .filter(|word| {
            tops.contains(&word.split('/').next().unwrap_or_default())
                || ends.iter().any(|end| word.ends_with(end))
        })
        .map(str::to_owned)
        .collect()
}

/// Relative targets of Markdown links, without the part after `#`.
fn links(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        for rest in line.split("](").skip(1).filter(|_| !fenced) {
            let target = rest.split([')', ' ', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push(target.to_owned());
            }
        }
    }
    found
}

fn error_codes(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = text
        .match_indices("TH")
        .filter_map(|(at, _)| text.get(at..at + 6))
        .filter(|code| code.chars().skip(2).all(|digit| digit.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    assert!(found.len() > 20, "found only {} files: has this test gone blind?", found.len());
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    let known = [
        ".rs", ".md", ".toml", ".css", ".html", ".js", ".mjs", ".py", ".sql", ".sh", ".proto",
        ".txt", "/run",
    ];
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("list {}: {error}", folder.display()));
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            if !NOT_SOURCE.contains(&name.as_str()) {
                walk(&entry.path(), &format!("{path}/"), found);
            }
        } else if known.iter().any(|end| path.ends_with(end))
            && let Some(text) = read(&entry.path())
        {
            found.push(Source { path, text });
        }
    }
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the binary's crate lies in the workspace")
        .to_path_buf()
}
