//! The simulation finds bugs: each of a list of planted ones, within the seeds of a plain run.

use std::sync::Mutex;

use taskhub_hub::planted::Bug;

use super::{SEEDS, THREADS, run};

/// First seed that shows the bug, with what it showed.
fn caught(bug: Bug) -> (u64, String) {
    // Without the bug nothing is found, or the other test of the simulation fails.
    let seed = (0..SEEDS).find_map(|seed| Some((seed, run(seed, Some(bug), false).violation?)));
    seed.unwrap_or_else(|| panic!("{bug:?} is not found in {SEEDS} seeds"))
}

#[test]
fn every_planted_bug_is_found() {
    let bugs = Mutex::new(Bug::ALL.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let next = bugs.lock().unwrap().next();
                    let Some(bug) = next else { return };
                    let (seed, violation) = caught(bug);
                    let line = violation.lines().next().unwrap_or_default();
                    println!(
                        "{bug:?}: seed {seed}: {}",
                        line.chars().take(160).collect::<String>()
                    );
                }
            });
        }
    });
}
