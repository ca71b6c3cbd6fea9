//! The long runs: what `cargo xtask test` does in little, for as long as one likes.

use anyhow::Result;

use crate::check;
use crate::process;
use crate::workspace::Workspace;

/// How much is tried.
#[derive(clap::Args)]
pub(crate) struct Amount {
    /// Seeds of the engine's simulation
    #[arg(long, default_value_t = 1_000_000)]
    seeds: u64,
    /// Kills of the server
    #[arg(long, default_value_t = 2_000)]
    kills: u32,
    /// Broken messages of each kind
    #[arg(long, default_value_t = 50_000)]
    mutations: u64,
    /// Where the broken messages begin; another number tries others
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs them one after the other; the first that fails ends it, and says how to see it again.
pub(crate) fn run(workspace: &Workspace, amount: &Amount) -> Result<()> {
    let tests = |package: &str, target: &str, name: &str| {
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--locked", "--package", package, "--test", target]);
        cargo.args(["--", name, "--nocapture"]);
        cargo
    };
    process::run(
        tests("taskhub-hub", "scenarios", "simulation::whatever")
            .env("TASKHUB_SEEDS", amount.seeds.to_string()),
    )?;
    process::run(
        tests("taskhub-grpc", "mutated", "spoiled")
            .env("TASKHUB_MUTATIONS", amount.mutations.to_string())
            .env("TASKHUB_MUTATION_SEED", amount.seed.to_string()),
    )?;
    let kills = ("TASKHUB_KILL_ROUNDS", amount.kills.to_string());
    check::only_end_to_end(workspace, &["kills_at_any_moment".to_owned()], &[kills])
}
