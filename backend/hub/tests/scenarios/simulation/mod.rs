//! Random histories of a hub: clients, workers, the clock, the store and the process do what they like, in an order
//! that follows from a seed. Afterwards all goes well, and everything must come to its end.
//!
//! `TASKHUB_SEED=7` runs one seed and tells all that happens; `TASKHUB_SEEDS=200000` runs so many.

mod clients;
mod dice;
mod entities;
mod figures;
mod finish;
mod model;
mod planted;
mod script;
mod store;
mod workers;
mod world;

use std::time::Instant;

use figures::Figures;
use taskhub_hub::planted::Bug;
use world::Sim;

/// Steps of a seed before everything may end.
const STEPS: u32 = 200;
/// Seeds of a plain run.
const SEEDS: u64 = 10_000;
/// Threads that share the seeds.
const THREADS: u64 = 2;

/// What came of a seed.
struct Run {
    /// Hash of all that happened.
    trace: u64,
    figures: Figures,
    /// What was wrong first.
    violation: Option<String>,
    log: Vec<String>,
}

/// Runs a seed. The same seed does the same, always.
fn run(seed: u64, bug: Option<Bug>, log: bool) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut sim = Sim::new(seed, bug, log).await;
        let mut violation = None;
        for _ in 0..STEPS {
            sim.step().await;
            violation = sim.store.model(|model| model.violation().cloned());
            if violation.is_some() {
                break;
            }
        }
        if violation.is_none() {
            sim.finish().await;
            violation = sim.store.model(|model| model.violation().cloned());
        }
        let (trace, log) = sim.store.model(|model| {
            sim.figures.stored = model.stored;
            sim.figures.ended = model.ended;
            sim.figures.generations = model.generations;
            sim.figures.rewound = model.rewound;
            (model.trace.hash(), model.log.take().unwrap_or_default())
        });
        Run { trace, figures: sim.figures, violation, log }
    })
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Seeds that broke an invariant, with what was wrong.
type Failures = Vec<(u64, String)>;

/// Most failures that a thread collects.
const FAILURES: usize = 10;

/// Stops when a seed broke an invariant, and tells how to see it again.
fn accept(failures: &Failures) {
    let lines: Vec<String> =
        failures.iter().map(|(seed, violation)| format!("seed {seed}: {violation}")).collect();
    if let Some((seed, _)) = failures.first() {
        panic!(
            "{}\nagain: TASKHUB_SEED={seed} cargo test -p taskhub-hub --test scenarios simulation::whatever -- \
             --nocapture",
            lines.join("\n")
        );
    }
}

/// Runs every `THREADS`th seed from this one.
fn share(first: u64, seeds: u64) -> (Figures, Failures) {
    let (mut figures, mut failures) = (Figures::default(), vec![]);
    let mut seed = first;
    while seed < seeds && failures.len() < FAILURES {
        let run = run(seed, None, false);
        figures += run.figures;
        failures.extend(run.violation.map(|violation| (seed, violation)));
        seed += THREADS;
    }
    (figures, failures)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "measures itself")]
fn whatever_happens_everything_comes_to_its_end() {
    if let Some(seed) = number("TASKHUB_SEED") {
        let Run { trace, figures, violation, log } = run(seed, None, true);
        println!("{}\ntrace {trace:016x} {figures:?}", log.join("\n"));
        accept(&violation.into_iter().map(|violation| (seed, violation)).collect());
        return;
    }
    let seeds = number("TASKHUB_SEEDS").unwrap_or(SEEDS);
    let began = Instant::now();
    let (mut figures, mut failures) = (Figures::default(), vec![]);
    std::thread::scope(|scope| {
        let shares: Vec<_> =
            (0..THREADS).map(|first| scope.spawn(move || share(first, seeds))).collect();
        for share in shares {
            let (some, broken) = share.join().unwrap();
            figures += some;
            failures.extend(broken);
        }
    });
    println!("{seeds} seeds of {STEPS} steps in {:.1?}: {figures:?}", began.elapsed());
    accept(&failures);
    figures.require(seeds);
}

#[test]
fn the_same_seed_does_the_same() {
    for seed in 0..20 {
        let (first, second) = (run(seed, None, false), run(seed, None, false));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.figures, second.figures, "seed {seed}");
    }
    assert_ne!(run(1, None, false).trace, run(2, None, false).trace);
}
