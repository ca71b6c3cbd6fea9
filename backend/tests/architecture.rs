//! The dependency rule, read back from the manifests.
//!
//! `shared <- hub <- {stores, grpc, http} <- binary`, `shared <- frontend`, `proto <- {grpc, worker, binary}`. Cargo refuses
//! rings by itself; what it would let pass is a sideways edge (stores to http) or a foreign word (axum in hub).
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read the manifests should stop"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What one crate may depend on.
struct Rule {
    name: &'static str,
    /// Crates of ours, in `[dependencies]` and `[build-dependencies]`.
    ours: &'static [&'static str],
    /// Crates of ours that tests may name on top.
    in_tests: &'static [&'static str],
    /// Foreign crates that must not appear.
    without: &'static [&'static str],
    /// The only foreign crates that may appear, when the list is closed.
    only: Option<&'static [&'static str]>,
}

const HTTP: [&str; 6] = ["axum", "http", "hyper", "reqwest", "tower", "tower-http"];
const GRPC: [&str; 4] = ["prost", "prost-types", "tonic", "tonic-prost"];
const SQL: [&str; 4] = ["libsqlite3-sys", "rusqlite", "sqlx", "tokio-postgres"];

#[rustfmt::skip]
const RULES: [Rule; 11] = [
    Rule { name: "taskhub-shared", ours: &[], in_tests: &[], without: &[], only: Some(&["serde", "serde_json", "chrono", "percent-encoding", "utoipa"]) },
    Rule { name: "taskhub-proto", ours: &[], in_tests: &[], without: &["axum", "rusqlite"], only: None },
    Rule {
        name: "taskhub-hub", ours: &["taskhub-shared"], in_tests: &["taskhub-hub"],
        without: &["axum", "http", "hyper", "reqwest", "tower", "tower-http", "prost", "prost-types", "tonic", "tonic-prost",
                   "libsqlite3-sys", "rusqlite", "sqlx", "tokio-postgres"],
        only: None,
    },
    Rule {
        name: "taskhub-stores", ours: &["taskhub-shared", "taskhub-hub"], in_tests: &[],
        without: &["axum", "http", "hyper", "tower", "tower-http", "prost", "prost-types", "tonic", "tonic-prost"], only: None,
    },
    Rule {
        name: "taskhub-grpc", ours: &["taskhub-shared", "taskhub-hub", "taskhub-proto"], in_tests: &["taskhub-worker"],
        without: &["axum", "libsqlite3-sys", "rusqlite", "sqlx", "tokio-postgres"], only: None,
    },
    Rule {
        name: "taskhub-http", ours: &["taskhub-shared", "taskhub-hub"], in_tests: &[],
        without: &["prost", "prost-types", "tonic", "tonic-prost", "libsqlite3-sys", "rusqlite", "sqlx", "tokio-postgres"], only: None,
    },
    Rule { name: "taskhub-worker", ours: &["taskhub-proto"], in_tests: &[], without: &["axum", "rusqlite"], only: None },
    // It measures the store by itself too.
    Rule {
        name: "taskhub-bench",
        ours: &["taskhub-proto", "taskhub-worker", "taskhub-shared", "taskhub-hub", "taskhub-stores"],
        in_tests: &[], without: &["rusqlite"], only: None,
    },
    Rule {
        name: "taskhub-frontend", ours: &["taskhub-shared"], in_tests: &[],
        without: &["axum", "hyper", "reqwest", "tokio", "tonic", "prost", "rusqlite"], only: None,
    },
    Rule {
        name: "taskhub",
        ours: &["taskhub-shared", "taskhub-hub", "taskhub-proto", "taskhub-stores", "taskhub-grpc", "taskhub-http", "taskhub-worker"],
        in_tests: &[], without: &["rusqlite", "sqlx"], only: None,
    },
    Rule { name: "xtask", ours: &[], in_tests: &[], without: &["axum", "tokio", "tonic", "rusqlite"], only: None },
];

/// Names of the packages that a crate depends on.
#[derive(Clone, Default)]
struct Crate {
    always: BTreeSet<String>,
    in_tests: BTreeSet<String>,
}

type Crates = BTreeMap<String, Crate>;

#[test]
fn the_dependency_rule_holds() {
    let broken = violations(&crates());
    assert!(
        broken.is_empty(),
        "the dependency rule of ARCHITECTURE.md is broken:\n  {}",
        broken.join("\n  ")
    );
}

#[test]
fn the_words_of_shared_have_no_clock() {
    let root = manifest(&root().join("Cargo.toml"));
    let chrono = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(|all| all.get("chrono"));
    let chrono = chrono.expect("chrono is in [workspace.dependencies]");
    assert_eq!(
        chrono.get("default-features").and_then(toml::Value::as_bool),
        Some(false),
        "chrono's default features hold a clock"
    );
    let own = manifest(&root_of("shared"));
    let own = own.get("dependencies").and_then(|all| all.get("chrono"));
    for features in
        [Some(chrono), own].into_iter().flatten().filter_map(|entry| entry.get("features"))
    {
        let features = features.as_array().expect("features are a list");
        let clock = features
            .iter()
            .filter_map(toml::Value::as_str)
            .find(|name| ["clock", "now", "std", "default"].contains(name));
        assert_eq!(clock, None, "shared reads no clock, so chrono must not have this feature");
    }
}

