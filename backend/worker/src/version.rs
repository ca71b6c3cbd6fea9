//! Which instances a worker of a version may run.
//!
//! Knows version strings, does not know where they come from.

use std::cmp::Ordering;

use crate::Failure;

/// Which instances a worker takes, by their version; default [`Any`](Self::Any).
///
/// An instance that was started without a version has the version `""`, which
/// is older than any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MatchStrategy {
    /// All of them, whatever the version.
    #[default]
    Any,
    /// Those of exactly the worker's version.
    Strict,
    /// Those of the worker's version or an older one.
    CurrentOrOlder,
}

/// What happens to an instance that does not match; default
/// [`Reject`](Self::Reject).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MismatchAction {
    /// The work is given back, for another worker to take.
    #[default]
    Reject,
    /// The instance fails with the error type `VersionMismatch`.
    Fail,
}

/// The version of a worker's code, and what it does with other versions.
///
/// Versions are compared number by number when both look like `1`, `1.2` or
/// `1.2.3.4` (a missing number is 0, so `1` is `1.0`), else as text without
/// regard to case. Only orchestrations are checked, activities and entities are
/// not.
///
/// ```
/// use taskhub_worker::{MatchStrategy, MismatchAction, Versioning, Worker};
///
/// let builder = Worker::builder().versioning(
///     Versioning::new("2.1")
///         .match_strategy(MatchStrategy::CurrentOrOlder)
///         .on_mismatch(MismatchAction::Fail)
///         .default_version("2.1"),
/// );
/// ```
#[derive(Debug, Clone, Default)]
pub struct Versioning {
    version: String,
    pub(crate) strategy: MatchStrategy,
    pub(crate) on_mismatch: MismatchAction,
    default_version: Option<String>,
}

impl Versioning {
    /// The worker's own version, any text.
    #[must_use]
    pub fn new(version: impl Into<String>) -> Self {
        Self { version: version.into(), ..Self::default() }
    }

    /// Which instances the worker takes.
    #[must_use]
    pub fn match_strategy(mut self, strategy: MatchStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// What happens to the others.
    #[must_use]
    pub fn on_mismatch(mut self, action: MismatchAction) -> Self {
        self.on_mismatch = action;
        self
    }

    /// Version of sub-orchestrations for which the code asks for none; default
    /// none.
    #[must_use]
    pub fn default_version(mut self, version: impl Into<String>) -> Self {
        self.default_version = Some(version.into());
        self
    }

    pub(crate) fn default_for_children(&self) -> Option<&str> {
        self.default_version.as_deref()
    }

    /// The only version the server need send, when it is only one. An instance
    /// that is to fail must be sent.
    pub(crate) fn only_version(&self) -> Option<&str> {
        match (self.strategy, self.on_mismatch) {
            (MatchStrategy::Strict, MismatchAction::Reject) => Some(&self.version),
            (MatchStrategy::Strict, MismatchAction::Fail)
            | (MatchStrategy::Any | MatchStrategy::CurrentOrOlder, _) => None,
        }
    }

    /// Whether an instance of this version may run here.
    pub(crate) fn check(&self, version: Option<&str>) -> Result<(), Failure> {
        let found = version.unwrap_or_default();
        let order = compare(found, &self.version);
        let (fits, wanted) = match self.strategy {
            MatchStrategy::Any => (true, ""),
            MatchStrategy::Strict => (order == Ordering::Equal, "only this version"),
            MatchStrategy::CurrentOrOlder => {
                (order != Ordering::Greater, "only this version and older ones")
            }
        };
        if fits {
            return Ok(());
        }
        let own = &self.version;
        let message = format!(
            "the orchestration has version {found:?}, this worker has version {own:?} and takes \
             {wanted}"
        );
        Err(Failure::new("VersionMismatch", message).non_retriable())
    }
}

/// Older is less. Source: `TaskOrchestrationVersioningUtils` of the .NET SDK.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    match (numbers(a), numbers(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.to_lowercase().cmp(&b.to_lowercase()),
    }
}

/// Up to four numbers divided by points, the missing ones 0.
fn numbers(version: &str) -> Option<[u64; 4]> {
    let mut numbers = [0; 4];
    let mut places = numbers.iter_mut();
    for part in version.trim().split('.') {
        *places.next()? = part.parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let older = ["", "0.9", "1", "1.0.1", "1.2", "1.10", "2.0.0.0", "10"];
        for (i, a) in older.iter().enumerate() {
            for (j, b) in older.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a:?} and {b:?}");
            }
        }
        assert_eq!(compare("1", "1.0"), Ordering::Equal);
        assert_eq!(compare("Beta", "beta"), Ordering::Equal);
        assert_eq!(compare("alpha", "beta"), Ordering::Less);
        assert_eq!(compare("1.2.3.4.5", "1.2.3.4.5"), Ordering::Equal);
        assert_eq!(compare("18446744073709551616", "2"), Ordering::Less, "as text");
    }

    #[test]
    fn each_strategy_takes_its_own() {
        let fits = |strategy, version| {
            Versioning::new("2.0").match_strategy(strategy).check(version).is_ok()
        };
        for (version, strict, older) in [
            (None, false, true),
            (Some("1.9"), false, true),
            (Some("2"), true, true),
            (Some("2.0"), true, true),
            (Some("2.0.1"), false, false),
        ] {
            assert!(fits(MatchStrategy::Any, version));
            assert_eq!(fits(MatchStrategy::Strict, version), strict, "{version:?}");
            assert_eq!(fits(MatchStrategy::CurrentOrOlder, version), older, "{version:?}");
        }
        assert!(Versioning::default().check(Some("7")).is_ok());
    }

    #[test]
    fn a_mismatch_names_both_versions() {
        let versioning = Versioning::new("2.0").match_strategy(MatchStrategy::Strict);
        let failure = versioning.check(Some("3")).unwrap_err();
        assert_eq!(failure.error_type, "VersionMismatch");
        assert!(failure.is_non_retriable);
        assert_eq!(
            failure.message,
            r#"the orchestration has version "3", this worker has version "2.0" and takes only this version"#
        );
    }
}
