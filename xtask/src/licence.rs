//! Licences and sources of all dependencies, offline.
//!
//! The same two questions that `cargo deny` answers from deny.toml; asked here as well, because not everybody has
//! that tool. The list of licences stands in deny.toml only.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// Refuses dependencies with a licence outside the list, from git, or from more than one registry.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let path = workspace.path("deny.toml");
    let deny = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let allowed = allow_list(&deny).context("deny.toml has no [licenses] allow list")?;
    let metadata =
        process::output(workspace.cargo().args(["metadata", "--locked", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("understand cargo metadata")?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .context("cargo metadata without packages")?;

    let mut problems = Vec::new();
    let mut registries = BTreeSet::new();
    for package in packages {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let name = format!("{} {}", text("name").unwrap_or("?"), text("version").unwrap_or("?"));
        match text("source") {
            Some(source) if source.starts_with("registry+") || source.starts_with("sparse+") => {
                registries.insert(source.to_owned());
            }
            Some(source) => {
                problems.push(format!("{name} comes from {source}, not from the registry"));
            }
            None => {}
        }
        match text("license") {
            Some(licence) if is_allowed(licence, &allowed) => {}
            Some(licence) => problems
                .push(format!("{name}: licence \"{licence}\" is not on the list in deny.toml")),
            None => problems.push(format!("{name} names no licence")),
        }
    }
    if registries.len() > 1 {
        problems.push("dependencies come from more than one registry".to_owned());
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(())
}

/// The strings of `allow = [...]` in the section `[licenses]`.
fn allow_list(deny: &str) -> Option<BTreeSet<String>> {
    let section = deny.split_once("\n[licenses]")?.1;
    let section = section.split_once("\n[").map_or(section, |(section, _)| section);
    let list = section.split_once("allow = [")?.1.split_once(']')?.0;
    Some(list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

/// True when a licence expression can be met with allowed licences alone.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    // The old form of "or" was a slash.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let result = any(&mut words, allowed);
    result && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut result = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        // Not `||`: the right side must be read in any case.
        result |= all(words, allowed);
    }
    result
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut result = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words, allowed);
    }
    result
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let result = any(words, allowed);
        return words.next_if_eq(&")").is_some() && result;
    }
    let Some(licence) = words.next() else { return false };
    match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
        // An exception only adds permissions; still it is asked for by its full name.
        Some(exception) => allowed.contains(&format!("{licence} WITH {exception}")),
        None => allowed.contains(licence),
    }
}

#[cfg(test)]
mod tests {
    use super::{allow_list, is_allowed};

    #[test]
    fn expressions() {
        let deny = "[graph]\n\n[licenses]\nallow = [\n  \"MIT\",\n  \"Apache-2.0 WITH LLVM-exception\",\n]\n[bans]\nallow = [\"x\"]\n";
        let allowed = allow_list(deny).unwrap();
        assert_eq!(allowed.len(), 2);
        let check = |expression: &str, expected: bool| {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        };
        check("MIT", true);
        check("GPL-3.0", false);
        check("MIT OR GPL-3.0", true);
        check("GPL-3.0/MIT", true);
        check("MIT AND GPL-3.0", false);
        check("(GPL-3.0 OR MIT) AND MIT", true);
        check("MIT OR MIT AND GPL-3.0", true);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("Apache-2.0", false);
        check("(MIT", false);
        check("MIT)", false);
        check("", false);
    }
}