#[test]
fn the_console_carries_no_schemas() {
    let own = manifest(&root_of("shared"));
    let schemas = own.get("dependencies").and_then(|all| all.get("utoipa"));
    let optional = schemas.and_then(|entry| entry.get("optional"));
    assert_eq!(optional.and_then(toml::Value::as_bool), Some(true), "utoipa is for the server");
    let console = fs::read_to_string(root_of("frontend")).expect("read the manifest");
    assert!(!console.contains("openapi"), "the console does not need schemas");
}

#[test]
fn forbidden_edges_are_caught() {
    let clean = crates();
    let caught = |from: &str, to: &str, in_tests: bool| {
        let mut crates = clean.clone();
        let from = crates.get_mut(from).expect("a crate of the workspace");
        if in_tests { &mut from.in_tests } else { &mut from.always }.insert(to.to_owned());
        !violations(&crates).is_empty()
    };
    let forbidden = [
        ("taskhub-stores", "taskhub-http"),
        ("taskhub-stores", "taskhub-grpc"),
        ("taskhub-http", "taskhub-grpc"),
        ("taskhub-grpc", "taskhub-http"),
        ("taskhub-http", "taskhub-stores"),
        ("taskhub-worker", "taskhub-hub"),
        ("taskhub-bench", "taskhub-http"),
        ("taskhub-frontend", "taskhub-hub"),
        ("taskhub-proto", "taskhub-shared"),
        ("taskhub-shared", "tokio"),
        ("taskhub-shared", "rand"),
    ];
    for (from, to) in forbidden {
        assert!(caught(from, to, false), "{from} -> {to} passed");
    }
    for word in HTTP.iter().chain(&GRPC).chain(&SQL) {
        assert!(caught("taskhub-hub", word, false), "taskhub-hub -> {word} passed");
    }
    assert!(
        caught("taskhub-http", "taskhub-grpc", true),
        "the doors must not meet in tests either"
    );
    assert!(!caught("taskhub", "taskhub-proto", true), "the binary's tests may speak the protocol");

    let mut crates = clean.clone();
    crates.insert("taskhub-new".to_owned(), Crate::default());
    assert!(!violations(&crates).is_empty(), "a crate without a rule passed");
}

#[test]
fn every_way_to_write_a_dependency_is_read() {
    let text = r#"
        [package]
        name = "x"
        [dependencies]
        plain = "1"
        renamed = { package = "real", version = "1" }
        inherited.workspace = true
        [build-dependencies]
        build = "1"
        [dev-dependencies]
        test = "1"
        [target.'cfg(unix)'.dependencies]
        unix = "1"
    "#;
    let manifest: toml::Table = text.parse().expect("the manifest is TOML");
    let workspace = BTreeMap::from([("inherited".to_owned(), "behind".to_owned())]);
    let found = read_crate(&manifest, &workspace);
    let names: Vec<&str> = found.always.iter().map(String::as_str).collect();
    assert_eq!(names, ["behind", "build", "plain", "real", "unix"]);
    assert_eq!(found.in_tests.into_iter().collect::<Vec<_>>(), ["test"]);
}

fn violations(crates: &Crates) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, found) in crates {
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            broken.push(format!(
                "{name} has no rule in backend/tests/architecture.rs: say what it may depend on"
            ));
            continue;
        };
        for to in &found.always {
            if crates.contains_key(to) {
                if !rule.ours.contains(&to.as_str()) {
                    broken.push(format!("{name} must not depend on {to}"));
                }
            } else if rule.without.contains(&to.as_str())
                || rule.only.is_some_and(|only| !only.contains(&to.as_str()))
            {
                broken.push(format!("{name} must not know {to}"));
            }
        }
        for to in found.in_tests.iter().filter(|to| crates.contains_key(*to)) {
            if !rule.ours.contains(&to.as_str()) && !rule.in_tests.contains(&to.as_str()) {
                broken.push(format!("the tests of {name} must not depend on {to}"));
            }
        }
    }
    broken
}

fn crates() -> Crates {
    let root = manifest(&root().join("Cargo.toml"));
    let workspace = root.get("workspace").and_then(toml::Value::as_table).expect("[workspace]");
    let shared = workspace
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .expect("[workspace.dependencies]");
    let names = shared.iter().map(|(key, entry)| (key.clone(), package_name(key, entry))).collect();
    let members =
        workspace.get("members").and_then(toml::Value::as_array).expect("workspace members");
    let members = members.iter().filter_map(toml::Value::as_str);
    let mut crates = Crates::new();
    for member in members {
        let manifest = manifest(&root_of(member));
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(toml::Value::as_str);
        crates
            .insert(name.expect("a package has a name").to_owned(), read_crate(&manifest, &names));
    }
    crates
}

/// Reads a manifest; `workspace` tells the package behind each inherited name.
fn read_crate(manifest: &toml::Table, workspace: &BTreeMap<String, String>) -> Crate {
    let mut tables = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let mut found = Crate::default();
    for table in tables {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let entries = table.get(section).and_then(toml::Value::as_table).into_iter().flatten();
            let names = entries.map(|(key, entry)| match workspace.get(key) {
                Some(name) if entry.get("workspace").is_some() => name.clone(),
                _ => package_name(key, entry),
            });
            if section == "dev-dependencies" { &mut found.in_tests } else { &mut found.always }
                .extend(names);
        }
    }
    found
}

fn package_name(key: &str, entry: &toml::Value) -> String {
    entry.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned()
}

fn manifest(path: &Path) -> toml::Table {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the binary's crate lies in the workspace")
        .to_path_buf()
}

fn root_of(member: &str) -> PathBuf {
    root().join(member).join("Cargo.toml")
}
