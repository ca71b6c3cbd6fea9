//! Counts test results in what `cargo test` prints.

/// Test results of one run or of many.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds up the `test result:` lines, without those of the test target `skip`.
    ///
    /// The end-to-end tests are part of every `cargo test`, but outside their own run they end at once and prove
    /// nothing, so they must not count there.
    pub(crate) fn read(output: &str, skip: Option<&str>) -> Self {
        let mut sum = Self::default();
        let mut skipping = false;
        for line in output.lines() {
            let line = line.trim_start();
            if let Some(target) = line.strip_prefix("Running ") {
                skipping = skip.is_some_and(|skip| is_target(target, skip));
            } else if line.starts_with("Doc-tests ") {
                skipping = false;
            } else if let Some(result) = line.strip_prefix("test result: ").filter(|_| !skipping) {
                sum.passed += number_before(result, " passed");
                sum.failed += number_before(result, " failed");
            }
        }
        sum
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The program of the test target `name`, as cargo named it when it ran.
pub(crate) fn program<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    let mut running = output.lines().filter_map(|line| line.trim_start().strip_prefix("Running "));
    running.find(|target| is_target(target, name))?.split_once('(')?.1.strip_suffix(')')
}

/// True for `tests/NAME.rs (...)` and `tests/NAME/main.rs (...)`.
fn is_target(line: &str, name: &str) -> bool {
    let rest = line.split_once("tests/").and_then(|(_, rest)| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with(".rs") || rest.starts_with("/main.rs"))
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split(word).next().unwrap_or("");
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, program};

    const OUTPUT: &str = "
     Running unittests src/main.rs (target/debug/deps/taskhub-1)
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/e2e.rs (target/debug/deps/e2e-1)
test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/tidy.rs (target/debug/deps/tidy-1)
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
   Doc-tests taskhub_shared
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn adds_up_and_leaves_one_target_out() {
        assert_eq!(Tally::read(OUTPUT, None), Tally { passed: 21, failed: 2 });
        assert_eq!(Tally::read(OUTPUT, Some("e2e")), Tally { passed: 16, failed: 2 });
        assert_eq!(program(OUTPUT, "e2e"), Some("target/debug/deps/e2e-1"));
        assert_eq!(program(OUTPUT, "e2"), None);
        assert_eq!(Tally::read("error: could not compile", None), Tally::default());
    }
}
